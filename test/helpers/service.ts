import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { openService, type Service } from '../../src/app.ts'
import { recipesOf } from '../../src/commands/recipes.ts'
import { readConfig } from '../../src/config.ts'
import { createLog } from '../../src/log.ts'
import type { Pace } from '../../src/sync/context.ts'
import { createDatabase, type DatabaseKind } from './databases.ts'
import { type Emulators, startEmulators, type WorldSize } from './emulators.ts'
import { until } from './until.ts'

/** What only time can bring comes at once. */
const PACE: Pace = { detailAfterMs: 10, aiAfterMs: 20, firstBackoffMs: 50 }

export interface Stack extends Emulators {
  service: Service
  /** Everything that it has logged at `warn` and above. */
  logged(): string
  /** Where other commands find the service. */
  dataDir: string
  /** Waits until everything that has been raised is settled and every webhook has arrived. */
  settled(withinMs?: number): Promise<void>
  /** Brings over everything, and the calls since `from`, and waits for its end. */
  sync(from?: Date): Promise<void>
  close(): Promise<void>
}

export interface StackOptions extends WorldSize {
  database?: DatabaseKind
  /** Of a settings file; without it the console may change them. */
  settings?: Record<string, unknown>
  /** Whether the environment has the keys, or somebody sets it all up in the console; true by default. */
  connected?: boolean
  /** Before the service starts: the vendors' switches, keys and records. */
  prepare?: (emulators: Emulators) => Promise<unknown>
}

/** Both emulators, a service on a database of its own that works with them, and CloudTalk's workflows set up. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const emulators = await startEmulators(options)
  // The lags are the vendor's own; what waits for them is what is tested, not how long.
  await emulators.cloudtalk.control('PUT', '/switches', { analyticsDelayMs: 50, recordingDelayMs: 50 })
  await options.prepare?.(emulators)
  const database = await createDatabase(options.database ?? 'postgres')
  const connected = options.connected ?? true
  const file: { SETTINGS_FILE?: string } = {}
  if (options.settings) {
    file.SETTINGS_FILE = join(database.env.DATA_DIR, 'settings.json')
    writeFileSync(file.SETTINGS_FILE, JSON.stringify(options.settings))
  }
  const keys = connected ? emulators.env : addressesIn(emulators.env)
  const config = readConfig({ ...keys, ...file, ...database.env, PORT: '0' })
  let logged = ''
  const log = createLog('warn', config.secrets, {
    write: (line) => {
      logged += line
      if (process.env.LOG_LEVEL) process.stderr.write(line)
    },
  })
  const service = await openService(config, log, PACE)
  await service.work()
  await service.serve()
  await service.watch()
  if (connected) {
    await emulators.cloudtalk.control('PUT', '/workflows', recipesOf(config, service.publicUrl()))
    await until('the Kustomer webhook is registered', async () => {
      const { webhooks } = await emulators.kustomer.state()
      return webhooks !== undefined && webhooks.length > 0
    })
    await firstRounds(service)
  }
  return {
    ...emulators,
    service,
    logged: () => logged,
    dataDir: database.env.DATA_DIR,
    settled: (withinMs) => settled(emulators, service, withinMs),
    async sync(from) {
      const id = await service.operations.beginRun('sync', from)
      await until('the run is done', async () => (await service.operations.run(id))?.state === 'done')
    },
    async close() {
      await service.close()
      await emulators.close()
      await database.drop()
    },
  }
}

/** Where CloudTalk is; whose keys they are is typed in the console. */
const addressesIn = (env: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => /^CLOUDTALK_.*URL$/.test(name)))

/** What happens from now on is found by webhooks, and by pollers a round later: each test knows who tells it. */
async function firstRounds({ connections }: Service): Promise<void> {
  for (const { context } of connections.all()) {
    if (!context.settings.active) continue
    const { db, connection } = context
    await until('the pollers have been round once', async () => {
      const rows = await db.selectFrom('cursor').select('name').where('connection', '=', connection).execute()
      const names = rows.map(({ name }) => name)
      return ['calls', 'customers', 'contacts'].every((name) => names.includes(name))
    })
  }
}

/** Writes cause webhooks, which cause events: quiet is when two looks in a row find nothing under way. */
async function settled(emulators: Emulators, service: Service, withinMs?: number): Promise<void> {
  let quiet = 0
  const isQuiet = async () => {
    await Promise.all([emulators.cloudtalk.webhooksIdle(), emulators.kustomer.webhooksIdle()])
    const pending = [...service.connections.all()].map(({ operations }) => operations.pending())
    quiet = (await Promise.all(pending)).every((events) => events === 0) ? quiet + 1 : 0
    return quiet >= 3
  }
  await until('everything is settled', isQuiet, withinMs)
}

export interface BareService {
  service: Service
  close(): Promise<void>
}

/** A service that settles and does nothing unasked: no webhooks, no pollers. */
export async function startBareService(
  emulators: Emulators,
  settings: Record<string, unknown> = {},
  pace: Partial<Pace> = {},
): Promise<BareService> {
  const database = await createDatabase('postgres')
  const settingsFile = join(database.env.DATA_DIR, 'settings.json')
  writeFileSync(settingsFile, JSON.stringify(settings))
  const config = readConfig({ ...emulators.env, ...database.env, SETTINGS_FILE: settingsFile })
  const log = pino({ level: process.env.LOG_LEVEL ?? 'silent' })
  const service = await openService(config, log, { ...PACE, ...pace })
  await service.work()
  return {
    service,
    async close() {
      await service.close()
      await database.drop()
    },
  }
}
