import { z } from 'zod'
import { createdAnswer } from './created.ts'
import { type PageQuery, readPage } from './page.ts'
import { type ActivityType, type ActivityWrite, activityToWire } from './timeline-write.ts'
import type { Transport } from './transport.ts'
import { id, idToWire, optionalDate, optionalText, text } from './wire.ts'

const activityRow = z
  .object({
    ContactActivity: z.object({
      id,
      contact_id: id,
      type: text,
      name: text,
      description: optionalText,
      activity_author: optionalText,
      external_id: optionalText,
      external_url: optionalText,
      activity_date: optionalDate,
      created: optionalDate,
    }),
  })
  .transform(({ ContactActivity: row }) => ({
    id: row.id,
    contactId: row.contact_id,
    type: row.type,
    name: row.name,
    description: row.description,
    activityAuthor: row.activity_author,
    externalId: row.external_id,
    externalUrl: row.external_url,
    activityDate: row.activity_date,
    createdAt: row.created,
  }))

/** An entry of a contact's timeline in CloudTalk. */
export type ContactActivity = z.output<typeof activityRow>

export function activity(transport: Transport) {
  return {
    list: ({ page, limit, contactId, type }: PageQuery & { contactId?: string; type?: ActivityType }) =>
      readPage(transport, '/activity/index.json', { page, limit, contact_id: contactId, type }, activityRow),
    add: (contactId: string, entry: ActivityWrite & { type: ActivityType; name: string }) =>
      transport.json(
        { method: 'PUT', path: '/activity/add/:id.json', id: contactId, body: activityToWire(entry) },
        createdAnswer,
      ),
    edit: (activityId: string, { contactId, ...entry }: ActivityWrite & { contactId: string }) =>
      transport.done({
        method: 'POST',
        path: '/activity/edit/:id.json',
        id: activityId,
        body: { contact_id: idToWire(contactId), ...activityToWire(entry) },
      }),
    delete: (activityId: string) =>
      transport.done({ method: 'DELETE', path: '/activity/delete/:id.json', id: activityId }),
  }
}
