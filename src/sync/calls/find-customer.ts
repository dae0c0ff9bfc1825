import { wireNumber } from '../../mapping/phones.ts'
import type { Call } from '../../mapping/records.ts'
import { mirrorCustomers } from '../../store/customers.ts'
import { ownersOf } from '../../store/identifiers.ts'
import { customersOfContact } from '../../store/links.ts'
import type { SyncContext } from '../context.ts'
import type { EventSource } from '../event.ts'

/** The customer that owns the call's external number, as far as the mirror knows (requirements §3). */
export async function mirroredOwner(context: SyncContext, call: Call): Promise<string | undefined> {
  const { db, connection } = context
  const number = wireNumber(call.externalNumber)
  const owners = number === undefined ? [] : await ownersOf(db, connection, 'customer', number)
  const ofContact = call.contact ? await customersOfContact(db, connection, call.contact.id) : []
  const both = owners.find(({ recordId }) => ofContact.includes(recordId))
  return both?.recordId ?? ofContact[0] ?? owners[0]?.recordId
}

/**
 * The owner of the call's number: by the linked contact first, then by phone, then by WhatsApp. A miss of the mirror
 * on something live asks Kustomer by the number.
 */
export async function customerOfCall(
  context: SyncContext,
  call: Call,
  source: EventSource,
): Promise<string | undefined> {
  const known = await mirroredOwner(context, call)
  const number = wireNumber(call.externalNumber)
  if (known !== undefined || number === undefined || source === 'run') return known
  const customer = await context.vendors.kustomer((kustomer) => kustomer.customers.byPhone(number))
  if (!customer) return undefined
  await mirrorCustomers(context.db, context.connection, [customer], context.settings.defaultCountry)
  return customer.id
}
