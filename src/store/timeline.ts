import { sql } from 'kysely'
import type { Assignment } from '../mapping/assignment.ts'
import { asked, batched, rowsByItem } from './batched.ts'
import type { Db } from './database.ts'
import type { IdentifierSide, TimelineKind } from './schema.ts'

/** A call or a message, by its id here. */
export interface TimelineRecord {
  connection: string
  kind: TimelineKind
  id: string
}

/** What stands in Kustomer for one call or message. */
export interface Standing {
  intentAt: Date | undefined
  conversationId: string | undefined
  customerId: string | undefined
  /** The conversation stands with the holder, or with nobody, until its customer is known. */
  unlinked: boolean
  /** The conversation was begun by another message of the same talk. */
  joined: boolean
  /** What the call or message was called when it was last written. */
  headline: string | undefined
  noteIds: string[]
  noteBody: string | undefined
  chatId: string | undefined
  /** Who it was given to, and by which rule; `later` = that is known only when its way is. */
  assigned: Assignment | 'later' | undefined
  loggedAt: Date | undefined
}

export const nothingStands: Standing = {
  intentAt: undefined,
  conversationId: undefined,
  customerId: undefined,
  unlinked: false,
  joined: false,
  headline: undefined,
  noteIds: [],
  noteBody: undefined,
  chatId: undefined,
  assigned: undefined,
  loggedAt: undefined,
}

/** The columns of {@link Standing}; all null where nothing stands. */
export interface StandingRow {
  intent_at: Date | null
  timeline_conversation_id: string | null
  customer_id: string | null
  unlinked: boolean | null
  joined: boolean | null
  headline: string | null
  note_ids: string[] | null
  note_body: string | null
  chat_id: string | null
  assigned: Assignment | 'later' | null
  logged_at: Date | null
}

/** To be selected from a join with `timeline t`. */
export const standingColumns = sql.raw(
  `t.intent_at, t.conversation_id as timeline_conversation_id, t.customer_id, t.unlinked, t.joined, t.headline, t.note_ids, t.note_body,
    t.chat_id, t.assigned, t.logged_at`,
)

export const standingOf = (row: StandingRow): Standing => ({
  intentAt: row.intent_at ?? undefined,
  conversationId: row.timeline_conversation_id ?? undefined,
  customerId: row.customer_id ?? undefined,
  unlinked: row.unlinked ?? false,
  joined: row.joined ?? false,
  headline: row.headline ?? undefined,
  noteIds: row.note_ids ?? [],
  noteBody: row.note_body ?? undefined,
  chatId: row.chat_id ?? undefined,
  assigned: row.assigned ?? undefined,
  loggedAt: row.logged_at ?? undefined,
})

/** Notes that something is about to be created for this call or message. */
export const intendTimeline: (
  db: Db,
  record: TimelineRecord & { externalNumber: string | undefined },
) => Promise<void> = batched(async (db, items) => {
  const rows = items.map(({ externalNumber, ...record }) => ({ ...record, number: externalNumber ?? null }))
  await sql`
    insert into timeline (connection, kind, record_id, external_number, intent_at)
    select distinct on (connection, kind, id) connection, kind, id, number, clock_timestamp()
    from ${asked(rows)} as i(connection text, kind text, id text, number text)
    on conflict (connection, kind, record_id) do update set intent_at = excluded.intent_at`.execute(db)
  return items.map(() => undefined)
})

export interface Progress {
  conversationId?: string
  customerId?: string | null
  unlinked?: boolean
  joined?: boolean
  headline?: string
  noteIds?: readonly string[]
  noteBody?: string
  chatId?: string
  assigned?: Assignment | 'later'
  loggedAt?: Date
}

/** Records what now stands in Kustomer; fields not given stay. */
export const saveProgress: (db: Db, entry: TimelineRecord & { progress: Progress }) => Promise<void> =
  batched(async (db, items) => {
    const rows = items.map(({ connection, kind, id, progress }) => ({
      connection,
      kind,
      id,
      conversation_id: progress.conversationId ?? null,
      customer_id: progress.customerId ?? null,
      nobody: progress.customerId === null,
      unlinked: progress.unlinked ?? null,
      joined: progress.joined ?? null,
      headline: progress.headline ?? null,
      note_ids: progress.noteIds ?? null,
      note_body: progress.noteBody ?? null,
      chat_id: progress.chatId ?? null,
      assigned: progress.assigned ?? null,
      logged_at: progress.loggedAt?.toISOString() ?? null,
    }))
    await sql`
      update timeline t set
        conversation_id = coalesce(i.conversation_id, t.conversation_id),
        customer_id = case when i.nobody then null else coalesce(i.customer_id, t.customer_id) end,
        unlinked = coalesce(i.unlinked, t.unlinked),
        joined = coalesce(i.joined, t.joined),
        headline = coalesce(i.headline, t.headline),
        note_ids = coalesce(i.note_ids, t.note_ids),
        note_body = coalesce(i.note_body, t.note_body),
        chat_id = coalesce(i.chat_id, t.chat_id),
        assigned = coalesce(i.assigned, t.assigned),
        logged_at = coalesce(i.logged_at, t.logged_at)
      from ${asked(rows)} as i(connection text, kind text, id text, conversation_id text, customer_id text,
        nobody boolean, unlinked boolean, joined boolean, headline text, note_ids jsonb, note_body text, chat_id text, assigned jsonb,
        logged_at timestamptz)
      where t.connection = i.connection and t.kind = i.kind and t.record_id = i.id`.execute(db)
    return items.map(() => undefined)
  })

/**
 * Forgets where a record stands in Kustomer: it is looked for there, and what is missing is logged anew.
 */
export async function forgetStanding(db: Db, { connection, kind, id }: TimelineRecord): Promise<void> {
  await sql`
    update timeline set conversation_id = null, customer_id = null, unlinked = false, joined = false, gone = false,
      headline = null, note_ids = null, note_body = null, chat_id = null, logged_at = null
    where connection = ${connection} and kind = ${kind} and record_id = ${id}`.execute(db)
}

/** Notes that somebody deleted a conversation in Kustomer: nothing joins it, and nothing waits to move it. */
export async function conversationGone(db: Db, connection: string, conversationId: string): Promise<void> {
  await db
    .updateTable('timeline')
    .set({ gone: true, unlinked: false })
    .where('connection', '=', connection)
    .where('conversation_id', '=', conversationId)
    .execute()
}

/** Logged calls and messages with a number of this record whose conversation has no customer yet. */
export const unlinkedOf = (
  db: Db,
  connection: string,
  side: IdentifierSide,
  recordId: string,
): Promise<TimelineRecord[]> => unlinkedOfRecord(db, { connection, side, record_id: recordId })

const unlinkedOfRecord = batched<
  { connection: string; side: IdentifierSide; record_id: string },
  TimelineRecord[]
>(async (db, items) => {
  const { rows } = await sql<TimelineRecord & { item: number }>`
    select distinct i.item, t.connection, t.kind, t.record_id as id
    from ${asked(items)} as i(item int, connection text, side text, record_id text)
    join identifier n on n.connection = i.connection and n.side = i.side and n.record_id = i.record_id
    join timeline t on t.connection = i.connection and t.external_number = n.value and t.unlinked`.execute(db)
  return rowsByItem(rows, items.length).map((own) =>
    own.map(({ connection, kind, id }) => ({ connection, kind, id })),
  )
})

/** A conversation that belongs to nobody yet. */
export interface Unassociated {
  kind: TimelineKind
  id: string
  conversationId: string
  externalNumber: string | undefined
  /** When the call ended, or the message was sent or received. */
  at: Date | undefined
}

/** Newest first. A conversation of several messages is named once, by its first. */
export async function unassociated(db: Db, connection: string, limit: number): Promise<Unassociated[]> {
  const { rows } = await sql<{
    kind: TimelineKind
    id: string
    conversation_id: string
    external_number: string | null
    at: Date | null
  }>`
    select kind, id, conversation_id, external_number, at from (
      select distinct on (t.conversation_id) t.kind, t.record_id as id, t.conversation_id, t.external_number,
        coalesce(c.ended_at, m.at) as at
      from timeline t
      left join call c on t.kind = 'call' and c.connection = t.connection and c.id = t.record_id
      left join message m on t.kind = 'message' and m.connection = t.connection and m.id = t.record_id
      where t.connection = ${connection} and t.unlinked and t.conversation_id is not null
      order by t.conversation_id, at, t.record_id
    ) first order by at desc nulls last, id limit ${limit}`.execute(db)
  return rows.map((row) => ({
    kind: row.kind,
    id: row.id,
    conversationId: row.conversation_id,
    externalNumber: row.external_number ?? undefined,
    at: row.at ?? undefined,
  }))
}

/** Gives everything that stands in one conversation to a customer. */
export async function moveTimeline(
  db: Db,
  connection: string,
  conversationId: string,
  customerId: string,
): Promise<void> {
  await db
    .updateTable('timeline')
    .set({ customer_id: customerId, unlinked: false })
    .where('connection', '=', connection)
    .where('conversation_id', '=', conversationId)
    .execute()
}

/** What stands in one conversation: a call, a message, or the messages of a talk. */
export async function recordsOfConversation(
  db: Db,
  connection: string,
  conversationId: string,
): Promise<(TimelineRecord & { unlinked: boolean; customerId: string | undefined })[]> {
  const rows = await db
    .selectFrom('timeline')
    .select(['kind', 'record_id', 'unlinked', 'customer_id'])
    .where('connection', '=', connection)
    .where('conversation_id', '=', conversationId)
    .orderBy('record_id')
    .execute()
  return rows.map((row) => ({
    connection,
    kind: row.kind,
    id: row.record_id,
    unlinked: row.unlinked,
    customerId: row.customer_id ?? undefined,
  }))
}

/** The conversation of a call or message, by its id here. */
export async function conversationOf(db: Db, connection: string, id: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('timeline')
    .select('conversation_id')
    .where('connection', '=', connection)
    .where('record_id', '=', id)
    .where('conversation_id', 'is not', null)
    .executeTakeFirst()
  return row?.conversation_id ?? undefined
}
