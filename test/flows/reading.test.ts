import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { openService } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { idOfKey } from '../../src/emulators/kustomer/ids.ts'
import { seedWorld } from '../../src/emulators/world/seed-world.ts'
import type { WorldCustomer } from '../../src/emulators/world/world.ts'
import { createKustomer } from '../../src/kustomer/index.ts'
import type { CustomerVersion } from '../../src/store/customers.ts'
import { readArchivedCustomers, readCustomersSince } from '../../src/sync/contacts/read-customers.ts'
import type { SyncContext } from '../../src/sync/context.ts'
import { createDatabase } from '../helpers/databases.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'

/** What a search shows is 50,000 customers (contract kustomer §1.5), and an import stamps more with one moment. */

const BEGINNING = '1970-01-01T00:00:00.000Z'
/** The real numbers take 18 s on two idle cores, and 53 s on busy ones. */
const SLOW_MS = 240_000
const DAY_MS = 24 * 3_600_000
const IMPORTED_AT = Date.now() - 30 * DAY_MS
const iso = (time: number) => new Date(time).toISOString()

let stop: (() => Promise<void>) | undefined
afterEach(async () => {
  await stop?.()
  stop = undefined
})

const customer = (index: number, createdAt: number, modifiedAt: number): WorldCustomer => ({
  key: `customer-${index}`,
  variant: 'clean',
  name: `Customer ${index}`,
  phones: [],
  emails: [],
  whatsapps: [],
  sharedPhones: [],
  sharedEmails: [],
  sharedWhatsapps: [],
  urls: [],
  locations: [],
  createdBy: 'machine',
  createdAt: iso(createdAt),
  modifiedAt: iso(modifiedAt),
})

const many = (count: number, make: (index: number) => WorldCustomer) =>
  Array.from({ length: count }, (_, index) => make(index))

/** A service that reads as fast as it can: the budgets alone would let the real numbers take minutes. */
async function startReading(customers: WorldCustomer[]): Promise<Emulators & { context: SyncContext }> {
  const emulators = await startEmulators({ world: { ...seedWorld(), customers } })
  const database = await createDatabase('postgres')
  const config = readConfig({ ...emulators.env, ...database.env, PORT: '0' })
  const { context, close } = await openService(config, pino({ level: process.env.LOG_LEVEL ?? 'silent' }))
  stop = async () => {
    await close()
    await emulators.close()
    await database.drop()
  }
  const [connection] = config.connections
  if (!connection) throw new Error('there is no connection')
  const client = createKustomer({ ...connection.accounts.kustomer, userAgent: 'tests' })
  const vendors: SyncContext['vendors'] = {
    ...context.vendors,
    kustomer: (call) => call(client),
    kustomerSearch: (call) => call(client),
  }
  // Last: a connection that idles while the world is made is closed by the emulator, and its next request is lost.
  await emulators.kustomer.control('PUT', '/switches', {
    searchLagMs: 0,
    requestsPerMinute: 1_000_000,
    searchesPerMinute: 1_000_000,
  })
  return { ...emulators, context: { ...context, vendors } }
}

/** The ids that pages brought, each once. */
function collector(after: (customers: CustomerVersion[]) => Promise<unknown> = async () => undefined) {
  const ids = new Set<string>()
  const onPage = async (customers: CustomerVersion[]) => {
    for (const { id } of customers) ids.add(id)
    await after(customers)
  }
  return { onPage, sorted: () => [...ids].toSorted() }
}

const idsOf = (customers: WorldCustomer[]) => customers.map(({ key }) => idOfKey('customer', key)).toSorted()

test(
  '52,000 of 60,000 customers modified at one moment are all read, in about a request per 500',
  async () => {
    const [before, after] = [4_000, 56_000]
    const customers = many(60_000, (index) => {
      const apart = index < before ? index - before : Math.max(0, index - after + 1)
      return customer(index, IMPORTED_AT - 60_000 + index, IMPORTED_AT + apart * 1_000)
    })
    const { context, kustomer } = await startReading(customers)
    const read = collector()
    const latest = await readCustomersSince(context, BEGINNING, false, read.onPage)
    const { total } = await kustomer.requests()
    expect(read.sorted()).toEqual(idsOf(customers))
    expect(latest).toBe(customers.at(-1)?.modifiedAt)
    expect(total).toBeLessThanOrEqual(60_000 / 500 + 6)
  },
  SLOW_MS,
)

test(
  '52,000 customers created and modified at one moment are all read, past what a search shows',
  async () => {
    const customers = many(52_000, (index) => customer(index, IMPORTED_AT, IMPORTED_AT))
    const { context, kustomer } = await startReading(customers)
    const read = collector()
    await readCustomersSince(context, BEGINNING, false, read.onPage)
    const { byRoute } = await kustomer.requests()
    expect(read.sorted()).toEqual(idsOf(customers))
    expect(byRoute['GET /customers']).toBe(52_000 / 100)
    expect(byRoute['POST /customers/search']).toBeLessThanOrEqual(5)
  },
  SLOW_MS,
)

test.each([
  { label: 'created one after the other', createdApart: 1 },
  { label: 'created at one moment, too', createdApart: 0 },
])('edits between the pages of one moment hide no customer $label', async ({ createdApart }) => {
  const customers = many(1_700, (index) => customer(index, IMPORTED_AT + index * createdApart, IMPORTED_AT))
  const { context, kustomer } = await startReading(customers)
  const edited = new Set<string>()
  const read = collector(async (page) => {
    const victim = page.find(({ id, modifiedAt }) => modifiedAt === iso(IMPORTED_AT) && !edited.has(id))
    if (!victim) return
    edited.add(victim.id)
    await kustomer.api('PUT', `/customers/${victim.id}`, { name: 'Edited' })
  })
  const latest = await readCustomersSince(context, BEGINNING, false, read.onPage)
  expect(edited.size).toBeGreaterThan(3)
  expect(read.sorted()).toEqual(idsOf(customers))
  expect(latest > iso(IMPORTED_AT)).toBe(true)
  const { byRoute } = await kustomer.requests()
  expect(byRoute['POST /customers/search']).toBeLessThanOrEqual(10)
  expect(byRoute['GET /customers'] ?? 0).toBe(createdApart === 0 ? 17 : 0)
})

test('1,700 customers created and modified at one moment, with nobody about, need no list', async () => {
  const customers = many(1_700, (index) => customer(index, IMPORTED_AT, IMPORTED_AT))
  const { context, kustomer } = await startReading(customers)
  const read = collector()
  await readCustomersSince(context, BEGINNING, true, read.onPage)
  expect(read.sorted()).toEqual(idsOf(customers))
  expect((await kustomer.requests()).byRoute).not.toHaveProperty('GET /customers')
})

test('customers without activity for two years are found in the archive', async () => {
  const old = IMPORTED_AT - 3 * 365 * DAY_MS
  const customers = many(1_300, (index) => customer(index, old, (index < 600 ? IMPORTED_AT : old) + index))
  const { context, kustomer } = await startReading(customers)
  const [recent, archived] = [collector(), collector()]
  await readCustomersSince(context, BEGINNING, false, recent.onPage)
  await readArchivedCustomers(context, archived.onPage)
  expect(recent.sorted()).toEqual(idsOf(customers.slice(0, 600)))
  expect(archived.sorted()).toEqual(idsOf(customers.slice(600)))
  const searches = { 'POST /customers/search': 2, 'POST /customers/archive/search': 2 }
  expect((await kustomer.requests()).byRoute).toEqual(searches)
})

test('an empty archive costs one request', async () => {
  const { context, kustomer } = await startReading([])
  const read = collector()
  await readArchivedCustomers(context, read.onPage)
  expect(read.sorted()).toEqual([])
  expect((await kustomer.requests()).total).toBe(1)
})
