import type { Db } from '../../store/database.ts'
import { findRun } from '../../store/runs.ts'

/** How long an answer is believed: a pause takes hold this late at most. */
const FRESH_MS = 300

/** Tells whether a run is paused, for events of it that are in the queue already. */
export function createPauseCheck(db: Db, now: () => number): (runId: string) => Promise<boolean> {
  let known: { runId: string; paused: Promise<boolean>; until: number } | undefined
  return (runId) => {
    if (known?.runId !== runId || known.until < now()) {
      const paused = findRun(db, runId).then((run) => run?.paused ?? false)
      known = { runId, paused, until: now() + FRESH_MS }
    }
    return known.paused
  }
}
