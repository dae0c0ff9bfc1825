import { sql } from 'kysely'
import { textArray } from './activity.ts'
import type { Db } from './database.ts'
import type { RecordKind } from './schema.ts'

/** What a customer is called, of a row of `customer` named `c`. */
export const customerTitle = sql`coalesce(nullif(c.data->>'name', ''), c.data->>'displayName')`

export interface NamedRecord {
  kind: RecordKind
  id: string
}

/**
 * By what people know records: the name of a customer or contact, the other side's number of a call or message.
 * @returns by kind and id; of what has none, or is not known, nothing.
 */
export async function titlesOf(
  db: Db,
  connection: string,
  records: readonly NamedRecord[],
): Promise<(record: NamedRecord) => string | undefined> {
  if (records.length === 0) return () => undefined
  const ids = (kind: RecordKind) =>
    textArray([...new Set(records.filter((one) => one.kind === kind).map(({ id }) => id))])
  const { rows } = await sql<NamedRecord & { title: string | null }>`
    select 'customer' as kind, c.id, ${customerTitle} as title
      from customer c where c.connection = ${connection} and c.id = any(${ids('customer')})
    union all
    select 'contact', id, nullif(name, '')
      from contact where connection = ${connection} and id = any(${ids('contact')})
    union all
    select 'call', id, external_number
      from call where connection = ${connection} and id = any(${ids('call')})
    union all
    select 'message', id, external_number
      from message where connection = ${connection} and id = any(${ids('message')})`.execute(db)
  const titles = new Map(rows.map(({ kind, id, title }) => [`${kind}/${id}`, title ?? undefined]))
  return ({ kind, id }) => titles.get(`${kind}/${id}`)
}
