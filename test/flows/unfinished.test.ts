import { afterEach, describe, expect, test } from 'vitest'
import { pollMessages } from '../../src/sync/messages/receive-message.ts'
import { type Emulators, startEmulators, type WorldSize } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { createCustomer, customer, endCall, sendMessage } from '../helpers/records.ts'
import { type BareService, type Stack, startBareService, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** Calls and messages of which a part was written, lost or refused: they end whole, and once. */

const NUMBER = '+442071838750'
const OTHER = '+442071838751'
const STRANGER = '+442071838759'
const CHATS = 'POST /conversations/:id/messages'
const NOTES = 'POST /conversations/:id/notes'

let stack: Stack | undefined
let emulators: Emulators | undefined
let bare: BareService | undefined
afterEach(async () => {
  await stack?.close()
  await bare?.close()
  await emulators?.close()
  stack = undefined
  bare = undefined
  emulators = undefined
})

/** A service that is told of nothing: only runs bring something over. */
async function bareOn(world: WorldSize, settings = {}, pace: Parameters<typeof startBareService>[2] = {}) {
  emulators = await startEmulators(world)
  bare = await startBareService(emulators, settings, pace)
  return { on: emulators, service: bare.service, operations: bare.service.operations }
}

type Operations = BareService['service']['operations']

async function finished(operations: Operations, kind: 'sync' | 'preview'): Promise<string> {
  const id = await operations.beginRun(kind, minutesAgo(60))
  const state = await until(`the ${kind} ends`, async () => {
    const run = await operations.run(id)
    return (run?.state === 'done' || run?.state === 'failed') && run.state
  })
  expect(state).toBe('done')
  return id
}

/** Runs read customers by the search, which is late. */
const searchShows = ({ service }: BareService, count: number) =>
  until('the search shows the customers', async () => {
    const { customers } = await service.context.vendors.kustomerSearch((kustomer) =>
      kustomer.customers.search({}, {}),
    )
    return customers.length === count
  })

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)

const lastOf = async (operations: Operations, id: string) => (await operations.trace(id))[0]?.story.at(-1)

const bodiesOf = async ({ kustomer }: Emulators): Promise<string[]> =>
  ((await kustomer.state()).notes ?? []).map(({ attributes }) => attributes.body)

test('a bulk request of notes whose answer is lost, and that is worked on later: each call has one note', async () => {
  const { on, operations } = await bareOn({})
  await on.kustomer.control('PUT', '/switches', { bulkDelayMs: 0 })
  await createCustomer(on, customer(NUMBER))
  if (bare) await searchShows(bare, 1)
  const end = async (minutes: number) => {
    const ended_at = minutesAgo(minutes).toISOString()
    return (await endCall(on, { external_number: NUMBER, ended_at, deliver: false })).id
  }
  // By the first it is learned in which forms Kustomer takes things; the others share their requests.
  const calls = [await end(30)]
  await finished(operations, 'sync')
  calls.push(await end(20), await end(19), await end(18))
  // Scaled by the short minute: a second and a half.
  await on.kustomer.control('PUT', '/switches', { bulkDelayMs: 90_000 })
  await setFaults(
    on.kustomer,
    { route: 'POST /notes/bulk', kind: 'lostAnswer' },
    // So that nothing else holds up the next try until the notes stand.
    { route: 'POST /messages/bulk', kind: 'status', status: 503 },
  )
  const id = await operations.beginRun('sync', minutesAgo(60))
  await until('an answer is lost', async () => (await on.kustomer.requests()).byStatus['0'] !== undefined)
  await setFaults(on.kustomer)
  await until('the run is done', async () => (await operations.run(id))?.state === 'done')
  const { bulks } = await until('Kustomer has done all that it was asked', async () => {
    const state = await on.kustomer.state()
    return state.bulks?.every(({ attributes }) => attributes.status === 'complete') && state
  })
  expect(bulks?.length).toBeGreaterThan(0)
  const { conversations, notes, messages } = await on.kustomer.state()
  const externalIds = (rows: typeof notes) => rows?.map(({ attributes }) => attributes.externalId).toSorted()
  expect(externalIds(notes)).toEqual(calls.toSorted())
  expect(externalIds(conversations)).toEqual(calls.toSorted())
  expect(externalIds(messages)).toEqual(calls.map((call) => `call-${call}`).toSorted())
})

test('a call that is edited between the try that wrote its note and the next: the note says the edit', async () => {
  stack = await startStack()
  const { operations } = stack.service
  await createCustomer(stack, customer(NUMBER))
  await stack.settled()
  await setFaults(stack.kustomer, { route: CHATS, kind: 'status', status: 500 })
  const { id } = await endCall(stack, { external_number: NUMBER, notes: ['as it was told'] })
  await until('a try has failed', async () => (await lastOf(operations, id))?.outcome === 'waiting')
  expect(await bodiesOf(stack)).toEqual([expect.stringContaining('Call notes: as it was told')])
  await stack.cloudtalk.control('PATCH', `/calls/${id}`, { notes: ['edited since'] })
  await setFaults(stack.kustomer)
  await stack.settled()
  expect(await bodiesOf(stack)).toEqual([expect.stringContaining('Call notes: edited since')])
  expect((await stack.kustomer.state()).messages).toHaveLength(1)
})

test.each([
  { label: 'a missed call', call: { outcome: 'missed' }, inVain: 0 },
  // Of a recording, CloudTalk tells some time after the end: another try, which fails as well.
  { label: 'a call with a recording', call: { outcome: 'answered' }, inVain: 0 },
  { label: 'a missed call after a repair in vain', call: { outcome: 'missed' }, inVain: 1 },
] as const)(
  '$label that failed for good and is brought over by a repair has its group',
  async ({ call, inVain }) => {
    stack = await startStack()
    const { operations } = stack.service
    await createCustomer(stack, customer(NUMBER))
    await stack.settled()
    await setFaults(stack.kustomer, { route: 'POST /conversations', kind: 'status', status: 400 })
    const { id } = await endCall(stack, { external_number: NUMBER, group: 'Support', ...call })
    const day = new Date().toISOString().slice(0, 10)
    const failed = { repaired: 1, problems: [{ kind: 'call', id, what: 'failed' }] }
    await stack.settled()
    for (let n = 0; n < inVain; n++) {
      expect(await operations.prove(day, true)).toMatchObject(failed)
      await stack.settled()
    }
    expect((await stack.kustomer.state()).conversations).toEqual([])
    await setFaults(stack.kustomer)
    expect(await operations.prove(day, true)).toMatchObject(failed)
    await stack.settled()
    expect(await bodiesOf(stack)).toEqual([expect.stringContaining('\nGroup name: Support\n')])
  },
)

test.each([
  { label: 'that CloudTalk does not let the account have', fault: { kind: 'status', status: 403 } },
  { label: 'that is out of order', fault: { kind: 'status', status: 503 } },
  { label: 'that cannot be reached', fault: { kind: 'reset' } },
] as const)(
  'AI $label is asked for a few times, and the call is done',
  async ({ fault }) => {
    const { on, operations } = await bareOn(
      {},
      { calls: { lines: { aiSummary: true } } },
      // Twice as long with each look.
      { aiAfterMs: 1 },
    )
    await createCustomer(on, customer(NUMBER))
    if (bare) await searchShows(bare, 1)
    await setFaults(on.cloudtalk, { route: 'GET /ai/calls/:id/summary', ...fault })
    const endedAt = minutesAgo(10)
    await endCall(on, { external_number: NUMBER, ended_at: endedAt.toISOString(), deliver: false })
    await finished(operations, 'sync')
    const asked = async () => (await on.cloudtalk.requests()).byRoute['GET /ai/calls/:id/summary'] ?? 0
    await until('it was asked for', async () => (await asked()) > 0)
    await until('nothing is left to do', async () => (await operations.pending()) === 0, 30_000)
    expect(await asked()).toBeLessThanOrEqual(12)
    expect(await operations.prove(endedAt.toISOString().slice(0, 10), false)).toMatchObject({
      calls: { total: 1, done: 1, pending: 0, failed: 0, unexplained: 0 },
      problems: [],
    })
    expect(await bodiesOf(on)).toEqual([expect.not.stringContaining('AI summary')])
  },
  60_000,
)

/** Has a call's conversation deleted between the try that made it and the next one. */
async function logAcrossDeletion(on: Stack): Promise<{ id: string; deleted: string }> {
  const { operations } = on.service
  await createCustomer(on, customer(NUMBER))
  await on.settled()
  await setFaults(on.kustomer, { route: NOTES, kind: 'status', status: 503 })
  const { id } = await endCall(on, { external_number: NUMBER })
  await until('a try has failed', async () => (await lastOf(operations, id))?.outcome === 'waiting')
  const [conversation] = (await on.kustomer.state()).conversations ?? []
  await on.kustomer.api('DELETE', `/conversations/${conversation.id}`)
  await setFaults(on.kustomer)
  await on.settled()
  return { id, deleted: conversation.id }
}

test('a conversation that somebody deletes between two tries: the call is logged in another one', async () => {
  stack = await startStack()
  const { id, deleted } = await logAcrossDeletion(stack)
  const { conversations, notes } = await stack.kustomer.state()
  expect(conversations?.map(({ attributes }) => attributes.externalId)).toEqual([id])
  expect(conversations?.[0].id).not.toBe(deleted)
  expect(notes?.map(({ relationships }) => relationships.conversation.data.id)).toEqual([
    conversations?.[0].id,
  ])
  const [record] = await stack.service.operations.trace(id)
  expect(record?.story).toContainEqual(expect.objectContaining({ outcome: 'created', reason: 'LOGGED' }))
  const proof = await stack.service.operations.prove(new Date().toISOString().slice(0, 10), false)
  expect(proof).toMatchObject({ calls: { done: 1 }, problems: [] })
})

test('a conversation that was made anew has its chat message, too', async () => {
  stack = await startStack()
  await logAcrossDeletion(stack)
  const { conversations, messages } = await stack.kustomer.state()
  expect(messages?.map(({ relationships }) => relationships.conversation.data.id)).toContain(
    conversations?.[0].id,
  )
})

test('a conversation that a person moves before the next try finds it: it stays where they moved it', async () => {
  stack = await startStack()
  const { operations } = stack.service
  // By it the forms are learned in which Kustomer takes things, and the holder is made.
  await endCall(stack, { external_number: NUMBER })
  const chosen = await createCustomer(stack, customer(OTHER))
  await stack.settled()
  await setFaults(
    stack.kustomer,
    { route: 'POST /conversations', kind: 'lostAnswer' },
    // So that no try finds it before it is moved.
    { route: 'GET /conversations/externalId=:externalId', kind: 'status', status: 503 },
  )
  const { id } = await endCall(stack, { external_number: STRANGER })
  const conversation = await until('the answer is lost', async () => {
    const { conversations } = await (stack as Stack).kustomer.state()
    const waits = (await lastOf(operations, id))?.outcome === 'waiting'
    return waits && conversations?.find(({ attributes }) => attributes.externalId === id)
  })
  await stack.kustomer.api('PATCH', `/conversations/${conversation.id}`, { customer: chosen })
  await setFaults(stack.kustomer)
  await stack.settled()
  await createCustomer(stack, customer(STRANGER))
  await stack.settled()
  const { conversations } = await stack.kustomer.state()
  const stands = conversations?.find(({ attributes }) => attributes.externalId === id)
  expect(stands?.relationships.customer.data.id).toBe(chosen)
  expect((await operations.unassociated()).map((one) => one.id)).not.toContain(id)
})

test('a conversation that is found before anybody knows whether Kustomer takes a channel has its chat message', async () => {
  stack = await startStack()
  const { operations } = stack.service
  const owner = await createCustomer(stack, customer(NUMBER))
  await stack.settled()
  await setFaults(stack.kustomer, { route: 'POST /conversations', kind: 'status', status: 503 })
  const { id } = await endCall(stack, { external_number: NUMBER })
  await until('a try has failed', async () => (await lastOf(operations, id))?.outcome === 'waiting')
  // As a try of a process that was killed has left it.
  await stack.kustomer.api('POST', `/customers/${owner}/conversations`, { externalId: id })
  await setFaults(stack.kustomer)
  await stack.settled()
  expect((await stack.kustomer.state()).messages).toMatchObject([{ attributes: { channel: 'chat' } }])
})

test('messages that come while the connection is off are settled as that, and not raised again', async () => {
  stack = await startStack({ settings: { active: false } })
  const ids = [await sendMessage(stack), await sendMessage(stack, { channel: 'whatsapp' })]
  await stack.settled()
  const { context, operations } = stack.service
  for (const id of ids) {
    expect(await lastOf(operations, id)).toMatchObject({ outcome: 'skipped', reason: 'CONNECTION_OFF' })
  }
  const raised: unknown[] = []
  await pollMessages({
    ...context,
    now: () => new Date(Date.now() + 3_600_000),
    raise: async (events) => {
      raised.push(...events)
    },
  })
  expect(raised).toEqual([])
  expect((await stack.kustomer.state()).conversations).toEqual([])
})

describe('a call whose customer has come since it was logged, and nobody told', () => {
  async function previewAndRun() {
    const { on, operations } = await bareOn({ minuteMs: 100 })
    const ended_at = minutesAgo(10).toISOString()
    const { id } = await endCall(on, { external_number: STRANGER, ended_at, deliver: false })
    await finished(operations, 'sync')
    // What is learned of the call later looks for its customer, too.
    await until('nothing is left to do', async () => (await operations.pending()) === 0)
    expect((await operations.unassociated()).map((one) => one.id)).toEqual([id])
    const owner = await createCustomer(on, customer(STRANGER))
    // The holder of conversations of strangers is a customer, too.
    if (bare) await searchShows(bare, 2)
    const recordsOf = async (run: string) => {
      const records = await operations.runRecords(run)
      expect(records.filter(({ outcome }) => outcome === 'failed')).toEqual([])
      return records.filter(({ kind }) => kind === 'call')
    }
    const owners = async () =>
      (await on.kustomer.state()).conversations?.map(({ relationships }) => relationships.customer.data.id)
    const previewed = await recordsOf(await finished(operations, 'preview'))
    expect(await owners()).not.toEqual([owner])
    const run = await finished(operations, 'sync')
    await until('nothing is left to do', async () => (await operations.pending()) === 0)
    expect(await owners()).toEqual([owner])
    return { id, owner, operations, previewed, settled: await recordsOf(run) }
  }

  test('a preview tells that it is going to be linked, and the run that follows links it', async () => {
    const { id, owner, operations, previewed } = await previewAndRun()
    expect(previewed).toEqual([{ kind: 'call', id, outcome: 'linked', reason: 'ASSOCIATED' }])
    expect((await operations.trace(id))[0]?.story).toContainEqual(
      expect.objectContaining({ outcome: 'linked', reason: 'ASSOCIATED', customerId: owner }),
    )
    expect(await operations.unassociated()).toEqual([])
  })

  test('the run’s own list says of it what the preview’s did', async () => {
    const { previewed, settled } = await previewAndRun()
    expect(settled).toEqual(previewed)
  })
})
