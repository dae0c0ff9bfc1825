import { z } from 'zod'
import type { KustomerSwitches } from '../switches.ts'
import { attachments, dateTime, objectId } from './parts.ts'

/** Set by the token unless the key has org.admin (contract §1.2). */
export const adminFields = {
  createdAt: dateTime.optional(),
  modifiedAt: dateTime.optional(),
  createdBy: objectId.optional(),
  modifiedBy: objectId.optional(),
}

/** NoteCreateInConversation: no subject, no direction, no custom (contract §5.1). */
const create = z.strictObject({
  ...adminFields,
  id: z.string().optional(),
  conversation: z.string().optional(),
  externalId: z.string().max(256).optional(),
  body: z.string().min(1).max(10_240),
  userMentions: z
    .array(z.object({ user: z.string().optional(), team: z.string().optional() }))
    .max(20)
    .optional(),
  attachments: attachments.optional(),
  importedAt: dateTime.optional(),
  lang: z.string().max(100).nullable().optional(),
})

const literal = { subject: z.string().max(256).optional(), direction: z.enum(['in', 'out']).optional() }

const withUpdate = <T extends typeof create>(schema: T) => ({
  create: schema,
  update: schema.omit({ id: true, conversation: true }).partial(),
})

const PUBLISHED = withUpdate(create)
const LITERAL = withUpdate(create.extend(literal))

/** The bodies as the switches have them: published, or with the literal forms of the product let through. */
export const noteSchemas = (switches: KustomerSwitches) => (switches.acceptNoteSubject ? LITERAL : PUBLISHED)

export type NoteCreate = z.output<typeof create> & { subject?: string; direction?: 'in' | 'out' }
