import { unsettledCalls } from '../../store/calls.ts'
import { loadConnection } from '../../store/connections.ts'
import { moveCursor, readCursor } from '../../store/cursors.ts'
import type { SyncContext } from '../context.ts'
import { callEvent } from '../event.ts'
import { LATE_EDITS_MS, LONGEST_CALL_MS } from './call-dates.ts'
import { readCallsSince } from './read-calls.ts'

const CURSOR = 'calls'
/** CloudTalk tells whole seconds, by its own clock: a call of the connection's first minute counts as after it. */
const SKEW_MS = 60_000

/**
 * Finds calls that ended, or were edited, without a webhook having told. Looking back costs nothing while the time has
 * fewer than 1,000 calls: the round is one page.
 */
export async function pollCalls(context: SyncContext): Promise<void> {
  const { db, connection } = context
  const now = context.now()
  const cursor = new Date((await readCursor(db, connection, CURSOR)) ?? now)
  // What ended before the connection began is a run's to bring over: polling writes nothing unasked.
  const { createdAt } = await loadConnection(db, connection)
  const since = new Date(cursor.getTime() - LATE_EDITS_MS - LONGEST_CALL_MS)
  await readCallsSince(context, since, (calls) =>
    raiseUnsettled(
      context,
      calls.map(({ id }) => id),
      new Date(createdAt.getTime() - SKEW_MS),
    ),
  )
  await moveCursor(db, connection, CURSOR, now.toISOString())
}

async function raiseUnsettled(context: SyncContext, ids: readonly string[], since: Date): Promise<void> {
  const { db, connection } = context
  const pending = await unsettledCalls(db, connection, ids, since)
  await context.raise(
    pending.map(({ id, version }) => ({
      event: callEvent(connection, id, { about: 'call', source: 'poll' }),
      priority: 'live',
      dedupeKey: `${connection}/call/${id}/version/${version}`,
    })),
  )
}
