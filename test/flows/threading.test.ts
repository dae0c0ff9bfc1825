import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Emulators } from '../helpers/emulators.ts'
import { type FaultRule, setFaults } from '../helpers/faults.ts'
import { createCustomer, customer, type MessageInput, sendMessage } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const LONDON = '+442079460018'
const NEW_YORK = '+12125550142'
/** Each test talks with people of its own. */
let used = 0
const freeNumber = (): string => `+44207183${8750 + used++}`

/** @returns CloudTalk's id of the message. */
const send = async (
  emulators: Emulators,
  external_number: string,
  input: MessageInput = {},
): Promise<string> => (await sendMessage(emulators, { ...input, external_number })).replace(/^(sms|wa)-/, '')

const MINUTE = 60_000
const START = Date.parse('2026-06-01T08:00:00Z')
/** A time of the day that all talks are on. */
const minute = (minutes: number): string => new Date(START + minutes * MINUTE).toISOString()

interface Talk {
  id: string
  externalId: string
  name: string
  status: string
  owner: string | undefined
  /** In the order of their times. */
  notes: string[]
  chats: number
}

/** The conversations about these messages, oldest first. */
async function talksOf({ kustomer }: Emulators, ids: readonly string[]): Promise<Talk[]> {
  const { conversations, notes, messages } = await kustomer.state()
  const bare = (externalId: string) => externalId.replace(/^(chat-)?(sms|wa)-/, '').replace(/-\d+$/, '')
  const inConversation =
    (id: string) => (row: { relationships: { conversation: { data: { id: string } } } }) =>
      row.relationships.conversation.data.id === id
  return (conversations ?? [])
    .map(({ id, attributes, relationships }) => ({
      id,
      at: attributes.createdAt,
      externalId: attributes.externalId,
      name: attributes.name,
      status: attributes.status,
      owner: relationships.customer?.data.id,
      notes: (notes ?? [])
        .filter(inConversation(id))
        .toSorted((a, b) => Date.parse(a.attributes.createdAt) - Date.parse(b.attributes.createdAt))
        .map((note) => bare(note.attributes.externalId)),
      chats: (messages ?? []).filter(inConversation(id)).length,
    }))
    .filter(({ notes, externalId }) => ids.includes(bare(externalId)) || notes.some((id) => ids.includes(id)))
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .map(({ at: _at, ...talk }) => talk)
}

const storyOf = async (stack: Stack, id: string) =>
  (await stack.service.operations.trace(id)).find(({ kind }) => kind === 'message')?.story ?? []

const lastOf = async (stack: Stack, id: string) => (await storyOf(stack, id)).at(-1)

const window = { threading: 'window', windowHours: 2 }

describe('a talk', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ settings: { sms: window, whatsapp: window, import: false } })
  })
  afterAll(() => stack.close())

  /** Messages one after the other, each settled before the next. */
  async function inOrder(number: string, inputs: readonly MessageInput[]): Promise<string[]> {
    const ids: string[] = []
    for (const input of inputs) {
      ids.push(await send(stack, number, input))
      await stack.settled()
    }
    return ids
  }

  async function knownPerson(): Promise<{ number: string; customerId: string }> {
    const number = freeNumber()
    const customerId = await createCustomer(stack, customer(number))
    await stack.settled()
    return { number, customerId }
  }

  test('within the window is one conversation with a note each; a longer gap begins another', async () => {
    const { number, customerId } = await knownPerson()
    const ids = await inOrder(number, [
      { at: minute(0), text: 'one' },
      { at: minute(119), text: 'two', direction: 'outgoing' },
      { at: minute(239), text: 'three' },
      { at: minute(360), text: 'four' },
      { at: minute(361), text: 'five', direction: 'outgoing' },
    ])
    const [one, two, three, four, five] = ids
    expect(await talksOf(stack, ids)).toMatchObject([
      {
        externalId: `sms-${one}`,
        name: 'Received SMS',
        status: 'open',
        owner: customerId,
        notes: [one, two, three],
        chats: 1,
      },
      { externalId: `sms-${four}`, status: 'done', owner: customerId, notes: [four, five], chats: 1 },
    ])
    const { notes } = await stack.kustomer.state()
    const note = notes?.find(({ attributes }) => attributes.externalId === `sms-${two}`)
    expect(note.attributes.createdAt).toBe(minute(119))
    expect(note.attributes.body).toMatch(/^Subject: Sent SMS\nDirection: out\nText: two\n/)
    expect(await lastOf(stack, `sms-${two}`)).toMatchObject({
      outcome: 'created',
      reason: 'LOGGED',
      customerId,
    })
  })

  test('the window’s last moment still belongs to it', async () => {
    const { number } = await knownPerson()
    const ids = await inOrder(number, [{ at: minute(0) }, { at: minute(120) }])
    expect(await talksOf(stack, ids)).toMatchObject([{ notes: ids }])
  })

  test('another CloudTalk number, channel or person is another talk', async () => {
    const [one, other] = [await knownPerson(), await knownPerson()]
    const ids = [
      ...(await inOrder(one.number, [
        { at: minute(0) },
        { at: minute(1), internal_number: NEW_YORK },
        { at: minute(2), channel: 'whatsapp' },
      ])),
      ...(await inOrder(other.number, [{ at: minute(3) }])),
      ...(await inOrder(one.number, [
        { at: minute(4), channel: 'whatsapp' },
        { at: minute(5), internal_number: NEW_YORK },
      ])),
    ]
    const [a, b, c, d, e, f] = ids
    const talks = await talksOf(stack, ids)
    expect(talks.map(({ notes }) => notes)).toEqual([[a], [b, f], [c, e], [d]])
    expect(talks.map(({ owner }) => owner)).toEqual([
      one.customerId,
      one.customerId,
      one.customerId,
      other.customerId,
    ])
  })

  test('one person with two numbers is one talk', async () => {
    const [first, second] = [freeNumber(), freeNumber()]
    await createCustomer(stack, { name: 'Two Numbers', phones: [{ phone: first }, { phone: second }] })
    await stack.settled()
    const ids = [
      ...(await inOrder(first, [{ at: minute(0) }])),
      ...(await inOrder(second, [{ at: minute(1) }])),
    ]
    expect(await talksOf(stack, ids)).toMatchObject([{ notes: ids, chats: 1 }])
  })

  test('a number that went to another customer goes on as a talk with that one', async () => {
    const { number, customerId } = await knownPerson()
    const first = await inOrder(number, [{ at: minute(0) }])
    await stack.kustomer.api('PUT', `/customers/${customerId}`, { phones: [{ phone: freeNumber() }] })
    const heir = await createCustomer(stack, customer(number, { name: 'Heir' }))
    await stack.settled()
    const second = await inOrder(number, [{ at: minute(10) }])
    const talks = await talksOf(stack, [...first, ...second])
    expect(talks.map(({ owner, notes }) => ({ owner, notes }))).toEqual([
      { owner: customerId, notes: first },
      { owner: heir, notes: second },
    ])
  })

  const lastWords = [
    { label: 'received', last: { direction: 'incoming' }, status: 'open' },
    { label: 'sent', last: { direction: 'outgoing' }, status: 'done' },
    { label: 'failed', last: { direction: 'outgoing', status: 'failed' }, status: 'open' },
  ] as const

  test.each(lastWords)(
    'messages at once, in any order: the last word was $label',
    async ({ last, status }) => {
      const { number } = await knownPerson()
      const inputs = Array.from(
        { length: 8 },
        (_, index): MessageInput => ({
          text: `${index}`,
          direction: index % 2 === 0 ? 'incoming' : 'outgoing',
          at: minute(index * 10),
          ...(index === 7 && last),
        }),
      )
      const order = [5, 7, 0, 3, 6, 1, 4, 2]
      const sent = await Promise.all(
        order.map(async (index) => ({ index, id: await send(stack, number, inputs[index]) })),
      )
      await stack.settled()
      const ids = sent.toSorted((a, b) => a.index - b.index).map(({ id }) => id)
      expect(await talksOf(stack, ids)).toMatchObject([{ notes: ids, status, chats: 1 }])
    },
  )

  test('an earlier message that arrives late does not change the status of the last word', async () => {
    const { number } = await knownPerson()
    const [last = ''] = await inOrder(number, [{ at: minute(60), direction: 'outgoing' }])
    const [first = ''] = await inOrder(number, [{ at: minute(0) }])
    expect(await talksOf(stack, [last])).toMatchObject([{ notes: [first, last], status: 'done' }])
  })

  test('redelivered, each message stays one note', async () => {
    const { number } = await knownPerson()
    const webhooks = { drop: 0, duplicate: 1, delayMs: 20, shuffle: true }
    await stack.cloudtalk.control('PUT', '/faults', { rules: [], webhooks })
    const ids = await Promise.all(
      [0, 1, 2, 3, 4].map((index) => send(stack, number, { at: minute(index), text: `${index}` })),
    )
    await stack.settled()
    await setFaults(stack.cloudtalk)
    expect(await talksOf(stack, ids)).toMatchObject([{ notes: ids, chats: 1 }])
  })

  async function tellStatus(id: string, number: string, at: string, status: string): Promise<void> {
    const workflows = await stack.cloudtalk.control<
      { url: string; headers: Record<string, string>; trigger: { object: string; action: string } }[]
    >('GET', '/workflows')
    const sent = workflows.find(({ trigger }) => trigger.object === 'Message' && trigger.action === 'Sent')
    const response = await fetch(sent?.url ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...sent?.headers },
      body: JSON.stringify({ id, text: 'Hello', from: LONDON, to: number, status, sent_at: at }),
    })
    expect(response.status).toBe(200)
    await stack.settled()
  }

  test('a last word that turns out to have failed opens the talk', async () => {
    const { number } = await knownPerson()
    const ids = await inOrder(number, [{ at: minute(0) }, { at: minute(1), direction: 'outgoing' }])
    expect(await talksOf(stack, ids)).toMatchObject([{ status: 'done' }])
    await tellStatus(ids[1] ?? '', number, minute(1), 'failed')
    const { notes } = await stack.kustomer.state()
    const note = notes?.find(({ attributes }) => attributes.externalId === `sms-${ids[1]}`)
    expect(note.attributes.body).toContain('Delivery status: failed')
    expect(await talksOf(stack, ids)).toMatchObject([{ notes: ids, status: 'open' }])
  })

  test('a first word that turns out to have failed leaves the status to the last', async () => {
    const { number } = await knownPerson()
    const sent = { direction: 'outgoing' } as const
    const ids = await inOrder(number, [
      { at: minute(0), ...sent },
      { at: minute(1), ...sent },
    ])
    await tellStatus(ids[0] ?? '', number, minute(0), 'failed')
    expect(await talksOf(stack, ids)).toMatchObject([{ notes: ids, name: 'Failed SMS', status: 'done' }])
  })

  test('a conversation that somebody deleted in Kustomer: the talk begins anew, once', async () => {
    const { number } = await knownPerson()
    const [gone = ''] = await inOrder(number, [{ at: minute(0) }])
    const [talk] = await talksOf(stack, [gone])
    await stack.kustomer.api('DELETE', `/conversations/${talk?.id}`)
    const [second = '', third = ''] = await inOrder(number, [{ at: minute(30) }, { at: minute(31) }])
    expect(await talksOf(stack, [second, third])).toMatchObject([{ notes: [second, third], chats: 1 }])
    // Nearer to the one that is gone than to those that stand.
    const [early = ''] = await inOrder(number, [{ at: minute(2) }])
    expect(await talksOf(stack, [second, third, early])).toMatchObject([{ notes: [early, second, third] }])
  })

  test('a conversation that is deleted between a failed try and the next: the message is logged all the same', async () => {
    const { number } = await knownPerson()
    const [first = ''] = await inOrder(number, [{ at: minute(0) }])
    const [talk] = await talksOf(stack, [first])
    await setFaults(stack.kustomer, { route: 'POST /conversations/:id/notes', kind: 'status', status: 503 })
    const second = await send(stack, number, { at: minute(1) })
    await until('it waits', async () => (await lastOf(stack, `sms-${second}`))?.outcome === 'waiting')
    await stack.kustomer.api('DELETE', `/conversations/${talk?.id}`)
    await setFaults(stack.kustomer)
    await stack.settled()
    expect(await lastOf(stack, `sms-${second}`)).toMatchObject({ outcome: 'created', reason: 'LOGGED' })
    expect(await talksOf(stack, [second])).toMatchObject([{ notes: [second], chats: 1 }])
  })

  test('an unknown caller’s talk moves as a whole when a customer appears, and goes on there', async () => {
    const number = freeNumber()
    const ids = await inOrder(number, [
      { at: minute(0) },
      { at: minute(1), direction: 'outgoing' },
      { at: minute(2) },
    ])
    const [before, ...others] = await talksOf(stack, ids)
    expect(others).toEqual([])
    expect(before).toMatchObject({ notes: ids, chats: 1 })
    expect(await lastOf(stack, `sms-${ids[2]}`)).toMatchObject({
      outcome: 'created',
      reason: 'LOGGED_UNLINKED',
    })
    const customerId = await createCustomer(stack, customer(number))
    await stack.settled()
    expect(await talksOf(stack, ids)).toMatchObject([{ id: before?.id, owner: customerId, notes: ids }])
    const { notes } = await stack.kustomer.state()
    for (const id of ids) {
      expect(await lastOf(stack, `sms-${id}`)).toMatchObject({
        outcome: 'linked',
        reason: 'ASSOCIATED',
        sentence: 'The conversation moved to the customer that now has the number.',
        customerId,
      })
      const note = notes?.find(({ attributes }) => attributes.externalId === `sms-${id}`)
      expect(note.relationships.customer.data.id).toBe(customerId)
      expect(note.attributes.body).toContain(`Contact name: Customer ${number.slice(-4)}\n`)
    }
    const [next = ''] = await inOrder(number, [{ at: minute(3) }])
    expect(await talksOf(stack, [...ids, next])).toMatchObject([
      { id: before?.id, owner: customerId, notes: [...ids, next] },
    ])
  })

  test('a stranger’s conversation that somebody deleted: a customer that appears leaves nothing failed', async () => {
    const number = freeNumber()
    const ids = await inOrder(number, [{ at: minute(0) }, { at: minute(1) }])
    const [talk] = await talksOf(stack, ids)
    await stack.kustomer.api('DELETE', `/conversations/${talk?.id}`)
    await createCustomer(stack, customer(number))
    await stack.settled()
    for (const id of ids) expect((await lastOf(stack, `sms-${id}`))?.outcome).not.toBe('failed')
  })

  test('a customer that appears in the middle of a burst gets all of it, in one conversation', async () => {
    const number = freeNumber()
    const burst = Array.from({ length: 6 }, (_, index) =>
      send(stack, number, { at: minute(index), text: `${index}` }),
    )
    const [customerId, ...ids] = await Promise.all([createCustomer(stack, customer(number)), ...burst])
    await stack.settled()
    expect(await talksOf(stack, ids)).toMatchObject([{ owner: customerId, notes: ids, chats: 1 }])
  })

  const faults: { label: string; rules: FaultRule[] }[] = [
    {
      label: 'lost answers of notes',
      rules: [{ route: 'POST /conversations/:id/notes', kind: 'lostAnswer', rate: 0.4 }],
    },
    {
      label: 'errors of notes',
      rules: [{ route: 'POST /conversations/:id/notes', kind: 'status', status: 503, rate: 0.3 }],
    },
    {
      label: 'lost answers of what comes around a note',
      rules: [
        { route: 'POST /conversations/:id/notes', kind: 'lostAnswer', rate: 0.2 },
        { route: 'POST /conversations/:id/messages', kind: 'lostAnswer', rate: 0.4 },
        { route: 'PATCH /conversations/:id', kind: 'lostAnswer', rate: 0.4 },
      ],
    },
  ]

  async function burst(number: string): Promise<string[]> {
    const sent = await Promise.all(
      [3, 0, 4, 1, 2].map(async (index) => ({
        index,
        id: await send(stack, number, {
          text: `${index}`,
          at: minute(index),
          direction: index === 4 ? 'outgoing' : 'incoming',
        }),
      })),
    )
    return sent.toSorted((a, b) => a.index - b.index).map(({ id }) => id)
  }

  test.each(faults)('$label: exactly one note for each message, the last word counts', async ({ rules }) => {
    const { number } = await knownPerson()
    await setFaults(stack.kustomer, ...rules)
    const ids = await burst(number)
    await stack.settled()
    await setFaults(stack.kustomer)
    expect(await talksOf(stack, ids)).toMatchObject([{ notes: ids, status: 'done', chats: 1 }])
  })

  const outages: { label: string; rules: FaultRule[] }[] = [
    {
      label: 'no conversation can be created',
      rules: [{ route: 'POST /conversations', kind: 'status', status: 503 }],
    },
    {
      label: 'a conversation is created and nobody learns of it',
      rules: [
        { route: 'POST /conversations', kind: 'lostAnswer' },
        { route: 'GET /conversations/externalId=:externalId', kind: 'status', status: 503 },
      ],
    },
  ]

  test.each(outages)('$label: a talk that began meanwhile is one conversation', async ({ rules }) => {
    const { number } = await knownPerson()
    await setFaults(stack.kustomer, ...rules)
    const first = await send(stack, number, { at: minute(0) })
    await until('it waits', async () => (await lastOf(stack, `sms-${first}`))?.outcome === 'waiting')
    const second = await send(stack, number, { at: minute(1) })
    await until('it is looked at', async () => {
      await stack.cloudtalk.webhooksIdle()
      return (await storyOf(stack, `sms-${first}`)).length > 2
    })
    await setFaults(stack.kustomer)
    await stack.settled()
    expect(await talksOf(stack, [first, second])).toMatchObject([{ notes: [first, second], chats: 1 }])
  })
})

describe('settings of a talk', () => {
  let stack: Stack
  afterEach(() => stack?.close())

  test('by default a window is one hour of SMS and a day of WhatsApp', async () => {
    const threading = { threading: 'window' }
    stack = await startStack({ settings: { sms: threading, whatsapp: threading, import: false } })
    const number = freeNumber()
    const sms = [
      await send(stack, number, { at: minute(0), text: 'a' }),
      await send(stack, number, { at: minute(60), text: 'b' }),
      await send(stack, number, { at: minute(121), text: 'c' }),
    ]
    await stack.settled()
    expect((await talksOf(stack, sms)).map(({ notes }) => notes.length)).toEqual([2, 1])
    const whatsapp: string[] = []
    for (const hours of [0, 24, 48.1]) {
      whatsapp.push(await send(stack, number, { channel: 'whatsapp', at: minute(hours * 60) }))
      await stack.settled()
    }
    expect((await talksOf(stack, whatsapp)).map(({ notes }) => notes.length)).toEqual([2, 1])
  })

  test('a stranger’s burst with create-customer: one customer, one conversation, all notes', async () => {
    const settings = { ...window, unknownNumbers: 'create-customer' }
    stack = await startStack({ settings: { sms: settings, whatsapp: settings } })
    const [number, other] = [freeNumber(), freeNumber()]
    const [sms, whatsapp] = await Promise.all([
      Promise.all(
        [0, 1, 2, 3, 4].map((index) => send(stack, number, { at: minute(index), text: `${index}` })),
      ),
      Promise.all(
        [0, 1, 2, 3, 4].map((index) =>
          send(stack, other, { channel: 'whatsapp', at: minute(index), text: `${index}` }),
        ),
      ),
    ])
    await stack.settled()
    const { customers } = await stack.kustomer.state()
    expect(customers).toHaveLength(2)
    expect(await talksOf(stack, sms)).toMatchObject([{ notes: sms, chats: 1 }])
    expect(await talksOf(stack, whatsapp)).toMatchObject([{ notes: whatsapp, chats: 1 }])
  })
})
