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

/** Current outcomes of every kind of record, counted by outcome and by reason. */
export async function summariesOf(db: Db, connection: string): Promise<Record<RecordKind, KindSummary>> {
  const counts = await countOutcomes(db, connection)
  const of = (kind: RecordKind) => summaryOfCounts(counts.filter((count) => count.kind === kind))
  return { customer: of('customer'), contact: of('contact'), call: of('call'), message: of('message') }
}

export function summaryOfCounts(counts: readonly Omit<OutcomeCount, 'kind'>[]): KindSummary {
  const summary: KindSummary = { total: 0, byOutcome: {}, byReason: {}, failedByReason: {} }
  for (const { outcome, reason, count } of counts) {
    summary.total += count
    summary.byOutcome[outcome] = (summary.byOutcome[outcome] ?? 0) + count
    summary.byReason[reason] = (summary.byReason[reason] ?? 0) + count
    if (outcome === 'failed') summary.failedByReason[reason] = (summary.failedByReason[reason] ?? 0) + count
  }
  return summary
}
