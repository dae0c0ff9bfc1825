import type { ReasonCode } from '../../mapping/reasons.ts'
import type { CallSettings } from '../../mapping/settings.ts'
import type { Standing } from '../../store/timeline.ts'
import type { Caller } from './item.ts'

/**
 * The life of a call or message here: *intended* (before the first request to Kustomer), then *logged* (conversation,
 * note, chat message and status stand). What is logged only changes its note, and moves to its customer when that one
 * is found. It never goes back.
 */
export type TimelinePlan =
  | { kind: 'skip'; reason: ReasonCode }
  /** `lookFirst`: an earlier try left no word of its end, so its parts may already stand. */
  | { kind: 'log'; customer: PlannedCustomer; lookFirst: boolean }
  /** The note follows what CloudTalk shows now, the conversation its customer. */
  | { kind: 'follow'; moveTo: string | undefined }

export type PlannedCustomer =
  | { kind: 'known'; id: string }
  | { kind: 'leave-unlinked' }
  | { kind: 'create-customer' }

export interface TimelineFacts {
  standing: Standing
  /** Why the settings leave it out. */
  skip: ReasonCode | undefined
  unknownNumbers: CallSettings['unknownNumbers']
  caller: Pick<Caller, 'number'>
  /** The owner of the number. */
  customerId: string | undefined
}

/** What is to be done about one call or message. */
export function planTimeline(facts: TimelineFacts): TimelinePlan {
  const { standing, skip, unknownNumbers, caller, customerId } = facts
  if (standing.loggedAt) {
    const moveTo = standing.unlinked && customerId !== undefined ? customerId : undefined
    return { kind: 'follow', moveTo }
  }
  if (skip !== undefined) return { kind: 'skip', reason: skip }
  const lookFirst = standing.intentAt !== undefined
  if (customerId !== undefined) return { kind: 'log', customer: { kind: 'known', id: customerId }, lookFirst }
  if (unknownNumbers === 'skip') return { kind: 'skip', reason: 'UNKNOWN_NUMBER' }
  // Without a number there is nothing to make a customer of.
  const kind = caller.number === undefined ? 'leave-unlinked' : unknownNumbers
  return { kind: 'log', customer: { kind }, lookFirst }
}
