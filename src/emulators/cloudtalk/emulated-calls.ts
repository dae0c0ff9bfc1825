import { z } from 'zod'
import { BadRequest, readBody } from '../bad-request.ts'
import type { ControlHandler } from '../vendor.ts'
import { type Account, idOf } from './api.ts'
import { callUuid, nextCallId } from './load-world.ts'
import { type Agent, type CallNumber, type Store, tagNamed } from './store.ts'

/** Seconds of a call whose control names none. */
const DEFAULT_TALKING = 30
const DEFAULT_WAITING = 5
const WRAPUP = 3

const texts = z.union([
  z.array(z.string().min(1)),
  z
    .string()
    .min(1)
    .transform((text) => [text]),
])
const seconds = z.number().int().min(0).max(86_400)
export const isoTime = z.iso.datetime({ offset: true }).transform((iso) => new Date(iso).toISOString())

const callSchema = z.strictObject({
  direction: z.enum(['incoming', 'outgoing', 'internal']),
  outcome: z.enum(['answered', 'missed', 'voicemail']),
  /** Empty = withheld. */
  external_number: z
    .string()
    .regex(/^(\+?\d{3,15})?$/, 'expected E.164, an extension, or nothing when withheld'),
  internal_number: z.string(),
  agent_email: z.string().optional(),
  /** Whom it rang last, in vain. */
  rung_agent_email: z.string().optional(),
  /** Name or id. */
  group: z.union([z.string(), z.number()]).optional(),
  talking_time: seconds.optional(),
  waiting_time: seconds.default(DEFAULT_WAITING),
  notes: texts.default([]),
  tags: texts.default([]),
  ended_at: isoTime.optional(),
  deliver: z.boolean().default(true),
})

const editSchema = z.strictObject({
  notes: texts.optional(),
  tags: texts.optional(),
  /** A missed call of which CloudTalk shows only later that it left a message. */
  outcome: z.literal('voicemail').optional(),
})

/** @throws {BadRequest} */
export const ownNumber = ({ numbers }: Store, e164: string): CallNumber => {
  const number = numbers.find(({ caller_id_e164 }) => caller_id_e164.slice(1) === e164.replace(/^\+/, ''))
  if (!number)
    throw new BadRequest(
      `internal_number: not a number of this account; there are ${numbers.map(({ caller_id_e164 }) => caller_id_e164).join(', ')}`,
    )
  return number
}

/** @throws {BadRequest} */
export const agentByEmail = (
  { agents }: Store,
  email: string | undefined,
  field = 'agent_email',
): Agent | undefined => {
  if (email === undefined) return undefined
  const agent = agents.find((agent) => agent.email.toLowerCase() === email.toLowerCase())
  if (!agent)
    throw new BadRequest(`${field}: no such agent; there are ${agents.map(({ email }) => email).join(', ')}`)
  return agent
}

const groupNamed = ({ groups }: Store, wanted: string | number | undefined): number | null => {
  if (wanted === undefined) return null
  const group = groups.find(
    ({ id, internal_name }) => internal_name === wanted || String(id) === String(wanted),
  )
  if (!group)
    throw new BadRequest(
      `group: no such group; there are ${groups.map(({ internal_name }) => internal_name).join(', ')}`,
    )
  return group.id
}

/** `POST /__emulator/calls`: a whole call that ends now. */
export const emulateCall =
  (account: Account): ControlHandler =>
  ({ body }) => {
    const { store, clock, events } = account
    const input = readBody(callSchema, body)
    const { direction, outcome, waiting_time } = input
    const answered = outcome === 'answered'
    if (!answered && (input.talking_time ?? 0) > 0)
      throw new BadRequest(`talking_time: nobody talks in a ${outcome} call`)
    if (outcome === 'voicemail' && direction !== 'incoming')
      throw new BadRequest('outcome: only incoming calls end in voicemail')
    if (input.rung_agent_email !== undefined && (answered || direction !== 'incoming'))
      throw new BadRequest('rung_agent_email: only an incoming call that nobody answers rings in vain')
    const external =
      direction === 'internal' || input.external_number === ''
        ? input.external_number
        : `+${input.external_number.replace(/^\+/, '')}`
    const talking_time = answered ? (input.talking_time ?? DEFAULT_TALKING) : 0
    const wrapup_time = answered ? WRAPUP : 0
    const ended = input.ended_at === undefined ? clock.now() : Date.parse(input.ended_at)
    const answeredAt = ended - talking_time * 1_000
    const id = nextCallId(store)
    const call = {
      id,
      uuid: callUuid(id),
      type: direction,
      outcome,
      public_external: external,
      public_internal: ownNumber(store, input.internal_number).caller_id_e164,
      contact_id: direction === 'internal' ? null : (store.contacts.byNumber(external)?.id ?? null),
      user_id: agentByEmail(store, input.agent_email)?.id ?? null,
      rung_agent_id: agentByEmail(store, input.rung_agent_email, 'rung_agent_email')?.id ?? null,
      group_id: groupNamed(store, input.group),
      talking_time,
      waiting_time,
      wrapup_time,
      started_at: new Date(answeredAt - waiting_time * 1_000).toISOString(),
      answered_at: answered ? new Date(answeredAt).toISOString() : null,
      ended_at: new Date(ended).toISOString(),
      recorded: talking_time > 0 || outcome === 'voicemail',
      recordingDeleted: false,
      notes: input.notes.map((note) => ({ id: store.nextId(), note })),
      tags: input.tags,
      rating: null,
    }
    for (const tag of call.tags) tagNamed(store, tag)
    store.calls.set(id, call)
    if (input.deliver) events.callEnded(call)
    return { id, uuid: call.uuid }
  }

/** `PATCH /__emulator/calls/:id`: somebody edits notes or tags in the call history, or more is known of the call. */
export const editCall =
  (account: Account): ControlHandler =>
  ({ body, params }) => {
    const { store, events } = account
    const call = store.calls.get(idOf(params.id))
    if (!call) throw new BadRequest('id: no such call')
    const { notes, tags, outcome } = readBody(editSchema, body ?? {})
    if (outcome) call.outcome = outcome
    if (notes) call.notes = notes.map((note) => ({ id: store.nextId(), note }))
    if (tags) {
      call.tags = tags
      for (const tag of tags) tagNamed(store, tag)
    }
    events.callModified(call)
    return { id: call.id, uuid: call.uuid }
  }
