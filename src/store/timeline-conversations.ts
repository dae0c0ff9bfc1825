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

/** One in a list that goes on below it. */
export interface ListedUnassociated extends Unassociated {
  /** When it was begun, exactly: many are within one millisecond. */
  exactAt: string
}

export type UnassociatedPlace = Pick<ListedUnassociated, 'exactAt' | 'kind' | 'id'>

/**
 * The latest that was begun first. A conversation of several messages is named once, by its first.
 * @param after the last of the page before.
 */
export async function unassociated(
  db: Db,
  connection: string,
  limit: number,
  after?: UnassociatedPlace,
): Promise<ListedUnassociated[]> {
  const below =
    after &&
    sql`and (t.intent_at, t.kind, t.record_id) < (${after.exactAt}::timestamptz, ${after.kind}, ${after.id})`
  const { rows } = await sql<{
    kind: TimelineKind
    id: string
    conversation_id: string
    external_number: string | null
    at: Date | null
    exactAt: string
  }>`
    select page.kind, page.record_id as id, page.conversation_id, page.external_number,
      coalesce(c.ended_at, m.at) as at,
      to_char(page.intent_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "exactAt"
    from (
      select * from timeline t
      where t.connection = ${connection} and t.unlinked and t.conversation_id is not null ${below ?? sql``}
        and not exists (
          select 1 from timeline e
          where e.connection = t.connection and e.conversation_id = t.conversation_id and e.unlinked
            and (e.intent_at, e.kind, e.record_id) < (t.intent_at, t.kind, t.record_id))
      order by t.intent_at desc, t.kind desc, t.record_id desc limit ${limit}
    ) page
    left join call c on page.kind = 'call' and c.connection = page.connection and c.id = page.record_id
    left join message m on page.kind = 'message' and m.connection = page.connection and m.id = page.record_id
    order by page.intent_at desc, page.kind desc, page.record_id desc`.execute(db)
  return rows.map((row) => ({
    kind: row.kind,
    id: row.id,
    conversationId: row.conversation_id,
    externalNumber: row.external_number ?? undefined,
    at: row.at ?? undefined,
    exactAt: row.exactAt,
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
