import { afterEach, beforeEach, expect, test } from 'vitest'
import { createKustomer, KustomerError } from '../../src/kustomer/index.ts'
import { type BulkWriter, createBulkWriter } from '../../src/sync/bulk-writer.ts'
import { createExpected } from '../../src/sync/expected.ts'
import type { Vendors } from '../../src/sync/vendors.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { createCustomer } from '../helpers/records.ts'
import { until } from '../helpers/until.ts'

/** The writer and the client as they are, without a budget before them. */

const PACE = { firstBackoffMs: 5 }
const IMPORTED = '2026-01-01T00:00:00.000Z'

let emulators: Emulators
let customer: string
let conversation: string
beforeEach(async () => {
  emulators = await startEmulators({ minuteMs: 1_000 })
  await emulators.kustomer.control('PUT', '/switches', { requestsPerMinute: 10_000 })
  customer = await createCustomer(emulators, { name: 'A' })
  const body = { customer, importedAt: IMPORTED }
  const made = await emulators.kustomer.api<{ data: { id: string } }>('POST', '/conversations', body)
  conversation = made.data.id
})
afterEach(() => emulators.close())

const writerWith = (fetchWith: typeof fetch = fetch, expected = {}): BulkWriter => {
  const kustomer = createKustomer({
    apiUrl: emulators.kustomer.url,
    apiKey: 'emulator',
    userAgent: 'tests',
    fetch: fetchWith,
  })
  const vendors = { kustomer: (call: (client: typeof kustomer) => unknown) => call(kustomer) } as Vendors
  return createBulkWriter(vendors, PACE, expected)
}
const routes = async () => (await emulators.kustomer.requests()).byRoute
const stored = async (kind: string) => (await emulators.kustomer.state())[kind] ?? []
const note = (body: string) => ({ conversation, body })

/** What became of each: `made`, or the failure. */
async function outcomes(writes: Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(writes)
  return settled.map((one) => {
    if (one.status === 'fulfilled') return 'made'
    if (!(one.reason instanceof KustomerError)) throw one.reason
    return one.reason.failure
  })
}

const kinds: [
  kind: string,
  write: (writer: BulkWriter, n: number) => Promise<{ id: string }>,
  field: string,
][] = [
  ['customers', (writer, n) => writer.create('customers', { name: `N${n}` }), 'name'],
  [
    'conversations',
    (writer, n) => writer.create('conversations', { customer, name: `N${n}`, importedAt: IMPORTED }),
    'name',
  ],
  [
    'messages',
    (writer, n) =>
      writer.create('messages', {
        conversation,
        channel: 'sms',
        app: 'cloudtalk',
        preview: `N${n}`,
        importedAt: IMPORTED,
      }),
    'preview',
  ],
  ['notes', (writer, n) => writer.create('notes', note(`N${n}`)), 'body'],
]
test.each(kinds)(
  '%s that come together share a request, and each gets its own id',
  async (kind, write, field) => {
    const writer = writerWith()
    const made = await Promise.all([0, 1, 2].map((n) => write(writer, n)))
    const texts = new Map((await stored(kind)).map(({ id, attributes }) => [id, attributes[field]]))
    expect(made.map(({ id }) => texts.get(id))).toEqual(['N0', 'N1', 'N2'])
    expect(await routes()).toMatchObject({ [`POST /${kind}/bulk`]: 1 })
  },
)

test('different kinds, and creations and edits, never share a request', async () => {
  const writer = writerWith()
  await Promise.all([
    ...kinds.map(([, write]) => write(writer, 0)),
    writer.update('conversations', conversation, { status: 'done' }),
  ])
  expect(await routes()).toMatchObject({
    ...Object.fromEntries(kinds.map(([kind]) => [`POST /${kind}/bulk`, 1])),
    'PUT /conversations/bulk': 1,
  })
})

test('a request waits for those who are on their way', async () => {
  const expected = createExpected()
  const writer = writerWith(fetch, { notes: expected })
  const announced = [expected.announce(), expected.announce()]
  const first = writer.create('notes', note('1'))
  await new Promise((later) => setTimeout(later, 400))
  expect((await routes())['POST /notes/bulk']).toBeUndefined()
  const second = writer.create('notes', note('2'))
  await Promise.all([first, second])
  for (const over of announced) over()
  expect((await routes())['POST /notes/bulk']).toBe(1)
})

test('edits of conversations, of which one is not there', async () => {
  const writer = writerWith()
  const nobody = '5c6e009c68b9d153304397d8'
  const writes = [conversation, nobody].map((id) => writer.update('conversations', id, { status: 'done' }))
  expect(await outcomes(writes)).toEqual(['made', { kind: 'notFound' }])
  expect(await routes()).toMatchObject({ 'PUT /conversations/bulk': 1 })
  expect((await stored('conversations'))[0]).toMatchObject({
    id: conversation,
    attributes: { status: 'done' },
  })
})

test('what Kustomer does not take of one item is said of that item', async () => {
  const writer = writerWith()
  const create = (externalId: string) =>
    writer.create('conversations', { customer, externalId, importedAt: IMPORTED })
  await create('1')
  expect(await outcomes([create('1'), create('2')])).toEqual([{ kind: 'conflict', fields: [] }, 'made'])
})

test('one that makes the whole request a 400 fails alone', async () => {
  const writer = writerWith()
  const bodies = ['a', 'b', 'x'.repeat(10_241), 'c', 'd']
  const found = await outcomes(bodies.map((body) => writer.create('notes', note(body))))
  expect(found).toMatchObject(['made', 'made', { kind: 'rejected' }, 'made', 'made'])
  expect(await stored('notes')).toHaveLength(4)
})

test('more than 100 KB go in parts', async () => {
  const writer = writerWith()
  const bodies = Array.from({ length: 30 }, (_, n) => `${n} ${'x'.repeat(9_000)}`)
  expect(new Set(await outcomes(bodies.map((body) => writer.create('notes', note(body)))))).toEqual(
    new Set(['made']),
  )
  expect(await stored('notes')).toHaveLength(30)
})

test('notes of one customer beyond its limit come again later, and none of them was made', async () => {
  await emulators.kustomer.control('PUT', '/switches', { creationsPerCustomerPerMinute: 2 })
  const writer = writerWith()
  const found = await outcomes(['a', 'b', 'c'].map((body) => writer.create('notes', note(body))))
  expect(found).toEqual(Array(3).fill({ kind: 'rateLimited', retryAt: expect.any(Number) }))
  expect(await stored('notes')).toEqual([])
})

const MAYBE_DONE = { kind: 'unreachable', maybeDone: true }

test('a lost answer: every item may be done', async () => {
  await setFaults(emulators.kustomer, { route: 'POST /notes/bulk', kind: 'lostAnswer' })
  const writer = writerWith()
  const found = await outcomes(['a', 'b'].map((body) => writer.create('notes', note(body))))
  expect(found).toMatchObject([MAYBE_DONE, MAYBE_DONE])
  await until('they are made once', async () => (await stored('notes')).length === 2)
})

test.each([503, 429])('a %d on the way to the results is waited out', async (status) => {
  await setFaults(emulators.kustomer, { route: 'GET /bulk/:id/batches', kind: 'status', status })
  const writing = writerWith().create('notes', note('a'))
  await until('it has looked twice', async () => ((await routes())['GET /bulk/:id/batches'] ?? 0) > 1)
  await setFaults(emulators.kustomer)
  expect((await writing).id).toBe((await stored('notes'))[0]?.id)
})

test('results that may not be read: every item may be done', async () => {
  await setFaults(emulators.kustomer, { route: 'GET /bulk/:id/batches', kind: 'status', status: 403 })
  const error = await writerWith()
    .create('notes', note('a'))
    .catch((error: unknown) => error)
  expect(error).toMatchObject({ failure: MAYBE_DONE, cause: { failure: { kind: 'forbidden' } } })
})

/** Changes what the vendor answers, or lets a request fail. */
const between =
  (change: (url: string, body: string, answer: () => Promise<string>) => Promise<string>): typeof fetch =>
  async (input, init) => {
    let status = 200
    const answer = async () => {
      const response = await fetch(input, init)
      status = response.status
      return response.text()
    }
    const text = await change(String(input), String(init?.body ?? ''), answer)
    return new Response(text, { status })
  }

test('a result that never comes: that item may be done, the others are', async () => {
  const fetchLosing = between(async (url, _body, answer) => {
    const text = await answer()
    if (!url.endsWith('/batches')) return text
    const list = JSON.parse(text) as { data: { attributes: { results?: unknown[] } }[] }
    for (const { attributes } of list.data) attributes.results = attributes.results?.slice(1)
    return JSON.stringify(list)
  })
  const writer = writerWith(fetchLosing)
  expect(await outcomes(['a', 'b'].map((body) => writer.create('notes', note(body))))).toMatchObject([
    MAYBE_DONE,
    'made',
  ])
})

test('what befalls one half befalls no other', async () => {
  const fetchBreaking = between(async (url, body, answer) => {
    if (!url.endsWith('/notes/bulk') || !body.includes('Broken')) return answer()
    if (body.includes('"a"')) return answer()
    throw new TypeError('fetch failed')
  })
  const writer = writerWith(fetchBreaking)
  const bodies = ['a', 'x'.repeat(10_241), 'Broken', 'c']
  const found = await outcomes(bodies.map((body) => writer.create('notes', note(body))))
  expect(found).toMatchObject(['made', { kind: 'rejected' }, MAYBE_DONE, MAYBE_DONE])
  expect(await stored('notes')).toHaveLength(1)
})
