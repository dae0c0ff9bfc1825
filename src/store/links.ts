import type { ContactFields } from '../mapping/records.ts'
import type { Db } from './database.ts'
import type { LinkOrigin } from './schema.ts'

export interface Link {
  customerId: string
  /** Undefined while the contact is being created and nobody knows yet whether it was. */
  contactId: string | undefined
  origin: LinkOrigin
  /** The customer's mapped fields as they were last brought over. */
  base: ContactFields | undefined
}

export async function findLink(db: Db, connection: string, customerId: string): Promise<Link | undefined> {
  const row = await db
    .selectFrom('link')
    .select(['customer_id', 'contact_id', 'origin', 'base'])
    .where('connection', '=', connection)
    .where('customer_id', '=', customerId)
    .executeTakeFirst()
  return (
    row && {
      customerId: row.customer_id,
      contactId: row.contact_id ?? undefined,
      origin: row.origin,
      base: row.base ?? undefined,
    }
  )
}

/** Customers of a contact, oldest link first. */
export async function customersOfContact(db: Db, connection: string, contactId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('link')
    .select('customer_id')
    .where('connection', '=', connection)
    .where('contact_id', '=', contactId)
    .orderBy('created_at')
    .orderBy('customer_id')
    .execute()
  return rows.map((row) => row.customer_id)
}

/** Notes that a contact is about to be created, so that a crash or a lost answer is followed by a look-up. */
export async function intendLink(db: Db, connection: string, customerId: string): Promise<void> {
  await db
    .insertInto('link')
    .values({ connection, customer_id: customerId, contact_id: null, origin: 'created' })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function saveLink(
  db: Db,
  connection: string,
  link: { customerId: string; contactId: string; origin: LinkOrigin; base: ContactFields },
): Promise<void> {
  const row = { contact_id: link.contactId, origin: link.origin, base: JSON.stringify(link.base) }
  await db
    .insertInto('link')
    .values({ connection, customer_id: link.customerId, ...row })
    .onConflict((conflict) => conflict.columns(['connection', 'customer_id']).doUpdateSet(row))
    .execute()
}

export async function dropLink(db: Db, connection: string, customerId: string): Promise<void> {
  await db
    .deleteFrom('link')
    .where('connection', '=', connection)
    .where('customer_id', '=', customerId)
    .execute()
}
