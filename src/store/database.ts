import { mkdirSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { type ConstructorOptions, fromPglite } from 'pg-boss'
import { migrate } from './migrate.ts'
import type { Database } from './schema.ts'

export type Db = Kysely<Database>

export type DatabaseLocation = { kind: 'postgres'; url: string } | { kind: 'embedded'; folder: string }

export interface OpenDatabase {
  db: Db
  /** True when this process is the only one that can reach the data. */
  embedded: boolean
  /** How pg-boss reaches the same database. */
  queue: Pick<ConstructorOptions, 'backend' | 'db' | 'connectionString' | 'max'>
  close(): Promise<void>
}

/** Connections that our own statements may hold at once, on a real server. */
const POOL_SIZE = 10
const QUEUE_POOL_SIZE = 6

/**
 * Opens PostgreSQL by URL, or PostgreSQL in this process (PGlite) in a folder, with the schema up to date.
 * @throws when the server cannot be reached or a migration fails.
 */
export async function openDatabase(location: DatabaseLocation): Promise<OpenDatabase> {
  const open = location.kind === 'postgres' ? openServer(location.url) : await openEmbedded(location.folder)
  try {
    await migrate(open.db)
    return open
  } catch (error) {
    await open.close()
    throw error
  }
}

function openServer(url: string): OpenDatabase {
  const pool = new pg.Pool({ connectionString: url, max: POOL_SIZE })
  // A connection that the server drops must not end the process, whether it is idle or between two statements of one
  // that has it; the next query opens another.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  return {
    db,
    embedded: false,
    queue: { backend: 'postgres', connectionString: url, max: QUEUE_POOL_SIZE },
    close: () => db.destroy(),
  }
}

async function openEmbedded(folder: string): Promise<OpenDatabase> {
  // PGlite makes the last folder of the path only.
  mkdirSync(folder, { recursive: true })
  const pglite = await PGlite.create(folder)
  const db = new Kysely<Database>({ dialect: new PGliteDialect({ pglite }) })
  return {
    db,
    embedded: true,
    queue: { backend: 'pglite', db: fromPglite(pglite) },
    // Not db.destroy(): the queue shares the instance, and an unused Kysely would leave it open.
    close: () => pglite.close(),
  }
}

/**
 * Tells the planner how large the tables have become: the embedded database does it never by itself, and a page of the
 * mirror then takes 220 ms instead of 10 ms once it holds 44,000 numbers.
 */
export async function refreshStatistics(db: Db): Promise<void> {
  await sql`analyze customer, contact, identifier, link, call, timeline, run_item,
    outcome, outcome_history`.execute(db)
}
