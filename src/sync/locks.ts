import type { Db } from '../store/database.ts'
import { endLeases, keepRenewing, leftForMs, newHolder, takeAllLeases } from '../store/leases.ts'
import { Busy } from './busy.ts'
import type { Pace } from './context.ts'
import { givenUp, leaveMsOf } from './given-up.ts'
import { underLeases } from './under-leases.ts'

/**
 * Two settles of different records may belong to one contact: two customers of one name, a customer and the contact
 * that was just made from it. Before they decide, they lock what they may meet by.
 */
export interface Locks {
  /**
   * Does `work` while nobody else has any of the keys, over all processes.
   * @throws {Busy} at once where somebody has; nothing waits here, so nothing can wait for each other. After work that
   * has given up a write, or has died while it wrote, nobody gets them while the vendor may work on it.
   */
  hold<T>(connection: string, keys: readonly string[], work: () => Promise<T>): Promise<T>
  close(): void
}

export function createLocks(db: Db, pace: Pick<Pace, 'firstBackoffMs'>): Locks {
  const holder = newHolder(leaveMsOf(pace))
  /** Held in this process; asked before the database is. */
  const held = new Set<string>()
  const stopRenewing = keepRenewing(db, holder, held)

  async function take(keys: readonly string[]): Promise<void> {
    if (keys.some((key) => held.has(key))) throw new Busy()
    for (const key of keys) held.add(key)
    try {
      if (!(await takeAllLeases(db, holder, keys))) throw new Busy(await leftForMs(db, keys))
    } catch (error) {
      for (const key of keys) held.delete(key)
      throw error
    }
  }

  return {
    async hold(connection, wanted, work) {
      const keys = [...new Set(wanted)].map((key) => `${connection}/group/${key}`)
      if (keys.length === 0) return work()
      await take(keys)
      let leave = false
      try {
        return await underLeases(holder, keys, work)
      } catch (error) {
        leave = givenUp(error)
        throw error
      } finally {
        for (const key of keys) held.delete(key)
        // What is not given back is not renewed any more, and runs out.
        await endLeases(db, holder, keys, leave).catch(() => undefined)
      }
    },
    close: stopRenewing,
  }
}

/** What settles may meet by: a contact, a number, an email, a name, a talk over one channel. */
export const lockOf = {
  contact: (id: string): string => `contact/${id}`,
  number: (number: string): string => `number/${number}`,
  email: (email: string): string => `email/${email}`,
  name: (key: string): string => `name/${key}`,
  conversation: (externalId: string): string => `conversation/${externalId}`,
  talk: (channel: string, own: string, other: string): string => `talk/${channel}/${own}/${other}`,
}
