import { type RawBuilder, sql } from 'kysely'
import { asked, batched, rowsByItem } from './batched.ts'
import type { Db } from './database.ts'
import type { IdentifierChannel, IdentifierSide } from './schema.ts'

export interface RecordOfSide {
  connection: string
  record_id: string
}

/** Something that one record is known by: an E.164 number, or an email in lower case. */
export interface Identifier extends RecordOfSide {
  channel: IdentifierChannel
  value: string
}

/**
 * Replaces every identifier of the given records by the given ones, as the end of the statement that writes the records
 * and begins with `with`: a record whose identifiers came later would keep none if the process died in between.
 *
 * @param only which of them, as a condition on `r.record_id`.
 */
export const replaceIdentifiersSql = (
  side: IdentifierSide,
  records: readonly RecordOfSide[],
  identifiers: readonly Identifier[],
  only: RawBuilder<unknown> = sql`true`,
): RawBuilder<unknown> => sql`
  incoming as (
    select distinct connection, record_id, channel, value
    from ${asked(identifiers)} as r(connection text, record_id text, channel text, value text)
    where value <> '' and ${only}
  ), dropped as (
    delete from identifier n
    using ${asked(records)} as r(connection text, record_id text)
    where n.connection = r.connection and n.side = ${side} and n.record_id = r.record_id and ${only}
      and not exists (
        select 1 from incoming i
        where i.connection = n.connection and i.record_id = n.record_id and i.value = n.value
          and i.channel = n.channel)
  )
  insert into identifier (connection, side, channel, value, record_id)
  select connection, ${side}, channel, value, record_id from incoming
  on conflict do nothing`

export interface Owner {
  recordId: string
  channel: IdentifierChannel
}

/** The records of one side with this number or email, in the order of their ids; phones before WhatsApp numbers. */
export const ownersOf = (db: Db, connection: string, side: IdentifierSide, value: string): Promise<Owner[]> =>
  owners(db, { connection, side, value })

const owners = batched<{ connection: string; side: IdentifierSide; value: string }, Owner[]>(
  async (db, items) => {
    const { rows } = await sql<{ item: number; record_id: string; channel: IdentifierChannel }>`
      select i.item, n.record_id, n.channel
      from identifier n join ${asked(items)} as i(item int, connection text, side text, value text)
        on n.connection = i.connection and n.side = i.side and n.value = i.value
      order by n.channel, n.record_id`.execute(db)
    return rowsByItem(rows, items.length).map((own) =>
      own.map(({ record_id, channel }) => ({ recordId: record_id, channel })),
    )
  },
)
