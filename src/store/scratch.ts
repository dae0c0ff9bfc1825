import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect, sql } from 'kysely'
import type { Db } from './database.ts'
import { toJson } from './json.ts'
import { migrate } from './migrate.ts'
import type { Database } from './schema.ts'

export interface Scratch {
  db: Db
  close(): Promise<void>
}

/** What a rehearsal starts from; outcomes are not among it, for it makes its own. */
const TABLES: readonly { name: keyof Database; key: readonly string[]; of: 'connection' | 'id' }[] = [
  { name: 'connection', key: ['id'], of: 'id' },
  { name: 'customer', key: ['id'], of: 'connection' },
  { name: 'contact', key: ['id'], of: 'connection' },
  { name: 'identifier', key: ['side', 'value', 'channel', 'record_id'], of: 'connection' },
  { name: 'link', key: ['customer_id'], of: 'connection' },
  { name: 'apart', key: ['customer_id', 'contact_id'], of: 'connection' },
  { name: 'review', key: ['id'], of: 'connection' },
  { name: 'call', key: ['id'], of: 'connection' },
  { name: 'timeline', key: ['kind', 'record_id'], of: 'connection' },
]
const PAGE = 1_000

/**
 * A copy of one connection's records in memory, with a run and its work list: what is settled there leaves no trace.
 * It lives in this process whatever the database is, so that nobody waits for a long transaction.
 */
export async function openScratch(db: Db, connection: string, runId: string): Promise<Scratch> {
  const pglite = await PGlite.create()
  const scratch = new Kysely<Database>({ dialect: new PGliteDialect({ pglite }) })
  try {
    await migrate(scratch)
    for (const { name, key, of } of TABLES) {
      await copy(
        db,
        scratch,
        name,
        key,
        of === 'id' ? sql`id = ${connection}` : sql`connection = ${connection}`,
      )
    }
    await copy(db, scratch, 'run', ['id'], sql`id = ${runId}`)
    await copy(db, scratch, 'run_item', ['kind', 'record_id'], sql`run_id = ${runId}`)
    await beginAnew(scratch, runId)
    return { db: scratch, close: () => pglite.close() }
  } catch (error) {
    await pglite.close()
    throw error
  }
}

/** The copy has none of what an interrupted rehearsal came to, so all of it is rehearsed again. */
async function beginAnew(scratch: Db, runId: string): Promise<void> {
  await scratch.deleteFrom('run_item').where('run_id', '=', runId).where('kind', '=', 'contact').execute()
  await scratch
    .updateTable('run_item')
    .set({ outcome: null, reason: null, settled_at: null })
    .where('run_id', '=', runId)
    .execute()
  await sql`update run set raised = raised - 'contact' where id = ${runId}`.execute(scratch)
}

/** Each page goes on behind the last row of the one before: what is written meanwhile shifts nothing. */
async function copy(
  from: Db,
  to: Db,
  table: keyof Database,
  key: readonly string[],
  where: ReturnType<typeof sql>,
): Promise<void> {
  const columns = sql.raw((await writableColumns(to, table)).map((column) => `"${column}"`).join(', '))
  const keyOf = (alias: string) => sql.raw(key.map((column) => `${alias}.${column}`).join(', '))
  const behind = (last: unknown) => sql`and (${keyOf('t')}) > (
    select ${keyOf('l')} from jsonb_populate_record(null::${sql.table(table)}, ${toJson(last)}::jsonb) l)`
  let last: unknown
  for (;;) {
    const { rows } = await sql<{ row: unknown }>`
      select to_jsonb(t) as row from ${sql.table(table)} t
      where ${where} ${last === undefined ? sql`` : behind(last)}
      order by ${keyOf('t')} limit ${PAGE}`.execute(from)
    last = rows.at(-1)?.row
    if (last === undefined) return
    await sql`
      insert into ${sql.table(table)} (${columns})
      select ${columns} from jsonb_populate_recordset(null::${sql.table(table)},
        ${toJson(rows.map(({ row }) => row))}::jsonb)
      on conflict do nothing`.execute(to)
  }
}

/** All but the generated ones. */
async function writableColumns(db: Db, table: string): Promise<string[]> {
  const { rows } = await sql<{ column_name: string }>`
    select column_name from information_schema.columns
    where table_schema = current_schema() and table_name = ${table} and is_generated = 'NEVER'
    order by ordinal_position`.execute(db)
  return rows.map((row) => row.column_name)
}
