import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { openService, type Service } from '../../src/app.ts'
import { recipesOf } from '../../src/commands/recipes.ts'
import { readConfig } from '../../src/config.ts'
import { Busy } from '../../src/sync/busy.ts'
import { createDatabase, type TestDatabase } from '../helpers/databases.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { atNoon } from '../helpers/noon.ts'
import { createCustomer, customer, endCall, sendMessage } from '../helpers/records.ts'
import { type BareService, type Stack, startBareService, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** What a person decides, several connections share, or nobody can read, is not lost on the way. */

const NUMBER = '+442071838750'
const STRANGER = '+442071838759'
const LONDON = '+442079460018'
const NEW_YORK = '+12125550142'
const { timeZone, today } = atNoon()

describe('conversations of strangers that a person associates', () => {
  let stack: Stack
  afterEach(() => stack?.close())

  const owners = async () =>
    (await stack.kustomer.state()).conversations?.map(({ relationships }) => relationships.customer.data.id)

  test('one that was deleted in Kustomer: it is said in plain words, and is on the list no more', async () => {
    stack = await startStack({ settings: { timeZone } })
    const { operations } = stack.service
    const customerId = await createCustomer(stack, customer(NUMBER))
    const { id } = await endCall(stack, { external_number: STRANGER })
    await stack.settled()
    expect((await operations.unassociated()).map((one) => one.id)).toEqual([id])
    const [conversation] = (await stack.kustomer.state()).conversations ?? []
    await stack.kustomer.api('DELETE', `/conversations/${conversation.id}`)
    await expect(operations.associate(id, customerId)).rejects.toThrow(
      'Somebody has deleted the conversation in Kustomer.',
    )
    expect(await operations.unassociated()).toEqual([])
    await stack.settled()
    expect((await stack.kustomer.state()).conversations).toEqual([])
    expect(await operations.prove(today, false)).toMatchObject({ problems: [] })
  })

  test('one of a call that is only half logged stays with that customer when the rest is written', async () => {
    stack = await startStack({ settings: { timeZone } })
    const { operations } = stack.service
    const customerId = await createCustomer(stack, customer(NUMBER))
    await stack.settled()
    await setFaults(stack.kustomer, {
      route: 'POST /conversations/:id/messages',
      kind: 'status',
      status: 500,
    })
    const { id } = await endCall(stack, { external_number: STRANGER })
    await until('it is on the list', async () => (await operations.unassociated()).length > 0)
    await until('it is associated', () =>
      operations.associate(id, customerId).catch((error: unknown) => {
        if (error instanceof Busy) return undefined
        throw error
      }),
    )
    const tries = async () =>
      (await stack.kustomer.requests()).byRoute['POST /conversations/:id/messages'] ?? 0
    const before = await tries()
    await until('another try has failed', async () => (await tries()) > before)
    await setFaults(stack.kustomer)
    await stack.settled()
    expect(await owners()).toEqual([customerId])
    expect(await operations.unassociated()).toEqual([])
    const { notes, messages } = await stack.kustomer.state()
    expect(messages).toHaveLength(1)
    expect(notes?.map(({ attributes }) => attributes.body)).toEqual([
      expect.stringContaining('Contact name: Customer 8750'),
    ])
    expect(await operations.prove(today, false)).toMatchObject({ calls: { done: 1 }, problems: [] })
  })

  test('a talk of several messages moves as a whole, whichever of them is named', async () => {
    stack = await startStack({ settings: { whatsapp: { threading: 'window' } } })
    const { operations } = stack.service
    const customerId = await createCustomer(stack, customer(NUMBER))
    const say = async (text: string) => {
      const id = await sendMessage(stack, { channel: 'whatsapp', external_number: STRANGER, text })
      await stack.settled()
      return id
    }
    const ids = [await say('one'), await say('two'), await say('three')]
    expect(await operations.unassociated()).toHaveLength(1)
    await operations.associate(ids[1] ?? '', customerId)
    await stack.settled()
    expect(await owners()).toEqual([customerId])
    expect(await operations.unassociated()).toEqual([])
    for (const id of ids) {
      const [record] = await operations.trace(id)
      expect(record?.story).toContainEqual(expect.objectContaining({ reason: 'ASSOCIATED', customerId }))
    }
    // It goes on where it is.
    ids.push(await say('four'))
    const { conversations, notes } = await stack.kustomer.state()
    expect(conversations).toHaveLength(1)
    expect(await owners()).toEqual([customerId])
    expect(notes?.map(({ attributes }) => attributes.externalId).toSorted()).toEqual(ids.toSorted())
    for (const note of notes ?? []) expect(note.attributes.body).toContain('Contact name: Customer 8750')
    expect(await operations.unassociated()).toEqual([])
  })
})

describe('several connections', () => {
  test('that share a number and a key of Kustomer: the day is proved for both', async () => {
    const some = { connectedNumbers: [LONDON] }
    const sales = { export: false, timeZone, calls: some, sms: some }
    const connections = { sales, all: { export: false, timeZone } }
    const stack = await startStack({ settings: { connections } })
    try {
      await createCustomer(stack, customer(NUMBER))
      await stack.settled()
      await endCall(stack, { external_number: NUMBER, internal_number: LONDON })
      await endCall(stack, { external_number: STRANGER, internal_number: LONDON, outcome: 'missed' })
      await endCall(stack, { external_number: NUMBER, internal_number: NEW_YORK })
      await sendMessage(stack, { external_number: NUMBER, internal_number: LONDON })
      await stack.settled()
      const prove = async (id: string) => stack.service.connections.get(id)?.operations.prove(today, false)
      const explained = { conversations: { total: 4, unexplained: 0 }, problems: [] }
      expect(await prove('sales')).toMatchObject({
        calls: { total: 3, done: 2, skipped: { NUMBER_NOT_CONNECTED: 1 } },
        ...explained,
      })
      expect(await prove('all')).toMatchObject({ calls: { total: 3, done: 3 }, ...explained })
    } finally {
      await stack.close()
    }
  })

  test('that come to the same call at the same moment: it has one note', async () => {
    const stack = await startStack({
      settings: { connections: { sales: { export: false }, all: { export: false } } },
    })
    try {
      await createCustomer(stack, customer(NUMBER))
      await stack.settled()
      await setFaults(stack.kustomer, { route: 'POST /conversations/:id/notes', kind: 'slow', ms: 500 })
      await endCall(stack, { external_number: NUMBER })
      await stack.settled()
      const { conversations, notes, messages } = await stack.kustomer.state()
      expect([conversations?.length, notes?.length, messages?.length]).toEqual([1, 1, 1])
    } finally {
      await stack.close()
    }
  })

  describe('of which a process knows only one', () => {
    const PACE = { detailAfterMs: 10, aiAfterMs: 20, firstBackoffMs: 50 }
    let emulators: Emulators
    let database: TestDatabase
    let service: Service | undefined
    afterEach(async () => {
      await service?.close()
      await emulators.close()
      await database.drop()
    })

    /** Of the connections that are named, on the one database. */
    async function open(
      ids: readonly string[],
    ): Promise<Service & { config: ReturnType<typeof readConfig> }> {
      await service?.close()
      const file = join(database.env.DATA_DIR, 'settings.json')
      writeFileSync(file, JSON.stringify({ connections: Object.fromEntries(ids.map((id) => [id, {}])) }))
      const config = readConfig({ ...emulators.env, ...database.env, PORT: '0', SETTINGS_FILE: file })
      service = await openService(config, pino({ level: 'silent' }), PACE)
      return { ...service, config }
    }

    test('an event of the other one waits for a process that knows it, and is then logged', async () => {
      emulators = await startEmulators()
      database = await createDatabase('postgres')
      const door = await open(['a', 'b'])
      await door.serve()
      const ofB = recipesOf(door.config, door.publicUrl()).filter(({ url }) => url.endsWith('/b'))
      await emulators.cloudtalk.control('PUT', '/workflows', ofB)
      // Told by one webhook: there is no recording of it.
      const { id } = await endCall(emulators, { external_number: NUMBER, outcome: 'missed' })
      await emulators.cloudtalk.webhooksIdle()
      expect(await door.connections.get('b')?.operations.pending()).toBe(1)

      const one = await open(['a'])
      const jobs = async ({ context: { db } }: Service) => {
        const { rows } = await sql<{ name: string; state: string; attempt: number; waits: boolean }>`
          select name, state::text, (data->>'attempt')::int as attempt, start_after > now() as waits
          from pgboss.job where data->>'connection' = 'b' order by created_on`.execute(db)
        return rows
      }
      await one.work()
      await until('it was looked at', async () =>
        (await jobs(one)).some(({ state }) => state === 'completed'),
      )
      // Nothing was tried.
      expect(await jobs(one)).toEqual([
        { name: 'settle', state: 'completed', attempt: 0, waits: false },
        { name: 'settle', state: 'created', attempt: 0, waits: true },
      ])

      const both = await open(['a', 'b'])
      // Half a minute goes by.
      await sql`update pgboss.job set start_after = now() where state = 'created'`.execute(both.context.db)
      await both.work()
      const { operations } = both.connections.get('b') ?? both
      await until('it is settled', async () => (await operations.pending()) === 0)
      const { conversations, notes } = await emulators.kustomer.state()
      expect(conversations?.map(({ attributes }) => attributes.externalId)).toEqual([id])
      expect(notes).toHaveLength(1)
      expect((await operations.trace(id))[0]?.story).toContainEqual(
        expect.objectContaining({ outcome: 'created' }),
      )
      expect((await jobs(both)).filter(({ name }) => name === 'settle-dead')).toEqual([])
    })
  })
})

describe('a row of CloudTalk’s call list that nobody can read', () => {
  let emulators: Emulators
  let bare: BareService | undefined
  let front: Awaited<ReturnType<typeof startFront>> | undefined
  afterEach(async () => {
    await bare?.close()
    await front?.close()
    await emulators.close()
  })

  type CallRow = { Cdr: { id: string; started_at: string } }

  /** Stands in front of CloudTalk, and tells the call list as `change` makes it. */
  async function startFront(target: string, change: (row: CallRow) => void) {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const { authorization = '', 'user-agent': agent = '', 'content-type': type } = request.headers
      const answer = await fetch(`${target}${request.url}`, {
        method: request.method ?? 'GET',
        headers: { authorization, 'user-agent': agent, ...(type && { 'content-type': type }) },
        ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
      })
      const body = await answer.text()
      response.statusCode = answer.status
      response.setHeader('content-type', answer.headers.get('content-type') ?? 'application/json')
      if (!request.url?.startsWith('/api/calls/index.json')) return response.end(body)
      const list: { responseData: { data: CallRow[] } } = JSON.parse(body)
      for (const row of list.responseData.data) change(row)
      return response.end(JSON.stringify(list))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return {
      url: `http://127.0.0.1:${port}`,
      async close() {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      },
    }
  }

  test('is a problem of the day, not passed over', async () => {
    emulators = await startEmulators()
    const ended_at = new Date(Date.now() - 600_000).toISOString()
    const { id } = await endCall(emulators, { ended_at, deliver: false })
    const well = await endCall(emulators, { ended_at, deliver: false })
    front = await startFront(emulators.cloudtalk.url, ({ Cdr }) => {
      if (Cdr.id === id) Cdr.started_at = 'the day before yesterday'
    })
    emulators.env.CLOUDTALK_API_URL = `${front.url}/api`
    bare = await startBareService(emulators, { timeZone })
    const { operations } = bare.service
    const { problems } = await operations.prove(today, false)
    expect(problems).toEqual([{ kind: 'call', id, what: 'failed' }])
    expect((await operations.trace(id))[0]?.story).toEqual([
      expect.objectContaining({ outcome: 'failed', reason: 'UNREADABLE_ANSWER' }),
    ])
    expect(problems.map((problem) => problem.id)).not.toContain(well.id)
  })

  test('is told once, however often and wherever it is on the page', async () => {
    emulators = await startEmulators()
    const ended_at = new Date(Date.now() - 600_000).toISOString()
    const { id } = await endCall(emulators, { ended_at, deliver: false })
    front = await startFront(emulators.cloudtalk.url, ({ Cdr }) => {
      if (Cdr.id === id) Cdr.started_at = 'the day before yesterday'
    })
    emulators.env.CLOUDTALK_API_URL = `${front.url}/api`
    bare = await startBareService(emulators, { timeZone })
    const { operations } = bare.service
    await operations.prove(today, false)
    await endCall(emulators, { deliver: false })
    await operations.prove(today, false)
    expect((await operations.trace(id))[0]?.story).toHaveLength(1)
  })
})
