import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ids, type LocalEmulator, problem, type Shown, startLocalEmulator } from './local-emulator.ts'

let local: LocalEmulator
beforeEach(async () => {
  local = await startLocalEmulator()
  await local.control('PUT', '/switches', { searchLagMs: 0 })
})
afterEach(() => local.close())

const create = (body: object): Promise<Shown> => local.written('POST', '/customers', body)
const search = (body: object, query = '') => local.api('POST', `/customers/search${query}`, body)

describe('criteria', () => {
  const one = {
    name: 'Ann Bell',
    externalId: 'CT-6',
    emails: [{ email: 'ann@example.org' }],
    phones: [{ phone: '+421904000001' }],
    sharedPhones: [{ phone: '+421904000009' }],
    tags: ['vip'],
  }
  const two = { name: 'Bob Bell', phones: [{ phone: '421904000002' }] }

  const cases: [object, string[]][] = [
    [{ and: [{ customer_name: { equals: 'ann bell' } }] }, ['one']],
    [{ and: { customer_name: { contains: 'bell' } } }, ['one', 'two']],
    [{ and: [{ customer_name: { contains: 'bell' } }, { customer_email: { contains: 'ann@' } }] }, ['one']],
    [
      { or: [{ customer_name: { equals: 'nobody' } }, { customer_phone: { equals: '421904000002' } }] },
      ['two'],
    ],
    [{ not: [{ customer_name: { contains: 'ann' } }] }, ['two']],
    [{ and: [{ customer_phone: { equals: '+421904000002' } }] }, []],
    [{ and: [{ customer_phone: { in: ['+421904000001', '421904000002'] } }] }, ['one', 'two']],
    [{ and: [{ customer_phone: { not_in: ['+421904000001'] } }] }, ['two']],
    [{ and: [{ customer_shared_phone: { equals: '+421904000009' } }] }, ['one']],
    [{ and: [{ customer_externalId: { equals: 'CT-6' } }] }, ['one']],
    [{ and: [{ customer_externalId: { equals: 'ct-6' } }] }, []],
    [{ and: [{ customer_email: { not_set: '' } }] }, ['two']],
    [{ and: [{ customer_email: { set: '' } }] }, ['one']],
    [{ and: [{ customer_created_at: { gte: '2026-06-01T12:00:00Z' } }] }, ['one', 'two']],
    [{ and: [{ customer_created_at: { gt: '2026-06-01T12:00:00.000Z' } }] }, ['two']],
    [
      { and: [{ customer_created_at: { gte: '2026-06-01T12:00:00Z', lt: '2026-06-01T12:00:01Z' } }] },
      ['one'],
    ],
    [{ and: [{ customer_created_at: { gte: '2026-06-02' } }] }, []],
    [{ and: [{ customer_created_at: { lte: '2026-06-01' } }] }, ['one', 'two']],
    [{ timeZone: 'Pacific/Auckland', and: [{ customer_created_at: { gte: '2026-06-02' } }] }, ['one', 'two']],
    [{ and: [{ customer_conversations_count: { lt: 1 } }] }, ['one', 'two']],
    [{ and: [{ customer_imported: { equals: false } }] }, ['one', 'two']],
    [{ and: [{ any_text: { contains: 'CT-6' } }] }, ['one']],
    [{ sort: [{ customer_name: 'desc' }] }, ['two', 'one']],
    [{ sort: { customer_externalId: 'asc' } }, ['one', 'two']],
    [{ queryContext: 'customer', and: [], sort: [{ customer_updated_at: 'desc' }] }, ['two', 'one']],
  ]
  test.each(cases)('%j', async (body, expected) => {
    const names = new Map([[(await create(one)).id, 'one']])
    local.advance(1000)
    names.set((await create(two)).id, 'two')
    expect(ids(await search(body)).map((id) => names.get(id))).toEqual(expected)
  })

  const refused: [object, string][] = [
    [{ and: [{ customer_whatsapp: { equals: 'x' } }] }, 'customer_whatsapp'],
    [{ and: [{ conversation_external_id: { equals: 'x' } }] }, 'conversation_external_id'],
    [{ and: [{ customer_custom_x: { equals: 'x' } }] }, 'customer_custom_x'],
    [{ and: [{ customer_name: { gte: 'x' } }] }, 'customer_name'],
    [{ and: [{ customer_name: 'x' }] }, 'customer_name'],
    [{ and: [{ customer_externalId: { contains: 'x' } }] }, 'customer_externalId'],
    [{ and: [{ customer_created_at: { gte: 'soon' } }] }, 'customer_created_at'],
    [{ and: [{ customer_phone: { in: 'x' } }] }, 'customer_phone'],
    [{ sort: [{ customer_phone: 'asc' }] }, 'customer_phone'],
    [{ sort: [{ customer_name: 'up' }] }, 'sort'],
    [{ queryContext: 'order' }, 'queryContext'],
    [{ filter: [] }, 'filter'],
  ]
  test.each(refused)('%j is 400', async (body, parameter) => {
    const reply = await search(body)
    expect([reply.status, problem(reply).source]).toEqual([400, { parameter }])
  })

  test('other contexts', async () => {
    const customer = await create({ name: 'A' })
    const conversation = await local.written('POST', '/conversations', {
      customer: customer.id,
      name: 'Missed Call',
    })
    const note = await local.written('POST', `/conversations/${conversation.id}/notes`, {
      body: 'b',
      externalId: '9',
    })
    const message = await local.written('POST', `/conversations/${conversation.id}/messages`, {
      channel: 'chat',
      app: 'x',
      externalId: 'm9',
    })
    const company = await local.written('POST', '/companies', { name: 'Quillworks' })
    const find = async (queryContext: string, and: object) => ids(await search({ queryContext, and }))
    expect(await find('conversation', { conversation_customer_id: { equals: customer.id } })).toEqual([
      conversation.id,
    ])
    expect(await find('conversation', { conversation_channels: { equals: 'chat' } })).toEqual([
      conversation.id,
    ])
    expect(await find('note', { note_external_id: { equals: '9' } })).toEqual([note.id])
    expect(await find('note', { note_conversation_id: { equals: conversation.id } })).toEqual([note.id])
    expect(await find('message', { message_external_id: { equals: 'm9' } })).toEqual([message.id])
    expect(await find('company', { company_name: { equals: 'quillworks' } })).toEqual([company.id])
    expect(await find('kobject_order', {})).toEqual([])
  })

  test('conversations: by time, customer, channel and more, in order, by pages, deleted ones on demand', async () => {
    const { id: customer } = await create({ name: 'A' })
    const { id: other } = await create({ name: 'B' })
    const made: Shown[] = []
    for (const [index, more] of [{}, { status: 'done' }, { importedAt: '2026-05-01T00:00:00Z' }].entries()) {
      local.advance(1_000)
      const body = { customer, name: `C${index}`, createdAt: `2026-03-0${index + 1}T00:00:00Z`, ...more }
      made.push(await local.written('POST', '/conversations', body))
    }
    local.advance(1_000)
    made.push(await local.written('POST', '/conversations', { customer: other, name: 'C3' }))
    const [first, second, third, fourth] = made.map(({ id }) => id)
    const names = new Map(made.map(({ id }, index) => [id, index]))
    local.advance(1_000)
    await local.written('POST', `/conversations/${first}/messages`, { channel: 'sms', app: 'x' })
    await local.written('POST', `/conversations/${first}/notes`, { body: 'n' })
    local.advance(1_000)
    await local.written('PATCH', `/conversations/${second}`, { name: 'C1!' })
    await local.api('DELETE', `/conversations/${fourth}`)

    const at = (seconds: number) => `2026-06-01T12:00:0${seconds}.000Z`
    const cases: [body: object, expected: number[]][] = [
      [{}, [0, 1, 2]],
      [{ includeDeleted: true }, [0, 1, 2, 3]],
      [{ and: { conversation_customer_id: { equals: customer } } }, [0, 1, 2]],
      [{ and: { conversation_customer_id: { in: [other] } }, includeDeleted: true }, [3]],
      [{ and: { conversation_channels: { contains: 'sms' } } }, [0]],
      [{ and: { conversation_channels: { not_set: '' } } }, [1, 2]],
      [{ and: { conversation_status: { equals: 'done' } } }, [1]],
      [{ and: { conversation_imported: { equals: true } } }, [2]],
      [{ and: { conversation_note_count: { gte: 1 } } }, [0]],
      [{ and: { conversation_created_at: { gte: '2026-03-02', lt: '2026-03-03' } } }, [1]],
      // Messages and notes move one time, edits both (contract §1.7).
      [{ and: { conversation_updated_at: { gte: at(5) } } }, [0, 1]],
      [{ and: { conversation_modified_at: { gte: at(5) } } }, [1]],
      [{ sort: [{ conversation_updated_at: 'desc' }] }, [1, 0, 2]],
      [{ sort: [{ conversation_modified_at: 'asc' }] }, [0, 2, 1]],
      [{ sort: [{ conversation_created_at: 'desc' }] }, [2, 1, 0]],
    ]
    for (const [body, expected] of cases) {
      const found = ids(await search({ queryContext: 'conversation', ...body }))
      expect([body, found.map((id) => names.get(id))]).toEqual([body, expected])
    }

    const sort = [{ conversation_created_at: 'asc' }]
    const page = await search({ queryContext: 'conversation', sort }, '?page=2&pageSize=2')
    expect(ids(page)).toEqual([third])
    expect(page.body).toMatchObject({
      meta: { total: 3, totalPages: 2 },
      links: { next: null },
      data: [
        {
          attributes: { importedAt: '2026-05-01T00:00:00.000Z', noteCount: 0, messageCount: 0 },
          relationships: { customer: { data: { id: customer } }, createdBy: { data: { type: 'user' } } },
        },
      ],
    })
    const deleted = await search(
      { queryContext: 'conversation', includeDeleted: true, sort },
      '?page=2&pageSize=3',
    )
    expect(deleted.body.data).toMatchObject([{ id: fourth, attributes: { deleted: true } }])
    for (const unknown of ['conversation_external_id', 'conversation_created_by', 'customer_name'])
      expect(
        (await search({ queryContext: 'conversation', and: { [unknown]: { equals: 'x' } } })).status,
      ).toBe(400)
  })

  test('deleted records only on demand', async () => {
    const { id } = await create({ name: 'A' })
    await local.api('DELETE', `/customers/${id}`)
    expect(ids(await search({}))).toEqual([])
    expect(ids(await search({ includeDeleted: true }))).toEqual([id])
  })

  test('what did not move for two years is in the archive', async () => {
    const { id } = await create({ name: 'A' })
    local.advance(2 * 366 * 24 * 3_600_000)
    const archive = await local.api('POST', '/customers/archive/search', {})
    expect([ids(await search({})), ids(archive)]).toEqual([[], [id]])
  })
})

describe('pages', () => {
  test('totals, links and ids only', async () => {
    const made: string[] = []
    for (let n = 0; n < 3; n++) made.push((await create({ name: `N${n}` })).id)
    const reply = await search({}, '?page=2&pageSize=2&idsOnly=true')
    expect(reply.body).toEqual({
      meta: { pageSize: 2, page: 2, total: 3, totalPages: 2, aggregations: {}, timed_out: false },
      links: {
        self: '/v1/customers/search?page=2&pageSize=2&idsOnly=true',
        first: '/v1/customers/search?page=1&pageSize=2&idsOnly=true',
        prev: '/v1/customers/search?page=1&pageSize=2&idsOnly=true',
        next: null,
        last: '/v1/customers/search?page=2&pageSize=2&idsOnly=true',
      },
      data: [{ type: 'customer', id: made[2] }],
    })
    expect((await search({}, '?pageSize=501')).status).toBe(400)
  })

  test('the cap of 100 pages: the last names a next one that is refused; by switches neither', async () => {
    await local.control('POST', '/reset', { world: { customers: 102 } })
    const links = async () =>
      (await search({}, '?page=100&pageSize=1')).body.links as { next: string | null; last: string }
    expect(await links()).toMatchObject({
      next: '/v1/customers/search?page=101&pageSize=1',
      last: '/v1/customers/search?page=102&pageSize=1',
    })
    expect((await search({}, '?page=101&pageSize=1')).status).toBe(400)
    await local.control('PUT', '/switches', { searchNextBeyondCap: false, searchBeyondCap: 'empty' })
    expect((await links()).next).toBeNull()
    expect(ids(await search({}, '?page=101&pageSize=1'))).toEqual([])
  })
})

describe('lag', () => {
  test('the index is 1.5 s behind, look-ups are not', async () => {
    await local.control('PUT', '/switches', { searchLagMs: 1500 })
    const { id } = await create({ name: 'A', externalId: '6' })
    expect(ids(await search({}))).toEqual([])
    expect((await local.api('GET', '/customers/externalId=6')).status).toBe(200)
    local.advance(1500)
    expect(ids(await search({}))).toEqual([id])
    await local.api('PATCH', `/customers/${id}`, { name: 'B' })
    expect((await search({})).body.data).toMatchObject([{ attributes: { name: 'A', rev: 1 } }])
    local.advance(1500)
    expect((await search({})).body.data).toMatchObject([{ attributes: { name: 'B', rev: 2 } }])
  })

  test('it shrinks with the minute, and a seeded world is there at once', async () => {
    const quick = await startLocalEmulator({ minuteMs: 1000, customers: 3 })
    await quick.written('POST', '/customers', { name: 'A' })
    const total = async () =>
      (await quick.api('POST', '/customers/search', {})).body.meta as { total: number }
    expect((await total()).total).toBe(3)
    quick.advance(25)
    expect((await total()).total).toBe(4)
    await quick.close()
  })
})
