import type { Db } from '../store/database.ts'
import { endLeases, type Holder, keepRenewing, takeAllLeases } from '../store/leases.ts'
import { givenUp } from './given-up.ts'
import { underLeases } from './under-leases.ts'

/**
 * Does work that only one process may do at a time, and keeps its leases for as long as that takes. After work that has
 * given up a write, nobody gets them for as long as the holder leaves them.
 * @returns what came of it; undefined where another has one of the leases.
 */
export async function holdLease<T>(
  db: Db,
  holder: Holder,
  keys: string | readonly string[],
  work: () => Promise<T>,
): Promise<{ result: T } | undefined> {
  const mine = typeof keys === 'string' ? [keys] : keys
  if (!(await takeAllLeases(db, holder, mine))) return undefined
  const stopRenewing = keepRenewing(db, holder, new Set(mine))
  let leave = false
  try {
    return { result: await underLeases(holder, mine, work) }
  } catch (error) {
    leave = givenUp(error)
    throw error
  } finally {
    stopRenewing()
    await endLeases(db, holder, mine, leave).catch(() => undefined)
  }
}
