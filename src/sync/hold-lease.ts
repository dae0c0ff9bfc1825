import type { Db } from '../store/database.ts'
import { giveBackLeases, renewLeases, takeLeases } from '../store/leases.ts'

/** Well before a lease runs out. */
const RENEW_MS = 5_000

/**
 * Does work that only one process may do at a time, and keeps its lease for as long as that takes.
 * @returns whether it was done; false where another has the lease.
 */
export async function holdLease(
  db: Db,
  holder: string,
  key: string,
  work: () => Promise<void>,
): Promise<boolean> {
  const mine = await takeLeases(db, holder, [key])
  if (mine.size === 0) return false
  const renewing = setInterval(() => void renewLeases(db, holder, mine).catch(() => undefined), RENEW_MS)
  try {
    await work()
    return true
  } finally {
    clearInterval(renewing)
    await giveBackLeases(db, holder, mine).catch(() => undefined)
  }
}
