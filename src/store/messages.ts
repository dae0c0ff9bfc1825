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
  /** It has changed since the version that the last outcome stands for. */
  ahead?: boolean
  /** What it said when a run of it was undone. */
  undone?: unknown
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
export async function keepMessage(
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
  ahead: boolean | null
  undone?: unknown
}

const findOne = batched<{ connection: string; id: string }, StoredMessage | undefined>(async (db, items) => {
  const { rows } = await sql<MessageRow>`
    select i.item, m.id, m.data, m.version, m.settled_version < m.version as ahead, ${standingColumns},
      u.stands as undone
    from message m join ${asked(items)} as i(item int, connection text, id text)
      on m.connection = i.connection and m.id = i.id
    left join timeline t on t.connection = m.connection and t.kind = 'message' and t.record_id = m.id
    left join undone u on u.connection = m.connection and u.kind = 'message' and u.record_id = m.id`.execute(
    db,
  )
  return rowsByItem(rows, items.length).map(
    ([row]) =>
      row && {
        id: row.id,
        message: row.data,
        standing: standingOf(row),
        version: row.version,
        ahead: row.ahead ?? false,
        undone: row.undone ?? undefined,
      },
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
