import { skipCall } from '../../mapping/conversation-from-call.ts'
import type { CallSettings } from '../../mapping/settings.ts'
import type { StoredCall } from '../../store/calls.ts'
import { planTimeline, type TimelinePlan } from '../timeline/plan.ts'
import { callerOf } from './call-item.ts'

/** A call is first *known* (a webhook or a page named it), then *ended* (CloudTalk shows its end); then it is logged. */
export type CallPlan = { kind: 'wait'; reason: 'CALL_NOT_FOUND' | 'NOT_ENDED' } | TimelinePlan

export interface CallFacts {
  stored: StoredCall | undefined
  settings: CallSettings
  /** The owner of the external number. */
  customerId: string | undefined
}

/** What is to be done about one call. */
export function planCall({ stored, settings, customerId }: CallFacts): CallPlan {
  if (!stored) return { kind: 'wait', reason: 'CALL_NOT_FOUND' }
  if (!stored.call.endedAt) return { kind: 'wait', reason: 'NOT_ENDED' }
  return planTimeline({
    standing: stored.standing,
    skip: skipCall(stored.call, settings),
    unknownNumbers: settings.unknownNumbers,
    caller: callerOf(stored.call),
    customerId,
  })
}
