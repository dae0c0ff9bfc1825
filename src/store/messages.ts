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
  /** As it would be called in Kustomer, `sms-…` or `wa-…`; made of its content where CloudTalk gave no id. */
  id: string
  /** Whether the id is CloudTalk's. */
  identified: boolean
  /** Whether CloudTalk told when it was sent or received. */
  dated: boolean
  /** Whether CloudTalk named the channel. */
  channelKnown: boolean
  via: MessageVia
  /** The same for two tellings of one message. */
  content: string
  message: ToldMessage
}

interface Twin {
  id: string
  data: ToldMessage
  version: number
  identified: boolean
  channel_known: boolean
}

/** Two tellings of one message, of which one has no id, are no farther apart in what they say of its time. */
const TWIN_MINUTES = 10

/**
 * Keeps a message that was told, or finds that it was told before: by its id; or, where one of both tellings has no id
 * of CloudTalk, by its content.
 *
 * @param joinTellings what a later telling adds to what is known.
 * @returns the id that it has here, and its version: one more if it says something else than before.
 */
export async function receiveMessage(
  db: Db,
  connection: string,
  telling: MessageTelling,
  joinTellings: (known: ToldMessage, told: MessageTelling, knownChannel: boolean) => ToldMessage,
): Promise<{ id: string; version: number }> {
  const { message, via, content, identified, channelKnown } = telling
  return db.transaction().execute(async (transaction) => {
    // Two tellings at the same moment: the second one finds the first.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`${connection}/${content}`}, 0))`.execute(
      transaction,
    )
    const twin = await findTwin(transaction, connection, telling)
    if (!twin) {
      const { rows } = await sql<{ version: number }>`
        insert into message (connection, id, channel, told_as, told_via, identified, channel_known, content,
          external_number, internal_number, at, data)
        values (${connection}, ${telling.id}, ${message.channel}, array[${telling.id}], array[${via}], ${identified},
          ${channelKnown}, ${content}, ${message.externalNumber ?? null}, ${message.internalNumber ?? null},
          ${message.at}, ${toJson(message)}::jsonb)
        -- Told at the same moment with another content: the first one stands.
        on conflict (connection, id) do update set
          told_via = array(select distinct unnest(message.told_via || excluded.told_via))
        returning version`.execute(transaction)
      return { id: telling.id, version: rows[0]?.version ?? 1 }
    }
    const data = joinTellings(twin.data, telling, twin.channel_known)
    const { rows } = await sql<{ version: number }>`
      update message set data = ${toJson(data)}::jsonb, channel = ${data.channel},
        told_as = array(select distinct unnest(told_as || ${telling.id}::text)),
        told_via = array(select distinct unnest(told_via || ${via}::text)),
        identified = identified or ${identified}, channel_known = channel_known or ${channelKnown},
        version = version + case when data = ${toJson(data)}::jsonb then 0 else 1 end
      where connection = ${connection} and id = ${twin.id}
      returning version`.execute(transaction)
    return { id: twin.id, version: rows[0]?.version ?? twin.version }
  })
}

async function findTwin(db: Db, connection: string, telling: MessageTelling): Promise<Twin | undefined> {
  const { id, identified, dated, channelKnown, via, content, message } = telling
  const sameChannel = sql`(channel = ${message.channel} or not channel_known or ${!channelKnown})`
  const near = sql`abs(extract(epoch from at - ${message.at}::timestamptz)) <= ${TWIN_MINUTES * 60}`
  const { rows } = await sql<Twin>`
    select id, data, version, identified, channel_known from message
    where connection = ${connection} and (
      told_as @> array[${id}]
      or (${identified} and identified and data->>'id' = ${message.id} and content = ${content} and ${sameChannel})
      or (content = ${content} and ${sameChannel} and ${near} and (
        -- Each of the two systems told it, and only one of them knows its id.
        (not told_via @> array[${via}] and not (identified and ${identified}))
        -- Repeated without an id and without a time.
        or (told_via @> array[${via}] and ${!identified && !dated})))
    )
    order by told_as @> array[${id}] desc, identified and ${identified} desc, told_via @> array[${via}],
      abs(extract(epoch from at - ${message.at}::timestamptz)), received_at
    limit 1`.execute(db)
  return rows[0]
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

/**
 * Messages that nobody has looked at as they were last told; those of this moment are still being raised. What failed
 * or was skipped unseen has an outcome, and waits for a person.
 */
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
    .where(({ eb, or, and, not, exists, ref, selectFrom }) =>
      or([
        eb('settled_version', '<', ref('version')),
        and([
          eb('settled_version', 'is', null),
          not(
            exists(
              selectFrom('outcome')
                .select('outcome.record_id')
                .whereRef('outcome.connection', '=', 'message.connection')
                .whereRef('outcome.record_id', '=', 'message.id')
                .where('outcome.kind', '=', 'message'),
            ),
          ),
        ]),
      ]),
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

/** What a message is asked about by, when its talk is looked for. */
export interface TalkQuestion {
  id: string
  message: Pick<ToldMessage, 'channel' | 'internalNumber' | 'externalNumber' | 'at'>
  customerId: string | undefined
  hours: number
}

/**
 * Finds the talk that a message belongs to: over the same channel and CloudTalk number, with the same customer (or,
 * where nobody has the number, with the same number), no more than `hours` before or after it; the one with the
 * nearest message.
 */
export async function findTalk(
  db: Db,
  connection: string,
  question: TalkQuestion,
): Promise<Talk | undefined> {
  const customerId = question.customerId ?? null
  const { rows } = await sql<{ conversation_id: string; customer_id: string | null; unlinked: boolean }>`
    select t.conversation_id, t.customer_id, t.unlinked
    from message m join timeline t
      on t.connection = m.connection and t.kind = 'message' and t.record_id = m.id
    where ${inWindow(connection, question)} and t.conversation_id is not null and not t.gone
      and ((not t.unlinked and t.customer_id = ${customerId})
        or (m.external_number = ${question.message.externalNumber ?? null} and (
          t.unlinked or ${customerId}::text is null
          -- Merged into another, who has the number now.
          or exists (select 1 from customer c
            where c.connection = t.connection and c.id = t.customer_id and c.deleted))))
    order by ${nearestFirst(question)} limit 1`.execute(db)
  const [row] = rows
  return (
    row && {
      conversationId: row.conversation_id,
      customerId: row.customer_id ?? undefined,
      unlinked: row.unlinked,
    }
  )
}

/** What is not known to have failed for good, and was begun this short a time ago, may yet begin a conversation. */
const BEGUN_MINUTES = 15

/**
 * Whether another message of the same talk is about to begin its conversation: who comes first in time begins it.
 * @param intended whether this one has begun, too.
 */
export async function talkBegins(
  db: Db,
  connection: string,
  question: TalkQuestion,
  intended: boolean,
): Promise<boolean> {
  const { id, message } = question
  const { rows } = await sql`
    select 1
    from message m join timeline t
      on t.connection = m.connection and t.kind = 'message' and t.record_id = m.id
    where ${inWindow(connection, question)} and t.conversation_id is null
      and m.external_number = ${message.externalNumber ?? null}
      and t.intent_at > clock_timestamp() - make_interval(mins => ${BEGUN_MINUTES})
      and (not ${intended} or (m.at, m.id) < (${message.at}::timestamptz, ${id}))
      and not exists (select 1 from outcome o where o.connection = m.connection and o.kind = 'message'
        and o.record_id = m.id and o.outcome = 'failed')
    limit 1`.execute(db)
  return rows.length > 0
}

const inWindow = (connection: string, { id, message, hours }: TalkQuestion) => sql`
  m.connection = ${connection} and m.id <> ${id} and m.channel = ${message.channel}
  and m.internal_number is not distinct from ${message.internalNumber ?? null}
  and m.at between ${message.at}::timestamptz - make_interval(secs => ${hours * 3_600})
    and ${message.at}::timestamptz + make_interval(secs => ${hours * 3_600})`

const nearestFirst = ({ message }: TalkQuestion) => sql`
  abs(extract(epoch from m.at - ${message.at}::timestamptz)), m.at, m.id`

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
