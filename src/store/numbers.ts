import { sql } from 'kysely'
import type { E164 } from '../mapping/records.ts'
import type { Db } from './database.ts'
import type { NumberChannel, NumberSide } from './schema.ts'

export interface OwnedNumber {
  recordId: string
  channel: NumberChannel
  e164: E164
}

/** Replaces every number of the given records by the given ones, in one statement. */
export async function replaceNumbers(
  db: Db,
  connection: string,
  side: NumberSide,
  recordIds: readonly string[],
  numbers: readonly OwnedNumber[],
): Promise<void> {
  const rows = numbers.map((number) => ({
    channel: number.channel,
    e164: number.e164,
    record_id: number.recordId,
  }))
  await sql`
    with incoming as (
      select distinct channel, e164, record_id
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(channel text, e164 text, record_id text)
    ), dropped as (
      delete from number n
      where n.connection = ${connection} and n.side = ${side}
        and n.record_id in (select jsonb_array_elements_text(${JSON.stringify(recordIds)}::jsonb))
        and not exists (
          select 1 from incoming i
          where i.record_id = n.record_id and i.e164 = n.e164 and i.channel = n.channel)
    )
    insert into number (connection, side, channel, e164, record_id)
    select ${connection}, ${side}, channel, e164, record_id from incoming
    on conflict do nothing`.execute(db)
}

/** The records of one side that have this number, oldest id first; phones before WhatsApp numbers. */
export async function ownersOfNumber(
  db: Db,
  connection: string,
  side: NumberSide,
  e164: string,
): Promise<{ recordId: string; channel: NumberChannel }[]> {
  const rows = await db
    .selectFrom('number')
    .select(['record_id', 'channel'])
    .where('connection', '=', connection)
    .where('side', '=', side)
    .where('e164', '=', e164 as E164)
    .orderBy('channel')
    .orderBy('record_id')
    .execute()
  return rows.map((row) => ({ recordId: row.record_id, channel: row.channel }))
}
