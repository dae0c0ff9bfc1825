import { afterEach, expect, test } from 'vitest'
import { createDatabase, type TestDatabase } from '../helpers/databases.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { freePort, runCli, type ServiceProcess, SHORT_PACE, startServiceProcess } from '../helpers/process.ts'
import { createCustomer, customer, endCall } from '../helpers/records.ts'
import { until } from '../helpers/until.ts'

const NUMBERS = Array.from({ length: 40 }, (_, index) => `+44207183${8700 + index}`)

let emulators: Emulators
let database: TestDatabase
let services: ServiceProcess[] = []
afterEach(async () => {
  await Promise.all(services.map((service) => service.kill()))
  await emulators?.close()
  await database?.drop()
  services = []
})

test('one door and two workers on PostgreSQL: each record once, and any of them may die', async () => {
  emulators = await startEmulators()
  database = await createDatabase('postgres')
  const port = await freePort()
  const env = { ...emulators.env, ...SHORT_PACE }
  const web = await startServiceProcess(env, database, port, 'web')
  const workers = await Promise.all([
    startServiceProcess(env, database, await freePort(), 'worker'),
    startServiceProcess(env, database, await freePort(), 'worker'),
  ])
  services = [web, ...workers]
  const recipes = await runCli(['recipes', '--json'], { ...emulators.env, PORT: String(port) })
  await emulators.cloudtalk.control('PUT', '/workflows', JSON.parse(recipes.stdout))
  await until('the webhook stands', async () => {
    const { webhooks = [] } = await emulators.kustomer.state()
    return webhooks.length > 0
  })

  const customers = await Promise.all(NUMBERS.map((number) => createCustomer(emulators, customer(number))))
  await Promise.all(NUMBERS.map((number) => endCall(emulators, { external_number: number })))
  await until(
    'some contacts stand',
    async () => ((await emulators.cloudtalk.state()).contacts?.length ?? 0) > 5,
  )
  await workers[0]?.kill()

  const size = async () => {
    const { conversations, notes, messages } = await emulators.kustomer.state()
    const { contacts } = await emulators.cloudtalk.state()
    return [contacts, conversations, notes, messages].map((rows) => rows?.length)
  }
  await until(
    'all of it has arrived',
    async () => (await size()).every((n) => (n ?? 0) >= NUMBERS.length),
    60_000,
  )
  expect(await size()).toEqual([NUMBERS.length, NUMBERS.length, NUMBERS.length, NUMBERS.length])
  const { webhooks } = await emulators.kustomer.state()
  expect(webhooks).toHaveLength(1)
  const { contacts } = await emulators.cloudtalk.state()
  const links = contacts?.map(({ external_urls }) => external_urls[0]?.url.split('/').at(-1))
  expect(links?.toSorted()).toEqual(customers.toSorted())
}, 120_000)
