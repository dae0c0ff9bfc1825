import { z } from 'zod'
import { readBody } from '../bad-request.ts'
import type { ControlHandler } from '../vendor.ts'
import type { Account } from './api.ts'
import { agentByEmail, isoTime, ownNumber } from './emulated-calls.ts'
import { storeMessage } from './messages.ts'

const messageSchema = z.strictObject({
  channel: z.enum(['sms', 'whatsapp']),
  direction: z.enum(['incoming', 'outgoing']),
  text: z.string(),
  external_number: z.string().regex(/^\+?\d{3,15}$/, 'expected E.164'),
  internal_number: z.string(),
  agent_email: z.string().optional(),
  /** Links. */
  media: z.union([z.array(z.string()), z.string().transform((url) => [url])]).default([]),
  status: z.string().min(1).optional(),
  at: isoTime.optional(),
  deliver: z.boolean().default(true),
})

/** `POST /__emulator/messages`: an SMS or WhatsApp message comes in or goes out. */
export const emulateMessage =
  (account: Account): ControlHandler =>
  ({ body }) => {
    const { store, clock, events } = account
    const input = readBody(messageSchema, body)
    const message = storeMessage(account, {
      channel: input.channel,
      direction: input.direction,
      text: input.text,
      external_number: `+${input.external_number.replace(/^\+/, '')}`,
      internal_number: ownNumber(store, input.internal_number).caller_id_e164,
      agent_id: agentByEmail(store, input.agent_email)?.id ?? null,
      media: input.media,
      status: input.status ?? (input.direction === 'incoming' ? 'received' : 'sent'),
      at: input.at ?? new Date(clock.now()).toISOString(),
    })
    if (input.deliver) events.message(message)
    return { id: message.id }
  }
