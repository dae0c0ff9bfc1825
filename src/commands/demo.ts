import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { pino } from 'pino'
import { openService, type Service } from '../app.ts'
import { readConfig } from '../config.ts'
import { FolderInUse, findOwner } from '../data-folder.ts'
import { createCloudTalkEmulator } from '../emulators/cloudtalk/index.ts'
import { createKustomerEmulator } from '../emulators/kustomer/index.ts'
import type { Emulator } from '../emulators/server.ts'
import { seedWorld } from '../emulators/world/seed-world.ts'
import type { World } from '../emulators/world/world.ts'
import type { Summary } from '../http/operations.ts'
import { createLog } from '../log.ts'
import type { Recipe } from '../sync/recipes.ts'
import { liveTraffic } from './demo-live.ts'
import { demoReport, wentWell, whereToLook } from './demo-report.ts'
import { followRun, progressWriter } from './progress.ts'
import { recipesOf } from './recipes.ts'
import { untilSignal } from './signals.ts'

export interface DemoOptions {
  customers: number
  contacts: number
  calls: number
  seed: number
  once: boolean
  json: boolean
}

export interface DemoResult extends Summary {
  seconds: number
}

/** A limit minute of the emulators lasts this long, so that the demo shows in seconds what takes minutes. */
const MINUTE_MS = 1_000
/** The live calls and messages happen over this long, beside the import. */
const LIVE_MS = 3_000
/** Longer than the seeded world's past. */
const HISTORY_MS = 90 * 24 * 60 * 60_000
const LOOK_EVERY_MS = 200
const ADMIN_EMAIL = 'admin@example.com'
const PORTS = { cloudtalk: 4_010, kustomer: 4_020, service: 3_000 }

/**
 * Runs the main job on both emulators: half of the calls are history, half end while it runs.
 * @param dataDir of the demo's own: it is emptied first.
 * @returns whether all went well.
 * @throws {FolderInUse} where another demo runs on it.
 */
export async function demo(options: DemoOptions, dataDir: string): Promise<boolean> {
  const started = Date.now()
  const say = options.json ? () => undefined : (text: string) => console.log(text)
  const stopped = options.once ? undefined : untilSignal()
  const { customers, contacts, calls, seed } = options
  const world = seedWorld({ customers, contacts, calls, seed, now: started })
  const history = { ...world, calls: world.calls.slice(0, Math.ceil(calls / 2)) }
  const emulated = { world: history, seed, minuteMs: MINUTE_MS }

  await using opened = new AsyncDisposableStack()
  const open = async <T extends { close(): Promise<void> }>(
    usual: number,
    make: (port: number) => Promise<T>,
  ): Promise<T> => opened.adopt(await onPort(options, usual, make), (made) => made.close())
  const cloudtalk = await open(PORTS.cloudtalk, (port) => createCloudTalkEmulator({ ...emulated, port }))
  const kustomer = await open(PORTS.kustomer, (port) => createKustomerEmulator({ ...emulated, port }))
  say(`CloudTalk and Kustomer, emulated, with ${customers} customers, ${contacts} contacts and ${calls} calls.
A minute of their rate limits lasts one second here.\n`)
  const owner = await findOwner(dataDir)
  if (owner) throw new FolderInUse(dataDir, owner)
  rmSync(dataDir, { recursive: true, force: true })
  const password = randomBytes(9).toString('base64url')
  const service = await open(PORTS.service, (port) =>
    serveDemo(dataDir, cloudtalk, kustomer, { port, password }),
  )

  await runMainJob(service, { cloudtalk, kustomer }, world, history.calls.length, options.json)
  const proof = await service.operations.prove(new Date().toISOString().slice(0, 10), false)
  const result = { ...(await service.operations.summary()), seconds: (Date.now() - started) / 1_000 }
  console.log(options.json ? JSON.stringify(result) : demoReport(result, proof))
  const well = wentWell(result, proof)
  if (!stopped) {
    say('Without --once it goes on, and tells the story of any record.')
    return well
  }
  say(await whereToLook(service, dataDir))
  say(`
The console is at ${service.publicUrl()}: sign in as ${ADMIN_EMAIL} with the password ${password}
It goes on until Ctrl-C.`)
  await stopped
  return well
}

/** The usual port where it is free, so that what the README says works; any other where it is not. */
async function onPort<T>(
  options: DemoOptions,
  usual: number,
  open: (port: number) => Promise<T>,
): Promise<T> {
  try {
    return await open(options.once ? 0 : usual)
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    if (!taken) throw error
    return open(0)
  }
}

async function serveDemo(
  dataDir: string,
  cloudtalk: Emulator,
  kustomer: Emulator,
  { port, password }: { port: number; password: string },
): Promise<Service> {
  const config = readConfig({
    DATA_DIR: dataDir,
    PORT: String(port),
    ADMIN_EMAIL,
    ADMIN_PASSWORD: password,
    CLOUDTALK_ACCESS_KEY_ID: 'CLOUDTALK',
    CLOUDTALK_ACCESS_KEY_SECRET: 'emulator',
    CLOUDTALK_API_URL: `${cloudtalk.url}/api`,
    CLOUDTALK_ANALYTICS_URL: `${cloudtalk.url}/analytics/api`,
    CLOUDTALK_AI_URL: `${cloudtalk.url}/ai/v1`,
    KUSTOMER_ORG: 'acme',
    KUSTOMER_API_KEY: 'emulator',
    KUSTOMER_API_URL: kustomer.url,
  })
  const log = createLog(
    'info',
    config.secrets,
    pino.destination({ dest: `${dataDir}/service.log`, mkdir: true }),
  )
  const service = await openService(config, log)
  try {
    await service.work()
    await service.serve()
    await service.watch()
    await setUpWorkflows(cloudtalk, recipesOf(config, service.publicUrl()))
    return service
  } catch (error) {
    await service.close()
    throw error
  }
}

/** What an administrator does in CloudTalk's dashboard. */
async function setUpWorkflows(cloudtalk: Emulator, workflows: Recipe[]): Promise<void> {
  const response = await fetch(`${cloudtalk.url}/__emulator/workflows`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(workflows),
  })
  if (!response.ok) throw new Error(`the emulator refused the workflows: ${await response.text()}`)
}

async function runMainJob(
  service: Service,
  { cloudtalk, kustomer }: Record<'cloudtalk' | 'kustomer', Emulator>,
  world: World,
  history: number,
  silent: boolean,
): Promise<void> {
  const { operations } = service
  const progress = progressWriter(silent)
  const run = await operations.beginRun('sync', new Date(Date.now() - HISTORY_MS))
  await Promise.all([
    followRun(operations, run, progress.report),
    liveTraffic(cloudtalk.url, world, world.calls.slice(history), LIVE_MS),
  ])
  // A write causes a webhook, and that an event: it has settled when two looks in a row find nothing on its way.
  for (let quiet = 0; quiet < 2; ) {
    await Promise.all([cloudtalk.webhooksIdle(), kustomer.webhooksIdle()])
    const left = await operations.pending()
    quiet = left === 0 ? quiet + 1 : 0
    if (left > 0) progress.report(`settling ${left} events that came since`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  progress.end()
}
