import { z } from 'zod'
import { channel } from './conversation.ts'
import { adminFields } from './note.ts'
import {
  attachmentIds,
  attachments,
  custom,
  dateTime,
  locationFields,
  objectId,
  queue,
  sentiment,
} from './parts.ts'

const record = z.record(z.string(), z.unknown())

const failure = z.strictObject({
  status: z.number().optional(),
  code: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
  source: record.optional(),
  meta: record.optional(),
  links: record.optional(),
})

/** MessageCreate: channel and app are all it takes; the text is `preview` (contract §5.2). */
export const messageCreate = z.strictObject({
  ...adminFields,
  id: z.string().optional(),
  externalId: z.string().optional(),
  customer: z.string().optional(),
  conversation: z.string().optional(),
  reference: z
    .strictObject({ message: z.string(), type: z.enum(['reply', 'replyAll', 'forward']) })
    .optional(),
  channel,
  preview: z.string().max(10_240).optional(),
  subject: z.string().max(256).optional(),
  direction: z.enum(['in', 'out']).optional(),
  app: z.string(),
  size: z.number().optional(),
  related: z.string().optional(),
  status: z.enum(['sent', 'received', 'error']).optional(),
  error: failure.optional(),
  errorAt: dateTime.optional(),
  auto: z.boolean().optional(),
  sentAt: dateTime.optional(),
  source: z.enum(['bulk', 'satisfaction']).optional(),
  shortcuts: z.array(objectId).optional(),
  kbArticles: z.array(objectId).optional(),
  attachments: z.union([attachments, attachmentIds]).optional(),
  location: z.looseObject(locationFields).optional(),
  meta: record.refine((meta) => Object.keys(meta).length <= 100, { error: 'maxProperties' }).optional(),
  custom: custom.optional(),
  sentiment: sentiment.optional(),
  importedAt: dateTime.optional(),
  lang: z.string().max(100).nullable().optional(),
  queue: queue.optional(),
})

/** MessageCreateByCustomer: the customer is in the path. */
export const messageCreateByCustomer = messageCreate.omit({ customer: true })

export const messageUpdate = messageCreate.omit({ id: true, customer: true, conversation: true }).partial()

export type MessageCreate = z.output<typeof messageCreate>
