import { afterEach, expect, test } from 'vitest'
import { pollCalls } from '../../src/sync/calls/poll-calls.ts'
import { callEvent } from '../../src/sync/event.ts'
import { setFaults } from '../helpers/faults.ts'
import { createCustomer, customer, endCall } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

let stack: Stack
afterEach(() => stack?.close())

const NUMBER = '+442071838750'
const STRANGER = '+442071838759'

const storyOf = async (id: string) =>
  (await stack.service.operations.trace(id)).find(({ kind }) => kind === 'call')?.story ?? []
const count = async (route: string) => (await stack.kustomer.requests()).byRoute[route] ?? 0
const ownerOf = async (id: string) =>
  (await stack.kustomer.state()).conversations?.find(({ attributes }) => attributes.externalId === id)
    .relationships.customer.data.id

test('a message that fails at once while its note is slow does not double the note', async () => {
  stack = await startStack()
  await createCustomer(stack, customer(NUMBER))
  await stack.settled()
  await setFaults(
    stack.kustomer,
    { route: 'POST /conversations/:id/messages', kind: 'status', status: 503 },
    { route: 'POST /conversations/:id/notes', kind: 'slow', ms: 500 },
  )
  await endCall(stack, { external_number: NUMBER })
  await until('it was tried again', async () => (await count('POST /conversations/:id/messages')) >= 3)
  await setFaults(stack.kustomer)
  await stack.settled()
  const { notes, messages } = await stack.kustomer.state()
  expect([notes?.length, messages?.length]).toEqual([1, 1])
})

test('a conversation that was left with the holder moves when its caller is known at the next try', async () => {
  stack = await startStack()
  await setFaults(stack.kustomer, { route: 'POST /conversations/:id/notes', kind: 'status', status: 503 })
  const { id } = await endCall(stack, { external_number: STRANGER })
  await until('the note was tried', async () => (await count('POST /conversations/:id/notes')) > 0)
  const customerId = await createCustomer(stack, customer(STRANGER))
  await setFaults(stack.kustomer)
  await stack.settled()
  expect(await ownerOf(id)).toBe(customerId)
})

test('a customer that is created while the call of its number is being written still gets it', async () => {
  stack = await startStack()
  await endCall(stack, { external_number: '+442071838761' })
  await stack.settled()
  const before = await count('POST /conversations')
  await setFaults(stack.kustomer, { route: 'POST /conversations', kind: 'slow', ms: 800 })
  const { id } = await endCall(stack, { external_number: STRANGER, direction: 'outgoing' })
  await until('the customer was looked for', async () => (await count('GET /customers/phone=:phone')) >= 4)
  const customerId = await createCustomer(stack, customer(STRANGER))
  await until('the conversation stands', async () => (await count('POST /conversations')) > before)
  await stack.settled()
  expect(await ownerOf(id)).toBe(customerId)
})

test('a call that an addition moves to its customer is no longer said to be with nobody', async () => {
  stack = await startStack()
  await stack.cloudtalk.control('PUT', '/switches', { analyticsDelayMs: 600_000 })
  const { id } = await endCall(stack, { external_number: STRANGER })
  await until('only the addition is awaited', async () => {
    await stack.cloudtalk.webhooksIdle()
    const logged = (await storyOf(id)).some(({ reason }) => reason === 'LOGGED_UNLINKED')
    return logged && (await stack.service.operations.pending()) === 1
  })
  await stack.kustomer.control('PUT', '/faults', { rules: [], webhooks: { drop: 1 } })
  const customerId = await createCustomer(stack, customer(STRANGER))
  await stack.cloudtalk.control('PUT', '/switches', { analyticsDelayMs: 0 })
  await stack.settled()
  expect(await ownerOf(id)).toBe(customerId)
  const { calls } = await stack.service.operations.summary()
  expect(calls.byReason).toEqual({ ASSOCIATED: 1 })
})

test('a long call whose webhook was lost is found by the poll', async () => {
  stack = await startStack()
  await createCustomer(stack, customer(NUMBER))
  const { id } = await endCall(stack, { external_number: NUMBER, talking_time: 70 * 60, deliver: false })
  await pollCalls(stack.service.context)
  await stack.settled()
  expect((await storyOf(id))[0]).toMatchObject({ outcome: 'created', source: 'poll' })
})

test('a holder that a person deleted is made again', async () => {
  stack = await startStack()
  await endCall(stack, { external_number: '+442071838761' })
  await stack.settled()
  const [holder] = (await stack.kustomer.state()).customers ?? []
  await stack.kustomer.api('DELETE', `/customers/${holder.id}`)
  const { id } = await endCall(stack, { external_number: STRANGER })
  await stack.settled()
  expect(await storyOf(id)).toContainEqual(expect.objectContaining({ reason: 'LOGGED_UNLINKED' }))
})

test('a customer that was deleted a moment ago does not take its call along', async () => {
  stack = await startStack()
  const customerId = await createCustomer(stack, customer(NUMBER))
  await stack.settled()
  await stack.kustomer.api('DELETE', `/customers/${customerId}`)
  const { id } = await endCall(stack, { external_number: NUMBER })
  await stack.settled()
  expect(await storyOf(id)).toContainEqual(expect.objectContaining({ reason: 'LOGGED_UNLINKED' }))
})

test('a note that a person deleted stays deleted, and a late edit fails nothing', async () => {
  stack = await startStack()
  await createCustomer(stack, customer(NUMBER))
  const { id } = await endCall(stack, { external_number: NUMBER, direction: 'outgoing' })
  await stack.settled()
  const [note] = (await stack.kustomer.state()).notes ?? []
  await stack.kustomer.api('DELETE', `/notes/${note.id}`)
  await stack.cloudtalk.control('PATCH', `/calls/${id}`, { notes: ['late'] })
  await stack.settled()
  expect((await stack.kustomer.state()).notes).toEqual([])
  expect((await storyOf(id)).map(({ outcome }) => outcome)).not.toContain('failed')
})

test('a time that cannot be read harms neither its call nor those that wait with it', async () => {
  stack = await startStack()
  await createCustomer(stack, customer(NUMBER))
  await stack.settled()
  const calls = await Promise.all(
    Array.from({ length: 6 }, () =>
      endCall(stack, { external_number: NUMBER, deliver: false, direction: 'outgoing' }),
    ),
  )
  await stack.service.context.raise(
    calls.map(({ id }, index) => ({
      event: callEvent('default', id, {
        about: 'call',
        source: 'webhook',
        endedAt: index === 0 ? 'yesterday' : '2026-10-05T10:20:30Z',
      }),
      priority: 'live',
      dedupeKey: `test/${id}`,
    })),
  )
  await stack.settled()
  expect((await stack.kustomer.state()).conversations).toHaveLength(calls.length)
})
