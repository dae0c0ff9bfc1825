import { loadConnection } from '../../store/connections.ts'
import { moveCursor, readCursor } from '../../store/cursors.ts'
import { unsettledCustomers } from '../../store/customers.ts'
import type { SyncContext } from '../context.ts'
import { customerEvent } from '../event.ts'
import { readCustomersSince } from './read-customers.ts'

const CURSOR = 'customers'
/** Kustomer's search shows a change some seconds late (contract §1.7), so each round looks back this far. */
const OVERLAP_MS = 2 * 60_000
/**
 * After a whole round nothing older than this is read again: else an import of thousands at one moment would be read in
 * every round until something else changes. More than the clocks of two machines differ.
 */
const QUIET_MS = 30 * 60_000

/**
 * Finds customers that changed without a webhook having told. What is in the mirror but has no outcome yet is raised
 * too: a round that was cut off loses nothing.
 */
export async function pollCustomers(context: SyncContext): Promise<void> {
  const { db, connection } = context
  const started = context.now().getTime()
  // What was last changed before the connection began is a run's to bring over: polling writes nothing unasked.
  const { createdAt } = await loadConnection(db, connection)
  const cursor = (await readCursor(db, connection, CURSOR)) ?? createdAt.toISOString()
  const from = new Date(Math.max(Date.parse(cursor) - OVERLAP_MS, createdAt.getTime())).toISOString()
  const latest = await readCustomersSince(context, from, true, async (customers) => {
    const pending = await unsettledCustomers(
      db,
      connection,
      customers.map(({ id }) => id),
    )
    await context.raise(
      pending.map(({ id, rev }) => ({
        event: customerEvent(connection, id, { source: 'poll' }),
        priority: 'live',
        dedupeKey: `${connection}/customer/${id}/rev/${rev}`,
      })),
    )
  })
  const quiet = new Date(started - QUIET_MS).toISOString()
  await moveCursor(db, connection, CURSOR, [latest, cursor, quiet].toSorted().at(-1) ?? latest)
}
