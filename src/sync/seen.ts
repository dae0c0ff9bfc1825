import type { Db } from '../store/database.ts'
import { type Sight, sight } from '../store/sightings.ts'

/** A console that says "10 seconds ago" is exact enough, and a busy day writes no row for each webhook. */
const NOTE_AGAIN_MS = 10_000

/** Notes when something was last heard of; it holds nobody up, and a database that is away only misses the note. */
export function createSeen(db: Db, connection: string): (what: Sight) => void {
  const noted = new Map<Sight, number>()
  return (what) => {
    const now = performance.now()
    if (now - (noted.get(what) ?? Number.NEGATIVE_INFINITY) < NOTE_AGAIN_MS) return
    noted.set(what, now)
    sight(db, connection, what).catch(() => noted.delete(what))
  }
}
