import type { Db } from '../../store/database.ts'
import { findRun } from '../../store/runs.ts'

/** How long an answer is believed: a pause takes hold this late at most. */
const FRESH_MS = 300

/**
 * Tells whether a run has been paused since one of its events was raised. A run that goes on does so in a new round, so
 * an answer that is a little old never stops what was raised after it.
 */
export function createPauseCheck(
  db: Db,
  now: () => number,
): (runId: string, round: number) => Promise<boolean> {
  let known: { runId: string; pausedRound: Promise<number>; until: number } | undefined
  return async (runId, round) => {
    if (known?.runId !== runId || known.until < now()) {
      const pausedRound = findRun(db, runId).then((run) => (run?.paused ? run.round : -1))
      known = { runId, pausedRound, until: now() + FRESH_MS }
    }
    return round <= (await known.pausedRound)
  }
}
