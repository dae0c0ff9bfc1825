import { mkdirSync } from 'node:fs'
import { Socket } from 'node:net'
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

/** A server that takes no connection for this long is away; nor is one of ours waited for any longer. */
const CONNECT_MS = 30_000
/** A connection that is silent for this long in the middle of a statement is dead: ours take seconds at most. */
const SILENT_MS = 120_000

/**
 * Opens PostgreSQL by URL, or PostgreSQL in this process (PGlite) in a folder, with the schema up to date.
 * @throws when the server cannot be reached or a migration fails.
 */
export async function openDatabase(location: DatabaseLocation): Promise<OpenDatabase> {
  if (location.kind === 'postgres') {
    await migrateServer(location.url)
    return openServer(location.url)
  }
  const open = await openEmbedded(location.folder)
  try {
    await migrate(open.db)
    return open
  } catch (error) {
    await open.close()
    throw error
  }
}

/** By connections of its own: an index of a large table may take longer than any other statement. */
async function migrateServer(url: string): Promise<void> {
  const db = connect(url)
  try {
    await migrate(db)
  } finally {
    await db.destroy()
  }
}

function openServer(url: string): OpenDatabase {
  const db = connect(url, { stream: impatientSocket })
  return {
    db,
    embedded: false,
    queue: { backend: 'postgres', connectionString: url, max: QUEUE_POOL_SIZE },
    close: () => db.destroy(),
  }
}

function connect(url: string, options: Pick<pg.PoolConfig, 'stream'> = {}): Db {
  const pool = new pg.Pool({
    ...options,
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  })
  // A connection that the server drops must not end the process, whether it is idle or between two statements of one
  // that has it; the next query opens another.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
}

/** pg's own time limit for queries gives the connection back to the pool, where the next query waits behind the first. */
function impatientSocket(): Socket {
  const socket = new Socket()
  return socket.setTimeout(SILENT_MS, () =>
    socket.destroy(new Error(`the database was silent for ${SILENT_MS / 1_000} seconds`)),
  )
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
