import { createRoutes } from '../routes.ts'
import {
  addActivityHandler,
  deleteActivityHandler,
  editActivityHandler,
  indexActivities,
} from './activity.ts'
import { indexAgents } from './agents.ts'
import { summary, transcription } from './ai.ts'
import { analyticsCall } from './analytics.ts'
import type { Handler } from './api.ts'
import { bulkContacts } from './bulk.ts'
import { indexCalls } from './calls.ts'
import {
  addContactHandler,
  addTags,
  deleteContactHandler,
  editContactHandler,
  indexContacts,
  listAttributes,
  removeTags,
  showContact,
} from './contacts.ts'
import { indexCountries } from './countries.ts'
import { addAgentToGroup, indexGroups, removeAgentFromGroup } from './groups.ts'
import { addNoteHandler, deleteNoteHandler, editNoteHandler, indexNotes } from './notes.ts'
import { indexNumbers } from './numbers.ts'
import { deleteRecording, getPublicRecording, getRecording } from './recordings.ts'
import { sendSms } from './sms.ts'
import { addTag, deleteTag, editTag, indexTags } from './tags.ts'

/** Everything the emulator serves, by the names of its request log: PUT adds, POST edits (§1.6). */
export const routes = createRoutes<Handler>({
  'GET /contacts/index.json': indexContacts,
  'GET /contacts/show/:id.json': showContact,
  'PUT /contacts/add.json': addContactHandler,
  'POST /contacts/edit/:id.json': editContactHandler,
  'DELETE /contacts/delete/:id.json': deleteContactHandler,
  'PUT /contacts/addTags/:id.json': addTags,
  'DELETE /contacts/removeTags/:id.json': removeTags,
  'GET /contacts/attributes.json': listAttributes,
  'POST /bulk/contacts.json': bulkContacts,
  'GET /countries/index.json': indexCountries,
  'GET /calls/index.json': indexCalls,
  'GET /calls/recording/:id.json': getRecording,
  'DELETE /recordings/delete/:id.json': deleteRecording,
  'GET /agents/index.json': indexAgents,
  'GET /groups/index.json': indexGroups,
  'PUT /groups/add.json': addAgentToGroup,
  'DELETE /groups/delete/:id.json': removeAgentFromGroup,
  'GET /numbers/index.json': indexNumbers,
  'GET /tags/index.json': indexTags,
  'PUT /tags/add.json': addTag,
  'POST /tags/edit/:id.json': editTag,
  'DELETE /tags/delete/:id.json': deleteTag,
  'GET /notes/index.json': indexNotes,
  'PUT /notes/add/:id.json': addNoteHandler,
  'POST /notes/edit/:id.json': editNoteHandler,
  'DELETE /notes/delete/:id.json': deleteNoteHandler,
  'GET /activity/index.json': indexActivities,
  'PUT /activity/add/:id.json': addActivityHandler,
  'POST /activity/edit/:id.json': editActivityHandler,
  'DELETE /activity/delete/:id.json': deleteActivityHandler,
  'POST /sms/send.json': sendSms,
  'GET /pub/r/:call/:token.wav': getPublicRecording,
  'GET /analytics/calls/:id': analyticsCall,
  'GET /ai/calls/:id/summary': summary,
  'GET /ai/calls/:id/transcription': transcription,
})

export type Host = 'main' | 'analytics' | 'ai'

/** Where the hosts are on the one port, and what the routes call their paths. */
const PLACES: readonly { prefix: string; host: Host; name: string }[] = [
  { prefix: '/analytics/api/', host: 'analytics', name: '/analytics/' },
  { prefix: '/ai/v1/ai/', host: 'ai', name: '/ai/' },
  { prefix: '/ai/v1/', host: 'ai', name: '/(other)/' },
  { prefix: '/pub/', host: 'main', name: '/pub/' },
  { prefix: '/api/analytics/', host: 'main', name: '/(other)/' },
  { prefix: '/api/ai/', host: 'main', name: '/(other)/' },
  { prefix: '/api/', host: 'main', name: '/' },
]

/** The host that a path belongs to, and the path as the routes name it. */
export const placeOf = (path: string): { host: Host; path: string } => {
  const place = PLACES.find(({ prefix }) => path.startsWith(prefix))
  return place
    ? { host: place.host, path: place.name + path.slice(place.prefix.length) }
    : { host: 'main', path: '/(other)' }
}
