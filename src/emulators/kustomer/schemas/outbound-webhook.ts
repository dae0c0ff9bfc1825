import { z } from 'zod'

/** What can be subscribed to: create and update of six objects; no delete, merge or note (contract §6). */
export const WEBHOOK_EVENTS = ['customer', 'conversation', 'message', 'user', 'team', 'tag'].flatMap(
  (object) => [`kustomer.${object}.create`, `kustomer.${object}.update`],
)

/** https only; plain http for the machine itself, so that tests and demos need no certificate. */
const target = z
  .string()
  .max(255)
  .refine(
    (value) => {
      const url = URL.canParse(value) ? new URL(value) : undefined
      const local = url?.hostname === '127.0.0.1' || url?.hostname === 'localhost'
      return url?.protocol === 'https:' || (url?.protocol === 'http:' && local)
    },
    { error: 'format' },
  )

export const webhookCreate = z.strictObject({
  name: z.string().min(1).max(255),
  url: target,
  events: z
    .array(z.string().refine((event) => WEBHOOK_EVENTS.includes(event), { error: 'enum' }))
    .min(1)
    .max(12),
  headers: z.array(z.strictObject({ name: z.string(), value: z.string() })).optional(),
  enabled: z.boolean().optional(),
})

export const webhookUpdate = webhookCreate.partial()
