import { type RawBuilder, sql } from 'kysely'
import { emailKey } from '../mapping/emails.ts'
import type { OwnFields } from '../mapping/merge-customers.ts'
import type { ContactFields } from '../mapping/records.ts'
import { nameKey } from '../mapping/text.ts'
import { asked, batched, rowsByItem } from './batched.ts'
import type { Db } from './database.ts'
import { type Identifier, replaceIdentifiersSql } from './identifiers.ts'
import { toJson } from './json.ts'

/** A contact as the mirror has it. */
export interface StoredContact {
  id: string
  name: string
  /** What it holds as last known; undefined where only its row in the index was seen. */
  fields: ContactFields | undefined
  base: ContactFields | undefined
  own: OwnFields | undefined
  /** The row in the index has changed since `fields` were known. */
  stale: boolean
  /** When `fields` were last known for certain: read from CloudTalk, or all written by us. */
  readAt: Date | undefined
  /** What our latest edit was about to write, where its answer has not come. */
  editIntent: Partial<ContactFields> | undefined
  exportIntended: boolean
  customerDeleted: boolean
  /** What it said when a run of it was undone. */
  undone?: unknown
}

export const findContact = (db: Db, connection: string, id: string): Promise<StoredContact | undefined> =>
  findOne(db, { connection, id })

const findOne = batched<{ connection: string; id: string }, StoredContact | undefined>(async (db, items) => {
  const { rows } = await sql<{
    item: number
    id: string
    name: string
    fields: ContactFields | null
    base: ContactFields | null
    own: OwnFields | null
    stale: boolean
    read_at: Date | null
    edit_intent: Partial<ContactFields> | null
    intended: boolean
    customer_deleted: boolean
    undone: unknown
  }>`
    select i.item, c.id, c.name, c.fields, c.base, c.own,
      (c.row_print is not null and c.row_print is distinct from c.read_print) as stale,
      c.read_at, c.edit_intent, c.export_intent_at is not null as intended, c.customer_deleted, u.stands as undone
    from contact c join ${asked(items)} as i(item int, connection text, id text)
      on c.connection = i.connection and c.id = i.id
    left join undone u on u.connection = c.connection and u.kind = 'contact' and u.record_id = c.id`.execute(
    db,
  )
  return rowsByItem(rows, items.length).map(
    ([row]) =>
      row && {
        id: row.id,
        name: row.name,
        fields: row.fields ?? undefined,
        base: row.base ?? undefined,
        own: row.own ?? undefined,
        stale: row.stale,
        readAt: row.read_at ?? undefined,
        editIntent: row.edit_intent ?? undefined,
        exportIntended: row.intended,
        customerDeleted: row.customer_deleted,
        undone: row.undone ?? undefined,
      },
  )
})

/**
 * How long the webhook of our own write may take until it is settled. CloudTalk sends each once (contract §5A): if it is
 * lost, an edit by somebody else within this time takes its place, and is found by the sweep or a look only; if it is
 * late, it costs one look.
 */
export const ECHO_SECONDS = 30

/** What a contact is found by. */
export const contactIdentifiers = (
  connection: string,
  contactId: string,
  { numbers, emails }: { numbers: readonly string[]; emails: readonly string[] },
): Identifier[] => [
  ...numbers.map((value) => ({ connection, record_id: contactId, channel: 'phone' as const, value })),
  ...emails.map((email) => ({
    connection,
    record_id: contactId,
    channel: 'email' as const,
    value: emailKey(email),
  })),
]

/** Stores a contact as CloudTalk has just shown it, without anything being in step yet or settled. */
export const saveShownContact = (
  db: Db,
  connection: string,
  id: string,
  fields: ContactFields,
): Promise<void> => saveShown(db, { connection, id, fields })

const saveShown = batched<{ connection: string; id: string; fields: ContactFields }, void>(
  async (db, items) => {
    const rows = items.map(({ connection, id, fields }) => ({
      connection,
      id,
      fields,
      name: fields.name,
      name_key: nameKey(fields.name),
    }))
    await sql`
      with shown as (
        insert into contact (connection, id, name, name_key, fields, read_at, changed)
        select distinct on (connection, id) connection, id, name, name_key, fields, clock_timestamp(), false
        from ${asked(rows)} as r(connection text, id text, fields jsonb, name text, name_key text)
        on conflict (connection, id) do update set
          name = excluded.name, name_key = excluded.name_key, fields = excluded.fields,
          read_at = excluded.read_at, read_print = contact.row_print, echoed = false,
          -- The next sweep compares the row with what was shown, not with the row of before.
          row_print = case when excluded.fields is distinct from contact.fields then null else contact.row_print end
      ), ${replaceIdentifiersSql(
        'contact',
        items.map(({ connection, id }) => ({ connection, record_id: id })),
        items.flatMap(({ connection, id, fields }) => contactIdentifiers(connection, id, fields)),
      )}`.execute(db)
    return items.map(() => undefined)
  },
)

/** A row of CloudTalk's contact index. */
export interface IndexedContact {
  id: string
  name: string
  /** E.164; perhaps the first only (contract cloudtalk §2.1). */
  numbers: readonly string[]
  emails: readonly string[]
  /** Stands for all that the row shows. */
  print: string
}

/** What the mirror knows of rows that are about to be stored. */
export async function knownContacts(
  db: Db,
  connection: string,
  ids: readonly string[],
): Promise<Map<string, { print: string | undefined; fields: ContactFields | undefined; changed: boolean }>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('contact')
    .select(['id', 'row_print', 'fields', 'changed'])
    .where('connection', '=', connection)
    .where('id', 'in', ids)
    .execute()
  return new Map(
    rows.map(({ id, row_print, fields, changed }) => [
      id,
      { print: row_print ?? undefined, fields: fields ?? undefined, changed },
    ]),
  )
}

export interface SweptContact extends IndexedContact {
  /** `same`: as the sweep before saw it. `known`: what is known of the contact already. `news`: something else. */
  says: 'same' | 'known' | 'news'
  /** Somebody has to look at it. */
  changed: boolean
}

/** Puts rows of the index into the mirror; what is known more exactly stays. */
export async function mirrorContacts(
  db: Db,
  connection: string,
  sweep: number,
  contacts: readonly SweptContact[],
): Promise<void> {
  if (contacts.length === 0) return
  const rows = contacts.map(({ id, name, print, says, changed }) => ({
    id,
    name,
    name_key: nameKey(name),
    print,
    known: says === 'known',
    changed,
  }))
  const news = contacts.filter(({ says }) => says === 'news')
  await sql`
    with mirrored as (
      insert into contact as c (connection, id, name, name_key, row_print, read_print, changed, sweep)
      select distinct on (id) ${connection}, id, name, name_key, print, case when known then print end, changed,
        ${sweep}::bigint
      from jsonb_to_recordset(${toJson(rows)}::jsonb)
        as r(id text, name text, name_key text, print text, known boolean, changed boolean)
      on conflict (connection, id) do update set
        name = excluded.name, name_key = excluded.name_key, row_print = excluded.row_print, sweep = excluded.sweep,
        read_print = coalesce(excluded.read_print, c.read_print), changed = c.changed or excluded.changed
    ), ${replaceIdentifiersSql(
      'contact',
      news.map(({ id }) => ({ connection, record_id: id })),
      news.flatMap((contact) => contactIdentifiers(connection, contact.id, contact)),
    )}`.execute(db)
}

/** Contacts that the sweep before saw and this one did not. */
export async function missedBySweep(db: Db, connection: string, sweep: number): Promise<string[]> {
  const rows = await db
    .selectFrom('contact')
    .select('id')
    .where('connection', '=', connection)
    .where('sweep', '<', String(sweep))
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}

/** What is known of these contacts is not believed any more: whoever needs them looks at them first. */
export async function doubtContacts(db: Db, connection: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await db
    .updateTable('contact')
    .set({ read_at: null, read_print: null })
    .where('connection', '=', connection)
    .where('id', 'in', ids)
    .execute()
}

/** Contacts with this name key, in the order of their ids. */
export const contactsNamed = (db: Db, connection: string, key: string): Promise<string[]> =>
  named(db, { connection, name_key: key })

const named = batched<{ connection: string; name_key: string }, string[]>(async (db, items) => {
  const { rows } = await sql<{ item: number; id: string }>`
    select i.item, c.id
    from contact c join ${asked(items)} as i(item int, connection text, name_key text)
      on c.connection = i.connection and c.name_key = i.name_key
    order by c.id`.execute(db)
  return rowsByItem(rows, items.length).map((own) => own.map((row) => row.id))
})

/**
 * Takes webhooks that have come off those that our own writes were to cause.
 * @returns whether all of them were such echoes; if not, somebody else has changed the contact too. Undefined for a
 * contact that nobody knows.
 */
export const takeEchoes = (
  db: Db,
  connection: string,
  id: string,
  came: number,
): Promise<boolean | undefined> => take(db, { connection, id, came })

const take = batched<{ connection: string; id: string; came: number }, boolean | undefined>(
  async (db, items) => {
    const { rows } = await sql<{ item: number; all_ours: boolean }>`
    update contact c set echoes = greatest(0, c.echoes - i.came), echoed = c.echoed or i.awaited >= i.came
    from (
      select a.item, a.connection, a.id, a.came,
        case when held.echoes_until > clock_timestamp() then held.echoes else 0 end as awaited
      from ${asked(items)} as a(item int, connection text, id text, came int)
      join contact held on held.connection = a.connection and held.id = a.id
      for update of held
    ) i
    where c.connection = i.connection and c.id = i.id
    returning i.item, i.awaited >= i.came as all_ours`.execute(db)
    return rowsByItem(rows, items.length).map(([row]) => row?.all_ours)
  },
)

/** Notes webhooks that a write which is about to leave will cause: they may come before its answer. */
export const expectEcho = (
  db: Db,
  connection: string,
  id: string,
  { edit, base }: EditIntent = { edit: undefined, base: undefined },
): Promise<void> => expectOne(db, { connection, id, edit: edit ?? null, base: base ?? null })

/** Kept until the edit's answer has come: if it is lost, what the edit has done is no edit of a person. */
export interface EditIntent {
  edit: Partial<ContactFields> | undefined
  /** What both sides held before it. */
  base: ContactFields | undefined
}

interface ExpectedEcho {
  connection: string
  id: string
  edit: Partial<ContactFields> | null
  base: ContactFields | null
}

const expectOne = batched<ExpectedEcho, void>(async (db, items) => {
  await sql`
    update contact c set
      edit_intent = coalesce(i.edit, c.edit_intent), base = coalesce(i.base, c.base),
      echoes = case when c.echoes_until > clock_timestamp() then c.echoes else 0 end + i.count,
      echoes_until = clock_timestamp() + make_interval(secs => ${ECHO_SECONDS})
    from (select connection, id, count(*)::int as count,
        (array_agg(edit) filter (where edit is not null))[1] as edit,
        (array_agg(base) filter (where base is not null))[1] as base
      from ${asked(items)} as i(connection text, id text, edit jsonb, base jsonb) group by connection, id) i
    where c.connection = i.connection and c.id = i.id`.execute(db)
  return items.map(() => undefined)
})

/** Takes back what a write that failed has announced; if it was done all the same, its webhook costs one look. */
export async function unexpectEcho(db: Db, connection: string, id: string): Promise<void> {
  await db
    .updateTable('contact')
    .set({ echoes: sql<number>`greatest(0, echoes - 1)` })
    .where('connection', '=', connection)
    .where('id', '=', id)
    .execute()
}

/** Notes that a customer is about to be created from the contact. */
export const intendExport = (db: Db, connection: string, id: string): Promise<void> =>
  intendOne(db, { connection, id })

const intendOne = batched<{ connection: string; id: string }, void>(async (db, items) => {
  await sql`
    update contact c set export_intent_at = clock_timestamp()
    from ${asked(items)} as i(connection text, id text)
    where c.connection = i.connection and c.id = i.id`.execute(db)
  return items.map(() => undefined)
})

/** What stands for a group once its last customer has left it: the contact stays, and nothing is in step. */
export async function releaseContact(
  db: Db,
  connection: string,
  id: string,
  customerDeleted: boolean,
): Promise<void> {
  await db
    .updateTable('contact')
    .set({ base: null, own: null, ...(customerDeleted && { customer_deleted: true }) })
    .where('connection', '=', connection)
    .where('id', '=', id)
    .execute()
}

/** Of a contact that stays linked, what counts as last in step after one side was put back. */
export async function saveBase(
  db: Db,
  connection: string,
  id: string,
  fields: Partial<ContactFields>,
): Promise<void> {
  await db
    .updateTable('contact')
    .set({ base: sql<string>`base || ${toJson(fields)}::jsonb` })
    .where('connection', '=', connection)
    .where('id', '=', id)
    .where('base', 'is not', null)
    .execute()
}

/** What a contact keeps of a customer that has left it. */
export async function saveOwn(db: Db, connection: string, id: string, own: OwnFields): Promise<void> {
  await db
    .updateTable('contact')
    .set({ own: toJson(own) })
    .where('connection', '=', connection)
    .where('id', '=', id)
    .execute()
}

/** Forgets a contact that CloudTalk no longer has. */
export async function forgetContact(db: Db, connection: string, id: string): Promise<void> {
  await sql`
    with forgotten as (
      delete from contact where connection = ${connection} and id = ${id}
    ), ${replaceIdentifiersSql('contact', [{ connection, record_id: id }], [])}`.execute(db)
}

/** Contacts without a customer. */
export async function unlinkedContacts(
  db: Db,
  connection: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select c.id from contact c
    where c.connection = ${connection} and c.id > ${after}
      and not exists (select 1 from link l where l.connection = c.connection and l.contact_id = c.id)
    order by c.id limit ${limit}`.execute(db)
  return rows.map(({ id }) => id)
}

/** Linked contacts whose row in the index says something that nobody has settled yet, and those that have failed. */
export async function staleContacts(
  db: Db,
  connection: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select c.id from contact c
    where c.connection = ${connection} and c.id > ${after}
      and (c.changed or (c.row_print is not null and c.row_print is distinct from c.read_print) or exists (
        select 1 from outcome o where o.connection = c.connection and o.kind = 'contact' and o.record_id = c.id
          and o.outcome = 'failed'))
      and exists (select 1 from link l where l.connection = c.connection and l.contact_id = c.id)
    order by c.id limit ${limit}`.execute(db)
  return rows.map(({ id }) => id)
}

/**
 * Linked contacts that nobody has looked at since; first those, if wanted, whose link to their customer is owed, then
 * those of whom a webhook was counted as an echo. What has failed since leaves its place to others.
 */
export async function leastRecentlyRead(
  db: Db,
  connection: string,
  before: Date,
  limit: number,
  owedFirst: boolean,
): Promise<string[]> {
  // Each is read off its own end of an index: all linked contacts are far more than these.
  const first = (turn: number, due: RawBuilder<unknown>) => sql`(
    select c.id, ${turn}::int as turn, c.read_at from contact c
    where c.connection = ${connection} and c.base is not null and ${due}
      and not exists (select 1 from outcome o where o.connection = c.connection and o.kind = 'contact'
        and o.record_id = c.id and o.outcome = 'failed' and o.at >= ${before.toISOString()})
    order by c.read_at nulls first limit ${limit})`
  // What an undo has left alone gets no link by a look.
  const owed = sql`c.base->'externalUrls' = '[]'::jsonb and not exists (select 1 from undone u
    where u.connection = c.connection and u.kind = 'contact' and u.record_id = c.id)`
  const turns = [
    ...(owedFirst ? [first(1, owed)] : []),
    first(2, sql`c.echoed`),
    first(3, sql`c.read_at is null`),
    first(3, sql`c.read_at < ${before.toISOString()}`),
  ]
  const { rows } = await sql<{ id: string }>`
    select id from (${sql.join(turns, sql` union all `)}) due
    group by id order by min(turn), min(read_at) nulls first, id limit ${limit}`.execute(db)
  return rows.map(({ id }) => id)
}
