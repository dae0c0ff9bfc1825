import { findCustomer, mirrorCustomers } from '../../store/customers.ts'
import { type Owner, ownersOf } from '../../store/identifiers.ts'
import { customersOfContact } from '../../store/links.ts'
import { customerByPhone } from '../by-phone.ts'
import type { SyncContext } from '../context.ts'
import type { EventSource } from '../event.ts'
import type { Caller } from './item.ts'

/**
 * The customer that owns the caller's number, as far as the mirror knows. Of a call: of the linked contact first, then
 * by phone, then by WhatsApp (requirements §3); of a WhatsApp message by WhatsApp first (§4).
 */
export async function mirroredOwner(context: SyncContext, caller: Caller): Promise<string | undefined> {
  const { db, connection } = context
  const { number, contact, channel } = caller
  const owners = number === undefined ? [] : await ownersOf(db, connection, 'customer', number)
  const ofContact = contact ? await customersOfContact(db, connection, contact.id) : []
  const alsoOfContact = (some: readonly Owner[]) => some.find(({ recordId }) => ofContact.includes(recordId))
  const preferred = channel === 'whatsapp' ? owners.filter((owner) => owner.channel === 'whatsapp') : []
  const best = alsoOfContact(preferred) ?? preferred[0] ?? alsoOfContact(owners)
  return best?.recordId ?? ofContact[0] ?? owners[0]?.recordId
}

/** The same; a miss of the mirror on something live asks Kustomer by the number. */
export async function customerOf(
  context: SyncContext,
  caller: Caller,
  source: EventSource,
): Promise<string | undefined> {
  const { number } = caller
  const known = await mirroredOwner(context, caller)
  if (known !== undefined || number === undefined || source === 'run') return known
  const customer = await customerByPhone(context.vendors, number)
  if (!customer) return undefined
  await mirrorCustomers(context.db, context.connection, [customer], context.settings.defaultCountry)
  return customer.id
}

/** A caller without a contact in CloudTalk has the name of the customer. */
export async function contactNameOf(
  context: SyncContext,
  caller: Caller,
  customerId: string | undefined,
): Promise<string | undefined> {
  if (caller.contact?.name || customerId === undefined) return caller.contact?.name
  const customer = await findCustomer(context.db, context.connection, customerId)
  return customer?.name ?? undefined
}
