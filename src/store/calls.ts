import { sql } from 'kysely'
import type { Call, CallDetail } from '../mapping/records.ts'
import { asked, batched, rowsByItem } from './batched.ts'
import type { Db } from './database.ts'
import { toJson } from './json.ts'
import type { IdentifierSide } from './schema.ts'

/** What is known of a call, and how far it is logged. */
export interface StoredCall {
  call: Call
  detail: CallDetail | undefined
  intentAt: Date | undefined
  conversationId: string | undefined
  customerId: string | undefined
  unlinked: boolean
  noteIds: string[]
  noteBody: string | undefined
  messageId: string | undefined
  loggedAt: Date | undefined
  version: number
}

/** Stores calls as CloudTalk shows them. */
export async function mirrorCalls(db: Db, connection: string, calls: readonly Call[]): Promise<void> {
  if (calls.length === 0) return
  const rows = calls.map((call) => ({
    id: call.id,
    ended_at: call.endedAt ?? null,
    external_number: call.externalNumber ?? null,
    data: call,
  }))
  await sql`
    insert into call (connection, id, ended_at, external_number, data)
    select distinct on (id) ${connection}, id, ended_at, external_number, data
    from jsonb_to_recordset(${toJson(rows)}::jsonb)
      as r(id text, ended_at timestamptz, external_number text, data jsonb)
    on conflict (connection, id) do update set
      ended_at = excluded.ended_at, external_number = excluded.external_number, data = excluded.data,
      version = call.version + 1
    where call.data is distinct from excluded.data`.execute(db)
}

/**
 * Of these calls, the ended ones that show something no outcome stands for yet.
 * @param endedSince leaves out what ended before, unless it is logged already: then it was edited.
 */
export async function unsettledCalls(
  db: Db,
  connection: string,
  ids: readonly string[],
  endedSince: Date,
): Promise<{ id: string; version: number }[]> {
  if (ids.length === 0) return []
  return db
    .selectFrom('call')
    .select(['id', 'version'])
    .where('connection', '=', connection)
    .where('id', 'in', ids)
    .where((where) => where.or([where('ended_at', '>=', endedSince), where('logged_at', 'is not', null)]))
    .where((where) =>
      where.or([where('settled_version', 'is', null), where('settled_version', '<', where.ref('version'))]),
    )
    .orderBy('ended_at')
    .execute()
}

export const findCall = (db: Db, connection: string, id: string): Promise<StoredCall | undefined> =>
  findOne(db, { connection, id })

interface CallRow {
  item: number
  data: Call
  detail: CallDetail | null
  intent_at: Date | null
  conversation_id: string | null
  customer_id: string | null
  unlinked: boolean
  note_ids: string[] | null
  note_body: string | null
  message_id: string | null
  logged_at: Date | null
  version: number
}

const findOne = batched<{ connection: string; id: string }, StoredCall | undefined>(async (db, items) => {
  const { rows } = await sql<CallRow>`
    select i.item, k.data, k.detail, k.intent_at, k.conversation_id, k.customer_id, k.unlinked, k.note_ids,
      k.note_body, k.message_id, k.logged_at, k.version
    from call k join ${asked(items)} as i(item int, connection text, id text)
      on k.connection = i.connection and k.id = i.id`.execute(db)
  return rowsByItem(rows, items.length).map(([row]) => row && storedCall(row))
})

const storedCall = (row: CallRow): StoredCall => ({
  call: row.data,
  detail: row.detail ?? undefined,
  intentAt: row.intent_at ?? undefined,
  conversationId: row.conversation_id ?? undefined,
  customerId: row.customer_id ?? undefined,
  unlinked: row.unlinked,
  noteIds: row.note_ids ?? [],
  noteBody: row.note_body ?? undefined,
  messageId: row.message_id ?? undefined,
  loggedAt: row.logged_at ?? undefined,
  version: row.version,
})

/** Notes that this call's conversation is about to be created. */
export const intendCall = (db: Db, connection: string, id: string): Promise<void> =>
  intend(db, { connection, id })

const intend = batched<{ connection: string; id: string }, void>(async (db, items) => {
  await sql`
    update call k set intent_at = clock_timestamp()
    from ${asked(items)} as i(connection text, id text)
    where k.connection = i.connection and k.id = i.id`.execute(db)
  return items.map(() => undefined)
})

export interface CallProgress {
  detail?: CallDetail
  conversationId?: string
  customerId?: string | null
  unlinked?: boolean
  noteIds?: readonly string[]
  noteBody?: string
  messageId?: string
  loggedAt?: Date
}

/** Records what now stands in Kustomer for this call; fields not given stay. */
export const saveCallProgress = (
  db: Db,
  connection: string,
  id: string,
  progress: CallProgress,
): Promise<void> => save(db, { connection, id, progress })

const save = batched<{ connection: string; id: string; progress: CallProgress }, void>(async (db, items) => {
  const rows = items.map(({ connection, id, progress }) => ({
    connection,
    id,
    detail: progress.detail ?? null,
    conversation_id: progress.conversationId ?? null,
    customer_id: progress.customerId ?? null,
    nobody: progress.customerId === null,
    unlinked: progress.unlinked ?? null,
    note_ids: progress.noteIds ?? null,
    note_body: progress.noteBody ?? null,
    message_id: progress.messageId ?? null,
    logged_at: progress.loggedAt?.toISOString() ?? null,
  }))
  await sql`
    update call k set
      detail = coalesce(i.detail, k.detail),
      conversation_id = coalesce(i.conversation_id, k.conversation_id),
      customer_id = case when i.nobody then null else coalesce(i.customer_id, k.customer_id) end,
      unlinked = coalesce(i.unlinked, k.unlinked),
      note_ids = coalesce(i.note_ids, k.note_ids),
      note_body = coalesce(i.note_body, k.note_body),
      message_id = coalesce(i.message_id, k.message_id),
      logged_at = coalesce(i.logged_at, k.logged_at)
    from ${asked(rows)} as i(connection text, id text, detail jsonb, conversation_id text, customer_id text,
      nobody boolean, unlinked boolean, note_ids jsonb, note_body text, message_id text, logged_at timestamptz)
    where k.connection = i.connection and k.id = i.id`.execute(db)
  return items.map(() => undefined)
})

/** Logged calls from or to a number of this record whose conversation has no customer yet. */
export const unlinkedCallsOf = (
  db: Db,
  connection: string,
  side: IdentifierSide,
  recordId: string,
): Promise<string[]> => unlinkedOf(db, { connection, side, record_id: recordId })

type Asked = { connection: string; side: IdentifierSide; record_id: string }

const unlinkedOf = batched<Asked, string[]>(async (db, items) => {
  const { rows } = await sql<{ item: number; id: string }>`
    select i.item, k.id
    from ${asked(items)} as i(item int, connection text, side text, record_id text)
    join identifier n on n.connection = i.connection and n.side = i.side and n.record_id = i.record_id
    join call k on k.connection = i.connection and k.external_number = n.value and k.unlinked`.execute(db)
  return rowsByItem(rows, items.length).map((own) => own.map((row) => row.id))
})
