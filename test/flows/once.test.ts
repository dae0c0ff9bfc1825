import { createHmac } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { createDatabase, databaseKinds, type TestDatabase } from '../helpers/databases.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { freePort, runCli, type ServiceProcess, SHORT_PACE, startServiceProcess } from '../helpers/process.ts'
import { createCustomer, customer, endCall } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const NUMBERS = Array.from({ length: 12 }, (_, index) => `+4420718387${50 + index}`)

/** One contact per customer, one conversation with one note and one message per call. */
async function expectExactlyOne(emulators: Emulators, customers: string[], calls: string[]): Promise<void> {
  const { contacts } = await emulators.cloudtalk.state()
  const { conversations, notes, messages } = await emulators.kustomer.state()
  const links = contacts?.flatMap(({ external_urls }) =>
    external_urls.map((link: { url: string }) => link.url),
  )
  expect(links?.toSorted()).toEqual(
    customers.map((id) => `https://acme.kustomerapp.com/app/customers/${id}`).toSorted(),
  )
  const externalIds = (rows: { attributes: { externalId: string } }[] | undefined) =>
    rows?.map(({ attributes }) => attributes.externalId).toSorted()
  expect(externalIds(conversations)).toEqual(calls.toSorted())
  expect(externalIds(notes)).toEqual(calls.toSorted())
  expect(externalIds(messages)).toEqual(calls.map((id) => `call-${id}`).toSorted())
}

describe('in one process', () => {
  let stack: Stack
  afterEach(() => stack?.close())

  test('every webhook delivered three times, shuffled: nothing is doubled, nothing more is written', async () => {
    stack = await startStack({
      prepare: async ({ cloudtalk, kustomer }) => {
        const webhooks = { drop: 0, duplicate: 1, delayMs: 50, shuffle: true }
        await cloudtalk.control('PUT', '/faults', { rules: [], webhooks })
        await kustomer.control('PUT', '/faults', { rules: [], webhooks })
      },
    })
    const customers = await Promise.all(NUMBERS.map((number) => createCustomer(stack, customer(number))))
    const calls = await Promise.all(NUMBERS.map((number) => endCall(stack, { external_number: number })))
    await stack.settled()
    await expectExactlyOne(
      stack,
      customers,
      calls.map(({ id }) => id),
    )
    const writes = async () => {
      const { byRoute } = await stack.cloudtalk.requests()
      const kustomer = (await stack.kustomer.requests()).byRoute
      const isWrite = ([route]: [string, number]) => !route.startsWith('GET') && !route.endsWith('/search')
      return [byRoute, kustomer].map((routes) => Object.entries(routes).filter(isWrite))
    }
    const before = await writes()
    await redeliverAll(stack, customers, calls)
    await stack.settled()
    expect(await writes()).toEqual(before)
  })

  test('lost answers: what was done is found again, not done again', async () => {
    stack = await startStack()
    const lost = [
      'POST /bulk/contacts.json',
      'POST /conversations',
      'POST /conversations/:id/notes',
      'POST /conversations/:id/messages',
    ]
    const rules = lost.map((route) => ({ route, rate: 0.4, kind: 'lostAnswer' }))
    const webhooks = { drop: 0, duplicate: 0, delayMs: 0, shuffle: false }
    await stack.cloudtalk.control('PUT', '/faults', { rules, webhooks })
    await stack.kustomer.control('PUT', '/faults', { rules, webhooks })
    const customers = await Promise.all(NUMBERS.map((number) => createCustomer(stack, customer(number))))
    const calls = await Promise.all(NUMBERS.map((number) => endCall(stack, { external_number: number })))
    await stack.settled()
    await expectExactlyOne(
      stack,
      customers,
      calls.map(({ id }) => id),
    )
  }, 90_000)

  test('errors and resets: everything arrives in the end', async () => {
    stack = await startStack()
    const rules = [
      { route: '*', rate: 0.15, kind: 'status', status: 503 },
      { route: '*', rate: 0.1, kind: 'reset' },
    ]
    const webhooks = { drop: 0, duplicate: 0, delayMs: 0, shuffle: false }
    await stack.cloudtalk.control('PUT', '/faults', { rules, webhooks })
    const customers = await Promise.all(NUMBERS.map((number) => createCustomer(stack, customer(number))))
    const calls = await Promise.all(NUMBERS.map((number) => endCall(stack, { external_number: number })))
    await stack.settled()
    await expectExactlyOne(
      stack,
      customers,
      calls.map(({ id }) => id),
    )
  }, 90_000)
})

/** As a vendor does that missed our answers: the same bodies, twice more, in another order. */
async function redeliverAll(stack: Stack, customers: string[], calls: { id: string; uuid: string }[]) {
  const { webhooks } = await stack.kustomer.state()
  const [workflow] = await stack.cloudtalk.control<{ url: string; headers: Record<string, string> }[]>(
    'GET',
    '/workflows',
  )
  const post = async (url: string, headers: Record<string, string>, body: string) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
    expect(response.status).toBe(200)
  }
  const again = async (id: string, index: number) => {
    const { data } = await stack.kustomer.api<{ data: unknown }>('GET', `/customers/${id}`)
    const body = JSON.stringify({
      id: `again-${index}`,
      name: 'kustomer.customer.create',
      data,
      changes: null,
    })
    const token: string = webhooks?.[0].attributes.token
    const signature = createHmac('sha256', token).update(body).digest('hex')
    await post(webhooks?.[0].attributes.url, { 'x-kustomer-webhook-signature': signature }, body)
  }
  await Promise.all([
    ...customers.toReversed().map(again),
    ...customers.map(again),
    ...[...calls.toReversed(), ...calls].map(({ id, uuid }) =>
      post(
        workflow?.url ?? '',
        workflow?.headers ?? {},
        JSON.stringify({ call_id: Number(id), call_uuid: uuid }),
      ),
    ),
  ])
}

describe.each(databaseKinds)('killed in between, on %s', (kind) => {
  let emulators: Emulators
  let database: TestDatabase
  let service: ServiceProcess
  afterEach(async () => {
    await service?.kill()
    await emulators?.close()
    await database?.drop()
  })

  const registered = async () => {
    const { webhooks = [] } = await emulators.kustomer.state()
    return webhooks.length > 0
  }

  test('what was acknowledged before kill -9 is done after the restart, once', async () => {
    emulators = await startEmulators()
    database = await createDatabase(kind)
    const port = await freePort()
    const env = { ...emulators.env, ...SHORT_PACE, PORT: String(port), ...database.env }
    service = await startServiceProcess(env, database, port)
    const recipes = await runCli(['recipes', '--json'], env)
    await emulators.cloudtalk.control('PUT', '/workflows', JSON.parse(recipes.stdout))
    await until('the webhook is registered', registered)

    // Slow answers make sure that the kill comes while requests are under way.
    const rules = [{ route: '*', rate: 1, kind: 'slow', ms: 150 }]
    const webhooks = { drop: 0, duplicate: 0, delayMs: 0, shuffle: false }
    await emulators.cloudtalk.control('PUT', '/faults', { rules, webhooks })
    await emulators.kustomer.control('PUT', '/faults', { rules, webhooks })
    const customers = await Promise.all(NUMBERS.map((number) => createCustomer(emulators, customer(number))))
    const calls = await Promise.all(NUMBERS.map((number) => endCall(emulators, { external_number: number })))
    await emulators.cloudtalk.webhooksIdle()
    await until('the first contact stands', async () => (await emulators.cloudtalk.state()).contacts?.length)
    await service.kill()
    await emulators.cloudtalk.control('PUT', '/faults', { rules: [], webhooks })
    await emulators.kustomer.control('PUT', '/faults', { rules: [], webhooks })
    service = await startServiceProcess(env, database, port)

    await until(
      'all of it has arrived',
      async () => {
        const { conversations, notes, messages } = await emulators.kustomer.state()
        const { contacts } = await emulators.cloudtalk.state()
        return [contacts, conversations, notes, messages].every(
          (rows) => (rows?.length ?? 0) >= NUMBERS.length,
        )
      },
      60_000,
    )
    await expectExactlyOne(
      emulators,
      customers,
      calls.map(({ id }) => id),
    )
    const story = await runCli(['trace', calls[0]?.id ?? '', '--json'], env)
    expect(JSON.parse(story.stdout)).toMatchObject([{ kind: 'call', id: calls[0]?.id }])
    expect(await service.stop()).toBe(0)
  }, 120_000)

  test('an edit that was under way at kill -9, and is done late, does not stand over the next one', async () => {
    emulators = await startEmulators()
    database = await createDatabase(kind)
    const port = await freePort()
    const env = { ...emulators.env, ...SHORT_PACE }
    service = await startServiceProcess(env, database, port)
    await until('the webhook is registered', registered)
    const id = await createCustomer(emulators, customer('+442071838750', { name: 'First' }))
    const name = async () => (await emulators.cloudtalk.state()).contacts?.[0]?.name
    const rename = (to: string) => emulators.kustomer.api('PUT', `/customers/${id}`, { name: to })
    await until('the contact stands', async () => (await name()) === 'First')
    // Shorter than what may be under way is left alone; with several processes, longer than a lease lasts before that.
    const SLOW_MS = kind === 'postgres' ? 20_000 : 12_000
    const EDIT = 'POST /bulk/contacts.json'
    const edits = async () => (await emulators.cloudtalk.requests()).log.filter(({ route }) => route === EDIT)
    const before = (await edits()).length
    await setFaults(emulators.cloudtalk, { route: EDIT, kind: 'slow', ms: SLOW_MS })
    await rename('Second')
    await until('the edit is under way', async () => (await emulators.cloudtalk.requests()).underWay[EDIT])
    await service.kill()
    await setFaults(emulators.cloudtalk)
    service = await startServiceProcess(env, database, port)
    await rename('Third')
    await until('both are done', async () => (await edits()).length === before + 2, 60_000)
    expect((await edits()).slice(before).map(({ ms }) => ms >= SLOW_MS)).toEqual([true, false])
    await until('the last one stands', async () => (await name()) === 'Third')
    const { data } = await emulators.kustomer.api<{ data: { attributes: { name: string } } }>(
      'GET',
      `/customers/${id}`,
    )
    expect(data.attributes.name).toBe('Third')
  }, 120_000)
})
