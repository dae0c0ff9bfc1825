import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { runCli } from '../helpers/process.ts'
import { addContact, createCustomer, customer, endCall, sendMessage } from '../helpers/records.ts'
import { type Stack, startBareService, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

let stack: Stack
let emulators: Emulators
afterEach(() => stack?.close())

const NUMBER = '+442071838750'
const STRANGER = '+442071838759'
const today = () => new Date().toISOString().slice(0, 10)
const prove = (repair = false) => stack.service.operations.prove(today(), repair)

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

test('a day in which all went well has no problem, and each record is counted where it belongs', async () => {
  stack = await startStack({ settings: { calls: { unanswered: { log: false } } } })
  await createCustomer(stack, customer(NUMBER))
  await addContact(stack, { name: 'Exported', ContactNumber: [{ public_number: '+442071838761' }] })
  await endCall(stack, { external_number: NUMBER })
  await endCall(stack, { external_number: STRANGER, outcome: 'missed' })
  await endCall(stack, { external_number: NUMBER, direction: 'outgoing', outcome: 'missed' })
  await sendMessage(stack, { external_number: NUMBER })
  await stack.settled()
  expect(await prove()).toMatchObject({
    day: today(),
    calls: { total: 3, done: 2, skipped: { TYPE_NOT_LOGGED: 1 }, pending: 0, failed: 0, unexplained: 0 },
    messages: { total: 1, done: 1, unexplained: 0 },
    customers: { unexplained: 0, failed: 0 },
    contacts: { unexplained: 0, failed: 0 },
    conversations: { total: 3, unexplained: 0 },
    problems: [],
    repaired: 0,
  })
  expect((await stack.service.operations.summary()).proof).toMatchObject({ day: today(), unexplained: 0 })
  expect(await stack.service.operations.proofs()).toHaveLength(1)
})

test('what is gone from Kustomer, was made by nobody, or lost its note is told; a repair logs it anew', async () => {
  stack = await startStack()
  const { context } = stack.service
  const customerId = await createCustomer(stack, customer(NUMBER))
  const deleted = await endCall(stack, { external_number: NUMBER })
  const noteless = await endCall(stack, { external_number: NUMBER })
  const vanished = await endCall(stack, { external_number: NUMBER })
  await stack.settled()
  const { conversations = [], notes = [] } = await stack.kustomer.state()
  const of = (id: string) => conversations.find(({ attributes }) => attributes.externalId === id)
  await stack.kustomer.api('DELETE', `/conversations/${of(deleted.id)?.id}`)
  const note = notes.find(({ attributes }) => attributes.externalId === noteless.id)
  await stack.kustomer.api('DELETE', `/notes/${note.id}`)
  await sql`update timeline set conversation_id = 'ffffffffffffffffffffffff'
    where record_id = ${vanished.id}`.execute(context.db)
  const stranger = { customer: customerId, name: 'Made with our key', externalId: 'nobody-knows' }
  await stack.kustomer.api('POST', '/conversations', stranger)

  const found = await prove()
  expect(found.problems.map(({ id, what }) => [id, what]).toSorted()).toEqual(
    [
      [noteless.id, 'note missing'],
      [vanished.id, 'conversation gone'],
      [vanished.id, 'not ours'],
      ['nobody-knows', 'not ours'],
    ].toSorted(),
  )
  await prove(true)
  await stack.settled()
  expect((await prove()).problems).toEqual([
    expect.objectContaining({ id: 'nobody-knows', what: 'not ours' }),
  ])
  const after = await stack.kustomer.state()
  // One was deleted, and nobody's came.
  expect(after.conversations).toHaveLength(conversations.length)
  for (const { id } of [noteless, vanished]) {
    expect(after.notes?.filter(({ attributes }) => attributes.externalId === id)).toHaveLength(1)
  }
})

test('the command tells, and ends with 1 when something is not explained', async () => {
  stack = await startStack()
  const customerId = await createCustomer(stack, customer(NUMBER))
  await endCall(stack, { external_number: NUMBER })
  await stack.settled()
  const env = { DATA_DIR: stack.dataDir }
  const well = await runCli(['prove', '--day', today()], env)
  expect(well).toMatchObject({ code: 0 })
  expect(well.stdout).toContain('Calls: 1 = 1 logged')
  expect(well.stdout).toContain('Nothing is missing')

  await stack.kustomer.api('POST', '/conversations', { customer: customerId, name: 'Not ours' })
  const ill = await runCli(['prove', '--day', today(), '--json'], env)
  expect(ill.code).toBe(1)
  expect(JSON.parse(ill.stdout)).toMatchObject({ conversations: { total: 2, unexplained: 1 } })
  expect(await runCli(['prove', '--day', '2026-02-31'], env)).toMatchObject({ code: 2, stdout: '' })
})
