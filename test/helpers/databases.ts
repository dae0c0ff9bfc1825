import { randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect, PostgresDialect } from 'kysely'
import pg from 'pg'
import { inject } from 'vitest'
import { type Db, openDatabase } from '../../src/store/database.ts'
import type { Database } from '../../src/store/schema.ts'
import { POSTGRES_TEMPLATE } from './postgres.ts'

export type DatabaseKind = 'embedded' | 'postgres'

/** Both databases that the product promises to behave the same on. */
export const databaseKinds: readonly DatabaseKind[] = ['embedded', 'postgres']

export interface TestDatabase {
  /** The environment of a service on this database. */
  env: { DATA_DIR: string; DATABASE_URL?: string }
  drop(): Promise<void>
}

/** A database of its own for one test. */
export async function createDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'cloudtalk-kustomer-test-'))
  if (kind === 'embedded') {
    cpSync(inject('embeddedTemplate'), join(folder, 'database'), { recursive: true })
    return { env: { DATA_DIR: folder }, drop: async () => rmSync(folder, { recursive: true, force: true }) }
  }
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const server = inject('postgresUrl')
  await onServer(server, `create database ${name} template ${POSTGRES_TEMPLATE}`)
  return {
    env: { DATA_DIR: folder, DATABASE_URL: `${server}/${name}` },
    async drop() {
      await onServer(server, `drop database ${name} with (force)`)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The same, opened as the service opens it. */
export async function openTestDatabase(kind: DatabaseKind): Promise<{ db: Db; close(): Promise<void> }> {
  const { env, drop } = await createDatabase(kind)
  const { db, close } = await openDatabase(
    env.DATABASE_URL === undefined
      ? { kind: 'embedded', folder: join(env.DATA_DIR, 'database') }
      : { kind: 'postgres', url: env.DATABASE_URL },
  )
  return {
    db,
    async close() {
      await close()
      await drop()
    },
  }
}

let emptied: Promise<PGlite> | undefined

/**
 * A database that nothing was ever made in. The embedded one is the same each time, with its only schema made anew:
 * to start another takes seconds.
 */
export async function openEmptyDatabase(kind: DatabaseKind): Promise<{ db: Db; close(): Promise<void> }> {
  if (kind === 'embedded') {
    emptied ??= PGlite.create()
    const pglite = await emptied
    await pglite.exec('drop schema public cascade; create schema public')
    return {
      db: new Kysely<Database>({ dialect: new PGliteDialect({ pglite }) }),
      close: async () => undefined,
    }
  }
  const name = `empty_${randomUUID().replaceAll('-', '')}`
  const server = inject('postgresUrl')
  await onServer(server, `create database ${name}`)
  const pool = new pg.Pool({ connectionString: `${server}/${name}` })
  // The server ends with the database what the pool has not quite closed yet.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  return {
    db,
    async close() {
      await db.destroy()
      await onServer(server, `drop database ${name} with (force)`)
    },
  }
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${url}/postgres` })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
