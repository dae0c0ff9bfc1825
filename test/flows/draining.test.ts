import { afterEach, expect, test } from 'vitest'
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

const ended = (service: ServiceProcess, id: string) =>
  fetch(`${service.url}/webhooks/cloudtalk/default`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [SECRET_HEADER]: workflowSecret('default', 'emulator') },
    body: JSON.stringify({ call_id: id }),
  })

const NUMBERS = Array.from({ length: 30 }, (_, at) => `+4420718${38_000 + at}`)

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
    await until('some are under way', async () => {
      const { byRoute } = await emulators.kustomer.requests()
      return (byRoute['POST /conversations/:id/notes'] ?? 0) > 0
    })

    const stopping = first.stop()
    const ready = await until('it says that it is not ready', async () => {
      const response = await fetch(`${first.url}/readyz`).catch(() => undefined)
      return response?.status === 503 && response
    })
    expect(await ready.json()).toEqual({ ready: false })
    for (const id of ids.slice(20)) expect((await ended(first, id)).status).toBe(200)
    expect(await stopping).toBe(0)

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
  const service = await startServiceProcess(
    emulators.env,
    { ...database, env: { ...database.env, DATABASE_URL: url.href } },
    port,
  )
  services.push(service)
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
  wire.cut()
  // Nobody is kept waiting for a database that does not come back.
  const began = performance.now()
  await service.stop()
  expect(performance.now() - began).toBeLessThan(10_000)
  await wire.close()
}, 120_000)
