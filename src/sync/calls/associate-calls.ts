import { unlinkedCallsOf } from '../../store/calls.ts'
import type { CustomerVersion } from '../../store/customers.ts'
import type { SyncContext } from '../context.ts'
import { callEvent } from '../event.ts'

/** Conversations of unknown callers move to a customer by themselves once one has their number. */
export async function raiseCallsOfCustomer(context: SyncContext, customer: CustomerVersion): Promise<void> {
  const calls = await unlinkedCallsOf(context.db, context.connection, 'customer', customer.id)
  await raiseAssociation(context, calls, `${customer.id}/${customer.rev}`)
}

/** The same once a contact that has their number belongs to a customer. */
export async function raiseCallsOfContact(
  context: SyncContext,
  contactId: string,
  customerId: string,
): Promise<void> {
  const calls = await unlinkedCallsOf(context.db, context.connection, 'contact', contactId)
  await raiseAssociation(context, calls, `${customerId}/contact/${contactId}`)
}

async function raiseAssociation(
  context: SyncContext,
  calls: readonly string[],
  because: string,
): Promise<void> {
  const { connection } = context
  await context.raise(
    calls.map((id) => ({
      event: callEvent(connection, id, { about: 'customer', source: 'follow-up' }),
      priority: 'enrichment',
      dedupeKey: `${connection}/call/${id}/customer/${because}`,
    })),
  )
}
