import type { OutcomeKind, ReasonCode } from '../mapping/reasons.ts'
import type { Db } from '../store/database.ts'
import { countOutcomes, type OutcomeCount } from '../store/outcomes.ts'
import type { RecordKind } from '../store/schema.ts'

export interface KindSummary {
  total: number
  byOutcome: Partial<Record<OutcomeKind, number>>
  byReason: Partial<Record<ReasonCode, number>>
  /** Of those that have failed. */
  failedByReason: Partial<Record<ReasonCode, number>>
}

/** Current outcomes of one kind of record, counted by outcome and by reason. */
export async function summaryOf(db: Db, connection: string, kind: RecordKind): Promise<KindSummary> {
  return summaryOfCounts(await countOutcomes(db, connection, kind))
}

export function summaryOfCounts(counts: readonly OutcomeCount[]): KindSummary {
  const summary: KindSummary = { total: 0, byOutcome: {}, byReason: {}, failedByReason: {} }
  for (const { outcome, reason, count } of counts) {
    summary.total += count
    summary.byOutcome[outcome] = (summary.byOutcome[outcome] ?? 0) + count
    summary.byReason[reason] = (summary.byReason[reason] ?? 0) + count
    if (outcome === 'failed') summary.failedByReason[reason] = (summary.failedByReason[reason] ?? 0) + count
  }
  return summary
}
