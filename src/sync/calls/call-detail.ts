import type { CallDetail as AnalyticsDetail } from '../../cloudtalk/index.ts'
import type { CallDetail } from '../../mapping/records.ts'
import { findCall, type StoredCall, saveCallProgress } from '../../store/calls.ts'
import type { SyncContext } from '../context.ts'
import { NotYet } from '../not-yet.ts'

/** Waits of `backoffMs` for some 20 minutes; analytics has been seen up to half a minute late (contract §3.3). */
const LOOKS_FOR_DETAIL = 10

/** Reads what only analytics knows of a call and keeps it. */
export async function readCallDetail(context: SyncContext, stored: StoredCall): Promise<StoredCall> {
  const { db, connection, vendors } = context
  const { id } = stored.call
  const answer = await vendors.cloudtalk((cloudtalk) => cloudtalk.analytics.call(id))
  if (!answer) {
    throw new NotYet(
      {
        outcome: 'waiting',
        reason: 'CALL_NOT_FOUND',
        sentence:
          'CloudTalk analytics does not show the call yet; the group is added to the note when it does.',
      },
      LOOKS_FOR_DETAIL,
      {
        outcome: 'unchanged',
        reason: 'NOTHING_CHANGED',
        sentence: 'CloudTalk analytics never showed the call; its note stays without a group.',
      },
    )
  }
  await saveCallProgress(db, connection, id, { detail: detailOf(answer) })
  return (await findCall(db, connection, id)) ?? stored
}

function detailOf(answer: AnalyticsDetail): CallDetail {
  const pressed = answer.steps.flatMap((step) => (step.type === 'ivr' && step.option ? [step.option] : []))
  return {
    ...(answer.groupName !== undefined && { groupName: answer.groupName }),
    ...(pressed.length > 0 && { ivrPath: pressed }),
  }
}
