import { timingSafeEqual } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import { type MessageEvent, messageFields, messageFrom } from './message-event.ts'
import { parseValue } from './transport.ts'
import { flag, optionalDate, optionalId, optionalPhone, optionalText, seconds, text } from './wire.ts'

/** A delivery older or newer than this is refused, so that a captured one cannot be replayed (contract §5B). */
const TOLERANCE_SECONDS = 300

export type AccountWebhookCheck =
  /** `id` names the delivery: the same id again is the same event again. */
  | { verified: true; id: string }
  | { verified: false; reason: 'missing-headers' | 'bad-secret' | 'stale' | 'bad-signature' }

export type AccountWebhookDelivery = {
  /** The bytes as received; parsing and printing them again would break the signature. */
  rawBody: string
  /** Header names in lower case. */
  headers: Record<string, string | undefined>
  /** `whsec_…`, from Account > Webhooks. */
  secret: string
  /** Epoch ms. @default Date.now() */
  now?: number
}

/** Checks the Svix signature of an Account Webhook (contract §5B). */
export function verifyAccountWebhook(delivery: AccountWebhookDelivery): AccountWebhookCheck {
  const { rawBody, headers, secret, now = Date.now() } = delivery
  const id = headers['svix-id'] ?? headers['webhook-id']
  const timestamp = headers['svix-timestamp'] ?? headers['webhook-timestamp']
  const signatures = headers['svix-signature'] ?? headers['webhook-signature']
  if (!id || !timestamp || !signatures) return { verified: false, reason: 'missing-headers' }

  const sentAt = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN
  if (!(Math.abs(now / 1000 - sentAt) <= TOLERANCE_SECONDS)) return { verified: false, reason: 'stale' }

  const expected = signatureOf(secret, id, sentAt, rawBody)
  if (!expected) return { verified: false, reason: 'bad-secret' }
  const matches = signatures.split(' ').some((signature) => sameText(signature, expected))
  return matches ? { verified: true, id } : { verified: false, reason: 'bad-signature' }
}

/** The library's own `verify` reads the system clock; signing and comparing lets the caller's clock decide. */
function signatureOf(secret: string, id: string, sentAt: number, rawBody: string): string | undefined {
  try {
    return new Webhook(secret).sign(id, new Date(sentAt * 1000), rawBody)
  } catch {
    return undefined
  }
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Either a bare number or `{number_e164}` (contract §5B). */
const internalNumber = z
  .union([optionalPhone, z.object({ number_e164: optionalPhone }).transform((row) => row.number_e164)])
  .optional()

const callEnded = z
  .object({
    call_uuid: text,
    call_id: optionalId,
    direction: optionalText,
    external_number: optionalPhone,
    internal_number: internalNumber,
    started_at: optionalDate,
    ended_at: optionalDate,
    talking_time: seconds,
    waiting_time: seconds,
    is_voicemail: flag,
  })
  .transform((call) => ({
    callUuid: call.call_uuid,
    callId: call.call_id,
    direction: call.direction,
    /** Absent when the caller withheld it. */
    externalNumber: call.external_number,
    internalNumber: call.internal_number,
    startedAt: call.started_at,
    endedAt: call.ended_at,
    /** Seconds. */
    talkingTime: call.talking_time,
    waitingTime: call.waiting_time,
    isVoicemail: call.is_voicemail,
  }))

const aboutCall = z
  .object({ call_uuid: text, call_id: optionalId })
  .transform((call) => ({ callUuid: call.call_uuid, callId: call.call_id }))

const envelope = z.object({
  event_id: text,
  type: z.string(),
  // It dates the telling, not the call: not worth losing an event for.
  occurred_at: optionalDate.catch(undefined),
  company_id: optionalId,
  data: z.unknown(),
})

type Common = { eventId: string; occurredAt?: string; companyId?: string }

export type AccountWebhookEvent = Common &
  (
    | { type: 'call.ended'; data: z.output<typeof callEnded> }
    | {
        type: 'call.recording_ready' | 'transcript.ready' | 'cidata.ready'
        data: z.output<typeof aboutCall>
      }
    | { type: 'message.sent' | 'message.received'; data: MessageEvent }
    /** The list of types is not closed; what we do not know we name and leave. */
    | { type: 'other'; wireType: string }
  )

/**
 * Reads the body of a verified Account Webhook.
 *
 * @throws {CloudTalkError} `unreadable` if it is no envelope or its data is not what its type promises.
 */
export function parseAccountWebhook(json: unknown): AccountWebhookEvent {
  const route = 'account webhook'
  const { event_id, type, occurred_at, company_id, data } = parseValue(route, json, envelope)
  const common = { eventId: event_id, occurredAt: occurred_at, companyId: company_id }
  switch (type) {
    case 'call.ended':
      return { ...common, type, data: parseValue(route, data, callEnded) }
    case 'call.recording_ready':
    case 'transcript.ready':
    case 'cidata.ready':
      return { ...common, type, data: parseValue(route, data, aboutCall) }
    case 'message.sent':
    case 'message.received': {
      const direction = type === 'message.received' ? 'incoming' : 'outgoing'
      const message = messageFrom(route, parseValue(route, data, messageFields), direction)
      return { ...common, type, data: { ...message, at: message.at ?? occurred_at } }
    }
    default:
      return { ...common, type: 'other', wireType: type }
  }
}
