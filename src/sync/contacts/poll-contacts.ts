import { leastRecentlyRead } from '../../store/contacts.ts'
import { unfinishedRuns } from '../../store/runs.ts'
import type { SyncContext } from '../context.ts'
import { contactEvent, type RaisedEvent } from '../event.ts'
import { readContacts } from './read-contacts.ts'

/** Finds contacts that were made, changed or deleted without a webhook having told. */
export async function pollContacts(context: SyncContext): Promise<void> {
  const { sweep, changed, missing } = await readContacts(context)
  await context.raise([...changed, ...missing].map((id) => looked(context, id, 'live', `sweep/${sweep}`)))
}

/** At most this many contacts are looked at in one idle minute: 14,400 a day. */
const LOOKS_A_ROUND = 10
const DAY_MS = 24 * 60 * 60_000

/**
 * Looks at the contacts that nobody has looked at for the longest time: address, website and the like are not in the
 * index. Only while CloudTalk's budget is idle.
 */
export async function lookAtContacts(context: SyncContext): Promise<void> {
  const { db, connection, vendors } = context
  if ((await unfinishedRuns(db, connection)).length > 0 || !(await vendors.cloudtalkIdle())) return
  const now = context.now().getTime()
  const ids = await leastRecentlyRead(
    db,
    connection,
    new Date(now - DAY_MS),
    LOOKS_A_ROUND,
    context.settings.import,
  )
  await context.raise(ids.map((id) => looked(context, id, 'backfill', `look/${now}`)))
}

const looked = (
  { connection }: SyncContext,
  id: string,
  priority: RaisedEvent['priority'],
  round: string,
): RaisedEvent => ({
  event: contactEvent(connection, id, { source: 'poll' }),
  priority,
  dedupeKey: `${connection}/contact/${id}/${round}`,
})
