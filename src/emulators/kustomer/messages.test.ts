import { afterEach, beforeEach, expect, test } from 'vitest'
import { ids, type LocalEmulator, problem, type Shown, startLocalEmulator } from './local-emulator.ts'

let local: LocalEmulator
let customer: string
let conversation: string
beforeEach(async () => {
  local = await startLocalEmulator()
  customer = (await local.written('POST', '/customers', { name: 'A' })).id
  conversation = (await local.written('POST', '/conversations', { customer })).id
})
afterEach(() => local.close())

const path = () => `/conversations/${conversation}/messages`
const chat = { channel: 'chat', app: 'cloudtalk' }

test('a message, which calls its customer by the plural', async () => {
  const message = await local.written('POST', path(), {
    ...chat,
    preview: 'hi',
    externalId: 'm1',
    meta: { a: 1 },
  })
  expect(message).toMatchObject({
    type: 'message',
    attributes: {
      channel: 'chat',
      app: 'cloudtalk',
      preview: 'hi',
      direction: 'in',
      directionType: 'initial-in',
      meta: { a: 1 },
    },
    relationships: { customer: { data: { type: 'customers', id: customer } } },
  })
  for (const list of [path(), `/customers/${customer}/messages`, '/messages']) {
    expect(ids(await local.api('GET', list))).toEqual([message.id])
  }
  for (const lookup of ['externalid=m1', 'externalId=m1', 'EXTERNALID=m1']) {
    expect((await local.api('GET', `/messages/${lookup}`)).body.data).toMatchObject({ id: message.id })
  }
})

const refused: [string, object, string][] = [
  ['no app', { channel: 'chat' }, 'app'],
  ['no channel', { app: 'x' }, 'channel'],
  ['an unknown channel', { app: 'x', channel: 'pigeon' }, 'channel'],
  ['a body', { ...chat, body: 'b' }, 'body'],
  ['a long preview', { ...chat, preview: 'x'.repeat(10_241) }, 'preview'],
  [
    'a large meta',
    { ...chat, meta: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`k${n}`, n])) },
    'meta',
  ],
]
test.each(refused)('%s is 400', async (_label, body, parameter) => {
  const reply = await local.api('POST', path(), body)
  expect([reply.status, problem(reply).source]).toEqual([400, { parameter }])
})

test('channels, counts and kinds follow from the messages', async () => {
  const kinds: unknown[] = []
  for (const [channel, direction] of [
    ['chat', 'out'],
    ['chat', 'out'],
    ['sms', 'in'],
    ['chat', 'out'],
  ]) {
    kinds.push(
      (await local.written('POST', path(), { app: 'x', channel, direction })).attributes.directionType,
    )
  }
  expect(kinds).toEqual(['initial-out', 'followup-out', 'response-in', 'response-out'])
  expect((await local.api('GET', `/conversations/${conversation}`)).body.data).toMatchObject({
    attributes: {
      channels: ['chat', 'sms'],
      messageCount: 4,
      inboundMessageCount: 1,
      outboundMessageCount: 3,
    },
  })
})

test('to a customer it begins a conversation, or joins one', async () => {
  const first = await local.written('POST', `/customers/${customer}/messages`, {
    ...chat,
    direction: 'out',
    subject: 's',
  })
  const begun = first.relationships.conversation?.data?.id
  expect(begun).not.toBe(conversation)
  const show = (await local.api('GET', `/conversations/${begun}`)).body.data as Shown
  expect(show.attributes).toMatchObject({ name: 's', direction: 'out', channels: ['chat'] })
  const joined = await local.written('POST', `/customers/${customer}/messages`, { ...chat, conversation })
  expect(joined.relationships.conversation?.data?.id).toBe(conversation)
})

test('by /messages with the conversation in the body', async () => {
  expect((await local.api('POST', '/messages', chat)).status).toBe(400)
  await local.written('POST', '/messages', { ...chat, conversation })
})

test.each(['PUT', 'PATCH'])('%s edits; there is no delete', async (method) => {
  const { id } = await local.written('POST', path(), { ...chat, preview: 'a' })
  expect((await local.written(method, `/messages/${id}`, { preview: 'b' })).attributes).toMatchObject({
    preview: 'b',
    channel: 'chat',
    rev: 2,
  })
  expect((await local.api('DELETE', `/messages/${id}`)).status).toBe(404)
})
