import { afterEach, expect, test } from 'vitest'
import { mirrorCalls } from '../../src/store/calls.ts'
import { callEvent } from '../../src/sync/event.ts'
import { createCustomer, customer } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** Reasons that need a record in a state that no control of the emulators brings about. */

let stack: Stack
afterEach(() => stack?.close())

const lastOf = async (id: string) => (await stack.service.operations.trace(id))[0]?.story.at(-1)
const raise = (id: string, attempt: number, source: 'webhook' | 'poll') =>
  stack.service.context.raise([
    {
      event: { ...callEvent('default', id, { about: 'call', source }), attempt },
      priority: 'live',
      dedupeKey: `test/${id}/${attempt}`,
    },
  ])

test('CALL_GONE: a call that CloudTalk never shows is given up after its last look', async () => {
  stack = await startStack()
  await raise('999', 15, 'webhook')
  await stack.settled()
  expect(await lastOf('999')).toMatchObject({ outcome: 'failed', reason: 'CALL_GONE' })
})

test('NOT_ENDED: a call that goes on waits for its end', async () => {
  stack = await startStack()
  const call = { id: '7', type: 'incoming' as const, isVoicemail: false, talkingTime: 0, waitingTime: 0 }
  await mirrorCalls(stack.service.context.db, 'default', [{ ...call, notes: [], tags: [], ratings: [] }])
  await raise('7', 0, 'poll')
  const waiting = await until('it waits', () => lastOf('7'))
  expect(waiting).toMatchObject({ outcome: 'waiting', reason: 'NOT_ENDED' })
})

test('FIELDS_CHANGED and NOTHING_CHANGED: an update is told by its fields, an empty one too', async () => {
  stack = await startStack()
  const id = await createCustomer(stack, customer('+442071838750'))
  await stack.settled()
  await stack.kustomer.api('PUT', `/customers/${id}`, { name: 'Renamed' })
  await stack.settled()
  const changed = await lastOf(id)
  expect(changed).toMatchObject({ outcome: 'updated', reason: 'FIELDS_CHANGED' })
  expect(changed?.details?.writes?.map(({ fields }) => Object.keys(fields))).toEqual([['name']])
  await stack.kustomer.api('PUT', `/customers/${id}`, { emails: [] })
  await stack.kustomer.api('PUT', `/customers/${id}`, { urls: [{ url: 'https://a.example', type: 'blog' }] })
  await stack.settled()
  expect(await lastOf(id)).toMatchObject({ outcome: 'unchanged', reason: 'NOTHING_CHANGED' })
})

test('the favorite agent is the agent with the email of the user who created the customer', async () => {
  stack = await startStack({ customers: 40 })
  await stack.sync()
  const { customers, users } = await stack.kustomer.state()
  const { contacts, agents } = await stack.cloudtalk.state()
  const emailOf = new Map(users?.map(({ id, attributes }) => [id, attributes.email]))
  const agentOf = new Map(agents?.map(({ id, email }) => [email, id]))
  const byCustomer = new Map(
    contacts?.map((contact) => [contact.external_urls[0]?.url.split('/').at(-1), contact.favorite_agent]),
  )
  const expected = customers
    ?.filter(({ id }) => byCustomer.has(id))
    .map(({ id, relationships }) => [id, agentOf.get(emailOf.get(relationships.createdBy.data.id)) ?? null])
  expect(expected?.length).toBeGreaterThan(20)
  expect(expected?.some(([, agent]) => agent !== null)).toBe(true)
  expect(expected?.some(([, agent]) => agent === null)).toBe(true)
  for (const [id, agent] of expected ?? []) expect([id, byCustomer.get(id)]).toEqual([id, agent])
})
