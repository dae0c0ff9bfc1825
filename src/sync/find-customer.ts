import { wireNumber } from '../mapping/phones.ts'
import type { Call } from '../mapping/records.ts'
import { mirrorCustomers } from '../store/customers.ts'
import { customersOfContact } from '../store/links.ts'
import { ownersOfNumber } from '../store/numbers.ts'
import type { SyncContext } from './context.ts'
import type { EventSource } from './event.ts'

/**
 * The customer that owns the call's external number: by the linked contact first, then by phone, then by WhatsApp
 * (requirements §3). The mirror answers without a request; a miss on something live asks Kustomer by the number.
 */
export async function customerOfCall(
  context: SyncContext,
  call: Call,
  source: EventSource,
): Promise<string | undefined> {
  const { db, connection } = context
  const number = wireNumber(call.externalNumber)
  const owners = number === undefined ? [] : await ownersOfNumber(db, connection, 'customer', number)
  const ofContact = call.contact ? await customersOfContact(db, connection, call.contact.id) : []
  const known =
    owners.find(({ recordId }) => ofContact.includes(recordId))?.recordId ??
    ofContact[0] ??
    owners[0]?.recordId
  if (known !== undefined || number === undefined || source === 'run') return known
  const customer = await context.vendors.kustomer((kustomer) => kustomer.customers.byPhone(number))
  if (!customer) return undefined
  await mirrorCustomers(db, connection, [customer], context.settings.defaultCountry)
  return customer.id
}
