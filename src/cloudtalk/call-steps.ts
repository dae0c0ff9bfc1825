import { z } from 'zod'
import { oneOrMany, optionalDate, optionalId, optionalNumber, optionalText, phoneFromWire } from './wire.ts'

/** All in seconds; analytics leaves out or nulls what does not apply (contract §3.3). */
export const callTimes = z
  .object({
    total_time: optionalNumber,
    talking_time: optionalNumber,
    wrap_up_time: optionalNumber,
    ringing_time: optionalNumber,
    waiting_time: optionalNumber,
    holding_time: optionalNumber,
  })
  .nullish()
  .transform((times) => ({
    total: times?.total_time,
    talking: times?.talking_time,
    wrapUp: times?.wrap_up_time,
    ringing: times?.ringing_time,
    waiting: times?.waiting_time,
    holding: times?.holding_time,
  }))

const party = { id: optionalId, name: optionalText, date: optionalDate }
const outcome = { call_times: callTimes, status: optionalText, reason: optionalText }

const agentStep = z
  .object({ type: z.literal('agent'), ...party, ...outcome, call_id: optionalId })
  .transform(({ call_times, call_id, ...step }) => ({ ...step, callTimes: call_times, callId: call_id }))

const queueStep = z
  .object({
    type: z.literal('queue'),
    ...party,
    ...outcome,
    strategy: optionalText,
    agent_calls: oneOrMany(agentStep),
  })
  .transform(({ call_times, agent_calls, ...step }) => ({
    ...step,
    callTimes: call_times,
    agentCalls: agent_calls,
  }))

const ivrStep = z
  .object({
    type: z.literal('ivr'),
    id: optionalId,
    date: optionalDate,
    total_time: optionalNumber,
    option: optionalText,
  })
  .transform(({ total_time, ...step }) => ({ ...step, totalTime: total_time }))

const playbackStep = z
  .object({
    type: z.literal('playback'),
    id: optionalId,
    date: optionalDate,
    file: optionalText,
    total_time: optionalNumber,
  })
  .transform(({ total_time, ...step }) => ({ ...step, totalTime: total_time }))

const transferStep = z
  .object({
    type: z.literal('transfer'),
    id: optionalId,
    date: optionalDate,
    endpoint: optionalText,
    status: optionalText,
  })
  .transform((step) => ({ ...step, endpoint: phoneFromWire(step.endpoint) ?? step.endpoint }))

/** Undocumented, seen in working clients (contract §3.3). */
const voicemailStep = z
  .object({ type: z.literal('voicemail'), status: optionalText, total_time: optionalNumber })
  .transform(({ total_time, ...step }) => ({ ...step, totalTime: total_time }))

/** A kind of step that nobody has described yet. */
const otherStep = z
  .object({ type: optionalText })
  .transform((step) => ({ type: 'other' as const, wireType: step.type }))

/** Tried in order, so a step of a known type with surprising contents passes as `other` too. */
export const callStep = z.union([
  queueStep,
  agentStep,
  ivrStep,
  playbackStep,
  transferStep,
  voicemailStep,
  otherStep,
])

/** One leg of the way a call took through the account. */
export type CallStep = z.output<typeof callStep>
