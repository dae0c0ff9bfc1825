import { hkdfSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { ServerType } from '@hono/node-server'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { v4 as uuid } from 'uuid'
import { type Config, ConfigError, NO_CONNECTION, publicUrlOf } from './config.ts'
import { createConfiguring } from './configuring.ts'
import { type Connections, openConnections } from './connections.ts'
import { encryptionKeyIn, takeFolder } from './data-folder.ts'
import { type Auth, createAuth } from './http/auth/auth.ts'
import { createSignOn } from './http/auth/sign-on.ts'
import type { Configuring } from './http/configuring.ts'
import type { Operations } from './http/operations.ts'
import { createHttp, createProbes, listen, type ProbePorts } from './http/server.ts'
import { createMetrics } from './metrics.ts'
import { openQueue } from './queue/queue.ts'
import { startWorkers } from './queue/worker.ts'
import { watchSchema } from './schema-watch.ts'
import { type Db, openDatabase } from './store/database.ts'
import { resealSecrets } from './store/secrets.ts'
import { resealSignOn } from './store/sign-on.ts'
import { defaultPace, type SyncContext } from './sync/context.ts'
import { leaveMsOf } from './sync/given-up.ts'
import { createHaltCheck } from './sync/runs/run-halt.ts'
import { createVault } from './vault.ts'

/** Events of a connection that this process does not know are looked at again after this long. */
const UNKNOWN_CONNECTION_MS = 30_000
/** Requests under way, ours and to us, may go on for this long after the word to stop. */
const GRACE_MS = 4_000
/** Settles may take this long to end; what is under way then comes again after the next start. */
const DRAIN_MS = 6_000
const LAST_REQUESTS_MS = 1_000
/** A database that has not answered by then counts as away. */
const READY_MS = 2_000

export interface Service {
  connections: Connections
  /** Of the first connection. @throws {ConfigError} where there is none. */
  readonly context: SyncContext
  readonly operations: Operations
  db: Db
  configuring: Configuring
  /** Where the vendors send webhooks. */
  publicUrl(): string
  /** Takes webhooks and API requests, and has Kustomer send them. */
  serve(): Promise<void>
  /** Tells whether it is well and what it has counted, where it takes no requests; if the port is free. */
  probe(): Promise<void>
  /** Settles events. */
  work(): Promise<void>
  /** Raises events for what no webhook told of, and goes on with runs. */
  watch(): Promise<void>
  /** Rejects when a newer version has migrated the database: this process must end. @throws {Superseded} */
  superseded: Promise<never>
  /** Takes nothing new, finishes what is under way, closes the database. */
  close(): Promise<void>
  /** What has not ended yet, once it closes. */
  stillOpen(): string[]
}

/**
 * The one place where everything is wired together; `connection.ts` does so for each connection.
 * @throws {FolderInUse} where another process has the embedded database; or when the database cannot be opened.
 */
export async function openService(config: Config, log: Logger, pace = defaultPace): Promise<Service> {
  await using opened = new AsyncDisposableStack()
  const folder = config.database.kind === 'embedded' ? await takeFolder(config.dataDir, uuid()) : undefined
  opened.defer(() => folder?.release())
  const database = await openDatabase(config.database)
  opened.defer(() => database.close())
  const { db } = database
  const queue = await openQueue(database, log)
  opened.defer(() => queue.close())
  // Several processes share no folder: without a key of their own they keep no secret.
  const keys = config.encryptionKeys ?? (database.embedded ? [encryptionKeyIn(config.dataDir)] : undefined)
  for (const key of keys ?? []) config.secrets.add(Buffer.from(key).toString('base64'))
  const vault = keys && createVault(keys, (secret) => config.secrets.add(secret))
  if (vault) await Promise.all([resealSecrets(db, vault), resealSignOn(db, vault)])
  const away = () =>
    connections.all().map(({ context }) => [context.connection, context.vendors.away()] as const)
  const metrics = createMetrics({ db, away })
  const ports = { db, raise: queue.raise, pace, log, countsOf: metrics.of, vault }
  const connections = await openConnections(config, ports)
  let listening: { server: ServerType; port: number } | undefined
  const servedAt = () => publicUrlOf(config, listening?.port)
  const configuring = createConfiguring({
    config,
    db,
    vault,
    wanted: connections.wanted,
    publicUrl: servedAt,
    changed: connections.refresh,
  })
  const ending = new AbortController()
  const schema = watchSchema(db)
  // Without a key that outlives it, whoever has signed in does so again after a restart.
  const key = keys?.[0] ?? randomBytes(32)
  const derived = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', key, '', `cloudtalk-kustomer ${purpose}`, 32)).toString('base64url')
  let stopRenewing: (() => void) | undefined

  const probePorts: ProbePorts = {
    db,
    token: folder?.token ?? uuid(),
    metrics,
    log,
    ready: async () => {
      if (ending.signal.aborted) throw new Error('closing')
      schema.check()
      await within(READY_MS, sql`select 1`.execute(db))
    },
  }

  const open = new Set<string>()
  const ends = async (what: string, ending: Promise<unknown>) => {
    open.add(what)
    await ending
    open.delete(what)
  }
  const first = () => {
    const connection = connections.get(undefined)
    if (connection) return connection
    throw new ConfigError([NO_CONNECTION])
  }
  // From here on, closing is the service's own.
  opened.move()

  return {
    connections,
    get context() {
      return first().context
    },
    get operations() {
      return first().operations
    },
    db,
    configuring,
    publicUrl: servedAt,
    async serve() {
      const publicUrl = publicUrlOf(config)
      const auth = createAuth({ db, secret: derived('sessions'), publicUrl })
      const app = createHttp({
        doors: {
          kustomer: (id) => connections.get(id)?.doors.kustomer,
          cloudtalk: (id) => connections.get(id)?.doors.cloudtalk,
        },
        ...probePorts,
        now: () => new Date(),
        console: {
          db,
          auth,
          signOn: createSignOn({ db, vault, publicUrl: servedAt, log }),
          setUpToken: derived('set-up'),
          configuring,
          connections: () =>
            connections.all().map(({ context, operations, watching }) => ({
              id: context.connection,
              name: context.settings.name,
              org: context.org,
              active: context.settings.active,
              operations,
              watching,
            })),
          publicUrl,
          servedAt,
          closing: ending.signal,
          now: () => new Date(),
        },
      })
      listening = await listen(app, config.port)
      folder?.announce(listening.port)
      const setUp = `${servedAt()}/set-up?token=${derived('set-up')}`
      await welcome(auth, config.admin, setUp, log)
      connections.serve(servedAt())
    },
    async probe() {
      try {
        listening = await listen(createProbes(probePorts), config.port)
      } catch (error) {
        // A door may have the port on the same machine; the work does not hang on it.
        log.warn({ err: error, port: config.port }, 'nobody can ask this process how it is: set another PORT')
      }
    },
    async work() {
      stopRenewing = await startWorkers({
        db,
        queue,
        log,
        leaveMs: leaveMsOf(pace),
        settle: async (event, priority) => {
          // Somebody may have switched it on a moment ago.
          if (!connections.get(event.connection)?.context.settings.active) await connections.refresh()
          const connection = connections.get(event.connection)
          // Another process may have newer settings, or somebody puts it back: its events wait.
          return connection
            ? connection.settle(event, priority)
            : { kind: 'again', inMs: UNKNOWN_CONNECTION_MS, held: false, untried: true, givenUp: false }
        },
        heldBack: async (id) => connections.get(id)?.letGo(),
        halted: createHaltCheck(db, Date.now),
      })
    },
    async watch() {
      connections.watch()
    },
    superseded: schema.superseded,
    async close() {
      ending.abort()
      schema.stop()
      // What hangs is cut off in time to end within the 10 s that a supervisor gives.
      const cutting = setTimeout(() => {
        connections.cutOff()
        if (listening && 'closeAllConnections' in listening.server) listening.server.closeAllConnections()
      }, GRACE_MS)
      try {
        // The doors stay open while the workers drain: what comes meanwhile is kept, and settled after the next start.
        const drained = [
          ends('runs, pollers and deeds', connections.stop()),
          ends('settles', queue.stopWorkers()),
        ]
        await within(DRAIN_MS, Promise.all(drained)).catch((error: unknown) => {
          log.warn({ err: error, open: [...open] }, 'what is under way is left to the next start')
        })
        if (listening) await ends('requests to the service', closeServer(listening.server))
        await ends('the queue', queue.close())
      } finally {
        clearTimeout(cutting)
        stopRenewing?.()
        connections.close()
        await ends('the database', database.close())
        await folder?.release()
      }
    },
    stillOpen: () => [...open],
  }
}

/** @throws what the work throws, or when it takes longer. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController()
  const late = wait(ms, undefined, { signal: timer.signal, ref: false }).then(() => {
    throw new Error(`it took more than ${ms} ms`)
  })
  try {
    await Promise.race([work, late])
  } finally {
    timer.abort()
  }
}

async function closeServer(server: ServerType): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  if ('closeIdleConnections' in server) server.closeIdleConnections()
  // Whoever has begun a request late is not waited for without end.
  const cutting = setTimeout(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
  }, LAST_REQUESTS_MS)
  await closed
  clearTimeout(cutting)
}

/** The first administrator is of the environment, or made by whoever can read the log. */
async function welcome(auth: Auth, admin: Config['admin'], setUp: string, log: Logger): Promise<void> {
  if (await auth.hasPeople()) return
  if (admin) {
    await auth.addPerson({ name: 'Administrator', ...admin, role: 'admin' }).catch(async (error: unknown) => {
      // Another process was faster.
      if (!(await auth.hasPeople())) throw error
    })
  } else log.warn({ setUp }, 'nobody can sign in to the console yet: open this address')
}
