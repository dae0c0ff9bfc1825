import type { Db } from '../../store/database.ts'
import { findRun } from '../../store/runs.ts'

/** How long an answer is believed: a pause or a cancellation takes hold this late at most. */
export const FRESH_MS = 300

/** What has become of a run since one of its events was raised. */
export type Halt = 'paused' | 'cancelled' | undefined

/**
 * Tells whether a run has been paused since one of its events was raised, or cancelled. A run that goes on does so in a
 * new round, so an answer that is a little old never stops what was raised after it.
 */
export function createHaltCheck(db: Db, now: () => number): (runId: string, round: number) => Promise<Halt> {
  let known: { runId: string; halted: Promise<{ as: Halt; round: number }>; until: number } | undefined
  return async (runId, round) => {
    if (known?.runId !== runId || known.until < now()) {
      const halted = findRun(db, runId).then((run) => {
        if (run?.state === 'cancelled') return { as: 'cancelled' as const, round: run.round }
        return { as: 'paused' as const, round: run?.paused ? run.round : -1 }
      })
      known = { runId, halted, until: now() + FRESH_MS }
    }
    const halted = await known.halted
    return round <= halted.round ? halted.as : undefined
  }
}
