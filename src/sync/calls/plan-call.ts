import { skipCall } from '../../mapping/conversation-from-call.ts'
import type { ReasonCode } from '../../mapping/reasons.ts'
import type { CallSettings } from '../../mapping/settings.ts'
import type { StoredCall } from '../../store/calls.ts'

/**
 * The life of a call here. It is *known* (a webhook or a page named it), *ended* (CloudTalk shows its end), *intended*
 * (before the first request to Kustomer), then *logged* (conversation, note, message and status stand). A logged call
 * only changes its note, and moves to its customer when that one is found. It never goes back.
 */
export type CallPlan =
  | { kind: 'wait'; reason: 'CALL_NOT_FOUND' | 'NOT_ENDED' }
  | { kind: 'skip'; reason: ReasonCode }
  /** `lookFirst`: an earlier try left no word of its end, so its parts may already stand. */
  | { kind: 'log'; customer: CustomerOfCall; lookFirst: boolean }
  /** The call stands; the note follows what CloudTalk shows now, the conversation its customer. */
  | { kind: 'follow'; moveTo: string | undefined }

export type CustomerOfCall =
  | { kind: 'known'; id: string }
  | { kind: 'leave-unlinked' }
  | { kind: 'create-customer' }

export interface CallFacts {
  stored: StoredCall | undefined
  settings: CallSettings
  /** The owner of the external number. */
  customerId: string | undefined
}

export function planCall({ stored, settings, customerId }: CallFacts): CallPlan {
  if (!stored) return { kind: 'wait', reason: 'CALL_NOT_FOUND' }
  if (!stored.call.endedAt) return { kind: 'wait', reason: 'NOT_ENDED' }
  if (stored.loggedAt) {
    const moveTo = stored.unlinked && customerId !== undefined ? customerId : undefined
    return { kind: 'follow', moveTo }
  }
  const reason = skipCall(stored.call, settings)
  if (reason !== undefined) return { kind: 'skip', reason }
  const lookFirst = stored.intentAt !== undefined
  if (customerId !== undefined) return { kind: 'log', customer: { kind: 'known', id: customerId }, lookFirst }
  if (settings.unknownNumbers === 'skip') return { kind: 'skip', reason: 'UNKNOWN_NUMBER' }
  // Without a number there is nothing to make a customer of.
  const withheld = stored.call.externalNumber === undefined
  const kind = withheld ? 'leave-unlinked' : settings.unknownNumbers
  return { kind: 'log', customer: { kind }, lookFirst }
}
