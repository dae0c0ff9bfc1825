import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ids, type LocalEmulator, problem, type Shown, startLocalEmulator } from './local-emulator.ts'

let local: LocalEmulator
let customer: string
beforeEach(async () => {
  local = await startLocalEmulator()
  customer = (await local.written('POST', '/customers', { name: 'A' })).id
})
afterEach(() => local.close())

const create = (body: object = {}): Promise<Shown> =>
  local.written('POST', '/conversations', { customer, ...body })
const show = async (id: string): Promise<Shown> =>
  (await local.api('GET', `/conversations/${id}`)).body.data as Shown
const message = (id: string, body: object = {}) =>
  local.written('POST', `/conversations/${id}/messages`, { channel: 'chat', app: 'x', ...body })

describe('create', () => {
  test('an empty conversation', async () => {
    const conversation = await create({
      name: 'Missed Call',
      externalId: '9001',
      direction: 'out',
      createdAt: '2026-05-01T10:00:00Z',
      status: 'done',
    })
    expect(conversation).toMatchObject({
      type: 'conversation',
      attributes: {
        name: 'Missed Call',
        externalId: '9001',
        status: 'done',
        channels: [],
        messageCount: 0,
        noteCount: 0,
        direction: 'out',
        createdAt: '2026-05-01T10:00:00.000Z',
        updatedAt: '2026-06-01T12:00:00.000Z',
        rev: 1,
      },
      relationships: { customer: { data: { type: 'customer', id: customer } } },
    })
    const counted = (await local.api('GET', `/customers/${customer}`)).body.data
    expect(counted).toMatchObject({ attributes: { conversationCounts: { done: 1, all: 1 } } })
  })

  test('under its customer', async () => {
    const { id } = await local.written('POST', `/customers/${customer}/conversations`, { name: 'x' })
    expect(ids(await local.api('GET', `/customers/${customer}/conversations`))).toEqual([id])
    expect((await local.api('POST', '/customers/none/conversations', {})).status).toBe(404)
  })

  const refused: [string, object, string][] = [
    ['no customer', { customer: undefined }, 'customer'],
    ['an unknown customer', { customer: '5c6e009c68b9d153304397d8' }, 'customer'],
    ['channels', { channels: ['chat'] }, 'channels'],
    ['snoozed at birth', { status: 'snoozed' }, 'status'],
    ['a long name', { name: 'x'.repeat(257) }, 'name'],
    ['a priority of six', { priority: 6 }, 'priority'],
    [
      'eleven users',
      {
        assignedUsers: Array.from({ length: 11 }, (_, n) =>
          `5c6e009c68b9d1533043970${n}`.slice(0, 24).padEnd(24, 'a'),
        ),
      },
      'assignedUsers',
    ],
    ['a subject', { subject: 'x' }, 'subject'],
  ]
  test.each(refused)('%s is 400', async (_label, body, parameter) => {
    const reply = await local.api('POST', '/conversations', { customer, ...body })
    expect(reply.status).toBe(400)
    expect(problem(reply).source).toMatchObject({ parameter })
  })

  test('by switch channels are taken, and added to those of messages', async () => {
    await local.control('PUT', '/switches', { acceptConversationChannels: true })
    const { id, attributes } = await create({ channels: ['chat'] })
    expect(attributes.channels).toEqual(['chat'])
    await message(id, { channel: 'sms' })
    expect((await show(id)).attributes.channels).toEqual(['chat', 'sms'])
  })

  test('by switch a conversation stands alone, and is moved to a customer later', async () => {
    await local.control('PUT', '/switches', { acceptConversationWithoutCustomer: true })
    const { id, relationships } = await local.written('POST', '/conversations', { name: 'x' })
    expect(relationships.customer).toBeUndefined()
    const moved = await local.written('PATCH', `/conversations/${id}`, { customer })
    expect(moved.relationships.customer?.data?.id).toBe(customer)
  })

  test('an external id is taken once; by switch the refusal is 400', async () => {
    const { id } = await create({ externalId: '9001' })
    expect((await local.api('GET', '/conversations/externalId=9001')).body.data).toMatchObject({ id })
    const again = await local.api('POST', '/conversations', { customer, externalId: '9001' })
    expect([again.status, problem(again).source]).toEqual([409, { parameter: 'externalId' }])
    await local.control('PUT', '/switches', { duplicateStatus: 400 })
    expect((await local.api('POST', '/conversations', { customer, externalId: '9001' })).status).toBe(400)
    await local.written('PATCH', `/conversations/${id}`, { externalId: null })
    expect((await local.api('GET', '/conversations/externalId=9001')).status).toBe(404)
    await create({ externalId: '9001' })
  })
})

describe('read', () => {
  test('one, several, newest first, since a date', async () => {
    const [one, two] = [await create({ createdAt: '2026-01-01T00:00:00Z' }), await create()]
    expect(ids(await local.api('GET', `/conversations/${one.id},${two.id}`))).toEqual([one.id, two.id])
    expect(ids(await local.api('GET', '/conversations?sort=desc'))).toEqual([two.id, one.id])
    const since = await local.api('GET', `/customers/${customer}/conversations?fromDate=2026-05-01T00:00:00Z`)
    expect(ids(since)).toEqual([two.id])
  })

  test('a deleted one is gone, and its external id is free', async () => {
    const { id } = await create({ externalId: '9001' })
    expect((await local.api('DELETE', `/conversations/${id}`)).status).toBe(204)
    expect((await local.api('GET', `/conversations/${id}`)).status).toBe(404)
    expect((await local.api('GET', '/conversations/externalId=9001')).status).toBe(404)
    expect(ids(await local.api('GET', `/customers/${customer}/conversations`))).toEqual([])
  })
})

describe('update', () => {
  test.each(['PUT', 'PATCH'])('%s changes what it names', async (method) => {
    const { id } = await create({ name: 'a', externalId: '1' })
    const changed = await local.written(method, `/conversations/${id}`, {
      status: 'snoozed',
      snooze: { time: '2026-07-01T00:00:00Z', status: 'scheduled' },
    })
    expect(changed.attributes).toMatchObject({ name: 'a', externalId: '1', status: 'snoozed', rev: 2 })
  })

  test('PUT with replace clears the rest', async () => {
    const { id } = await create({ name: 'a', externalId: '1' })
    const changed = await local.written('PUT', `/conversations/${id}?replace=true`, { name: 'b' })
    expect(changed.attributes).toMatchObject({ name: 'b', externalId: null })
  })

  test('moving takes the notes along and is a body of its own', async () => {
    const other = (await local.written('POST', '/customers', { name: 'B' })).id
    const { id } = await create({ name: 'a' })
    await local.written('POST', `/conversations/${id}/notes`, { body: 'n' })
    expect((await local.api('PATCH', `/conversations/${id}`, { customer: other, name: 'b' })).status).toBe(
      400,
    )
    const moved = await local.written('PATCH', `/conversations/${id}`, { customer: other })
    expect(moved.relationships.customer?.data?.id).toBe(other)
    expect(ids(await local.api('GET', `/customers/${customer}/conversations`))).toEqual([])
    const notes = (await local.api('GET', `/customers/${other}/notes`)).body.data as Shown[]
    expect(notes.map((note) => note.relationships.customer?.data?.id)).toEqual([other])
  })

  test('an older revision is 409', async () => {
    const { id } = await create()
    await message(id)
    expect((await local.api('PATCH', `/conversations/${id}`, { name: 'x', rev: 1 })).status).toBe(409)
  })

  test('tags: a bare list adds and removes, new names become tags', async () => {
    const { id } = await create()
    const added = await local.written('POST', `/conversations/${id}/tags`, ['lead', 'vip'])
    const names = new Map(
      ((await local.api('GET', '/tags?pageSize=100')).body.data as Shown[]).map((tag) => [
        tag.attributes.name,
        tag.id,
      ]),
    )
    expect(added.attributes.tags).toEqual([names.get('lead'), names.get('vip')])
    const removed = await local.written('DELETE', `/conversations/${id}/tags`, [names.get('lead')])
    expect(removed.attributes.tags).toEqual([names.get('vip')])
    expect((await local.api('POST', `/conversations/${id}/tags`, { tags: ['x'] })).status).toBe(400)
  })
})

describe('status', () => {
  test.each(['done', 'snoozed'])(
    'an inbound message opens a %s conversation, an outbound one does not',
    async (status) => {
      const { id } = await create()
      await local.written('PATCH', `/conversations/${id}`, { status })
      await message(id, { direction: 'out' })
      expect((await show(id)).attributes.status).toBe(status)
      await message(id, { direction: 'in' })
      expect((await show(id)).attributes.status).toBe('open')
      const counted = (await local.api('GET', `/customers/${customer}`)).body.data
      expect(counted).toMatchObject({
        attributes: { conversationCounts: { open: 1, done: 0, snoozed: 0, all: 1 } },
      })
    },
  )

  test('a note leaves it', async () => {
    const { id } = await create({ status: 'done' })
    await local.written('POST', `/conversations/${id}/notes`, { body: 'n' })
    expect((await show(id)).attributes).toMatchObject({ status: 'done', noteCount: 1 })
  })
})
