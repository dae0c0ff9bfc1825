import { sql } from 'kysely'
import type { Call, CallDetail } from '../mapping/records.ts'
import { asked, batched, rowsByItem } from './batched.ts'
import type { Db } from './database.ts'
import { toJson } from './json.ts'

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

export async function findCall(db: Db, connection: string, id: string): Promise<StoredCall | undefined> {
  const row = await db
    .selectFrom('call')
    .selectAll()
    .where('connection', '=', connection)
    .where('id', '=', id)
    .executeTakeFirst()
  return (
    row && {
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
    }
  )
}

/** Notes that this call's conversation is about to be created. */
export async function intendCall(db: Db, connection: string, id: string): Promise<void> {
  await db
    .updateTable('call')
    .set({ intent_at: new Date() })
    .where('connection', '=', connection)
    .where('id', '=', id)
    .execute()
}

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
export async function saveCallProgress(
  db: Db,
  connection: string,
  id: string,
  progress: CallProgress,
): Promise<void> {
  await db
    .updateTable('call')
    .set({
      ...(progress.detail && { detail: toJson(progress.detail) }),
      ...(progress.conversationId !== undefined && { conversation_id: progress.conversationId }),
      ...(progress.customerId !== undefined && { customer_id: progress.customerId }),
      ...(progress.unlinked !== undefined && { unlinked: progress.unlinked }),
      ...(progress.noteIds && { note_ids: toJson(progress.noteIds) }),
      ...(progress.noteBody !== undefined && { note_body: progress.noteBody }),
      ...(progress.messageId !== undefined && { message_id: progress.messageId }),
      ...(progress.loggedAt && { logged_at: progress.loggedAt }),
    })
    .where('connection', '=', connection)
    .where('id', '=', id)
    .execute()
}

/** Logged calls from or to a number of this customer whose conversation has no customer yet. */
export const unlinkedCallsOf = (db: Db, connection: string, customerId: string): Promise<string[]> =>
  unlinkedOf(db, { connection, record_id: customerId })

const unlinkedOf = batched<{ connection: string; record_id: string }, string[]>(async (db, items) => {
  const { rows } = await sql<{ item: number; id: string }>`
    select i.item, k.id
    from ${asked(items)} as i(item int, connection text, record_id text)
    join number n on n.connection = i.connection and n.side = 'customer' and n.record_id = i.record_id
    join call k on k.connection = i.connection and k.external_number = n.e164 and k.unlinked`.execute(db)
  return rowsByItem(rows, items.length).map((own) => own.map((row) => row.id))
})
