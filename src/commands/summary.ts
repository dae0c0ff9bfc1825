import { reasons } from '../mapping/reasons.ts'
import type { KindSummary } from '../sync/summary.ts'

/** A table of outcomes with their reasons, for a person. */
export function summaryAsText(title: string, summary: KindSummary): string {
  const rows = Object.entries(summary.byReason)
    .sort(([, one], [, other]) => other - one)
    .map(([reason, count]) => {
      const { meaning } = reasons[reason as keyof typeof reasons]
      return `  ${String(count).padStart(6)}  ${reason.padEnd(22)} ${meaning}`
    })
  const outcomes = Object.entries(summary.byOutcome)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ')
  return [`${title}: ${summary.total}${outcomes ? ` (${outcomes})` : ''}`, ...rows].join('\n')
}
