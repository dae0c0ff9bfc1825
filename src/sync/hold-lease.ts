import type { Db } from '../store/database.ts'
import { giveBackLeases, renewLeases, takeAllLeases } from '../store/leases.ts'

/** Well before a lease runs out. */
const RENEW_MS = 5_000

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
  const renewing = setInterval(() => void renewLeases(db, holder, mine).catch(() => undefined), RENEW_MS)
  try {
    await work()
    return true
  } finally {
    clearInterval(renewing)
    await giveBackLeases(db, holder, mine).catch(() => undefined)
  }
}
