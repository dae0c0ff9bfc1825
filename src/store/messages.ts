import { sql } from 'kysely'
import { asked, batched, rowsByItem } from './batched.ts'
import type { Db } from './database.ts'
import { toJson } from './json.ts'
import type { MessageVia, ToldMessage } from './schema.ts'
import { type Standing, type StandingRow, standingColumns, standingOf } from './timeline.ts'

/** A message, and how far it is logged. */
export interface StoredMessage {
  /** As it is called in Kustomer. */
  id: string
  message: ToldMessage
  standing: Standing
  version: number
}

export interface MessageTelling {
  /** As it is called in Kustomer, `sms-…` or `wa-…`; made of its content where CloudTalk gave no id. */
  id: string
  /** Whether the id is CloudTalk's. */
  identified: boolean
  /** Whether CloudTalk told when it was sent or received. */
  dated: boolean
  via: MessageVia
  /** The same for two tellings of one message. */
  content: string
  message: ToldMessage
}

/** Two tellings of one message come within this time of each other. */
const TWIN_MINUTES = 10

/**
 * Keeps a message that was told, or finds that it was told before: by its id, or where one of both tellings has no id
 * of CloudTalk, by its content within some minutes.
 *
 * @returns the id that it has here, and its version: one more if it was told differently than before.
 */
export async function receiveMessage(
  db: Db,
  connection: string,
  telling: MessageTelling,
): Promise<{ id: string; version: number }> {
  const { message, via, content } = telling
  return db.transaction().execute(async (transaction) => {
    // Two tellings at the same moment: the second one finds the first.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`${connection}/${content}`}, 0))`.execute(
      transaction,
    )
    const twin = await findTwin(transaction, connection, telling)
    const id = twin ?? telling.id
    const { rows } = await sql<{ version: number }>`
      insert into message (connection, id, channel, via, identified, content, external_number, internal_number, at, data)
      values (${connection}, ${id}, ${message.channel}, ${via}, ${telling.identified}, ${content},
        ${message.externalNumber ?? null},
        ${message.internalNumber ?? null}, ${message.at}, ${toJson(message)}::jsonb)
      on conflict (connection, id) do update set
        data = message.data || ${toJson(laterWords(message))}::jsonb,
        version = message.version
          + case when message.data @> ${toJson(laterWords(message))}::jsonb then 0 else 1 end
      returning version`.execute(transaction)
    return { id, version: rows[0]?.version ?? 1 }
  })
}

/** What a later telling may know better; the rest of a message does not change. */
const laterWords = ({ deliveryStatus, agentId, contactId, media }: ToldMessage): Partial<ToldMessage> => ({
  ...(deliveryStatus !== undefined && { deliveryStatus }),
  ...(agentId !== undefined && { agentId }),
  ...(contactId !== undefined && { contactId }),
  ...(media.length > 0 && { media }),
})

async function findTwin(db: Db, connection: string, telling: MessageTelling): Promise<string | undefined> {
  const { id, identified, dated, via, content } = telling
  const { rows } = await sql<{ id: string }>`
    select id from message
    where connection = ${connection} and content = ${content}
      and received_at > clock_timestamp() - make_interval(mins => ${TWIN_MINUTES})
      and case
        -- Each of the two systems told it, and only one of them knows its id.
        when via <> ${via} then not (${identified} and message.identified)
        -- Repeated without an id and without a time.
        else ${!identified && !dated}
      end
      and id <> ${id}
    order by received_at limit 1`.execute(db)
  return rows[0]?.id
}

export const findMessage = (db: Db, connection: string, id: string): Promise<StoredMessage | undefined> =>
  findOne(db, { connection, id })

interface MessageRow extends StandingRow {
  item: number
  id: string
  data: ToldMessage
  version: number
}

const findOne = batched<{ connection: string; id: string }, StoredMessage | undefined>(async (db, items) => {
  const { rows } = await sql<MessageRow>`
    select i.item, m.id, m.data, m.version, ${standingColumns}
    from message m join ${asked(items)} as i(item int, connection text, id text)
      on m.connection = i.connection and m.id = i.id
    left join timeline t on t.connection = m.connection and t.kind = 'message' and t.record_id = m.id`.execute(
    db,
  )
  return rowsByItem(rows, items.length).map(
    ([row]) => row && { id: row.id, message: row.data, standing: standingOf(row), version: row.version },
  )
})

/** Messages that nobody has settled as they were last told; those of this moment are still being raised. */
export async function openMessages(
  db: Db,
  connection: string,
  receivedBefore: Date,
  limit: number,
): Promise<{ id: string; version: number }[]> {
  return db
    .selectFrom('message')
    .select(['id', 'version'])
    .where('connection', '=', connection)
    .where('received_at', '<', receivedBefore)
    .where((where) =>
      where.or([where('settled_version', 'is', null), where('settled_version', '<', where.ref('version'))]),
    )
    .orderBy('received_at')
    .limit(limit)
    .execute()
}

/** The conversation of a talk that goes on. */
export interface Talk {
  conversationId: string
  customerId: string | undefined
  unlinked: boolean
}

/**
 * Finds the talk that a message belongs to: over the same channel and CloudTalk number, with the same customer or
 * number, no more than `hours` before or after it; the one with the nearest message.
 */
export async function findTalk(
  db: Db,
  connection: string,
  asking: {
    id: string
    message: Pick<ToldMessage, 'channel' | 'internalNumber' | 'externalNumber' | 'at'>
    customerId: string | undefined
    hours: number
  },
): Promise<Talk | undefined> {
  const { id, message, hours } = asking
  const customerId = asking.customerId ?? null
  const { rows } = await sql<{ conversation_id: string; customer_id: string | null; unlinked: boolean }>`
    select t.conversation_id, t.customer_id, t.unlinked
    from message m join timeline t
      on t.connection = m.connection and t.kind = 'message' and t.record_id = m.id
    where m.connection = ${connection} and m.id <> ${id} and m.channel = ${message.channel}
      and m.internal_number is not distinct from ${message.internalNumber ?? null}
      and (m.external_number = ${message.externalNumber ?? null}
        or (not t.unlinked and t.customer_id = ${customerId}))
      and t.conversation_id is not null
      and m.at between ${message.at}::timestamptz - make_interval(secs => ${hours * 3_600})
        and ${message.at}::timestamptz + make_interval(secs => ${hours * 3_600})
    order by abs(extract(epoch from m.at - ${message.at}::timestamptz)), m.at, m.id limit 1`.execute(db)
  const [row] = rows
  return (
    row && {
      conversationId: row.conversation_id,
      customerId: row.customer_id ?? undefined,
      unlinked: row.unlinked,
    }
  )
}

/** Whether a conversation has a message that is later than this. */
export async function talkGoesOn(
  db: Db,
  connection: string,
  conversationId: string,
  at: string,
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from timeline t join message m
      on m.connection = t.connection and m.id = t.record_id and t.kind = 'message'
    where t.connection = ${connection} and t.conversation_id = ${conversationId} and m.at > ${at} limit 1`.execute(
    db,
  )
  return rows.length > 0
}
