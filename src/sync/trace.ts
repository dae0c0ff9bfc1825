import { sql } from 'kysely'
import { emailKey } from '../mapping/emails.ts'
import { parsePhone } from '../mapping/phones.ts'
import { nameKey } from '../mapping/text.ts'
import type { Db } from '../store/database.ts'
import { historyOf, type StoredOutcome } from '../store/outcomes.ts'
import { type RecordKind, recordKinds } from '../store/schema.ts'
import { customerTitle } from '../store/titles.ts'

/** A record with its whole story. */
export interface TracedRecord {
  kind: RecordKind
  id: string
  /** What the record says of itself, for people. */
  title: string
  /** When a call ended, or a message was sent. */
  at?: Date
  story: StoredOutcome[]
}

/** Records that one question can bring up; a common name has more, and wants a narrower question. */
export const MOST_RECORDS = 20

/** Finds records by number in any format, name, email, call id, message id or customer id, each with its story. */
export async function trace(
  db: Db,
  connection: string,
  question: string,
  defaultCountry: string | undefined,
): Promise<TracedRecord[]> {
  const found = await findRecords(db, connection, question.trim(), defaultCountry)
  return Promise.all(
    found.map(async (record) => ({
      ...record,
      story: await historyOf(db, connection, record.kind, record.id),
    })),
  )
}

/** Records that a question is about, without their stories. */
export async function findRecords(
  db: Db,
  connection: string,
  question: string,
  defaultCountry: string | undefined,
): Promise<Omit<TracedRecord, 'story'>[]> {
  const e164 = parsePhone(question, defaultCountry) ?? null
  const email = question.includes('@') ? emailKey(question) : null
  const key = nameKey(question)
  // Each way to find a record by an index of its own: an "or" would read every record there is.
  const numbered = (side: 'customer' | 'contact') => sql`
    select record_id from identifier
      where connection = ${connection} and side = ${side} and value in (${e164}, ${email})`
  const logged = (kind: 'call' | 'message') => sql`
    select record_id from timeline
      where connection = ${connection} and kind = ${kind} and conversation_id = ${question}`
  const rows = await sql<{ kind: RecordKind; id: string; title: string | null; at: Date | null }>`
    select 'customer' as kind, c.id, ${customerTitle} as title,
        null::timestamptz as at
      from customer c
      where c.connection = ${connection} and c.id in (
        select ${question}
        union select id from customer where connection = ${connection} and ${key} <> '' and name_key = ${key}
        union ${numbered('customer')}
        union select customer_id from link where connection = ${connection} and contact_id = ${question})
    union all
    select 'contact', c.id, c.name, null
      from contact c
      where c.connection = ${connection} and c.id in (
        select ${question}
        union select id from contact where connection = ${connection} and ${key} <> '' and name_key = ${key}
        union ${numbered('contact')})
    union all
    select 'call', k.id, concat_ws(' ', k.data->>'type', 'call'), k.ended_at
      from call k
      where k.connection = ${connection} and k.id in (
        select ${question}
        union (select id from call where connection = ${connection} and external_number = ${e164}
          order by ended_at desc nulls last limit ${MOST_RECORDS})
        union select id from call where connection = ${connection} and uuid = ${question}
        union ${logged('call')})
    union all
    select 'message', m.id,
        concat_ws(' ', m.data->>'direction', case m.channel when 'sms' then 'SMS' else 'WhatsApp message' end), m.at
      from message m
      where m.connection = ${connection} and m.id in (
        select ${question}
        union select id from message
          where connection = ${connection} and told_as && array['sms-' || ${question}, 'wa-' || ${question}]
        union (select id from message where connection = ${connection} and external_number = ${e164}
          order by at desc limit ${MOST_RECORDS})
        union ${logged('message')})
    union all
    select o.kind, o.record_id, null, null
      from outcome o
      where o.connection = ${connection} and o.kind in (${sql.join(recordKinds)}) and o.record_id = ${question}
        and not exists (select 1 from call where connection = ${connection} and id = ${question})
        and not exists (select 1 from customer where connection = ${connection} and id = ${question})
        and not exists (select 1 from contact where connection = ${connection} and id = ${question})
        and not exists (select 1 from message where connection = ${connection} and id = ${question})
    limit ${MOST_RECORDS}`.execute(db)
  return rows.rows.map(({ kind, id, title, at }) => ({ kind, id, title: title ?? id, ...(at && { at }) }))
}
