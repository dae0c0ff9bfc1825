import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { saveProof } from '../../src/store/proofs.ts'
import { createNightly } from '../../src/sync/prove/nightly.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { atNoon } from '../helpers/noon.ts'
import { runCli } from '../helpers/process.ts'
import { addContact, createCustomer, customer, endCall, sendMessage } from '../helpers/records.ts'
import { type Stack, startBareService, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

let stack: Stack
let emulators: Emulators
afterEach(() => stack?.close())

const NUMBER = '+442071838750'
const STRANGER = '+442071838759'
const prove = (day: string, repair = false) => stack.service.operations.prove(day, repair)

test('a call that nobody told of is found, and brought over by a repair', async () => {
  emulators = await startEmulators()
  const bare = await startBareService(emulators)
  const { service } = bare
  const { db, connection } = service.context
  try {
    const anHourAgo = new Date(Date.now() - 3_600_000)
    await sql`update connection set created_at = ${anHourAgo} where id = ${connection}`.execute(db)
    const tenMinutesAgo = new Date(Date.now() - 600_000)
    const { id } = await endCall(emulators, { ended_at: tenMinutesAgo.toISOString() })
    const yesterday = await endCall(emulators, {
      ended_at: new Date(Date.now() - 7_200_000).toISOString(),
    })
    const day = tenMinutesAgo.toISOString().slice(0, 10)
    const found = await service.operations.prove(day, false)
    expect(found.problems).toEqual([{ kind: 'call', id, what: 'never settled' }])
    expect(found.problems.map((problem) => problem.id)).not.toContain(yesterday.id)
    expect((await emulators.kustomer.state()).conversations).toEqual([])

    expect(await service.operations.prove(day, true)).toMatchObject({ repaired: 1 })
    await until('it is logged', async () => (await service.operations.pending()) === 0)
    expect(await service.operations.prove(day, false)).toMatchObject({
      calls: { done: 1, unexplained: 0 },
      problems: [],
    })
  } finally {
    await bare.close()
    await emulators.close()
  }
})

test('the night proves the day before, once and whole; a proof of today does not stand in for it', async () => {
  emulators = await startEmulators()
  const bare = await startBareService(emulators)
  try {
    const { context, operations } = bare.service
    const now = Date.now()
    const today = new Date(now).toISOString().slice(0, 10)
    const yesterday = new Date(now - 86_400_000).toISOString().slice(0, 10)
    await sql`update connection set created_at = ${new Date(0)}`.execute(context.db)
    const night = createNightly(
      { ...context, now: () => new Date(`${today}T04:00:00Z`) },
      { queued: async () => new Set() },
    )
    await operations.prove(today, false)
    // Proved at noon, when it was not over yet.
    const early = { ...(await operations.prove(yesterday, false)), provedAt: `${yesterday}T12:00:00.000Z` }
    await saveProof(context.db, context.connection, yesterday, early)
    await night()
    const proved = async () => (await operations.proofs()).find(({ day }) => day === yesterday)?.provedAt
    const first = await proved()
    expect(first).toBe(`${today}T04:00:00.000Z`)
    const { total } = await emulators.cloudtalk.requests()
    await night()
    expect((await emulators.cloudtalk.requests()).total).toBe(total)
    await expect(operations.prove('2099-01-01', false)).rejects.toThrow(/has not begun/)
    await expect(operations.prove('0001-01-01', false)).rejects.toThrow(/before 2000/)
  } finally {
    await bare.close()
    await emulators.close()
  }
})

test('a day in which all went well has no problem, and each record is counted where it belongs', async () => {
  const { timeZone, today } = atNoon()
  stack = await startStack({ settings: { timeZone, calls: { unanswered: { log: false } } } })
  await createCustomer(stack, customer(NUMBER))
  await addContact(stack, { name: 'Exported', ContactNumber: [{ public_number: '+442071838761' }] })
  await endCall(stack, { external_number: NUMBER })
  await endCall(stack, { external_number: STRANGER, outcome: 'missed' })
  await endCall(stack, { external_number: NUMBER, direction: 'outgoing', outcome: 'missed' })
  await sendMessage(stack, { external_number: NUMBER })
  await stack.settled()
  expect(await prove(today)).toMatchObject({
    day: today,
    calls: { total: 3, done: 2, skipped: { TYPE_NOT_LOGGED: 1 }, pending: 0, failed: 0, unexplained: 0 },
    messages: { total: 1, done: 1, unexplained: 0 },
    customers: { unexplained: 0, failed: 0 },
    contacts: { unexplained: 0, failed: 0 },
    conversations: { total: 3, unexplained: 0 },
    problems: [],
    repaired: 0,
  })
  expect((await stack.service.operations.summary()).proof).toMatchObject({ day: today, unexplained: 0 })
  expect(await stack.service.operations.proofs()).toHaveLength(1)
})

test('what somebody deleted in Kustomer is counted, not made again; what nobody made here is told', async () => {
  const { timeZone, today } = atNoon()
  // What was done a moment ago is in no search yet, and a proof of today may miss it.
  stack = await startStack({
    settings: { timeZone },
    prepare: ({ kustomer }) => kustomer.control('PUT', '/switches', { searchLagMs: 0 }),
  })
  const customerId = await createCustomer(stack, customer(NUMBER))
  const deleted = await endCall(stack, { external_number: NUMBER })
  const noteless = await endCall(stack, { external_number: NUMBER })
  await endCall(stack, { external_number: NUMBER })
  await stack.settled()
  const { conversations = [], notes = [] } = await stack.kustomer.state()
  const of = (id: string) => conversations.find(({ attributes }) => attributes.externalId === id)
  await stack.kustomer.api('DELETE', `/conversations/${of(deleted.id)?.id}`)
  const note = notes.find(({ attributes }) => attributes.externalId === noteless.id)
  await stack.kustomer.api('DELETE', `/notes/${note.id}`)
  const stranger = { customer: customerId, name: 'Made with our key', externalId: 'nobody-knows' }
  await stack.kustomer.api('POST', '/conversations', stranger)

  const notOurs = {
    kind: 'conversation',
    id: 'nobody-knows',
    what: 'not ours',
    conversationId: expect.any(String),
  }
  const found = await prove(today, true)
  expect(found).toMatchObject({
    calls: { total: 3, done: 1, deleted: 2, unexplained: 0 },
    problems: [notOurs],
  })
  await stack.settled()
  expect(await prove(today)).toMatchObject({ calls: { done: 1, deleted: 2 }, problems: [notOurs] })
  const after = await stack.kustomer.state()
  expect(after.conversations).toHaveLength(conversations.length)
  expect(after.notes?.filter(({ attributes }) => attributes.externalId === noteless.id)).toHaveLength(0)
})

test('what is said to be logged and stands nowhere is logged after all, and what a person did stays', async () => {
  const { timeZone, today } = atNoon()
  stack = await startStack({ settings: { timeZone } })
  const { context } = stack.service
  await createCustomer(stack, customer(NUMBER))
  const other = await createCustomer(stack, customer('+442071838751'))
  const { id } = await endCall(stack, { external_number: NUMBER })
  await stack.settled()
  const [conversation] = (await stack.kustomer.state()).conversations ?? []
  await stack.kustomer.api('PATCH', `/conversations/${conversation.id}`, { customer: other })
  // As after a crash that no settle can come to: the outcome stands, and nothing else.
  await sql`update timeline set conversation_id = null, note_ids = null, chat_id = null, logged_at = null`.execute(
    context.db,
  )
  expect((await prove(today, true)).problems).toEqual([{ kind: 'call', id, what: 'not logged' }])
  await stack.settled()
  expect((await prove(today)).problems).toEqual([])
  const { conversations, notes, messages } = await stack.kustomer.state()
  expect([conversations?.length, notes?.length, messages?.length]).toEqual([1, 1, 1])
  expect(conversations?.[0].relationships.customer.data.id).toBe(other)
})

test('the command tells, and ends with 1 when something is not explained', async () => {
  const { timeZone, today } = atNoon()
  stack = await startStack({ database: 'embedded', settings: { timeZone } })
  const customerId = await createCustomer(stack, customer(NUMBER))
  await endCall(stack, { external_number: NUMBER })
  await stack.settled()
  const env = { DATA_DIR: stack.dataDir }
  const well = await runCli(['prove', '--day', today], env)
  expect(well).toMatchObject({ code: 0 })
  expect(well.stdout).toContain('Calls: 1 = 1 logged')
  expect(well.stdout).toContain('Nothing is missing')

  await stack.kustomer.api('POST', '/conversations', { customer: customerId, name: 'Not ours' })
  const ill = await runCli(['prove', '--day', today, '--json'], env)
  expect(ill.code).toBe(1)
  expect(JSON.parse(ill.stdout)).toMatchObject({ conversations: { total: 2, unexplained: 1 } })
  expect(await runCli(['prove', '--day', '2026-02-31'], env)).toMatchObject({ code: 2, stdout: '' })
})
