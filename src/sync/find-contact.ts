import type { Contact } from '../cloudtalk/index.ts'
import { KustomerError } from '../kustomer/index.ts'
import { wireNumber } from '../mapping/phones.ts'
import type { ContactFields } from '../mapping/records.ts'
import { isPlaceholderName, nameKey } from '../mapping/text.ts'
import { unlinkedContactsNamed } from '../store/contacts.ts'
import { findCustomer, markCustomerDeleted } from '../store/customers.ts'
import { customersOfContact, dropLink } from '../store/links.ts'
import { ownersOfNumber } from '../store/numbers.ts'
import type { SyncContext } from './context.ts'
import type { EventSource } from './event.ts'

/** Rows of a keyword search: it matches loosely, so more than one may have to be looked at. */
const CANDIDATES = 20

/**
 * A contact without a customer that this customer belongs to: by phone, then by name (requirements §1). The mirror
 * answers without a request; only what happens live also asks CloudTalk, for a contact made since the last sweep.
 */
export async function freeContactFor(
  context: SyncContext,
  desired: ContactFields,
  source: EventSource,
): Promise<{ contactId: string; by: 'phone' | 'name' } | undefined> {
  const mirrored = await byMirroredPhone(context, desired, source)
  if (mirrored !== undefined) return { contactId: mirrored, by: 'phone' }
  if (source !== 'run') {
    const asked = await byAskedPhone(context, desired)
    if (asked !== undefined) return { contactId: asked, by: 'phone' }
  }
  if (isPlaceholderName(desired.name)) return undefined
  const named = await unlinkedContactsNamed(context.db, context.connection, nameKey(desired.name))
  const [only] = named
  return only !== undefined && named.length === 1 ? { contactId: only, by: 'name' } : undefined
}

/** The contact that an earlier, interrupted try made for this customer: known by its link to the customer. */
export async function contactOfCustomer(
  context: SyncContext,
  intended: ContactFields,
): Promise<Contact | undefined> {
  const urls = new Set(intended.externalUrls.map(({ url }) => url))
  for (const number of intended.numbers) {
    for (const contactId of await contactsWithPhone(context, number)) {
      const shown = await context.vendors.cloudtalk((cloudtalk) => cloudtalk.contacts.show(contactId))
      if (shown.externalUrls.some(({ url }) => urls.has(url))) return shown
    }
  }
  return undefined
}

async function byMirroredPhone(
  context: SyncContext,
  desired: ContactFields,
  source: EventSource,
): Promise<string | undefined> {
  for (const number of desired.numbers) {
    for (const { recordId } of await ownersOfNumber(context.db, context.connection, 'contact', number)) {
      if (await isFree(context, recordId, source)) return recordId
    }
  }
  return undefined
}

async function byAskedPhone(context: SyncContext, desired: ContactFields): Promise<string | undefined> {
  for (const number of desired.numbers) {
    for (const contactId of await contactsWithPhone(context, number)) {
      if (await isFree(context, contactId, 'webhook')) return contactId
    }
  }
  return undefined
}

/**
 * Nobody is linked to the contact, or only customers that are gone: Kustomer tells neither of a deletion nor of a
 * merge (contract kustomer §6), after which the surviving customer has the other's number.
 */
async function isFree(context: SyncContext, contactId: string, source: EventSource): Promise<boolean> {
  const { db, connection } = context
  for (const customerId of await customersOfContact(db, connection, contactId)) {
    const mirrored = await findCustomer(db, connection, customerId)
    const gone = mirrored?.deleted === true || (source !== 'run' && (await isGone(context, customerId)))
    if (!gone) return false
    await markCustomerDeleted(db, connection, customerId)
    await dropLink(db, connection, customerId)
  }
  return true
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

async function contactsWithPhone(context: SyncContext, number: string): Promise<string[]> {
  const page = await context.vendors.cloudtalk((cloudtalk) =>
    cloudtalk.contacts.list({ keyword: number, page: 1, limit: CANDIDATES }),
  )
  const owns = (numbers: readonly string[]) => numbers.some((own) => wireNumber(own) === number)
  return page.items.filter(({ numbers }) => owns(numbers)).map(({ id }) => id)
}
