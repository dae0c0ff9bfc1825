import { sql } from 'kysely'
import type { Db } from './database.ts'
import type { TimelineKind } from './schema.ts'
import type { TimelineRecord } from './timeline.ts'

/** The timeline by conversation: a call, a message, or the messages of a talk stand in each. */

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
      -- One by one: they are few beside all calls.
      left join lateral (select ended_at from call c
        where t.kind = 'call' and c.connection = t.connection and c.id = t.record_id limit 1) c on true
      left join lateral (select at from message m
        where t.kind = 'message' and m.connection = t.connection and m.id = t.record_id limit 1) m on true
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

/** A call or message of a conversation, and what stands of it there. */
export interface InConversation extends TimelineRecord {
  unlinked: boolean
  customerId: string | null
  chatId: string | null
  noteIds: readonly string[]
  noteBody: string | null
}

/** What stands in one conversation: a call, a message, or the messages of a talk. */
export async function recordsOfConversation(
  db: Db,
  connection: string,
  conversationId: string,
): Promise<InConversation[]> {
  const rows = await db
    .selectFrom('timeline')
    .select(['kind', 'record_id', 'unlinked', 'customer_id', 'chat_id', 'note_ids', 'note_body'])
    .where('connection', '=', connection)
    .where('conversation_id', '=', conversationId)
    .orderBy('record_id')
    .execute()
  return rows.map((row) => ({
    connection,
    kind: row.kind,
    id: row.record_id,
    unlinked: row.unlinked,
    customerId: row.customer_id,
    chatId: row.chat_id,
    noteIds: row.note_ids ?? [],
    noteBody: row.note_body,
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

/** Notes that somebody deleted a conversation in Kustomer: nothing joins it, and nothing waits to move it. */
export async function conversationGone(db: Db, connection: string, conversationId: string): Promise<void> {
  await db
    .updateTable('timeline')
    .set({ gone: true, unlinked: false })
    .where('connection', '=', connection)
    .where('conversation_id', '=', conversationId)
    .execute()
}
