import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { openService, type Service } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { defaultPace } from '../../src/sync/context.ts'
import { SECRET_HEADER, workflowSecret } from '../../src/sync/recipes.ts'
import { createDatabase, databaseKinds, type TestDatabase } from '../helpers/databases.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { freePort, type ServiceProcess, startServiceProcess } from '../helpers/process.ts'
import { createCustomer, customer, endCall } from '../helpers/records.ts'
import { startTcpProxy } from '../helpers/tcp-proxy.ts'
import { until } from '../helpers/until.ts'

let emulators: Emulators
let database: TestDatabase
let services: ServiceProcess[] = []
afterEach(async () => {
  await Promise.all(services.map((service) => service.kill()))
  await emulators?.close()
  await database?.drop()
  services = []
})

const standing = async () => {
  const { webhooks = [] } = await emulators.kustomer.state()
  return webhooks.length > 0
}

async function start(env: Record<string, string> = {}, port?: number): Promise<ServiceProcess> {
  const service = await startServiceProcess(
    { ...emulators.env, ...env },
    database,
    port ?? (await freePort()),
  )
  services.push(service)
  return service
}

const ended = ({ url }: { url: string }, id: string) =>
  fetch(`${url}/webhooks/cloudtalk/default`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [SECRET_HEADER]: workflowSecret('default', 'emulator') },
    body: JSON.stringify({ call_id: id }),
  })

/** A supervisor kills after ten seconds. */
async function inTime<T>(stopping: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const ending = await stopping()
  expect(performance.now() - began).toBeLessThan(10_000)
  return ending
}

const NUMBERS = Array.from({ length: 30 }, (_, at) => `+4420718${38_000 + at}`)

/** Which of these calls have a conversation. */
async function logged(ids: readonly string[]): Promise<string[]> {
  const { conversations = [] } = await emulators.kustomer.state()
  const known = new Set(conversations.map(({ attributes }) => attributes.externalId))
  return ids.filter((id) => known.has(id))
}

test.each(databaseKinds)(
  '%s: told to stop, it takes no more work and says so, still takes webhooks, and what was done is not done again',
  async (kind) => {
    emulators = await startEmulators()
    database = await createDatabase(kind)
    const port = await freePort()
    const first = await start({}, port)
    await until('the webhook stands', standing)
    await Promise.all(NUMBERS.map((number) => createCustomer(emulators, customer(number))))
    await until(
      'all customers have contacts',
      async () => (await emulators.cloudtalk.state()).contacts?.length === NUMBERS.length,
      30_000,
    )
    const ids: string[] = []
    for (const number of NUMBERS) ids.push((await endCall(emulators, { external_number: number })).id)
    await setFaults(emulators.kustomer, { route: 'POST /conversations/:id/notes', kind: 'slow', ms: 1_500 })
    for (const id of ids.slice(0, 20)) expect((await ended(first, id)).status).toBe(200)
    await until('some are done, others under way', async () => {
      const { byRoute, underWay } = await emulators.kustomer.requests()
      const NOTES = 'POST /conversations/:id/notes'
      return (byRoute[NOTES] ?? 0) > 0 && underWay[NOTES]
    })

    const stopping = first.stop()
    const ready = await until('it says that it is not ready', async () => {
      const response = await fetch(`${first.url}/readyz`).catch(() => undefined)
      return response?.status === 503 && response
    })
    expect(await ready.json()).toEqual({ ready: false })
    for (const id of ids.slice(20)) expect((await ended(first, id)).status).toBe(200)
    expect(await stopping).toBe(0)
    // What came while it drained is kept for the next start: nobody has begun it.
    expect(await logged(ids.slice(20))).toEqual([])

    await setFaults(emulators.kustomer)
    const { byRoute: before } = await emulators.kustomer.requests()
    const doneBefore = (await emulators.kustomer.state()).notes?.length ?? 0
    expect(doneBefore).toBeGreaterThan(0)
    await start({}, port)
    await until(
      'all of them are logged',
      async () => (await emulators.kustomer.state()).notes?.length === NUMBERS.length,
      60_000,
    )
    const { conversations, notes } = await emulators.kustomer.state()
    expect([conversations?.length, notes?.length]).toEqual([NUMBERS.length, NUMBERS.length])
    const { byRoute: after } = await emulators.kustomer.requests()
    const written =
      (after['POST /conversations/:id/notes'] ?? 0) - (before['POST /conversations/:id/notes'] ?? 0)
    expect(written).toBe(NUMBERS.length - doneBefore)
  },
  120_000,
)

test('without its database it is not ready and takes nothing; with it again, all goes on', async () => {
  emulators = await startEmulators()
  database = await createDatabase('postgres')
  const url = new URL(database.env.DATABASE_URL ?? '')
  const wire = await startTcpProxy(Number(url.port))
  url.port = String(wire.port)
  const port = await freePort()
  const { drop } = database
  database = { drop, env: { ...database.env, DATABASE_URL: url.href } }
  const service = await start({}, port)
  const ready = async () => (await fetch(`${service.url}/readyz`)).status
  await until('the webhook stands', standing)
  const { id } = await endCall(emulators, { external_number: '+442071838750' })
  wire.cut()
  expect(await ready()).toBe(503)
  expect((await ended(service, id)).status).toBe(500)
  wire.mend()
  await until('it is ready again', async () => (await ready()) === 200)
  expect((await ended(service, id)).status).toBe(200)
  await until(
    'the call is logged',
    async () => (await emulators.kustomer.state()).notes?.length === 1,
    60_000,
  )
  const other = await start()
  // Nobody is kept waiting for a database that does not come back: neither for one that swallows what it is told...
  wire.swallow()
  const stopping = inTime(other.stop)
  expect(await ready()).toBe(503)
  expect(await stopping).toBe(1)
  expect(other.output()).toMatch(/"open":\[[^\]]*"the queue".*the stop took too long/)
  // ...nor for one that is not there.
  wire.cut()
  await inTime(service.stop)
  await wire.close()
}, 120_000)

/** In this process, so that it may wait longer for a vendor than any that runs for itself. */
async function openHere(firstBackoffMs: number): Promise<Service> {
  const config = readConfig({ ...emulators.env, ...database.env, PORT: '0' })
  return openService(config, pino({ level: 'silent' }), { ...defaultPace, firstBackoffMs })
}

test('told to stop while Kustomer works on a bulk request, it waits for it no longer, and looks for it later', async () => {
  emulators = await startEmulators({ contacts: 3 })
  await emulators.kustomer.control('PUT', '/switches', { bulkDelayMs: 90_000 })
  database = await createDatabase('postgres')
  const service = await openHere(30_000)
  await service.work()
  await service.operations.beginRun('sync', undefined)
  await until('Kustomer has the request', async () => {
    const { byRoute } = await emulators.kustomer.requests()
    return (byRoute['POST /customers/bulk'] ?? 0) > 0
  })
  await service.close()
  expect(service.stillOpen()).toEqual([])
  const next = await openHere(30_000)
  const [contact] = (await emulators.cloudtalk.state()).contacts ?? []
  const [record] = await next.operations.trace(String(contact?.id))
  await next.close()
  // What it makes stands later: an event that came again at once would make it a second time.
  expect(record?.story.at(-1)).toMatchObject({ outcome: 'waiting', reason: 'VENDOR_UNAVAILABLE' })
}, 60_000)

const MESSAGES = 'POST /conversations/:id/messages'

test('told to stop while Kustomer works on a chat message, it lets nobody look for it before it can be there', async () => {
  emulators = await startEmulators()
  await createCustomer(emulators, customer('+442071838750'))
  database = await createDatabase('postgres')
  const begin = async () => {
    const service = await openHere(400)
    await service.work()
    await service.serve()
    return { url: service.publicUrl(), service }
  }
  const first = await begin()
  const { id } = await endCall(emulators, { external_number: '+442071838750' })
  // Longer than any lease lasts.
  const SLOW_MS = 22_000
  await setFaults(emulators.kustomer, { route: MESSAGES, kind: 'slow', ms: SLOW_MS })
  await ended(first, id)
  // Both leave together.
  await until('note and chat message are under way', async () => {
    const { notes = [] } = await emulators.kustomer.state()
    return notes.length === 1
  })
  await inTime(() => first.service.close())
  expect(first.service.stillOpen()).toEqual([])
  await setFaults(emulators.kustomer)
  const next = await begin()
  // CloudTalk tells of it once more.
  await ended(next, id)
  await until(
    'Kustomer has done what it was asked first, and the call is logged',
    async () => {
      const { log } = await emulators.kustomer.requests()
      const { conversations } = await emulators.kustomer.state()
      const late = log.some(({ route, ms }) => route === MESSAGES && ms >= SLOW_MS)
      return late && conversations?.[0]?.attributes.status === 'done'
    },
    60_000,
  )
  const { messages, conversations } = await emulators.kustomer.state()
  await next.service.close()
  expect([messages?.length, conversations?.length]).toEqual([1, 1])
}, 120_000)

test('told to stop while a person moves a conversation, it moves it first', async () => {
  emulators = await startEmulators()
  const customerId = await createCustomer(emulators, customer('+442071838750'))
  const call = await endCall(emulators, { external_number: '+442071838759' })
  database = await createDatabase('postgres')
  const service = await openHere(50)
  await service.work()
  const { operations } = service
  await operations.beginRun('sync', new Date(Date.now() - 3_600_000))
  await until('the call is logged', async () => (await operations.unassociated()).length > 0, 30_000)
  await setFaults(emulators.kustomer, { route: 'PATCH /conversations/:id', kind: 'slow', ms: 1_500 })
  const moving = operations.associate(call.id, customerId)
  await until('it is under way', async () => {
    const { underWay } = await emulators.kustomer.requests()
    return underWay['PATCH /conversations/:id']
  })
  await service.close()
  expect(await moving).toMatchObject({ customerId })
}, 60_000)
