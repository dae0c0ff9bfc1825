import { sql } from 'kysely'
import { asked, batched, rowsByItem } from './batched.ts'
import type { Db } from './database.ts'
import type { RecordKind } from './schema.ts'

/** Records that an undo has taken back: they are left alone for as long as they say what they said then. */

export interface UndoneRecord {
  connection: string
  kind: RecordKind
  id: string
}

/** @param stands what the record says now. */
export const markUndone: (db: Db, record: UndoneRecord & { stands: unknown }) => Promise<void> = batched(
  async (db, items) => {
    const rows = items.map(({ stands, ...record }) => ({ ...record, stands: stands ?? null }))
    await sql`
      insert into undone (connection, kind, record_id, stands)
      select distinct on (connection, kind, id) connection, kind, id, stands
      from ${asked(rows)} as i(connection text, kind text, id text, stands jsonb)
      on conflict (connection, kind, record_id) do update set stands = excluded.stands, at = clock_timestamp()`.execute(
      db,
    )
    return items.map(() => undefined)
  },
)

export const liftUndone: (db: Db, record: UndoneRecord) => Promise<void> = batched(async (db, items) => {
  await sql`
    delete from undone u using ${asked([...items])} as i(connection text, kind text, id text)
    where u.connection = i.connection and u.kind = i.kind and u.record_id = i.id`.execute(db)
  return items.map(() => undefined)
})

/** What the record said when it was undone; undefined where it was not. */
export const undoneAs: (db: Db, record: UndoneRecord) => Promise<unknown> = batched(async (db, items) => {
  const { rows } = await sql<{ item: number; stands: unknown }>`
    select i.item, u.stands from undone u
    join ${asked([...items])} as i(item int, connection text, kind text, id text)
      on u.connection = i.connection and u.kind = i.kind and u.record_id = i.id`.execute(db)
  return rowsByItem(rows, items.length).map(([row]) => row?.stands)
})
