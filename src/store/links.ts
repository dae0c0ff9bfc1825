import { sql } from 'kysely'
import type { ContactFields } from '../mapping/records.ts'
import { nameKey } from '../mapping/text.ts'
import { asked, batched, rowsByItem } from './batched.ts'
import type { Db } from './database.ts'
import { replaceNumbersSql } from './numbers.ts'
import type { LinkOrigin } from './schema.ts'

export interface Link {
  customerId: string
  /** Undefined while the contact is being created and nobody knows yet whether it was. */
  contactId: string | undefined
  origin: LinkOrigin
  /** The customer's mapped fields as they were last brought over. */
  base: ContactFields | undefined
  /** What the contact holds since our last write. */
  synced: ContactFields | undefined
}

export const findLink = (db: Db, connection: string, customerId: string): Promise<Link | undefined> =>
  findOne(db, { connection, customer_id: customerId })

const findOne = batched<{ connection: string; customer_id: string }, Link | undefined>(async (db, items) => {
  const { rows } = await sql<{
    item: number
    customer_id: string
    contact_id: string | null
    origin: LinkOrigin
    base: ContactFields | null
    synced: ContactFields | null
  }>`
    select i.item, l.customer_id, l.contact_id, l.origin, l.base, c.synced
    from link l
    join ${asked(items)} as i(item int, connection text, customer_id text)
      on l.connection = i.connection and l.customer_id = i.customer_id
    left join contact c on c.connection = l.connection and c.id = l.contact_id`.execute(db)
  return rowsByItem(rows, items.length).map(
    ([row]) =>
      row && {
        customerId: row.customer_id,
        contactId: row.contact_id ?? undefined,
        origin: row.origin,
        base: row.base ?? undefined,
        synced: row.synced ?? undefined,
      },
  )
})

/** Customers of a contact, oldest link first. */
export const customersOfContact = (db: Db, connection: string, contactId: string): Promise<string[]> =>
  customersOf(db, { connection, contact_id: contactId })

const customersOf = batched<{ connection: string; contact_id: string }, string[]>(async (db, items) => {
  const { rows } = await sql<{ item: number; customer_id: string }>`
    select i.item, l.customer_id
    from link l join ${asked(items)} as i(item int, connection text, contact_id text)
      on l.connection = i.connection and l.contact_id = i.contact_id
    order by l.created_at, l.customer_id`.execute(db)
  return rowsByItem(rows, items.length).map((own) => own.map((row) => row.customer_id))
})

/**
 * Notes that a contact is about to be created, and with what: after a crash or a lost answer it is looked for by
 * that, whatever the customer has become since.
 */
export const intendLink = (
  db: Db,
  connection: string,
  customerId: string,
  fields: ContactFields,
): Promise<void> => intend(db, { connection, customer_id: customerId, base: fields })

const intend = batched<{ connection: string; customer_id: string; base: ContactFields }, void>(
  async (db, items) => {
    await sql`
    insert into link (connection, customer_id, contact_id, origin, base)
    select distinct on (connection, customer_id) connection, customer_id, null, 'created', base
    from ${asked(items)} as i(connection text, customer_id text, base jsonb)
    on conflict (connection, customer_id) do update set base = excluded.base
      where link.contact_id is null`.execute(db)
    return items.map(() => undefined)
  },
)

export interface LinkedContact {
  connection: string
  customerId: string
  contactId: string
  origin: LinkOrigin
  /** What the customer says. */
  base: ContactFields
  /** What the contact holds. */
  synced: ContactFields
}

/** Records that a contact holds what its customer says: link, contact and numbers in one statement. */
export const saveLink: (db: Db, linked: LinkedContact) => Promise<void> = batched<LinkedContact, void>(
  async (db, items) => {
    const rows = items.map((linked) => ({
      connection: linked.connection,
      customer_id: linked.customerId,
      contact_id: linked.contactId,
      origin: linked.origin,
      base: linked.base,
      synced: linked.synced,
      name: linked.synced.name,
      name_key: nameKey(linked.synced.name),
    }))
    const numbers = items.flatMap(({ connection, contactId, synced }) =>
      synced.numbers.map((e164) => ({ connection, record_id: contactId, channel: 'phone' as const, e164 })),
    )
    const records = items.map(({ connection, contactId }) => ({ connection, record_id: contactId }))
    await sql`
      with linked as (
        select * from ${asked(rows)} as r(connection text, customer_id text, contact_id text, origin text,
          base jsonb, synced jsonb, name text, name_key text)
      ), saved as (
        insert into link (connection, customer_id, contact_id, origin, base)
        select connection, customer_id, contact_id, origin, base from linked
        on conflict (connection, customer_id) do update set
          contact_id = excluded.contact_id, origin = excluded.origin, base = excluded.base
      ), contacts as (
        insert into contact (connection, id, name, name_key, synced)
        select distinct on (connection, contact_id) connection, contact_id, name, name_key, synced from linked
        on conflict (connection, id) do update set
          name = excluded.name, name_key = excluded.name_key, synced = excluded.synced
      ), ${replaceNumbersSql('contact', records, numbers)}`.execute(db)
    return items.map(() => undefined)
  },
)

export async function dropLink(db: Db, connection: string, customerId: string): Promise<void> {
  await db
    .deleteFrom('link')
    .where('connection', '=', connection)
    .where('customer_id', '=', customerId)
    .execute()
}
