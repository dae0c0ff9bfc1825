import { type RawBuilder, sql } from 'kysely'
import type { E164 } from '../mapping/records.ts'
import { asked, batched, rowsByItem } from './batched.ts'
import type { Db } from './database.ts'
import type { NumberChannel, NumberSide } from './schema.ts'

export interface RecordOfSide {
  connection: string
  record_id: string
}

export interface OwnedNumber extends RecordOfSide {
  channel: NumberChannel
  e164: E164
}

/** Replaces every number of the given records by the given ones, in one statement. */
export async function replaceNumbers(
  db: Db,
  side: NumberSide,
  records: readonly RecordOfSide[],
  numbers: readonly OwnedNumber[],
): Promise<void> {
  await sql`with ${replaceNumbersSql(side, records, numbers)}`.execute(db)
}

/** The same as the end of a statement that begins with `with`. */
export const replaceNumbersSql = (
  side: NumberSide,
  records: readonly RecordOfSide[],
  numbers: readonly OwnedNumber[],
): RawBuilder<unknown> => sql`
  incoming as (
    select distinct connection, record_id, channel, e164
    from ${asked(numbers)} as r(connection text, record_id text, channel text, e164 text)
  ), dropped as (
    delete from number n
    using ${asked(records)} as r(connection text, record_id text)
    where n.connection = r.connection and n.side = ${side} and n.record_id = r.record_id
      and not exists (
        select 1 from incoming i
        where i.connection = n.connection and i.record_id = n.record_id and i.e164 = n.e164
          and i.channel = n.channel)
  )
  insert into number (connection, side, channel, e164, record_id)
  select connection, ${side}, channel, e164, record_id from incoming
  on conflict do nothing`

export interface NumberOwner {
  recordId: string
  channel: NumberChannel
}

/** The records of one side that have this number, in the order of their ids; phones before WhatsApp numbers. */
export const ownersOfNumber = (
  db: Db,
  connection: string,
  side: NumberSide,
  e164: string,
): Promise<NumberOwner[]> => ownersOf(db, { connection, side, e164 })

const ownersOf = batched<{ connection: string; side: NumberSide; e164: string }, NumberOwner[]>(
  async (db, items) => {
    const { rows } = await sql<{ item: number; record_id: string; channel: NumberChannel }>`
      select i.item, n.record_id, n.channel
      from number n join ${asked(items)} as i(item int, connection text, side text, e164 text)
        on n.connection = i.connection and n.side = i.side and n.e164 = i.e164
      order by n.channel, n.record_id`.execute(db)
    return rowsByItem(rows, items.length).map((own) =>
      own.map(({ record_id, channel }) => ({ recordId: record_id, channel })),
    )
  },
)
