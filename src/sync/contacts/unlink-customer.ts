import { KustomerError } from '../../kustomer/index.ts'
import { ownWith } from '../../mapping/contact-group.ts'
import { nothingOwn } from '../../mapping/merge-customers.ts'
import { findContact, releaseContact, saveOwn } from '../../store/contacts.ts'
import { findCustomer, markCustomerDeleted } from '../../store/customers.ts'
import { dropLink, type Link, linksOfContact } from '../../store/links.ts'
import type { SyncContext } from '../context.ts'
import type { EventSource } from '../event.ts'

/** A customer that is gone leaves its contact as it is: what it gave is the contact's own from then on. */
export async function unlinkDeleted(context: SyncContext, link: Link): Promise<void> {
  const { db, connection } = context
  const { contactId, customerId, base } = link
  if (contactId !== undefined) {
    const left = (await linksOfContact(db, connection, contactId)).filter(
      (other) => other.customerId !== customerId,
    )
    if (left.length === 0) await releaseContact(db, connection, contactId, true)
    else if (base) {
      const stored = await findContact(db, connection, contactId)
      await saveOwn(db, connection, contactId, ownWith(stored?.own ?? nothingOwn, base))
    }
  }
  await dropLink(db, connection, customerId)
}

/**
 * Unlinks the customers of a contact that are gone. Kustomer tells neither of a deletion nor of a merge (contract
 * kustomer §6), after which the surviving customer has the other's number.
 */
export async function unlinkGone(
  context: SyncContext,
  contactId: string,
  source: EventSource,
): Promise<void> {
  for (const link of await goneOf(context, contactId, source !== 'run')) await unlinkDeleted(context, link)
}

/** Whether a customer of a contact is gone, or its last one was. Kustomer is asked, for a run reads no deleted ones. */
export async function isBereft(context: SyncContext, contactId: string): Promise<boolean> {
  const { db, connection } = context
  if ((await goneOf(context, contactId, true)).length > 0) return true
  const links = await linksOfContact(db, connection, contactId)
  return links.length === 0 && (await findContact(db, connection, contactId))?.customerDeleted === true
}

/** @param ask whether Kustomer is asked about those that the mirror has. */
async function goneOf(context: SyncContext, contactId: string, ask: boolean): Promise<Link[]> {
  const { db, connection } = context
  const gone: Link[] = []
  for (const link of await linksOfContact(db, connection, contactId)) {
    const { customerId } = link
    const mirrored = await findCustomer(db, connection, customerId)
    if (mirrored?.deleted !== true) {
      if (!ask || !(await isGone(context, customerId))) continue
      await markCustomerDeleted(db, connection, customerId)
    }
    gone.push(link)
  }
  return gone
}

async function isGone(context: SyncContext, customerId: string): Promise<boolean> {
  try {
    const customer = await context.vendors.kustomer((kustomer) => kustomer.customers.get(customerId))
    return customer.deleted
  } catch (error) {
    if (error instanceof KustomerError && error.failure.kind === 'notFound') return true
    throw error
  }
}
