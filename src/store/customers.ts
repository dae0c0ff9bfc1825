import { sql } from 'kysely'
import type { CustomerRecord } from '../mapping/customer-record.ts'
import { emailKey } from '../mapping/emails.ts'
import { parsePhone } from '../mapping/phones.ts'
import type { Customer } from '../mapping/records.ts'
import { nameKey } from '../mapping/text.ts'
import { asked, batched, rowsByItem } from './batched.ts'
import type { Db } from './database.ts'
import { type Identifier, replaceIdentifiersSql } from './identifiers.ts'
import { toJson } from './json.ts'

/** A customer as Kustomer's API shows it, with the revision that orders its versions (contract kustomer §1.7). */
export interface CustomerVersion extends CustomerRecord {
  rev: number
}

/** Puts versions into the mirror; a version older than the stored one changes nothing. */
export async function mirrorCustomers(
  db: Db,
  connection: string,
  versions: readonly CustomerVersion[],
  defaultCountry?: string,
): Promise<void> {
  if (versions.length === 0) return
  const newest = newestOf(versions)
  const rows = newest.map((customer) => ({
    id: customer.id,
    rev: customer.rev,
    modified_at: customer.modifiedAt ?? null,
    deleted: customer.deleted ?? false,
    name_key: nameKey(customer.name ?? ''),
    data: mappedPart(customer),
  }))
  await sql`
    with moved as (
      insert into customer (connection, id, rev, modified_at, deleted, name_key, data)
      select ${connection}, id, rev, modified_at, deleted, name_key, data
      from jsonb_to_recordset(${toJson(rows)}::jsonb)
        as r(id text, rev integer, modified_at timestamptz, deleted boolean, name_key text, data jsonb)
      on conflict (connection, id) do update set
        rev = excluded.rev, modified_at = excluded.modified_at, deleted = excluded.deleted,
        name_key = excluded.name_key, data = excluded.data,
        -- Calls and notes raise the revision too: what nothing mapped has changed in is as settled as before.
        settled_rev = case
          when customer.settled_rev >= customer.rev and customer.data = excluded.data
            and customer.deleted = excluded.deleted
            and customer.modified_at is not distinct from excluded.modified_at
          then excluded.rev else customer.settled_rev end
      where customer.rev < excluded.rev or (excluded.rev = 0 and customer.rev = 0)
        or (excluded.deleted and not customer.deleted)
      returning id
    ), ${replaceIdentifiersSql(
      'customer',
      newest.map(({ id }) => ({ connection, record_id: id })),
      newest.flatMap((customer) => identifiersOf(connection, customer, defaultCountry)),
      sql`r.record_id in (select id from moved)`,
    )}`.execute(db)
}

/** Of these customers, those with a revision that no outcome stands for yet. */
export async function unsettledCustomers(
  db: Db,
  connection: string,
  ids: readonly string[],
): Promise<{ id: string; rev: number }[]> {
  if (ids.length === 0) return []
  return db
    .selectFrom('customer')
    .select(['id', 'rev'])
    .where('connection', '=', connection)
    .where('id', 'in', ids)
    .where((where) =>
      where.or([where('settled_rev', 'is', null), where('settled_rev', '<', where.ref('rev'))]),
    )
    .execute()
}

/** A customer as the mirror has it. */
export interface StoredCustomer extends CustomerVersion {
  /** An outcome stands for some version of it. */
  settled: boolean
  /** It has changed since the version that the last outcome stands for. */
  ahead?: boolean
  /** What it said when a run of it was undone. */
  undone?: unknown
}

export const findCustomer = (db: Db, connection: string, id: string): Promise<StoredCustomer | undefined> =>
  findOne(db, { connection, id })

const findOne = batched<{ connection: string; id: string }, StoredCustomer | undefined>(async (db, items) => {
  const { rows } = await sql<{
    item: number
    data: CustomerRecord
    rev: number
    deleted: boolean
    settled: boolean
    ahead: boolean | null
    undone: unknown
  }>`
      select i.item, c.data, c.rev, c.deleted, c.settled_rev is not null as settled,
        c.settled_rev < c.rev as ahead, u.stands as undone
      from customer c join ${asked(items)} as i(item int, connection text, id text)
        on c.connection = i.connection and c.id = i.id
      left join undone u on u.connection = c.connection and u.kind = 'customer' and u.record_id = c.id`.execute(
    db,
  )
  return rowsByItem(rows, items.length).map(
    ([row]) =>
      row && {
        ...row.data,
        rev: row.rev,
        deleted: row.deleted,
        settled: row.settled,
        ahead: row.ahead ?? false,
        undone: row.undone ?? undefined,
      },
  )
})

/** Marks what a look-up answered with 404. */
export async function markCustomerDeleted(db: Db, connection: string, id: string): Promise<void> {
  await sql`
    with marked as (
      update customer set deleted = true where connection = ${connection} and id = ${id}
    ), ${replaceIdentifiersSql('customer', [{ connection, record_id: id }], [])}`.execute(db)
}

function newestOf(versions: readonly CustomerVersion[]): CustomerVersion[] {
  const newest = new Map<string, CustomerVersion>()
  for (const version of versions) {
    const seen = newest.get(version.id)
    if (!seen || seen.rev < version.rev) newest.set(version.id, version)
  }
  return [...newest.values()]
}

/** Only what mapping reads is kept: the mirror is no second CRM. */
function mappedPart(customer: CustomerRecord): CustomerRecord {
  const { id, name, displayName, externalId, emails, phones, whatsapps } = customer
  const { sharedEmails, sharedPhones, sharedWhatsapps, urls, locations } = customer
  const { companyId, createdById, modifiedAt } = customer
  return {
    id,
    name,
    displayName,
    externalId,
    emails,
    phones,
    whatsapps,
    sharedEmails,
    sharedPhones,
    sharedWhatsapps,
    urls,
    locations,
    companyId,
    createdById,
    modifiedAt,
  }
}

function identifiersOf(
  connection: string,
  customer: Customer,
  defaultCountry: string | undefined,
): Identifier[] {
  if (customer.deleted) return []
  const owned = (channel: Identifier['channel'], value: string | undefined): Identifier[] =>
    value === undefined ? [] : [{ connection, record_id: customer.id, channel, value }]
  return [
    ...customer.phones.flatMap(({ phone }) => owned('phone', parsePhone(phone, defaultCountry))),
    ...customer.whatsapps.flatMap(({ phone }) => owned('whatsapp', parsePhone(phone, defaultCountry))),
    ...customer.emails.flatMap(({ email }) => owned('email', emailKey(email))),
  ]
}

/** Customers that are not deleted and have this external id, in the order of their ids. */
export const customersWithExternalId = (db: Db, connection: string, externalId: string): Promise<string[]> =>
  withExternalId(db, { connection, external_id: externalId })

const withExternalId = batched<{ connection: string; external_id: string }, string[]>(async (db, items) => {
  const { rows } = await sql<{ item: number; id: string }>`
    select i.item, c.id
    from customer c join ${asked(items)} as i(item int, connection text, external_id text)
      on c.connection = i.connection and c.external_id = i.external_id
    where not c.deleted order by c.id`.execute(db)
  return rowsByItem(rows, items.length).map((own) => own.map((row) => row.id))
})

/** Customers of the mirror in the order of their ids, a page at a time. */
export async function customersAfter(
  db: Db,
  connection: string,
  after: string,
  limit: number,
): Promise<CustomerVersion[]> {
  const rows = await db
    .selectFrom('customer')
    .select(['data', 'rev', 'deleted'])
    .where('connection', '=', connection)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ data, rev, deleted }) => ({ ...data, rev, deleted }))
}

/** Customers of this name that are there, by their ids. @param key the name as `nameKey` has it; an empty one is nobody's. */
export async function customersNamed(
  db: Db,
  connection: string,
  key: string,
  limit: number,
): Promise<CustomerRecord[]> {
  if (key === '') return []
  const rows = await db
    .selectFrom('customer')
    .select('data')
    .where('connection', '=', connection)
    .where('name_key', '=', key)
    .where('deleted', '=', false)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ data }) => data)
}
