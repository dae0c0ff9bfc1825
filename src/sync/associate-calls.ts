import { unlinkedCallsOf } from '../store/calls.ts'
import type { CustomerVersion } from '../store/customers.ts'
import type { SyncContext } from './context.ts'
import { callEvent } from './event.ts'

/** Conversations of unknown callers move to a customer by themselves once one has their number. */
export async function raiseUnlinkedCalls(context: SyncContext, customer: CustomerVersion): Promise<void> {
  const { db, connection } = context
  const calls = await unlinkedCallsOf(db, connection, customer.id)
  if (calls.length === 0) return
  await context.raise(
    calls.map((id) => ({
      event: callEvent(connection, id, { about: 'customer', source: 'follow-up' }),
      priority: 'enrichment',
      dedupeKey: `${connection}/call/${id}/customer/${customer.id}/${customer.rev}`,
    })),
  )
}
