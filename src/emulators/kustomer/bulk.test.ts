import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type LocalEmulator, problem, type Reply, type Shown, startLocalEmulator } from './local-emulator.ts'

let local: LocalEmulator
beforeEach(async () => {
  local = await startLocalEmulator()
})
afterEach(() => local.close())

const data = (reply: Reply) => reply.body.data as Shown
const batches = async (id: string) =>
  ((await local.api('GET', `/bulk/${id}/batches`)).body.data as Shown[])[0]?.attributes

describe('bulk', () => {
  test('is taken at once and done later; each item has its result', async () => {
    await local.written('POST', '/customers', { externalId: '1' })
    const reply = await local.api('POST', '/customers/bulk', [
      { _clientRef: 'a', name: 'A' },
      { _clientRef: 'b', externalId: '1' },
    ])
    expect(reply.status).toBe(201)
    const { id } = data(reply)
    expect(data(reply)).toMatchObject({
      type: 'bulk',
      attributes: {
        status: 'queued',
        context: 'customers',
        ids: [],
        payload: { api: { method: 'POST', path: '/v1/customers/bulk' } },
      },
      links: { self: `/v1/bulk/${id}` },
    })
    const status = async () => data(await local.api('GET', `/bulk/${id}`)).attributes
    expect(await status()).toMatchObject({ status: 'queued', batches: { complete: 0, total: 1 } })
    local.advance(1000)
    expect(await status()).toMatchObject({ status: 'running' })
    local.advance(1000)
    const { ids } = await status()
    expect(await status()).toMatchObject({ status: 'complete', batches: { complete: 1, total: 1 } })
    const [made] = ids as string[]
    expect(await batches(id)).toMatchObject({
      status: 'complete',
      objectIds: [made],
      successCount: 1,
      failureCount: 1,
      results: [
        { _clientRef: 'a', objectId: made, status: 'created' },
        { _clientRef: 'b', status: 'error', error: 'duplicate detected' },
      ],
    })
  })

  test('it is done even if nobody asks again', async () => {
    const quick = await startLocalEmulator({ minuteMs: 60, now: Date.now })
    await quick.api('POST', '/customers/bulk', [{ name: 'A' }])
    const customers = async () => (await quick.control('GET', '/state')).body.customers
    await expect.poll(customers).toHaveLength(1)
    await quick.close()
  })

  test('counts as one request, by switch not against a customer either', async () => {
    await local.control('PUT', '/switches', {
      creationsPerCustomerPerMinute: 1,
      creationsInBulk: 'free',
      bulkDelayMs: 0,
    })
    const { id: customer } = await local.written('POST', '/customers', { name: 'A' })
    const before = await local.api('GET', '/users/current')
    const reply = await local.api('POST', '/conversations/bulk', [{ customer }, { customer }, { customer }])
    expect(
      Number(before.headers.get('x-ratelimit-remaining')) -
        Number(reply.headers.get('x-ratelimit-remaining')),
    ).toBe(1)
    expect(await batches(data(reply).id)).toMatchObject({ successCount: 3 })
  })

  test('its items count among the creations of their customer, but for imported conversations and messages', async () => {
    await local.control('PUT', '/switches', { creationsPerCustomerPerMinute: 2, bulkDelayMs: 0 })
    const importedAt = '2026-01-01T00:00:00Z'
    const { id: one } = await local.written('POST', '/customers', { name: 'A' })
    const { id: two } = await local.written('POST', '/customers', { name: 'B' })
    const ofOne = await local.written('POST', '/conversations', { customer: one, importedAt })
    const ofTwo = await local.written('POST', '/conversations', { customer: two, importedAt })
    const note = { body: 'n', conversation: ofOne.id }
    const other = { body: 'n', conversation: ofTwo.id }
    const message = { channel: 'sms', app: 'x', conversation: ofOne.id }
    const conversation = { customer: one }
    const send = async (kind: string, ...items: object[]) =>
      (await local.api('POST', `/${kind}/bulk`, items)).status
    const imported = (item: object) => [1, 2, 3].map(() => ({ ...item, importedAt }))
    expect(await send('conversations', ...imported(conversation))).toBe(201)
    expect(await send('messages', ...imported(message))).toBe(201)
    // Refused whole, and nothing taken: the same two go right after.
    const { status, headers } = await local.api('POST', '/notes/bulk', [...imported(note), other])
    expect([status, headers.has('x-ratelimit-reset')]).toEqual([429, true])
    expect(await send('notes', note, other, other)).toBe(201)
    expect(await send('messages', message)).toBe(201)
    expect(await send('conversations', conversation)).toBe(429)
    expect(await send('notes', note)).toBe(429)
    expect(await send('notes', { body: 'n', conversation: 'none' })).toBe(201)
    local.advance(60_000)
    expect(await send('notes', note)).toBe(201)
  })

  type Ids = { customer: string; conversation: string }
  const kinds: [kind: string, item: (ids: Ids) => object, attributes: object][] = [
    [
      'conversations',
      ({ customer }) => ({ customer, name: 'Old', status: 'done', importedAt: '2026-01-01T00:00:00Z' }),
      { name: 'Old', status: 'done', importedAt: '2026-01-01T00:00:00.000Z' },
    ],
    ['notes', ({ conversation }) => ({ conversation, body: 'n' }), { body: 'n' }],
    [
      'messages',
      ({ conversation }) => ({ conversation, channel: 'sms', app: 'x', preview: 'hi' }),
      { channel: 'sms', preview: 'hi' },
    ],
  ]
  test.each(kinds)(
    'new %s are told by their references, and a strange key spoils all',
    async (kind, item, attributes) => {
      await local.control('PUT', '/switches', { bulkDelayMs: 0 })
      const { id: customer } = await local.written('POST', '/customers', { name: 'A' })
      const { id: conversation } = await local.written('POST', '/conversations', { customer })
      const good = item({ customer, conversation })
      const lost = item({ customer: '5c6e009c68b9d153304397d8', conversation: 'none' })
      const reply = await local.api('POST', `/${kind}/bulk`, [
        { ...good, _clientRef: 'a' },
        { ...lost, _clientRef: 'b' },
      ])
      const batch = await batches(data(reply).id)
      const [made] = (batch?.objectIds ?? []) as string[]
      expect(batch?.results).toEqual([
        { _clientRef: 'a', objectId: made, status: 'created' },
        { _clientRef: 'b', status: 'error', error: expect.any(String) },
      ])
      expect(data(await local.api('GET', `/${kind}/${made}`))).toMatchObject({
        attributes,
        relationships: { customer: { data: { id: customer } } },
      })
      const spoiled = await local.api('POST', `/${kind}/bulk`, [good, { ...good, colour: 'red' }])
      expect([spoiled.status, problem(spoiled).source]).toEqual([400, { parameter: 'colour' }])
    },
  )

  test('conversations are closed together', async () => {
    await local.control('PUT', '/switches', { bulkDelayMs: 0 })
    const { id: customer } = await local.written('POST', '/customers', { name: 'A' })
    const { id } = await local.written('POST', '/conversations', { customer })
    const reply = await local.api('PUT', '/conversations/bulk', [
      { id, status: 'done', _clientRef: 'a' },
      { id: 'none', status: 'done', _clientRef: 'b' },
    ])
    expect((await batches(data(reply).id))?.results).toEqual([
      { _clientRef: 'a', objectId: id, status: 'updated' },
      { _clientRef: 'b', status: 'error', error: 'Not Found' },
    ])
    expect(data(await local.api('GET', `/conversations/${id}`)).attributes.status).toBe('done')
    const spoiled = await local.api('PUT', '/conversations/bulk', [{ id, status: 'done', importedAt: 'x' }])
    expect([spoiled.status, problem(spoiled).source]).toEqual([400, { parameter: 'importedAt' }])
  })

  test('updates by items and by ids, and deletes', async () => {
    await local.control('PUT', '/switches', { bulkDelayMs: 0 })
    const one = await local.written('POST', '/customers', { name: 'A' })
    const two = await local.written('POST', '/customers', { name: 'B' })
    await local.api('PUT', '/customers/bulk', [
      { id: one.id, name: 'C' },
      { id: 'none', name: 'D' },
    ])
    await local.api('PUT', `/customers/bulk?ids=${one.id},${two.id}`, { username: 'u' })
    const shown = async (id: string) => await local.api('GET', `/customers/${id}`)
    expect(data(await shown(one.id)).attributes).toMatchObject({ name: 'C', username: 'u' })
    expect(data(await shown(two.id)).attributes).toMatchObject({ name: 'B', username: 'u' })
    await local.api('DELETE', `/customers/bulk?ids=${one.id}`)
    expect((await shown(one.id)).status).toBe(404)
  })

  test.each(['messages', 'notes'])('%s name their conversation', async (kind) => {
    await local.control('PUT', '/switches', { bulkDelayMs: 0 })
    const { id: customer } = await local.written('POST', '/customers', { name: 'A' })
    const { id: conversation } = await local.written('POST', '/conversations', { customer })
    const item = kind === 'notes' ? { body: 'n' } : { channel: 'chat', app: 'x' }
    expect((await local.api('POST', `/${kind}/bulk`, [item])).status).toBe(400)
    const reply = await local.api('POST', `/${kind}/bulk`, [{ ...item, conversation }])
    expect(await batches(data(reply).id)).toMatchObject({ successCount: 1 })
  })

  const refused: [string, unknown, string][] = [
    ['no items', [], 'body'],
    ['101 items', Array.from({ length: 101 }, () => ({})), 'body'],
    ['an object', { name: 'x' }, 'body'],
    ['a bad item', [{ name: 'x' }, { nme: 'y' }], 'nme'],
    ['a reference on some', [{ _clientRef: 'a' }, {}], '_clientRef'],
    ['a reference twice', [{ _clientRef: 'a' }, { _clientRef: 'a' }], '_clientRef'],
    ['an empty reference', [{ _clientRef: '' }], '_clientRef'],
    ['a long reference', [{ _clientRef: 'x'.repeat(256) }], '_clientRef'],
  ]
  test.each(refused)('%s is 400', async (_label, body, parameter) => {
    const reply = await local.api('POST', '/customers/bulk', body)
    expect([reply.status, problem(reply).source]).toEqual([400, { parameter }])
  })

  test('the update of old does not know whatsapps', async () => {
    const { id } = await local.written('POST', '/customers', { name: 'A' })
    const reply = await local.api('PUT', '/customers/bulk', [{ id, whatsapps: [] }])
    expect([reply.status, problem(reply).source]).toEqual([400, { parameter: 'whatsapps' }])
  })
})

describe('merge', () => {
  const phones = (phone: string) => ({ phones: [{ phone }] })

  test('unites lists, keeps the target’s values, moves conversations; the source is gone', async () => {
    const source = await local.written('POST', '/customers', {
      ...phones('+421904000001'),
      name: 'S',
      username: 'u',
      externalId: '1',
    })
    local.advance(1000)
    const target = await local.written('POST', '/customers', { ...phones('+421904000002'), name: 'T' })
    const conversation = await local.written('POST', '/conversations', { customer: source.id })
    const merge = await local.written('POST', '/customers/merges', { source: source.id, target: target.id })
    expect(merge.attributes.status).toBe('queued')
    expect((await local.api('GET', `/customers/${source.id}`)).status).toBe(200)
    local.advance(2000)
    expect(data(await local.api('GET', `/customers/merges/${merge.id}`)).attributes.status).toBe('complete')
    expect((await local.api('GET', `/customers/${source.id}`)).status).toBe(404)
    expect(data(await local.api('GET', `/customers/${target.id}`)).attributes).toMatchObject({
      name: 'T',
      username: 'u',
      externalId: '1',
      phones: [{ phone: '+421904000002' }, { phone: '+421904000001' }],
      createdAt: source.attributes.createdAt,
      conversationCounts: { all: 1 },
    })
    expect(data(await local.api('GET', '/customers/phone=+421904000001')).id).toBe(target.id)
    expect(
      data(await local.api('GET', `/conversations/${conversation.id}`)).relationships.customer?.data?.id,
    ).toBe(target.id)
    expect((await local.api('GET', `/customers/${target.id}/merges`)).body.data).toMatchObject([
      { id: merge.id },
    ])
  })

  test('takes as long as the switch says', async () => {
    await local.control('PUT', '/switches', { mergeDelayMs: 0 })
    const [source, target] = [
      await local.written('POST', '/customers', { name: 'S' }),
      await local.written('POST', '/customers', { name: 'T' }),
    ]
    await local.written('POST', '/customers/merges', { source: source.id, target: target.id })
    expect((await local.api('GET', `/customers/${source.id}`)).status).toBe(404)
  })

  test('refuses itself, strangers and what is no id', async () => {
    const { id } = await local.written('POST', '/customers', { name: 'A' })
    const merge = async (source: string, target: string) =>
      (await local.api('POST', '/customers/merges', { source, target })).status
    expect(await merge(id, id)).toBe(400)
    expect(await merge(id, 'x')).toBe(400)
    expect(await merge(id, '5c6e009c68b9d153304397d8')).toBe(404)
  })
})
