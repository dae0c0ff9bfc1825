import { wireNumber } from '../mapping/phones.ts'
import type { ContactFields } from '../mapping/records.ts'
import { isPlaceholderName, nameKey } from '../mapping/text.ts'
import { unlinkedContactsNamed } from '../store/contacts.ts'
import { customersOfContact } from '../store/links.ts'
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
  const mirrored = await byMirroredPhone(context, desired)
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
  fields: ContactFields,
): Promise<string | undefined> {
  const urls = new Set(fields.externalUrls.map(({ url }) => url))
  for (const number of fields.numbers) {
    for (const contactId of await contactsWithPhone(context, number)) {
      const shown = await context.vendors.cloudtalk((cloudtalk) => cloudtalk.contacts.show(contactId))
      if (shown.externalUrls.some(({ url }) => urls.has(url))) return contactId
    }
  }
  return undefined
}

async function byMirroredPhone(context: SyncContext, desired: ContactFields): Promise<string | undefined> {
  for (const number of desired.numbers) {
    for (const { recordId } of await ownersOfNumber(context.db, context.connection, 'contact', number)) {
      if (await isFree(context, recordId)) return recordId
    }
  }
  return undefined
}

async function byAskedPhone(context: SyncContext, desired: ContactFields): Promise<string | undefined> {
  for (const number of desired.numbers) {
    for (const contactId of await contactsWithPhone(context, number)) {
      if (await isFree(context, contactId)) return contactId
    }
  }
  return undefined
}

async function isFree(context: SyncContext, contactId: string): Promise<boolean> {
  return (await customersOfContact(context.db, context.connection, contactId)).length === 0
}

async function contactsWithPhone(context: SyncContext, number: string): Promise<string[]> {
  const page = await context.vendors.cloudtalk((cloudtalk) =>
    cloudtalk.contacts.list({ keyword: number, page: 1, limit: CANDIDATES }),
  )
  const owns = (numbers: readonly string[]) => numbers.some((own) => wireNumber(own) === number)
  return page.items.filter(({ numbers }) => owns(numbers)).map(({ id }) => id)
}
