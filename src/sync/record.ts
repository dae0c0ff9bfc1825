import { type RecordedOutcome, recordOutcome } from '../store/outcomes.ts'
import type { SyncContext } from './context.ts'

/** Writes down what became of a record of this connection, and counts it. */
export async function record(
  { db, connection, counts }: SyncContext,
  outcome: Omit<RecordedOutcome, 'connection'>,
): Promise<void> {
  await recordOutcome(db, { ...outcome, connection })
  counts.outcome(outcome.kind, outcome.outcome)
}
