import { randomUUID } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { type Db, openDatabase } from '../../src/store/database.ts'
import { runProgress, startRun } from '../../src/store/runs.ts'
import { createDatabase, type TestDatabase } from '../helpers/databases.ts'
import { type Emulators, startEmulators, type Vendor, type WorldSize } from '../helpers/emulators.ts'
import { freePort, runCli, type ServiceProcess, startServiceProcess } from '../helpers/process.ts'
import { createCustomer, customer, endCall } from '../helpers/records.ts'
import { until } from '../helpers/until.ts'

/**
 * One door and three workers with more to do than the vendors' limits let through, measured by the emulators' own
 * counts of each limit minute. A limit minute is three seconds here: whole ones, as the headers tell whole seconds.
 */

const MINUTE_MS = 3_000
const WINDOWS = 4
/** A call that happens now does not wait for a backlog of more minutes than were measured. */
const LOGGED_WITHIN_MS = 4 * MINUTE_MS
/** Calls that end at once: more than Kustomer's limit lets through in five of its minutes. */
const FLOOD = 60
const CALLER = '+442079460123'
const LONG_AGO = new Date('2000-01-01T00:00:00Z')
/** Parts of the limits that may be used: by backfill of CloudTalk's and Kustomer's, by all that is live of Kustomer's. */
const CLOUDTALK_BACKFILL = 0.9
const KUSTOMER_BACKFILL = 0.5
const KUSTOMER_LIVE = 0.8
const USED_AT_LEAST = 0.95

interface Window {
  startsAt: string
  limit: number
  used: number
  refused: number
}

let emulators: Emulators
let database: TestDatabase
let opened: { db: Db; close(): Promise<void> }
let services: ServiceProcess[] = []
afterEach(async () => {
  await Promise.all(services.map((service) => service.kill()))
  await opened?.close()
  await emulators?.close()
  await database?.drop()
  services = []
})

async function deploy(world: WorldSize, switches: { cloudtalk?: object; kustomer?: object }): Promise<void> {
  emulators = await startEmulators({ minuteMs: MINUTE_MS, ...world })
  await emulators.cloudtalk.control('PUT', '/switches', switches.cloudtalk ?? {})
  // Its window's end is told on every answer: until it is told, the service takes a minute to be a real one.
  await emulators.kustomer.control('PUT', '/switches', { rateLimitReset: 'always', ...switches.kustomer })
  await createCustomer(emulators, customer(CALLER))
  database = await createDatabase('postgres')
  opened = await openDatabase({ kind: 'postgres', url: database.env.DATABASE_URL ?? '' })
  const port = await freePort()
  const roles = ['web', 'worker', 'worker', 'worker'] as const
  services = await Promise.all(
    roles.map(async (role) =>
      startServiceProcess(emulators.env, database, role === 'web' ? port : await freePort(), role),
    ),
  )
  const recipes = await runCli(['recipes', '--json'], { ...emulators.env, PORT: String(port) })
  await emulators.cloudtalk.control('PUT', '/workflows', JSON.parse(recipes.stdout))
}

/**
 * Everything is brought over, and somebody calls once in each minute.
 * @returns the minutes in which records of this kind waited throughout.
 */
async function pressed(kind: 'contact' | 'customer' | 'call'): Promise<Measured> {
  const { db } = opened
  const run = randomUUID()
  await startRun(db, {
    id: run,
    connection: 'default',
    kind: 'sync',
    from: kind === 'call' ? LONG_AGO : undefined,
  })
  const settled = async () => (await runProgress(db, run))?.settled[kind] ?? 0
  await until('there is a backlog', async () => (await settled()) > 0, 60_000)
  const measured = await measure(async () => {
    const { id } = await endCall(emulators, { external_number: CALLER })
    return [timeToLog(db, id)]
  })
  expect((await runProgress(db, run))?.state, 'the backlog was too small').toBe('settling')
  expect(Math.max(...measured.loggedAfterMs), 'ms until a call was logged').toBeLessThan(LOGGED_WITHIN_MS)
  return measured
}

interface Measured {
  cloudtalk: Window[]
  kustomer: Window[]
  /** Of the calls that happened meanwhile, until they were logged. */
  loggedAfterMs: number[]
}

/** The next whole minutes, at the beginning of each of which something happens. */
async function measure(happens: (index: number) => Promise<Promise<number>[]>): Promise<Measured> {
  const first = Math.floor(Date.now() / MINUTE_MS) + 2
  const logged: Promise<number>[] = []
  for (let index = 0; index < WINDOWS; index++) {
    await until('the next minute', () => Date.now() >= (first + index) * MINUTE_MS)
    logged.push(...(await happens(index)))
  }
  await until('the last minute is over', () => Date.now() >= (first + WINDOWS) * MINUTE_MS)
  const [cloudtalk, kustomer, loggedAfterMs] = await Promise.all([
    windowsOf(emulators.cloudtalk, first),
    windowsOf(emulators.kustomer, first),
    Promise.all(logged),
  ])
  if (process.env.PRESSURE_REPORT) {
    const counts = { cloudtalk: used(cloudtalk), kustomer: used(kustomer), loggedAfterMs }
    console.log(JSON.stringify({ ...counts, refused: await refusals() }))
  }
  return { cloudtalk, kustomer, loggedAfterMs }
}

const used = (windows: readonly Window[]): number[] => windows.map((window) => window.used)

/** @returns what it took until the call stood in Kustomer; Infinity where that was too long. */
async function timeToLog(db: Db, callId: string): Promise<number> {
  const started = Date.now()
  const isLogged = async () =>
    db
      .selectFrom('timeline')
      .select('logged_at')
      .where('record_id', '=', callId)
      .where('logged_at', 'is not', null)
      .executeTakeFirst()
  return until('the call is logged', isLogged, LOGGED_WITHIN_MS).then(
    () => Date.now() - started,
    () => Number.POSITIVE_INFINITY,
  )
}

const limitsOf = (vendor: Vendor) =>
  vendor.control<{ requests: Window[]; searches?: Window[] }>('GET', '/limits')

/** The limit minutes from `first` on, by number; those in which nothing was asked, too. */
async function windowsOf(vendor: Vendor, first: number): Promise<Window[]> {
  const { requests } = await limitsOf(vendor)
  const limit = requests.at(-1)?.limit ?? 0
  return Array.from({ length: WINDOWS }, (_, index) => {
    const startsAt = new Date((first + index) * MINUTE_MS).toISOString()
    return requests.find((window) => window.startsAt === startsAt) ?? { startsAt, limit, used: 0, refused: 0 }
  })
}

/** Requests that found a budget spent, from the service's start on. */
async function refusals(): Promise<{ cloudtalk: number; kustomer: number; searches: number }> {
  const [cloudtalk, kustomer] = await Promise.all([
    limitsOf(emulators.cloudtalk),
    limitsOf(emulators.kustomer),
  ])
  const sum = (windows: readonly Window[] = []) => windows.reduce((all, { refused }) => all + refused, 0)
  return {
    cloudtalk: sum(cloudtalk.requests),
    kustomer: sum(kustomer.requests),
    searches: sum(kustomer.searches),
  }
}

/** At most so many, from the service's start on: less than an hour of the vendors' minutes. */
async function expectRefusals(most: { cloudtalk: number; kustomer: number }): Promise<void> {
  const { cloudtalk, kustomer, searches } = await refusals()
  expect(cloudtalk, '429s of CloudTalk').toBeLessThanOrEqual(most.cloudtalk)
  expect(kustomer, '429s of Kustomer').toBeLessThanOrEqual(most.kustomer)
  expect(searches, 'searches that Kustomer refused').toBe(0)
}

/** The part that was used of what backfill may use, over all of these minutes. */
const usedOf = (windows: readonly Window[], share: number): number =>
  windows.reduce((sum, window) => sum + window.used, 0) /
  windows.reduce((sum, { limit }) => sum + Math.floor(limit * share), 0)

test('a backlog that CloudTalk’s limit holds up: the limit is used, and never exceeded', async () => {
  await deploy({ contacts: 1_000 }, {})
  const { cloudtalk } = await pressed('contact')
  await expectRefusals({ cloudtalk: 1, kustomer: 1 })
  expect(usedOf(cloudtalk, CLOUDTALK_BACKFILL)).toBeGreaterThanOrEqual(USED_AT_LEAST)
}, 120_000)

test('a backlog that Kustomer’s limit holds up: our part is used, and the rest is left to others', async () => {
  await deploy(
    { customers: 200, calls: 3_000 },
    { cloudtalk: { rateLimit: 100_000 }, kustomer: { requestsPerMinute: 60, creationsInBulk: 'free' } },
  )
  const backlog = await pressed('call')
  expect(usedOf(backlog.kustomer, KUSTOMER_BACKFILL)).toBeGreaterThanOrEqual(USED_AT_LEAST)

  const flood = await measure(async (index) => {
    const calls = Array.from({ length: index === 0 ? FLOOD : 0 }, () =>
      endCall(emulators, { external_number: CALLER }),
    )
    await Promise.all(calls)
    return []
  })
  expect(usedOf(flood.kustomer.slice(1, 5), KUSTOMER_LIVE)).toBeGreaterThanOrEqual(USED_AT_LEAST)
  for (const { used, limit } of [...backlog.kustomer, ...flood.kustomer]) {
    expect(used).toBeLessThanOrEqual(limit * KUSTOMER_LIVE)
  }
  await expectRefusals({ cloudtalk: 1, kustomer: 1 })
}, 150_000)

test('CloudTalk counts a bulk request as ten: learned from its headers, at the cost of one 429 at most', async () => {
  await deploy({ customers: 1_000 }, { cloudtalk: { bulkCounts: 'operations' } })
  const { cloudtalk } = await pressed('customer')
  await expectRefusals({ cloudtalk: 2, kustomer: 1 })
  expect(usedOf(cloudtalk, CLOUDTALK_BACKFILL)).toBeGreaterThanOrEqual(USED_AT_LEAST)
}, 120_000)
