import { reasons } from '../mapping/reasons.ts'
import type { Failure } from '../store/failures.ts'

/** What has failed, by reason, and what to do about it; for a person. */
export function failuresAsText(failed: readonly Failure[]): string {
  if (failed.length === 0) return 'Nothing has failed.'
  const byReason = [...Map.groupBy(failed, ({ reason }) => reason)]
  const parts = byReason.map(([reason, some]) =>
    [
      `${reason}: ${some.length}`,
      `  ${reasons[reason].meaning}`,
      `  What to do: ${reasons[reason].whatToDo}`,
      ...some.map(({ kind, id, sentence, at }) => {
        const when = at.toISOString().replace('T', ' ').slice(0, 19)
        return `  ${when}  ${kind} ${id}  ${sentence}`
      }),
    ].join('\n'),
  )
  return [...parts, 'Settle again: retry <id>, retry --reason <code>, or retry --all.'].join('\n\n')
}

/** How many are settled again. */
export const retriedAsText = (count: number): string => {
  if (count === 0) return 'Nothing of this has failed.'
  const what = count === 1 ? 'One record is' : `${count} records are`
  return `${what} settled again; trace tells what comes of it.`
}
