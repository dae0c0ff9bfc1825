import { allowedAdminFields } from './admin-fields.ts'
import { type ApiKey, rolesFor } from './auth.ts'
import { type Call, created, NO_CONTENT, type Operations, ok } from './call.ts'
import { touchConversation } from './conversation-writes.ts'
import { requireConversation, takeCreation } from './conversations.ts'
import { touchCustomer } from './customer-writes.ts'
import { requireCustomer } from './customers.ts'
import { badParameter, notFound } from './errors.ts'
import type { Org } from './org.ts'
import { listPage } from './pages.ts'
import type { Attributes } from './resource.ts'
import { readBodyAs } from './schema-problems.ts'
import { type NoteCreate, noteSchemas } from './schemas/note.ts'
import type { Conversation, Note } from './store.ts'
import { render } from './wire.ts'

export type NoteAttributes = Attributes & {
  body: string
  externalId: string | null
  createdAt: string
  updatedAt: string
  modifiedAt: string
  rev: number
}

const ROLES = rolesFor('note')

function requireNote(org: Org, id: string): Note {
  const note = org.store.notes.get(id)
  if (!note) throw notFound('id')
  return note
}

function saveNote(org: Org, before: Note | undefined, after: Note): Note {
  org.store.notes.set(after.id, after)
  if (after.related.conversation) org.store.notesOfConversation.add(after.related.conversation, after.id)
  org.written(before, after)
  return after
}

/** Two notes may carry one external id: nothing looks a note up by it (contract §5.1). */
export function createNote(org: Org, key: ApiKey, body: NoteCreate, conversation: Conversation): Note {
  const { id, conversation: _named, createdAt, modifiedAt, createdBy, modifiedBy, ...written } = body
  const admin = allowedAdminFields(org, key, { createdAt, modifiedAt, createdBy, modifiedBy })
  const now = org.timestamp()
  const { customer } = conversation.related
  const note = saveNote(org, undefined, {
    type: 'note',
    id: id ?? org.newId(),
    attributes: {
      externalId: null,
      createdByTeams: [],
      userMentions: [],
      ...written,
      createdAt: admin.createdAt ?? now,
      modifiedAt: admin.modifiedAt ?? now,
      updatedAt: now,
      rev: 1,
    },
    related: {
      createdBy: admin.createdBy ?? key.userId,
      modifiedBy: admin.modifiedBy ?? key.userId,
      conversation: conversation.id,
      ...(customer ? { customer } : {}),
    },
  })
  touchConversation(org, conversation.id, ({ noteCount }) => ({ noteCount: noteCount + 1 }))
  touchCustomer(org, customer)
  return note
}

export function updateNote(org: Org, key: ApiKey, before: Note, body: Partial<NoteCreate>): Note {
  const { createdAt, modifiedAt, createdBy, modifiedBy, ...written } = body
  const admin = allowedAdminFields(org, key, { createdAt, modifiedAt, createdBy, modifiedBy })
  const now = org.timestamp()
  const { attributes, related } = before
  return saveNote(org, before, {
    ...before,
    attributes: {
      ...attributes,
      ...written,
      createdAt: admin.createdAt ?? attributes.createdAt,
      modifiedAt: admin.modifiedAt ?? now,
      updatedAt: now,
      rev: attributes.rev + 1,
    },
    related: {
      ...related,
      createdBy: admin.createdBy ?? related.createdBy,
      modifiedBy: admin.modifiedBy ?? key.userId,
    },
  })
}

function create(call: Call, conversationId: string | undefined) {
  const body = readBodyAs(noteSchemas(call.org.switches()).create, call.body)
  const named = conversationId ?? body.conversation
  if (named === undefined) throw badParameter('conversation', 'Missing required property', '/required')
  const conversation = requireConversation(call.org, named)
  // Of imported records only conversations and messages are free (contract §1.4).
  takeCreation(call, conversation.related.customer, undefined)
  return created({ data: render(createNote(call.org, call.key, body, conversation)) })
}

function update({ org, key, params, body }: Call) {
  const before = requireNote(org, params.id ?? '')
  org.limits.take('updatesPerObjectPerMinute', `${key.id}:${before.id}`)
  return ok({
    data: render(updateNote(org, key, before, readBodyAs(noteSchemas(org.switches()).update, body))),
  })
}

const notesOf = (org: Org, conversationId: string): Note[] =>
  org.store.notesOfConversation.of(conversationId).flatMap((id) => org.store.notes.get(id) ?? [])

/** Notes (contract §5.1). */
export const noteOperations: Operations = {
  'GET /notes': {
    roles: ROLES.read,
    handle: (call) => ok(listPage(call, [...call.org.store.notes.values()], render)),
  },
  'POST /notes': { roles: ROLES.create, handle: (call) => create(call, undefined) },
  'GET /conversations/:id/notes': {
    roles: ROLES.read,
    handle: (call) => {
      const { id } = requireConversation(call.org, call.params.id ?? '')
      return ok(listPage(call, notesOf(call.org, id), render))
    },
  },
  'POST /conversations/:id/notes': {
    // An oddity of the published roles: by this path the older read role may write (contract §5.1).
    roles: [...ROLES.create, 'org.user.note.read'],
    handle: (call) => create(call, call.params.id ?? ''),
  },
  'GET /customers/:id/notes': {
    roles: ROLES.read,
    handle: (call) => {
      const { id } = requireCustomer(call.org, call.params.id ?? '')
      const conversations = call.org.store.conversationsOfCustomer.of(id)
      const notes = conversations.flatMap((conversation) => notesOf(call.org, conversation))
      return ok(listPage(call, notes, render))
    },
  },
  'GET /notes/:id': {
    roles: ROLES.read,
    handle: ({ org, params }) => ok({ data: render(requireNote(org, params.id ?? '')) }),
  },
  'PUT /notes/:id': { roles: ROLES.update, handle: update },
  'PATCH /notes/:id': { roles: ROLES.update, handle: update },
  'DELETE /notes/:id': {
    roles: ['org.permission.note.delete', 'org.user.note.write'],
    handle: ({ org, params }) => {
      const note = requireNote(org, params.id ?? '')
      org.store.notes.delete(note.id)
      org.written(note, { ...note, deleted: true })
      const { conversation, customer } = note.related
      if (conversation) {
        org.store.notesOfConversation.remove(conversation, note.id)
        touchConversation(org, conversation, ({ noteCount }) => ({ noteCount: noteCount - 1 }))
      }
      touchCustomer(org, customer)
      return NO_CONTENT
    },
  },
}
