import type { Db } from '../store/database.ts'
import { giveBackLeases, keepRenewing, takeAllLeases } from '../store/leases.ts'

/**
 * Does work that only one process may do at a time, and keeps its leases for as long as that takes.
 * @returns whether it was done; false where another has one of the leases.
 */
export async function holdLease(
  db: Db,
  holder: string,
  keys: string | readonly string[],
  work: () => Promise<void>,
): Promise<boolean> {
  const mine = typeof keys === 'string' ? [keys] : keys
  if (!(await takeAllLeases(db, holder, mine))) return false
  const stopRenewing = keepRenewing(db, holder, new Set(mine))
  try {
    await work()
    return true
  } finally {
    stopRenewing()
    await giveBackLeases(db, holder, mine).catch(() => undefined)
  }
}
