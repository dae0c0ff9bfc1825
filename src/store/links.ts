import { sql } from 'kysely'
import { emailKey } from '../mapping/emails.ts'
import type { OwnFields, Provenance } from '../mapping/merge-customers.ts'
import type { ContactFields } from '../mapping/records.ts'
import { nameKey } from '../mapping/text.ts'
import { asked, batched, rowsByItem } from './batched.ts'
import { contactIdentifiers, ECHO_SECONDS } from './contacts.ts'
import type { Db } from './database.ts'
import { replaceIdentifiersSql } from './identifiers.ts'
import type { LinkOrigin } from './schema.ts'

/** A customer and the contact that it is linked to. */
export interface Link {
  customerId: string
  /** Undefined while the contact is being created and nobody knows yet whether it was. */
  contactId: string | undefined
  origin: LinkOrigin
  /** The contact that the customer made alone when it was last in step. */
  base: ContactFields | undefined
  /** When others than us last modified the customer, ISO: its weight in a merge. */
  modifiedAt: string | undefined
  /** The `modifiedAt` that our own last write gave the customer, ISO. */
  ownWriteAt: string | undefined
  /** The revision that a write of ours, whose answer did not come, gave the customer if it was done. */
  ownWriteRev: number | undefined
}

interface LinkRow {
  customer_id: string
  contact_id: string | null
  origin: LinkOrigin
  base: ContactFields | null
  modified_at: Date | null
  own_write_at: Date | null
  own_write_rev: number | null
}

const linkFromRow = (row: LinkRow): Link => ({
  customerId: row.customer_id,
  contactId: row.contact_id ?? undefined,
  origin: row.origin,
  base: row.base ?? undefined,
  modifiedAt: row.modified_at?.toISOString(),
  ownWriteAt: row.own_write_at?.toISOString(),
  ownWriteRev: row.own_write_rev ?? undefined,
})

const linkColumns = sql.raw(
  'l.customer_id, l.contact_id, l.origin, l.base, l.modified_at, l.own_write_at, l.own_write_rev',
)

export const findLink = (db: Db, connection: string, customerId: string): Promise<Link | undefined> =>
  findOne(db, { connection, customer_id: customerId })

const findOne = batched<{ connection: string; customer_id: string }, Link | undefined>(async (db, items) => {
  const { rows } = await sql<LinkRow & { item: number }>`
    select i.item, ${linkColumns}
    from link l
    join ${asked(items)} as i(item int, connection text, customer_id text)
      on l.connection = i.connection and l.customer_id = i.customer_id`.execute(db)
  return rowsByItem(rows, items.length).map(([row]) => row && linkFromRow(row))
})

/** The links of a contact, oldest first. */
export const linksOfContact = (db: Db, connection: string, contactId: string): Promise<Link[]> =>
  linksOf(db, { connection, contact_id: contactId })

const linksOf = batched<{ connection: string; contact_id: string }, Link[]>(async (db, items) => {
  const { rows } = await sql<LinkRow & { item: number }>`
    select i.item, ${linkColumns}
    from link l join ${asked(items)} as i(item int, connection text, contact_id text)
      on l.connection = i.connection and l.contact_id = i.contact_id
    order by l.created_at, l.customer_id`.execute(db)
  return rowsByItem(rows, items.length).map((own) => own.map(linkFromRow))
})

/** Customers of a contact, oldest link first. */
export const customersOfContact = async (db: Db, connection: string, contactId: string): Promise<string[]> =>
  (await linksOfContact(db, connection, contactId)).map(({ customerId }) => customerId)

/** Which of these customers have a contact, or one that is being created. */
export async function linkedCustomers(
  db: Db,
  connection: string,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await db
    .selectFrom('link')
    .select('customer_id')
    .where('connection', '=', connection)
    .where('customer_id', 'in', ids)
    .execute()
  return new Set(rows.map((row) => row.customer_id))
}

/** Whether contacts are being created whose ids nobody knows yet; one that failed is no longer waited for. */
export async function creationsUnderWay(db: Db, connection: string): Promise<boolean> {
  const row = await db
    .selectFrom('link')
    .select('customer_id')
    .where('connection', '=', connection)
    .where('contact_id', 'is', null)
    .where('created_at', '>', sql<Date>`clock_timestamp() - interval '15 minutes'`)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/**
 * Whether the creation of a contact for another customer, by any of whose keys the two may be one person, left no word
 * of its end. Whoever asks holds the locks of these keys, so it is none that is under way.
 */
export const creationOutstanding = (
  db: Db,
  connection: string,
  customerId: string,
  {
    phones,
    emails,
    name,
  }: { phones: readonly string[]; emails: readonly string[]; name?: string | undefined },
): Promise<boolean> => {
  const keys = [...phones, ...emails, ...(name === undefined ? [] : [name])]
  return outstanding(db, { connection, customer_id: customerId, keys })
}

const outstanding = batched<{ connection: string; customer_id: string; keys: string[] }, boolean>(
  async (db, items) => {
    const rows = await db
      .selectFrom('link')
      .select(['connection', 'customer_id', 'base'])
      .where('contact_id', 'is', null)
      .where('base', 'is not', null)
      .where('connection', 'in', [...new Set(items.map(({ connection }) => connection))])
      .execute()
    const holders = new Map<string, Set<string>>()
    for (const { connection, customer_id, base } of rows) {
      for (const key of base ? keysOf(base) : []) {
        const own = `${connection} ${key}`
        holders.set(own, (holders.get(own) ?? new Set()).add(customer_id))
      }
    }
    return items.map(({ connection, customer_id, keys }) =>
      keys.some((key) =>
        [...(holders.get(`${connection} ${key}`) ?? [])].some((held) => held !== customer_id),
      ),
    )
  },
)

/** As `matchKeys` makes them of what a customer is to have. */
const keysOf = ({ name, numbers, emails }: ContactFields): string[] => [
  nameKey(name),
  ...numbers,
  ...emails.map(emailKey),
]

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

/** A contact and its customers, in step. */
export interface GroupInStep {
  connection: string
  contactId: string
  /** What the contact holds. */
  fields: ContactFields
  /** What its customers say together; undefined while a join is intended and nothing was in step before. */
  base: ContactFields | undefined
  own: OwnFields
  /** Who gave each value, where several customers share the contact. */
  provenance: Provenance | undefined
  members: readonly Pick<Link, 'customerId' | 'origin' | 'base' | 'modifiedAt' | 'ownWriteAt'>[]
  /** Webhooks of the contact that are still to come from our own writes. */
  echoes: number
  /** `fields` are known for certain: just read from CloudTalk, or all written by us. */
  read: boolean
  /** What an edit of the contact was about to write, where its answer has not come. */
  editIntent?: Partial<ContactFields> | undefined
}

/** Records that both sides of a group are in step: links, contact and identifiers in one statement. */
export const saveGroup: (db: Db, group: GroupInStep) => Promise<void> = batched<GroupInStep, void>(
  async (db, items) => {
    const contacts = items.map(
      ({ connection, contactId, fields, base, own, provenance, echoes, read, editIntent }) => ({
        connection,
        id: contactId,
        name: fields.name,
        name_key: nameKey(fields.name),
        fields,
        base,
        own,
        provenance: provenance ?? null,
        echoes,
        read,
        edit_intent: editIntent ?? null,
      }),
    )
    const links = items.flatMap(({ connection, contactId, members }) =>
      members.map((member) => ({
        connection,
        customer_id: member.customerId,
        contact_id: contactId,
        origin: member.origin,
        base: member.base ?? null,
        modified_at: member.modifiedAt ?? null,
        own_write_at: member.ownWriteAt ?? null,
      })),
    )
    const identifiers = items.flatMap(({ connection, contactId, fields }) =>
      contactIdentifiers(connection, contactId, fields),
    )
    const records = items.map(({ connection, contactId }) => ({ connection, record_id: contactId }))
    await sql`
      with links as (
        insert into link (connection, customer_id, contact_id, origin, base, modified_at, own_write_at)
        select distinct on (connection, customer_id) connection, customer_id, contact_id, origin, base, modified_at,
          own_write_at
        from ${asked(links)} as r(connection text, customer_id text, contact_id text, origin text, base jsonb,
          modified_at timestamptz, own_write_at timestamptz)
        on conflict (connection, customer_id) do update set
          contact_id = excluded.contact_id, origin = excluded.origin, base = excluded.base,
          modified_at = excluded.modified_at, own_write_at = excluded.own_write_at, own_write_rev = null
      ), contacts as (
        insert into contact (connection, id, name, name_key, fields, base, own, provenance, echoes, echoes_until, read_at,
          read_print, changed, customer_deleted, edit_intent)
        select distinct on (connection, id) connection, id, name, name_key, fields, base, own, provenance, echoes,
          clock_timestamp() + make_interval(secs => ${ECHO_SECONDS}), case when read then clock_timestamp() end,
          null, false, false, edit_intent
        from ${asked(contacts)} as r(connection text, id text, name text, name_key text, fields jsonb, base jsonb,
          own jsonb, provenance jsonb, echoes int, read boolean, edit_intent jsonb)
        on conflict (connection, id) do update set
          name = excluded.name, name_key = excluded.name_key, fields = excluded.fields, base = excluded.base,
          own = excluded.own, provenance = excluded.provenance,
          echoes = case when contact.echoes_until > clock_timestamp() then contact.echoes else 0 end
            + excluded.echoes,
          echoes_until = case when excluded.echoes > 0 then excluded.echoes_until else contact.echoes_until end,
          read_at = coalesce(excluded.read_at, contact.read_at),
          echoed = contact.echoed and excluded.read_at is null,
          read_print = case when excluded.read_at is null then contact.read_print else contact.row_print end,
          -- The next sweep compares the row with what was written, not with the row of before.
          row_print = case when excluded.fields is distinct from contact.fields then null else contact.row_print end,
          customer_deleted = false, export_intent_at = null, edit_intent = excluded.edit_intent
      ), ${replaceIdentifiersSql('contact', records, identifiers)}`.execute(db)
    return items.map(() => undefined)
  },
)

/**
 * Notes the revision that a write which is about to leave will give the customer: its answer may be lost.
 * @returns what was noted before.
 */
export async function expectOwnWrite(
  db: Db,
  connection: string,
  customerId: string,
  rev: number | undefined,
): Promise<number | undefined> {
  const { rows } = await sql<{ before: number | null }>`
    update link l set own_write_rev = ${rev ?? null}::int
    from (
      select own_write_rev as before from link
      where connection = ${connection} and customer_id = ${customerId} for update
    ) held
    where l.connection = ${connection} and l.customer_id = ${customerId}
    returning held.before`.execute(db)
  return rows[0]?.before ?? undefined
}

/** Ends a link that was made for a contact which was then refused. */
export async function dropLink(db: Db, connection: string, customerId: string): Promise<void> {
  await db
    .deleteFrom('link')
    .where('connection', '=', connection)
    .where('customer_id', '=', customerId)
    .execute()
}

/** Ends the links of a contact that is gone. */
export async function dropLinksOfContact(db: Db, connection: string, contactId: string): Promise<void> {
  await db
    .deleteFrom('link')
    .where('connection', '=', connection)
    .where('contact_id', '=', contactId)
    .execute()
}

/** Keeps a customer and a contact apart, whatever the matching finds; what was for good once stays so. */
export async function keepApart(
  db: Db,
  connection: string,
  customerId: string,
  contactIds: readonly string[],
  forGood: boolean,
): Promise<void> {
  if (contactIds.length === 0) return
  await db
    .insertInto('apart')
    .values(
      contactIds.map((contact_id) => ({
        connection,
        customer_id: customerId,
        contact_id,
        for_good: forGood,
      })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['connection', 'customer_id', 'contact_id'])
        .doUpdateSet({ for_good: sql<boolean>`apart.for_good or excluded.for_good` }),
    )
    .execute()
}

/** Somebody has decided that the two are one after all. */
export async function endApart(
  db: Db,
  connection: string,
  customerId: string,
  contactId: string,
): Promise<void> {
  await db
    .deleteFrom('apart')
    .where('connection', '=', connection)
    .where('customer_id', '=', customerId)
    .where('contact_id', '=', contactId)
    .execute()
}

/** A contact that is kept apart from a customer. */
export interface Apart {
  contactId: string
  /** Nobody is asked about the two again. */
  forGood: boolean
}

/** Contacts that are kept apart from this customer. */
export const apartFrom = (db: Db, connection: string, customerId: string): Promise<Apart[]> =>
  apartOf(db, { connection, customer_id: customerId })

const apartOf = batched<{ connection: string; customer_id: string }, Apart[]>(async (db, items) => {
  const { rows } = await sql<{ item: number; contact_id: string; for_good: boolean }>`
    select i.item, a.contact_id, a.for_good
    from apart a join ${asked(items)} as i(item int, connection text, customer_id text)
      on a.connection = i.connection and a.customer_id = i.customer_id`.execute(db)
  return rowsByItem(rows, items.length).map((own) =>
    own.map((row) => ({ contactId: row.contact_id, forGood: row.for_good })),
  )
})
