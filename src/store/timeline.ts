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
  `t.intent_at, t.conversation_id as timeline_conversation_id, t.customer_id, t.unlinked, t.joined, t.headline,
    t.note_ids, t.note_body, t.chat_id, t.assigned, t.logged_at`,
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
        nobody boolean, unlinked boolean, joined boolean, headline text, note_ids jsonb, note_body text, chat_id text,
        assigned jsonb, logged_at timestamptz)
      where t.connection = i.connection and t.kind = i.kind and t.record_id = i.id`.execute(db)
    return items.map(() => undefined)
  })

/** Forgets where a record stands in Kustomer: it is looked for there, and what is missing is logged anew. */
export async function forgetStanding(db: Db, { connection, kind, id }: TimelineRecord): Promise<void> {
  await sql`
    update timeline set conversation_id = null, customer_id = null, unlinked = false, joined = false, gone = false,
      headline = null, note_ids = null, note_body = null, chat_id = null, logged_at = null
    where connection = ${connection} and kind = ${kind} and record_id = ${id}`.execute(db)
}

/** Forgets that a record was ever logged: what stood of it was taken back. */
export async function forgetTimeline(db: Db, { connection, kind, id }: TimelineRecord): Promise<void> {
  await db
    .deleteFrom('timeline')
    .where('connection', '=', connection)
    .where('kind', '=', kind)
    .where('record_id', '=', id)
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
