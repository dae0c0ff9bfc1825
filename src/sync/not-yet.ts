import type { Outcome } from '../store/outcomes.ts'

/** A settle that has to come again, because the vendor does not show the record in its final state yet. */
export class NotYet extends Error {
  override readonly name = 'NotYet' as const
  readonly outcome: Outcome
  /** Tries after which it is no longer a matter of waiting; each waits longer than the one before. */
  readonly giveUpAfter: number
  readonly givenUp: Outcome
  /** Before the second try, where the vendor's lag is known to be another than usual. */
  readonly firstBackoffMs: number | undefined

  constructor(outcome: Outcome, giveUpAfter: number, givenUp: Outcome, firstBackoffMs?: number) {
    super(outcome.sentence)
    this.outcome = outcome
    this.giveUpAfter = giveUpAfter
    this.givenUp = givenUp
    this.firstBackoffMs = firstBackoffMs
  }
}
