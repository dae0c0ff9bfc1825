import type { OutcomeKind } from '../mapping/reasons.ts'
import type { RecordKind, Vendor } from '../store/schema.ts'

/** What a connection counts while it works, for whoever watches the process. */
export interface Counts {
  outcome(kind: RecordKind, outcome: OutcomeKind): void
  /** A settle ended, whichever way. */
  settled(kind: RecordKind, seconds: number): void
  /** @param status undefined = no answer came. */
  requested(vendor: Vendor, status: number | undefined): void
  /** A webhook was taken. */
  webhook(door: Vendor): void
  /** A webhook did not prove its sender. */
  refusedWebhook(door: Vendor): void
}

/** For what only rehearses. */
export const uncounted: Counts = {
  outcome: () => undefined,
  settled: () => undefined,
  requested: () => undefined,
  webhook: () => undefined,
  refusedWebhook: () => undefined,
}
