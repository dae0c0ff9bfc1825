import { afterEach, expect, test } from 'vitest'
import type { Emulators } from '../helpers/emulators.ts'
import {
  type CallInput,
  createCustomer,
  customer,
  endCall,
  type MessageInput,
  sendMessage,
} from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'

let stack: Stack
afterEach(() => stack?.close())

const NUMBER = '+442071838750'
const NATIONAL = '2125550147'
const FROM_NATIONAL = '+12125550147'
const LONDON = '+442079460018'
const NEW_YORK = '+12125550142'

const channels = ['sms', 'whatsapp'] as const
type Channel = (typeof channels)[number]
const messageTypes = ['received', 'sent', 'failed'] as const
type MessageType = (typeof messageTypes)[number]

const inputs: Record<MessageType, MessageInput> = {
  received: { direction: 'incoming' },
  sent: { direction: 'outgoing' },
  failed: { direction: 'outgoing', status: 'failed' },
}

/** @returns what the message is called in Kustomer. */
const send = (emulators: Emulators, channel: Channel, more: MessageInput = {}): Promise<string> =>
  sendMessage(emulators, { channel, external_number: NUMBER, internal_number: LONDON, ...more })

async function logOf({ kustomer }: Emulators, externalId: string) {
  const { conversations, notes, messages, users } = await kustomer.state()
  const conversation = conversations?.find(({ attributes }) => attributes.externalId === externalId)
  const ofConversation = ({ relationships }: { relationships: { conversation: { data: { id: string } } } }) =>
    relationships.conversation.data.id === conversation?.id
  return {
    conversation,
    body: (notes?.find(ofConversation)?.attributes.body ?? '') as string,
    chats: messages?.filter(ofConversation) ?? [],
    assigned: (conversation?.attributes.assignedUsers ?? []).map(
      (id: string) => users?.find((user) => user.id === id)?.attributes.email,
    ),
  }
}

const lastOf = async (id: string) =>
  (await stack.service.operations.trace(id)).find((record) => record.id === id)?.story.at(-1)

const firstOf = async (id: string) =>
  (await stack.service.operations.trace(id)).find((record) => record.id === id)?.story[0]

const statusOf = async (id: string): Promise<string> =>
  (await logOf(stack, id)).conversation?.attributes.status

const firstContact = async () => (await stack.cloudtalk.state()).contacts?.[0]

/** One message of each type, over one channel. */
async function sendEach(channel: Channel): Promise<Record<MessageType, string>> {
  const ids = await Promise.all(messageTypes.map((type) => send(stack, channel, inputs[type])))
  const [received = '', sent = '', failed = ''] = ids
  return { received, sent, failed }
}

const flipped = {
  received: { status: 'done' },
  sent: { status: 'open' },
  failed: { status: 'done' },
}
const notLogged = { received: { log: false }, sent: { log: false }, failed: { log: false } }

test.each(channels)(
  'the types of %s: status turned round; those of the other channel are switched off; no chat message of WhatsApp',
  async (channel) => {
    const other: Channel = channel === 'sms' ? 'whatsapp' : 'sms'
    const chatMessage = channel === 'sms'
    stack = await startStack({ settings: { [channel]: { ...flipped, chatMessage }, [other]: notLogged } })
    await createCustomer(stack, customer(NUMBER))
    await stack.settled()
    const logged = await sendEach(channel)
    const left = await sendEach(other)
    await stack.settled()
    expect([
      await statusOf(logged.received),
      await statusOf(logged.sent),
      await statusOf(logged.failed),
    ]).toEqual(['done', 'open', 'done'])
    for (const id of Object.values(logged)) {
      expect((await logOf(stack, id)).chats).toHaveLength(chatMessage ? 1 : 0)
    }
    for (const id of Object.values(left)) {
      expect((await logOf(stack, id)).conversation).toBeUndefined()
      expect(await lastOf(id)).toMatchObject({ outcome: 'skipped', reason: 'TYPE_NOT_LOGGED' })
    }
    expect((await stack.kustomer.state()).conversations).toHaveLength(3)
  },
)

test('one type alone is switched off; a sent message that is not logged is, when it fails', async () => {
  stack = await startStack({
    settings: { sms: { sent: { log: false } }, whatsapp: { received: { log: false } } },
  })
  await createCustomer(stack, customer(NUMBER))
  await stack.settled()
  const [sms, whatsapp] = [await sendEach('sms'), await sendEach('whatsapp')]
  await stack.settled()
  const reasons = async (ids: Record<MessageType, string>) =>
    Promise.all(messageTypes.map(async (type) => (await lastOf(ids[type]))?.reason))
  expect(await reasons(sms)).toEqual(['LOGGED', 'TYPE_NOT_LOGGED', 'LOGGED'])
  expect(await reasons(whatsapp)).toEqual(['TYPE_NOT_LOGGED', 'LOGGED', 'LOGGED'])

  const list = await stack.cloudtalk.control<
    { url: string; headers: Record<string, string>; trigger: { object: string; action: string } }[]
  >('GET', '/workflows')
  const workflow = list.find(({ trigger }) => trigger.object === 'Message' && trigger.action === 'Sent')
  const response = await fetch(workflow?.url ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...workflow?.headers },
    body: JSON.stringify({
      id: sms.sent.replace('sms-', ''),
      text: 'Hello',
      from: LONDON,
      to: NUMBER,
      status: 'undelivered',
    }),
  })
  expect(response.status).toBe(200)
  await stack.settled()
  expect((await logOf(stack, sms.sent)).conversation.attributes).toMatchObject({
    name: 'Failed SMS',
    status: 'open',
  })
})

test('each channel has connected numbers and a chat message of its own', async () => {
  stack = await startStack({
    settings: {
      calls: { connectedNumbers: [] },
      sms: { connectedNumbers: [LONDON], chatMessage: false },
      whatsapp: { connectedNumbers: [NEW_YORK] },
    },
  })
  await createCustomer(stack, customer(NUMBER))
  await stack.settled()
  const sent: Record<string, string> = {}
  for (const channel of channels) {
    for (const number of [LONDON, NEW_YORK]) {
      sent[`${channel} ${number}`] = await send(stack, channel, { internal_number: number })
    }
  }
  const call = await endCall(stack, { external_number: NUMBER, internal_number: NEW_YORK })
  await stack.settled()
  const reasons = Object.fromEntries(
    await Promise.all(Object.entries(sent).map(async ([label, id]) => [label, (await lastOf(id))?.reason])),
  )
  expect(reasons).toEqual({
    [`sms ${LONDON}`]: 'LOGGED',
    [`sms ${NEW_YORK}`]: 'NUMBER_NOT_CONNECTED',
    [`whatsapp ${LONDON}`]: 'NUMBER_NOT_CONNECTED',
    [`whatsapp ${NEW_YORK}`]: 'LOGGED',
  })
  const sms = await logOf(stack, sent[`sms ${LONDON}`] ?? '')
  expect(sms.chats).toEqual([])
  expect(sms.conversation.attributes).toMatchObject({ channels: [], status: 'open' })
  expect((await logOf(stack, sent[`whatsapp ${NEW_YORK}`] ?? '')).chats).toHaveLength(1)
  expect((await logOf(stack, call.id)).chats).toHaveLength(1)
})

interface Line {
  setting: string
  label: string
}

const lines: Line[] = [
  { setting: 'customerNumber', label: 'Customer number' },
  { setting: 'cloudtalkNumber', label: 'CloudTalk number' },
  { setting: 'recordingLink', label: 'Recording' },
  { setting: 'aiSummary', label: 'AI summary' },
  { setting: 'transcript', label: 'Transcript' },
  { setting: 'callLink', label: 'Call link' },
]

test.each([0, 1])('each line of the note has a switch of its own: every other one on, %i', async (parity) => {
  const isOn = (index: number) => index % 2 === parity
  stack = await startStack({
    settings: {
      calls: { lines: Object.fromEntries(lines.map(({ setting }, index) => [setting, isOn(index)])) },
    },
  })
  const { id } = await endCall(stack, { external_number: NUMBER, agent_email: 'maya@acme.example' })
  await stack.settled()
  const { body } = await logOf(stack, id)
  const shown = lines.filter(({ label }) => body.includes(`\n${label}:`)).map(({ setting }) => setting)
  expect(shown).toEqual(lines.filter((_, index) => isOn(index)).map(({ setting }) => setting))
  const { byRoute } = await stack.cloudtalk.requests()
  const [summary, transcript] = ['summary', 'transcription'].map(
    (part) => byRoute[`GET /ai/calls/:id/${part}`],
  )
  // What is not shown is not asked for.
  expect({ summary: summary !== undefined, transcript: transcript !== undefined }).toEqual({
    summary: shown.includes('aiSummary'),
    transcript: shown.includes('transcript'),
  })
})

/** On both sides of each change of the clocks. */
const times: [at: string, shown: string][] = [
  ['2026-03-29T00:59:00.000Z', '29 Mar 2026, 01:59 GMT+1'],
  ['2026-03-29T01:00:00.000Z', '29 Mar 2026, 03:00 GMT+2'],
  ['2026-10-25T00:30:00.000Z', '25 Oct 2026, 02:30 GMT+2'],
  ['2026-10-25T01:30:00.000Z', '25 Oct 2026, 02:30 GMT+1'],
]

test('timeZone: what people read is its wall clock, on both sides of summer time', async () => {
  stack = await startStack({ settings: { timeZone: 'Europe/Bratislava' } })
  const told = await Promise.all(
    times.map(async ([at, shown]) => ({
      at,
      shown,
      call: (await endCall(stack, { external_number: NUMBER, talking_time: 60, ended_at: at })).id,
      message: await send(stack, 'whatsapp', { at }),
    })),
  )
  await stack.settled()
  for (const { at, shown, call, message } of told) {
    const [ofCall, ofMessage] = [await logOf(stack, call), await logOf(stack, message)]
    expect(ofCall.chats[0].attributes.preview).toBe(`Answered Call · 1m 0s · London · ${shown}`)
    expect(ofMessage.chats[0].attributes.preview).toBe(`Received WhatsApp · London · ${shown}`)
    for (const { conversation, chats } of [ofCall, ofMessage]) {
      expect(conversation.attributes.createdAt).toBe(at)
      expect(chats[0].attributes.sentAt).toBe(at)
    }
  }
})

const stranger: CallInput = { external_number: FROM_NATIONAL }

test('with everything set: name, contact tag, country, agents', async () => {
  stack = await startStack({
    settings: {
      name: 'Berlin team',
      contactTag: 'from Kustomer',
      defaultCountry: 'US',
      agentMap: { 'Maya@Acme.example': 'PRIYA@acme.example', 'tom@acme.example': null },
    },
  })
  expect((await stack.kustomer.state()).webhooks).toMatchObject([
    { attributes: { name: 'CloudTalk (Berlin team)' } },
  ])
  const customerId = await createCustomer(stack, customer(NATIONAL))
  await stack.settled()
  expect(await firstContact()).toMatchObject({ numbers: [FROM_NATIONAL], tags: ['from Kustomer'] })
  const call = await endCall(stack, { ...stranger, agent_email: 'maya@acme.example' })
  const from: MessageInput = { direction: 'outgoing', external_number: FROM_NATIONAL }
  const mapped = await send(stack, 'sms', { ...from, agent_email: 'maya@acme.example' })
  const toNobody = await send(stack, 'whatsapp', { ...from, agent_email: 'tom@acme.example' })
  const itself = await send(stack, 'whatsapp', { ...from, agent_email: 'ewan@acme.example' })
  await stack.settled()
  for (const id of [call.id, mapped, toNobody, itself]) {
    expect((await logOf(stack, id)).conversation.relationships.customer.data.id).toBe(customerId)
  }
  expect((await logOf(stack, mapped)).assigned).toEqual(['priya@acme.example'])
  expect((await logOf(stack, toNobody)).assigned).toEqual([])
  expect((await logOf(stack, toNobody)).body).toContain('Agent name: Tom Baker\n')
  expect((await logOf(stack, itself)).assigned).toEqual(['ewan@acme.example'])
})

test('with nothing set: name, contact tag, country, agents, time zone, each message a conversation', async () => {
  stack = await startStack()
  expect((await stack.kustomer.state()).webhooks).toMatchObject([
    { attributes: { name: 'CloudTalk (default)' } },
  ])
  const national = await createCustomer(stack, customer(NATIONAL))
  await stack.settled()
  expect(await lastOf(national)).toMatchObject({ outcome: 'skipped', reason: 'NO_VALID_PHONE' })
  expect((await stack.cloudtalk.state()).contacts).toEqual([])
  await createCustomer(stack, customer(NUMBER))
  await stack.settled()
  expect(await firstContact()).toMatchObject({ numbers: [NUMBER], tags: [] })
  const call = await endCall(stack, { ...stranger, ended_at: '2026-07-01T05:00:00Z' })
  const missed = await endCall(stack, {
    ...{ external_number: NUMBER, outcome: 'missed' },
    ...{ rung_agent_email: 'zuzana@acme.example' },
  })
  const mine: MessageInput = { direction: 'outgoing', agent_email: 'maya@acme.example' }
  const messages = [await send(stack, 'sms', mine), await send(stack, 'sms', mine)]
  await stack.settled()
  expect(await firstOf(call.id)).toMatchObject({ reason: 'LOGGED_UNLINKED' })
  expect((await logOf(stack, call.id)).chats[0].attributes.preview).toMatch(/ · 1 Jul 2026, 05:00 GMT\+0$/)
  expect((await logOf(stack, missed.id)).assigned).toEqual([])
  for (const id of messages) expect((await logOf(stack, id)).assigned).toEqual(['maya@acme.example'])
  const { conversations } = await stack.kustomer.state()
  expect(conversations?.map(({ attributes }) => attributes.externalId).toSorted()).toEqual(
    [call.id, missed.id, ...messages].toSorted(),
  )
})

test('switched off: nothing is written on either side, and each record says so', async () => {
  stack = await startStack({ settings: { active: false } })
  const customerId = await createCustomer(stack, customer(NUMBER))
  const messages = [await send(stack, 'sms'), await send(stack, 'whatsapp')]
  await stack.settled()
  for (const id of [customerId, ...messages]) {
    expect(await lastOf(id)).toMatchObject({ outcome: 'skipped', reason: 'CONNECTION_OFF' })
  }
  expect((await stack.cloudtalk.state()).contacts).toEqual([])
  const { customers, conversations, notes, messages: chats } = await stack.kustomer.state()
  expect([customers, conversations, notes, chats].map((rows) => rows?.length)).toEqual([1, 0, 0, 0])
})

test('import and export are switched apart from each other', async () => {
  stack = await startStack({ settings: { import: false } })
  const customerId = await createCustomer(stack, customer(NUMBER))
  await stack.cloudtalk.api('PUT', '/contacts/add.json', {
    name: 'From CloudTalk',
    ContactNumber: [{ public_number: FROM_NATIONAL }],
  })
  await stack.settled()
  expect(await lastOf(customerId)).toMatchObject({ outcome: 'skipped', reason: 'IMPORT_OFF' })
  expect((await stack.cloudtalk.state()).contacts).toHaveLength(1)
  const { customers } = await stack.kustomer.state()
  expect(customers?.map(({ attributes }) => attributes.name).toSorted()).toEqual([
    `Customer ${NUMBER.slice(-4)}`,
    'From CloudTalk',
  ])
})
