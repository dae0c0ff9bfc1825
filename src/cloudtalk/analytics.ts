import { z } from 'zod'
import { type CallStep, callStep, callTimes } from './call-steps.ts'
import { CloudTalkError } from './errors.ts'
import type { Transport } from './transport.ts'
import {
  flag,
  id,
  oneOrMany,
  optionalDate,
  optionalId,
  optionalNumber,
  optionalPhone,
  optionalText,
  present,
} from './wire.ts'

const callDetail = z
  .object({
    cdr_id: id,
    uuid: optionalText,
    date: optionalDate,
    status: optionalText,
    direction: optionalText,
    type: optionalText,
    contact: z.object({ id: optionalId, name: optionalText, number: optionalPhone }).nullish(),
    internal_number: z.object({ id: optionalId, name: optionalText, number: optionalPhone }).nullish(),
    call_times: callTimes,
    call_steps: oneOrMany(callStep),
    call_tags: oneOrMany(z.object({ label: optionalText })),
    call_rating: optionalNumber,
    notes: oneOrMany(optionalText),
    recorded: flag,
    out_of_office: flag,
  })
  .transform((call) => ({
    cdrId: call.cdr_id,
    uuid: call.uuid,
    date: call.date,
    /** `answered` or `missed`; a voicemail left counts as missed (contract §3.2). */
    status: call.status,
    direction: call.direction,
    /** regular, callback, transferred, redirected or a dialer. */
    type: call.type,
    contact: call.contact ?? undefined,
    internalNumber: call.internal_number ?? undefined,
    callTimes: call.call_times,
    steps: call.call_steps,
    groupName: groupNameIn(call.call_steps),
    tags: present(call.call_tags.map((tag) => tag.label)),
    notes: present(call.notes),
    /** 1 (worst) to 5. */
    rating: call.call_rating,
    recorded: call.recorded,
    outOfOffice: call.out_of_office,
  }))

/** What the call history lacks: uuid, status, and the way through IVR, queues and agents (contract §3.3). */
export type CallDetail = z.output<typeof callDetail>

/** The queue whose agent answered, else the first one: queues are CloudTalk's groups (contract §3.3). */
function groupNameIn(steps: CallStep[]): string | undefined {
  const queues = steps.filter((step) => step.type === 'queue')
  return (queues.find((queue) => queue.status === 'answered') ?? queues[0])?.name
}

export function analytics(transport: Transport) {
  return {
    /** Undefined for an unknown call, and for some seconds after a call's end (contract §3.3). */
    call: async (callId: string): Promise<CallDetail | undefined> => {
      try {
        return await transport.json(
          { host: 'analytics', method: 'GET', path: '/calls/:id', id: callId },
          callDetail,
        )
      } catch (error) {
        if (error instanceof CloudTalkError && error.failure.kind === 'notFound') return undefined
        throw error
      }
    },
  }
}
