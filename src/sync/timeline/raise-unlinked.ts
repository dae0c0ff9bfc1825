import type { CustomerVersion } from '../../store/customers.ts'
import { openItemsOf } from '../../store/runs.ts'
import { type TimelineRecord, unlinkedOf } from '../../store/timeline.ts'

import type { SyncContext } from '../context.ts'
import { callEvent, messageEvent, type RaisedEvent } from '../event.ts'
import { currentMeter } from '../meter.ts'

/** Conversations of unknown callers move to a customer by themselves once one has their number. */
export async function raiseUnlinkedOfCustomer(
  context: SyncContext,
  customer: CustomerVersion,
): Promise<void> {
  const unlinked = await unlinkedOf(context.db, context.connection, 'customer', customer.id)
  await raiseOutsideOfRun(context, unlinked, `${customer.id}/${customer.rev}`)
}

/** The same once a contact that has their number belongs to a customer. */
export async function raiseUnlinkedOfContact(
  context: SyncContext,
  contactId: string,
  customerId: string,
): Promise<void> {
  const unlinked = await unlinkedOf(context.db, context.connection, 'contact', contactId)
  await raiseOutsideOfRun(context, unlinked, `${customerId}/contact/${contactId}`)
}

/** A run settles the calls of its own list in their turn, and tells what became of them. */
async function raiseOutsideOfRun(
  context: SyncContext,
  records: readonly TimelineRecord[],
  because: string,
): Promise<void> {
  if (records.length === 0) return
  const { runId } = currentMeter()
  const inRun = runId === undefined ? () => false : await openItemsOf(context.db, runId, records)
  await raiseAssociation(
    context,
    records.filter((record) => !inRun(record)),
    because,
  )
}

/** Has it looked for who owns the caller's number now. */
export async function raiseAssociation(
  context: SyncContext,
  records: readonly Pick<TimelineRecord, 'kind' | 'id'>[],
  because: string,
): Promise<void> {
  const { connection } = context
  await context.raise(
    records.map(({ kind, id }): RaisedEvent => {
      const rest = { about: 'customer', source: 'follow-up' } as const
      return {
        event: kind === 'call' ? callEvent(connection, id, rest) : messageEvent(connection, id, rest),
        priority: 'enrichment',
        dedupeKey: `${connection}/${kind}/${id}/customer/${because}`,
      }
    }),
  )
}
