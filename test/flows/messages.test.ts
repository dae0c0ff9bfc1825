import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ACCOUNT_SECRET, deliverSigned, setAccountWebhook } from '../helpers/account-webhook.ts'
import type { Emulators } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { addContact, createCustomer, customer, type MessageInput, sendMessage } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const LONDON = '+442079460018'
const NEW_YORK = '+12125550142'
const NUMBERS = Array.from({ length: 20 }, (_, index) => `+4420718387${50 + index}`)
const [NUMBER = '', OTHER = '', THIRD = ''] = NUMBERS

/** A message comes in or goes out in CloudTalk. @returns CloudTalk's id of it. */
const send = async (emulators: Emulators, input: MessageInput = {}): Promise<string> =>
  (await sendMessage(emulators, input)).replace(/^(sms|wa)-/, '')

interface Workflow {
  url: string
  headers: Record<string, string>
  trigger: { object: string; action: string }
  values: { key: string; value: string; format?: string }[]
}

const workflows = ({ cloudtalk }: Emulators) => cloudtalk.control<Workflow[]>('GET', '/workflows')

async function workflowOf(stack: Stack, action: 'Received' | 'Sent'): Promise<Workflow> {
  const found = (await workflows(stack)).find(
    ({ trigger }) => trigger.object === 'Message' && trigger.action === action,
  )
  if (!found) throw new Error(`there is no workflow of Message ${action}`)
  return found
}

/** What a workflow delivers, by plain HTTP. */
async function deliver(
  stack: Stack,
  body: unknown,
  action: 'Received' | 'Sent' = 'Received',
): Promise<number> {
  const { url, headers } = await workflowOf(stack, action)
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  await response.arrayBuffer()
  return response.status
}

const ACCOUNT_TYPES = ['message.received', 'message.sent']

/** What stands in Kustomer for one message, by its external id. */
async function logOf({ kustomer }: Emulators, externalId: string) {
  const { conversations, notes, messages } = await kustomer.state()
  const conversation = conversations?.find(({ attributes }) => attributes.externalId === externalId)
  return {
    conversation,
    owner: conversation?.relationships.customer?.data.id as string | undefined,
    notes: notes?.filter(({ attributes }) => attributes.externalId === externalId) ?? [],
    chats: messages?.filter(({ attributes }) => attributes.externalId === `chat-${externalId}`) ?? [],
  }
}

const storyOf = async (stack: Stack, id: string) =>
  (await stack.service.operations.trace(id)).find(({ kind }) => kind === 'message')?.story ?? []

const lastOf = async (stack: Stack, id: string) => (await storyOf(stack, id)).at(-1)

async function expectCounts({ kustomer }: Emulators, count: number): Promise<void> {
  const { conversations, notes, messages } = await kustomer.state()
  expect([conversations, notes, messages].map((rows) => rows?.length)).toEqual([count, count, count])
}

const types = (['sms', 'whatsapp'] as const).flatMap((channel) => {
  const word = channel === 'sms' ? 'SMS' : 'WhatsApp'
  const prefix = channel === 'sms' ? 'sms' : 'wa'
  return (
    [
      ['Received', { direction: 'incoming' }, 'in', 'open', 'received'],
      ['Sent', { direction: 'outgoing' }, 'out', 'done', 'sent'],
      ['Failed', { direction: 'outgoing', status: 'failed' }, 'out', 'open', 'failed'],
    ] as const
  ).map(([type, input, direction, status, delivery]) => ({
    name: `${type} ${word}`,
    input: { channel, ...input } as MessageInput,
    direction,
    status,
    delivery,
    prefix,
  }))
})

describe('through Workflow Automations', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
  })
  afterAll(() => stack.close())

  test.each(types.map((type, index) => ({ ...type, number: NUMBERS[index] ?? '' })))(
    '$name: the whole conversation, note and chat message',
    async ({ name, input, direction, status, delivery, prefix, number }) => {
      const customerId = await createCustomer(stack, customer(number))
      await stack.settled()
      const at = '2026-07-14T09:08:07.000Z'
      const media = ['https://media.example.com/1.jpg', 'https://media.example.com/2.pdf?x=1&y=2']
      const text = 'Hello “you” & all,\nmy order is late 🙂 {not a token}'
      const id = await send(stack, {
        ...input,
        external_number: number,
        agent_email: 'maya@acme.example',
        text,
        media,
        at,
      })
      await stack.settled()
      const externalId = `${prefix}-${id}`
      const { conversation, owner, notes, chats } = await logOf(stack, externalId)
      const { users } = await stack.kustomer.state()
      const maya = users?.find(({ attributes }) => attributes.email === 'maya@acme.example')
      expect(conversation.attributes).toMatchObject({
        name,
        direction,
        status,
        channels: ['chat'],
        createdAt: at,
        assignedUsers: [maya.id],
      })
      expect(owner).toBe(customerId)
      expect(notes).toHaveLength(1)
      expect(notes[0].attributes).toMatchObject({ createdAt: at })
      expect(notes[0].relationships.customer.data.id).toBe(customerId)
      expect(notes[0].attributes.body).toBe(
        [
          `Subject: ${name}`,
          `Direction: ${direction}`,
          `Text: ${text}`,
          'Agent name: Maya Lindgren',
          `Contact name: Customer ${number.slice(-4)}`,
          'Group name: Sales',
          `Customer number: ${number}`,
          `CloudTalk number: ${LONDON} (London)`,
          `Delivery status: ${delivery}`,
          `Media: ${media.join(' ')}`,
        ].join('\n'),
      )
      expect(chats).toHaveLength(1)
      expect(chats[0].attributes).toMatchObject({
        channel: 'chat',
        direction,
        subject: name,
        preview: `${name} · London · 14 Jul 2026, 09:08 GMT+0`,
        sentAt: at,
        createdAt: at,
      })
      expect(await lastOf(stack, externalId)).toMatchObject({
        outcome: 'created',
        reason: 'LOGGED',
        source: 'webhook',
        customerId,
        details: { assigned: { rule: 'agent', userId: maya.id } },
      })
    },
  )

  test('a message is found by its id, its number and its conversation', async () => {
    const number = NUMBERS[10] ?? ''
    const id = await send(stack, { external_number: number })
    await stack.settled()
    const { conversation } = await logOf(stack, `sms-${id}`)
    for (const question of [id, `sms-${id}`, number, conversation.id]) {
      const found = (await stack.service.operations.trace(question)).filter(({ kind }) => kind === 'message')
      expect(found.map((record) => record.id)).toEqual([`sms-${id}`])
    }
  })

  test('media alone: no text, the links stand in the note', async () => {
    const id = await send(stack, {
      external_number: NUMBERS[11] ?? '',
      text: '',
      media: ['https://media.example.com/3.png'],
    })
    await stack.settled()
    const { notes } = await logOf(stack, `sms-${id}`)
    expect(notes[0].attributes.body).toMatch(/\nText: –\n/)
    expect(notes[0].attributes.body).toMatch(/\nMedia: https:\/\/media\.example\.com\/3\.png$/)
  })

  test('a message over ten thousand characters goes on in numbered notes, nothing cut', async () => {
    const text = Array.from({ length: 4_000 }, (_, index) => `w${index}`).join(' ')
    const id = await send(stack, { external_number: NUMBERS[12] ?? '', text })
    await stack.settled()
    const { conversations, notes } = await stack.kustomer.state()
    const conversation = conversations?.find(({ attributes }) => attributes.externalId === `sms-${id}`)
    const parts = (notes ?? []).filter(
      ({ relationships }) => relationships.conversation.data.id === conversation.id,
    )
    expect(parts.map(({ attributes }) => attributes.externalId)).toEqual([
      `sms-${id}`,
      `sms-${id}-2`,
      `sms-${id}-3`,
    ])
    const bodies: string[] = parts.map(({ attributes }) => attributes.body)
    expect(bodies.every(({ length }) => length <= 10_240)).toBe(true)
    expect(bodies.map((body) => body.replace(/^\(continued, \d\)\n/, '')).join('')).toContain(text)
  })

  const forms = [
    { label: 'naive, which is UTC', given: '2026-08-01 10:00:00', at: '2026-08-01T10:00:00.000Z' },
    { label: 'naive with a T', given: '2026-08-01T10:00:00', at: '2026-08-01T10:00:00.000Z' },
    { label: 'with an offset', given: '2026-08-01T10:00:00+02:00', at: '2026-08-01T08:00:00.000Z' },
    { label: 'with Z', given: '2026-08-01T10:00:00.500Z', at: '2026-08-01T10:00:00.500Z' },
  ]

  test.each(forms)('a time $label is read', async ({ given, at }) => {
    const id = `time-${given}`
    expect(await deliver(stack, { id, text: 'When?', from: NUMBER, to: LONDON, received_at: given })).toBe(
      200,
    )
    await stack.settled()
    const { conversation, notes } = await logOf(stack, `sms-${id}`)
    expect(conversation.attributes.createdAt).toBe(at)
    expect(notes[0].attributes.createdAt).toBe(at)
  })

  test('a time that is none: the message counts as of now, and is not lost', async () => {
    const before = new Date().toISOString()
    const sent = { id: 'no-time', text: 'When?', from: NUMBER, to: LONDON, received_at: 'yesterday' }
    expect(await deliver(stack, sent)).toBe(200)
    await stack.settled()
    const { conversation } = await logOf(stack, 'sms-no-time')
    expect(conversation.attributes.createdAt >= before).toBe(true)
  })

  test('the same delivery three times, shuffled: each message once, nothing more written', async () => {
    const bodies = Array.from({ length: 6 }, (_, index) => ({
      id: `thrice-${index}`,
      channel: index % 2 === 0 ? 'sms' : 'whatsapp',
      text: `Number ${index}`,
      from: NUMBERS[13 + index] ?? '',
      to: LONDON,
      status: 'received',
      received_at: '2026-09-01T10:00:00Z',
    }))
    const before = await stack.kustomer.state()
    const statuses = await Promise.all(
      [...bodies, ...bodies.toReversed(), ...bodies].map((body) => deliver(stack, body)),
    )
    expect(new Set(statuses)).toEqual(new Set([200]))
    await stack.settled()
    const after = await stack.kustomer.state()
    for (const kind of ['conversations', 'notes', 'messages'] as const) {
      expect((after[kind]?.length ?? 0) - (before[kind]?.length ?? 0)).toBe(6)
    }
    const { total } = await stack.kustomer.requests()
    for (const body of bodies) await deliver(stack, body)
    await stack.settled()
    expect((await stack.kustomer.requests()).total).toBe(total)
  })

  const nameless = { text: 'No id', from: THIRD, to: LONDON }

  test('a message without an id: redelivered it is one, the same text an hour later is two', async () => {
    const conversations = async () =>
      ((await stack.kustomer.state()).notes ?? []).filter(({ attributes }) =>
        attributes.body.includes('Text: No id\n'),
      ).length
    const first = { ...nameless, received_at: '2026-10-01T10:00:00Z' }
    expect(await Promise.all([deliver(stack, first), deliver(stack, first)])).toEqual([200, 200])
    await stack.settled()
    expect(await deliver(stack, first)).toBe(200)
    await stack.settled()
    expect(await conversations()).toBe(1)
    await deliver(stack, { ...nameless, received_at: '2026-10-01T11:00:00Z' })
    await stack.settled()
    expect(await conversations()).toBe(2)
    await deliver(stack, { ...first, received_at: '2026-10-01 10:00:00' })
    await stack.settled()
    expect(await conversations()).toBe(2)
  })

  test('without an id and without a time: redelivered it is one', async () => {
    const body = { text: 'Nothing but text', from: THIRD, to: LONDON }
    await Promise.all([deliver(stack, body), deliver(stack, body), deliver(stack, body)])
    await stack.settled()
    const { notes } = await stack.kustomer.state()
    expect(
      notes?.filter(({ attributes }) => attributes.body.includes('Text: Nothing but text')),
    ).toHaveLength(1)
  })

  const filled = async (action: 'Received' | 'Sent', value: (token: string) => unknown) =>
    Object.fromEntries(
      (await workflowOf(stack, action)).values.map(({ key, value: token }) => [key, value(token)]),
    )
  const refused = [
    { label: 'an empty object', body: async () => '{}' },
    { label: 'every token empty', body: async () => JSON.stringify(await filled('Received', () => '')) },
    { label: 'every token null', body: async () => JSON.stringify(await filled('Sent', () => null)) },
    {
      label: 'the tokens themselves',
      body: async () => JSON.stringify(await filled('Received', (token) => token)),
    },
    { label: 'no JSON', body: async () => 'text=Hello&from=442071838750' },
    { label: 'a JSON text', body: async () => '"Hello"' },
    { label: 'nothing', body: async () => '' },
  ]

  test.each(refused)('$label is answered 400, and nothing is stored', async ({ body }) => {
    await stack.settled()
    const before = await stack.kustomer.state()
    const summary = await stack.service.operations.summary()
    expect(await deliver(stack, await body())).toBe(400)
    expect(await deliver(stack, await body(), 'Sent')).toBe(400)
    expect(await stack.service.operations.pending()).toBe(0)
    expect((await stack.service.operations.summary()).messages).toEqual(summary.messages)
    expect((await stack.kustomer.state()).conversations).toHaveLength(before.conversations?.length ?? 0)
  })

  test('a message that was sent and turns out to have failed changes the same note, name and status', async () => {
    for (const channel of ['sms', 'whatsapp']) {
      const body = { id: `turns-${channel}`, channel, text: 'Hi', from: LONDON, to: NUMBER }
      const externalId = `${channel === 'sms' ? 'sms' : 'wa'}-${body.id}`
      const sent = { ...body, status: 'sent', sent_at: '2026-09-02T10:00:00Z' }
      await deliver(stack, sent, 'Sent')
      await stack.settled()
      const before = await logOf(stack, externalId)
      expect(before.conversation.attributes).toMatchObject({ status: 'done' })
      await deliver(stack, { ...sent, status: 'failed' }, 'Sent')
      await stack.settled()
      const after = await logOf(stack, externalId)
      const name = channel === 'sms' ? 'Failed SMS' : 'Failed WhatsApp'
      expect(after.conversation).toMatchObject({
        id: before.conversation.id,
        attributes: { name, status: 'open' },
      })
      expect(after.notes.map(({ id }) => id)).toEqual(before.notes.map(({ id }) => id))
      expect(after.notes[0].attributes.body).toMatch(new RegExp(`^Subject: ${name}\n`))
      expect(after.notes[0].attributes.body).toContain('Delivery status: failed')
      expect(await lastOf(stack, externalId)).toMatchObject({ outcome: 'updated', reason: 'NOTE_UPDATED' })
    }
  })

  test('a late repetition of "sent" does not take a failure back', async () => {
    const sent = { id: 'late', text: 'Hi', from: LONDON, to: NUMBER, status: 'sent' }
    await deliver(stack, sent, 'Sent')
    await stack.settled()
    await deliver(stack, { ...sent, status: 'failed' }, 'Sent')
    await stack.settled()
    await deliver(stack, sent, 'Sent')
    await stack.settled()
    const { conversation, notes } = await logOf(stack, 'sms-late')
    expect(conversation.attributes).toMatchObject({ name: 'Failed SMS', status: 'open' })
    expect(notes[0].attributes.body).toContain('Delivery status: failed')
  })

  test('a failure that is told while Kustomer is out of order is brought over when it is well again', async () => {
    const sent = { id: 'outage', text: 'Hi', from: LONDON, to: NUMBER, status: 'sent' }
    await deliver(stack, sent, 'Sent')
    await stack.settled()
    await setFaults(stack.kustomer, { route: 'PATCH /conversations/:id', kind: 'status', status: 503 })
    await deliver(stack, { ...sent, status: 'failed' }, 'Sent')
    await until('it waits', async () => (await lastOf(stack, 'sms-outage'))?.outcome === 'waiting')
    await setFaults(stack.kustomer)
    await stack.settled()
    const { conversation, notes } = await logOf(stack, 'sms-outage')
    expect(notes[0].attributes.body).toContain('Delivery status: failed')
    expect(conversation.attributes).toMatchObject({ name: 'Failed SMS', status: 'open' })
  })

  test('a failure that is told while the message is still being logged counts for the conversation too', async () => {
    const sent = { id: 'early', text: 'Hi', from: LONDON, to: NUMBER, status: 'sent' }
    await setFaults(stack.kustomer, { route: 'POST /conversations/:id/notes', kind: 'status', status: 503 })
    await deliver(stack, sent, 'Sent')
    await until('it waits', async () => (await lastOf(stack, 'sms-early'))?.outcome === 'waiting')
    await deliver(stack, { ...sent, status: 'failed' }, 'Sent')
    await setFaults(stack.kustomer)
    await stack.settled()
    const { conversation, notes } = await logOf(stack, 'sms-early')
    expect(notes).toHaveLength(1)
    expect(notes[0].attributes.body).toMatch(/^Subject: Failed SMS\n/)
    expect(conversation.attributes).toMatchObject({ name: 'Failed SMS', status: 'open' })
  })
})

describe('who it belongs to', () => {
  let stack: Stack
  afterEach(() => stack?.close())

  test('the owner of the phone, of the WhatsApp number before it, or of the contact that alone has the number', async () => {
    stack = await startStack({ settings: { export: false } })
    const byPhone = await createCustomer(stack, customer(NUMBER))
    const byWhatsapp = await createCustomer(stack, {
      name: 'Wanda',
      whatsapps: [{ phone: `whatsapp:${NUMBER}` }],
    })
    const phoneAlone = await createCustomer(stack, customer(OTHER))
    const [known, unknown] = [NUMBERS[5] ?? '', NUMBERS[6] ?? '']
    await addContact(stack, {
      name: 'Ann Bell',
      ContactNumber: [{ public_number: known }, { public_number: unknown }],
    })
    const byContact = await createCustomer(stack, customer(known, { name: 'Ann Bell' }))
    const whatsappAlone = await createCustomer(stack, {
      name: 'Walt',
      whatsapps: [{ phone: `whatsapp:${THIRD}` }],
    })
    await stack.settled()
    const ids = {
      [await send(stack, { channel: 'sms' })]: byPhone,
      [await send(stack, { channel: 'whatsapp' })]: byWhatsapp,
      [await send(stack, { channel: 'whatsapp', external_number: OTHER })]: phoneAlone,
      [await send(stack, { channel: 'sms', external_number: THIRD })]: whatsappAlone,
      [await send(stack, { channel: 'sms', external_number: unknown })]: byContact,
      [await send(stack, { channel: 'whatsapp', external_number: unknown })]: byContact,
    }
    await stack.settled()
    const { conversations } = await stack.kustomer.state()
    const owners = Object.fromEntries(
      (conversations ?? []).map(({ attributes, relationships }) => [
        attributes.externalId.replace(/^(sms|wa)-/, ''),
        relationships.customer.data.id,
      ]),
    )
    expect(owners).toEqual(ids)
    const { notes } = await stack.kustomer.state()
    const told = notes?.filter(({ attributes }) => attributes.body.includes('Contact name: Ann Bell\n'))
    expect(told).toHaveLength(2)
  })

  const whatsappCustomer = (number: string) => ({
    name: 'Wanda',
    whatsapps: [{ phone: `whatsapp:${number}` }],
  })

  test('an unknown number, skip: nothing is written', async () => {
    const skip = { unknownNumbers: 'skip' }
    stack = await startStack({ settings: { sms: skip, whatsapp: skip } })
    const ids = [`sms-${await send(stack)}`, `wa-${await send(stack, { channel: 'whatsapp' })}`]
    await stack.settled()
    const { customers, conversations } = await stack.kustomer.state()
    expect({ customers, conversations }).toEqual({ customers: [], conversations: [] })
    for (const id of ids) {
      expect(await storyOf(stack, id)).toMatchObject([{ outcome: 'skipped', reason: 'UNKNOWN_NUMBER' }])
    }
  })

  test('an unknown number, leave-unlinked: a later customer gets the conversation', async () => {
    stack = await startStack({ settings: { import: false } })
    const made = [
      { id: `sms-${await send(stack)}`, body: customer(NUMBER) },
      {
        id: `wa-${await send(stack, { channel: 'whatsapp', external_number: OTHER })}`,
        body: whatsappCustomer(OTHER),
      },
      {
        id: `wa-${await send(stack, { channel: 'whatsapp', external_number: THIRD })}`,
        body: customer(THIRD),
      },
    ]
    await stack.settled()
    const { customers } = await stack.kustomer.state()
    expect(customers).toMatchObject([{ attributes: { name: 'Unassociated callers (CloudTalk)' } }])
    for (const { id, body } of made) {
      expect((await logOf(stack, id)).owner).toBe(customers?.[0].id)
      expect(await storyOf(stack, id)).toMatchObject([{ outcome: 'created', reason: 'LOGGED_UNLINKED' }])
      const customerId = await createCustomer(stack, body)
      await stack.settled()
      const { owner, notes, chats } = await logOf(stack, id)
      expect(owner).toBe(customerId)
      expect([notes.length, chats.length]).toEqual([1, 1])
      expect(notes[0].relationships.customer.data.id).toBe(customerId)
      expect(await lastOf(stack, id)).toMatchObject({ outcome: 'linked', reason: 'ASSOCIATED', customerId })
    }
  })

  test('create-customer, ten messages at once or an answer lost: one customer, of the number alone', async () => {
    const create = { unknownNumbers: 'create-customer' }
    stack = await startStack({ settings: { sms: create, whatsapp: create } })
    const ten = Array.from({ length: 10 }, (_, index) => `${index}`)
    await Promise.all([
      ...ten.map((text) => send(stack, { channel: 'sms', text })),
      ...ten.map((text) => send(stack, { channel: 'whatsapp', text, external_number: OTHER })),
    ])
    await stack.settled()
    const { customers } = await stack.kustomer.state()
    expect(customers).toHaveLength(2)
    const byName = (name: string) => customers?.find(({ attributes }) => attributes.name === name)
    expect(byName(NUMBER).attributes).toMatchObject({ phones: [{ phone: NUMBER }], emails: [] })
    expect(byName(OTHER).attributes).toMatchObject({
      whatsapps: [{ phone: `whatsapp:${OTHER}` }],
      emails: [],
    })
    await expectCounts(stack, 20)
    const { messages } = await stack.service.operations.summary()
    expect(messages.byOutcome).toEqual({ created: 20 })

    // A customer whose creation was answered to nobody.
    await setFaults(stack.kustomer, { route: 'POST /customers', kind: 'lostAnswer' })
    const id = await send(stack, { channel: 'whatsapp', external_number: THIRD })
    await stack.settled()
    const all = (await stack.kustomer.state()).customers
    expect(all).toHaveLength(3)
    const { owner } = await logOf(stack, `wa-${id}`)
    expect(owner).toBe(all?.find(({ attributes }) => attributes.name === THIRD).id)
  })

  test('create-customer, and Kustomer alone knows the WhatsApp number: logged, and linked once it tells', async () => {
    let customerId = ''
    stack = await startStack({
      settings: { import: false, whatsapp: { unknownNumbers: 'create-customer' } },
      prepare: async (emulators) => {
        customerId = await createCustomer(emulators, whatsappCustomer(NUMBER))
      },
    })
    const id = `wa-${await send(stack, { channel: 'whatsapp' })}`
    await stack.settled()
    expect(await lastOf(stack, id)).toMatchObject({ outcome: 'created', reason: 'LOGGED_UNLINKED' })
    await stack.kustomer.api('PATCH', `/customers/${customerId}`, { name: 'Wanda Wolf' })
    await stack.settled()
    const { owner, notes } = await logOf(stack, id)
    expect([owner, notes.length]).toEqual([customerId, 1])
  })
})

describe('through account webhooks', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ settings: { accountWebhookSecret: ACCOUNT_SECRET } })
    await stack.cloudtalk.control('PUT', '/workflows', [])
    await setAccountWebhook(stack, ACCOUNT_TYPES)
  })
  afterAll(() => stack.close())

  // A failure is not told by account webhooks (contract cloudtalk §5B).
  test.each(
    types
      .filter(({ delivery }) => delivery !== 'failed')
      .map((type, index) => ({ ...type, number: NUMBERS[index] ?? '' })),
  )('$name is logged', async ({ name, input, direction, status, prefix, number }) => {
    const customerId = await createCustomer(stack, customer(number))
    await stack.settled()
    const id = await send(stack, { ...input, external_number: number, text: 'Signed' })
    await stack.settled()
    const { conversation, owner, notes, chats } = await logOf(stack, `${prefix}-${id}`)
    expect(conversation.attributes).toMatchObject({ name, direction, status, channels: ['chat'] })
    expect(owner).toBe(customerId)
    expect([notes.length, chats.length]).toEqual([1, 1])
    expect(notes[0].attributes.body).toBe(
      [
        `Subject: ${name}`,
        `Direction: ${direction}`,
        'Text: Signed',
        'Agent name: –',
        `Contact name: Customer ${number.slice(-4)}`,
        'Group name: Sales',
        `Customer number: ${number}`,
        `CloudTalk number: ${LONDON} (London)`,
      ].join('\n'),
    )
  })

  test('an MMS counts as SMS', async () => {
    const data = {
      id: 'mms-1',
      channel: 'mms',
      body: 'Hello',
      external_number: NUMBER,
      internal_number: { number_e164: LONDON },
    }
    expect(await deliverSigned(stack, { type: 'message.received', data })).toBe(200)
    await stack.settled()
    expect((await logOf(stack, 'sms-mms-1')).conversation.attributes.name).toBe('Received SMS')
  })

  const data = (id: string) => ({
    id,
    channel: 'sms',
    body: 'Hello',
    external_number: NUMBERS[15],
    internal_number: { number_e164: LONDON },
  })
  const other = `whsec_${Buffer.from('another secret').toString('base64')}`
  const refusals: {
    label: string
    at?: Date
    change?: { secret?: string; tamper?: (body: string) => string }
  }[] = [
    { label: 'another secret', change: { secret: other } },
    {
      label: 'a body that was changed on the way',
      change: { tamper: (body) => body.replace('Hello', 'Hullo') },
    },
    { label: 'a timestamp of six minutes ago', at: new Date(Date.now() - 360_000) },
    { label: 'a timestamp six minutes ahead', at: new Date(Date.now() + 360_000) },
  ]

  test.each(refusals)('$label is refused, and nothing is stored', async ({ label, at, change }) => {
    const event = { type: 'message.received', data: data(label), ...(at && { at }) }
    expect(await deliverSigned(stack, event, change)).toBe(401)
    await stack.settled()
    const found = await stack.service.operations.trace(NUMBERS[15] ?? '')
    expect(found.filter(({ kind }) => kind === 'message')).toEqual([])
    expect((await logOf(stack, `sms-${label}`)).conversation).toBeUndefined()
  })

  test('a delivery that is told again is one', async () => {
    const event = { type: 'message.received', data: data('again'), id: 'msg_again' }
    const statuses = await Promise.all([1, 2, 3].map(() => deliverSigned(stack, event)))
    expect(statuses).toEqual([200, 200, 200])
    await stack.settled()
    const { notes, chats } = await logOf(stack, 'sms-again')
    expect([notes.length, chats.length]).toEqual([1, 1])
  })
})

describe('both webhook systems at once', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ settings: { accountWebhookSecret: ACCOUNT_SECRET } })
    await setAccountWebhook(stack, ACCOUNT_TYPES)
  })
  afterAll(() => stack.close())

  const letWorkflowsKnowIds = async (known: boolean) => {
    const list = await workflows(stack)
    const without = list.map((workflow) => ({
      ...workflow,
      values: [
        ...(known ? [{ key: 'id', value: '{{ event.properties.id }}', format: 'String' }] : []),
        ...workflow.values.filter(({ key }) => key !== 'id'),
      ],
    }))
    await stack.cloudtalk.control('PUT', '/workflows', without)
  }

  const counts = async () => {
    const { conversations, notes, messages } = await stack.kustomer.state()
    return [conversations, notes, messages].map((rows) => rows?.length ?? 0)
  }

  /** Of conversations, notes and chat messages. */
  async function expectMore(before: number[], more: number): Promise<void> {
    await stack.settled()
    expect((await counts()).map((now, index) => now - (before[index] ?? 0))).toEqual([more, more, more])
  }

  test.each([true, false])('each message once, whether the workflow knows its id: %s', async (knowsId) => {
    await letWorkflowsKnowIds(knowsId)
    const before = await counts()
    const numbers = NUMBERS.slice(0, 4)
    await Promise.all(
      numbers.flatMap((external_number, index) =>
        types.map(({ name, input }) =>
          send(stack, { ...input, external_number, text: `${knowsId} ${index} ${name}` }),
        ),
      ),
    )
    // A failure counts as one with what was sent only by its id: the account webhook knows no status.
    await expectMore(before, numbers.length * types.length)
  })

  test('shuffled and doubled, without an id in the workflow: each message once', async () => {
    await letWorkflowsKnowIds(false)
    const before = await counts()
    const webhooks = { drop: 0, duplicate: 1, delayMs: 30, shuffle: true }
    await stack.cloudtalk.control('PUT', '/faults', { rules: [], webhooks })
    await Promise.all(
      NUMBERS.map((external_number, index) => send(stack, { external_number, text: `Text ${index}` })),
    )
    await expectMore(before, NUMBERS.length)
    await setFaults(stack.cloudtalk)
  })

  test('the same text twice in a row stays two messages, although one telling got lost', async () => {
    const before = await counts()
    const received = { text: 'ok', from: NUMBER, to: LONDON }
    const signed = (id: string) =>
      deliverSigned(stack, {
        type: 'message.received',
        id,
        data: { id, channel: 'sms', body: 'ok', external_number: NUMBER, internal_number: LONDON },
      })
    // The workflow of the second one never came: workflows are sent once, and not again.
    await deliver(stack, { ...received, received_at: new Date().toISOString() })
    await signed('first')
    await signed('second')
    await expectMore(before, 2)
  })

  test('an account webhook that comes half an hour late, after the workflow without an id: one message', async () => {
    const before = await counts()
    const occurredAt = new Date('2026-09-09T10:00:00Z')
    await deliver(stack, {
      text: 'Late',
      from: NUMBER,
      to: LONDON,
      received_at: occurredAt.toISOString(),
    })
    await stack.settled()
    await sql`update message set received_at = received_at - interval '30 minutes'`.execute(
      stack.service.context.db,
    )
    await deliverSigned(stack, {
      type: 'message.received',
      id: 'late',
      data: { id: 'late', channel: 'sms', body: 'Late', external_number: NUMBER, internal_number: LONDON },
      occurredAt,
    })
    await expectMore(before, 1)
  })

  test.each(['workflow', 'account'] as const)(
    'a workflow that does not know the channel, %s first: one message by its id',
    async (first) => {
      const before = await counts()
      const id = `channel-${first}`
      const tellings = {
        workflow: () => deliver(stack, { id, text: 'Which?', from: OTHER, to: LONDON }),
        account: () =>
          deliverSigned(stack, {
            type: 'message.received',
            data: {
              id,
              channel: 'whatsapp',
              body: 'Which?',
              external_number: OTHER,
              internal_number: LONDON,
            },
          }),
      }
      await tellings[first]()
      await stack.settled()
      await tellings[first === 'workflow' ? 'account' : 'workflow']()
      await expectMore(before, 1)
    },
  )

  test('what the first telling does not know, the second adds: agent, delivery status, media, assigned user', async () => {
    const id = 'second-adds'
    await deliverSigned(stack, {
      type: 'message.sent',
      data: { id, channel: 'sms', body: 'Hi', external_number: NUMBER, internal_number: LONDON },
    })
    await stack.settled()
    const { agents } = await stack.cloudtalk.state()
    const maya = agents?.find(({ email }) => email === 'maya@acme.example')
    await deliver(
      stack,
      {
        id,
        text: 'Hi',
        from: LONDON,
        to: NUMBER,
        agent_id: maya.id,
        status: 'delivered',
        media: 'https://media.example.com/1.jpg',
        sent_at: new Date().toISOString(),
      },
      'Sent',
    )
    await stack.settled()
    const { conversation, notes } = await logOf(stack, `sms-${id}`)
    expect(notes).toHaveLength(1)
    expect(notes[0].attributes.body).toContain('Agent name: Maya Lindgren\n')
    expect(notes[0].attributes.body).toContain('Delivery status: delivered\n')
    expect(notes[0].attributes.body).toContain('Media: https://media.example.com/1.jpg')
    const { users } = await stack.kustomer.state()
    const user = users?.find(({ attributes }) => attributes.email === 'maya@acme.example')
    expect(conversation.attributes.assignedUsers).toEqual([user.id])
  })

  test('the contact that only the second telling names', async () => {
    const data = { id: 'c', channel: 'sms', body: 'Hi', external_number: NEW_YORK, internal_number: LONDON }
    await deliverSigned(stack, { type: 'message.received', data })
    await stack.settled()
    const told = { id: 'c', text: 'Hi', from: NEW_YORK, to: LONDON, contact_id: 7, contact_name: 'Ann Bell' }
    await deliver(stack, told)
    await stack.settled()
    expect((await logOf(stack, 'sms-c')).notes[0].attributes.body).toContain('Contact name: Ann Bell\n')
  })
})
