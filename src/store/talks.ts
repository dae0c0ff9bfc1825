import { sql } from 'kysely'
import type { Db } from './database.ts'
import type { ToldMessage } from './schema.ts'

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
