import { FAILURES, type Summary } from '../http/operations.ts'
import { type ReasonCode, reasons } from '../mapping/reasons.ts'
import type { Failure } from '../store/failures.ts'

/** What has failed, by reason, and what to do about it; for a person. @param totals where the list may be cut. */
export function failuresAsText(failed: readonly Failure[], totals: FailureTotals | undefined): string {
  if (failed.length === 0) return 'Nothing has failed.'
  const head = totals ? [`These are the latest ${failed.length} of ${totals.all} that have failed.`] : []
  const byReason = [...Map.groupBy(failed, ({ reason }) => reason)]
  const parts = byReason.map(([reason, some]) =>
    [
      `${reason}: ${some.length}${totals ? ` of ${totals.byReason[reason] ?? some.length}` : ''}`,
      `  ${reasons[reason].meaning}`,
      `  What to do: ${reasons[reason].whatToDo}`,
      ...some.map(({ kind, id, sentence, at }) => {
        const when = at.toISOString().replace('T', ' ').slice(0, 19)
        return `  ${when}  ${kind} ${id}  ${sentence}`
      }),
    ].join('\n'),
  )
  return [...head, ...parts, 'Settle again: retry <id>, retry --reason <code>, or retry --all.'].join('\n\n')
}

/** How many records have failed, where a list shows the latest of them only. */
export interface FailureTotals {
  all: number
  byReason: Partial<Record<ReasonCode, number>>
}

/** Undefined where the list has all. @param summary is asked for only where it is needed. */
export async function totalsBeyond(
  failed: readonly Failure[],
  summary: () => Promise<Summary>,
): Promise<FailureTotals | undefined> {
  if (failed.length < FAILURES) return undefined
  const { customers, contacts, calls, messages } = await summary()
  const byReason: FailureTotals['byReason'] = {}
  let all = 0
  for (const { failedByReason } of [customers, contacts, calls, messages]) {
    for (const [reason, n] of Object.entries(failedByReason) as [ReasonCode, number][]) {
      byReason[reason] = (byReason[reason] ?? 0) + n
      all += n
    }
  }
  return { all, byReason }
}

/** How many are settled again. */
export const retriedAsText = (count: number): string => {
  if (count === 0) return 'Nothing of this has failed.'
  const what = count === 1 ? 'One record is' : `${count} records are`
  return `${what} settled again; trace tells what comes of it.`
}
