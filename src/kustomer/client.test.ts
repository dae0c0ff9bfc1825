import { afterEach, beforeEach, expect, test } from 'vitest'
import { createKustomer, type Kustomer } from './client.ts'
import { payload, startTestServer } from './test-server.ts'
import type { KustomerAnswer } from './transport.ts'

const CUSTOMER = '64b1f0c2a9d8e7f6a5b4c3d2'
const CONVERSATION = '64b1f0c2a9d8e7f6a5b4c3d9'
const USER = '5f0c1d2e3a4b5c6d7e8f9a01'

let server: Awaited<ReturnType<typeof startTestServer>>
let kustomer: Kustomer
let answers: KustomerAnswer[]
beforeEach(async () => {
  server = await startTestServer()
  answers = []
  kustomer = createKustomer({
    apiUrl: server.url,
    apiKey: 'k3y',
    userAgent: 'cloudtalk-kustomer/test',
    timeoutMs: 2_000,
    onAnswer: (answer) => answers.push(answer),
  })
})
afterEach(() => server.close())

type Case = [
  name: string,
  call: (kustomer: Kustomer) => Promise<unknown>,
  request: string,
  sent: unknown,
  answer: string | undefined,
  expected: unknown,
]

const cases: Case[] = [
  [
    'auth.current',
    (k) => k.auth.current(),
    'GET /v1/auth/tokens/current',
    undefined,
    'token',
    { userId: USER, roles: ['org.admin', 'org.permission', 'org.user'] },
  ],
  [
    'users.list',
    (k) => k.users.list({ page: 2, pageSize: 500 }),
    'GET /v1/users?page=2&pageSize=500',
    undefined,
    'users',
    { items: [{ id: USER, name: 'Maya Lindgren' }] },
  ],
  [
    'users.get',
    (k) => k.users.get(USER),
    `GET /v1/users/${USER}`,
    undefined,
    'user',
    { id: USER, displayName: undefined, rev: 0 },
  ],
  [
    'users.byEmail, in any case',
    (k) => k.users.byEmail('maya@ACME.example'),
    'GET /v1/users?email=maya%40ACME.example',
    undefined,
    'users',
    { id: USER },
  ],
  [
    'users.byEmail, somebody else',
    (k) => k.users.byEmail('other@acme.example'),
    'GET /v1/users?email=other%40acme.example',
    undefined,
    'users',
    undefined,
  ],
  ['users.current', (k) => k.users.current(), 'GET /v1/users/current', undefined, 'user', { id: USER }],
  [
    'teams.list',
    (k) => k.teams.list(),
    'GET /v1/teams',
    undefined,
    'teams',
    { items: [{ name: 'sales', members: [USER] }] },
  ],
  [
    'tags.list',
    (k) => k.tags.list({ page: 1 }),
    'GET /v1/tags?page=1',
    undefined,
    'tags',
    { items: [{ name: 'VIP' }], next: '/v1/tags?page=2&pageSize=50' },
  ],
  [
    'companies.get',
    (k) => k.companies.get('c1'),
    'GET /v1/companies/c1',
    undefined,
    'company',
    { name: 'Alpine Optics', rev: 4 },
  ],
  [
    'companies.create',
    (k) => k.companies.create({ name: 'Alpine Optics' }),
    'POST /v1/companies',
    { name: 'Alpine Optics' },
    'company',
    { name: 'Alpine Optics' },
  ],
  [
    'customers.get',
    (k) => k.customers.get(CUSTOMER),
    `GET /v1/customers/${CUSTOMER}`,
    undefined,
    'customer',
    { id: CUSTOMER, rev: 7 },
  ],
  [
    'an id cannot leave its folder',
    (k) => k.customers.get('../users'),
    'GET /v1/customers/..%2Fusers',
    undefined,
    'customer',
    { id: CUSTOMER },
  ],
  [
    'customers.byEmail',
    (k) => k.customers.byEmail('a+b@mail.example'),
    'GET /v1/customers/email=a%2Bb%40mail.example',
    undefined,
    'customer',
    { id: CUSTOMER },
  ],
  [
    'customers.byPhone',
    (k) => k.customers.byPhone('+4915110123456'),
    'GET /v1/customers/phone=%2B4915110123456',
    undefined,
    'customer',
    { id: CUSTOMER },
  ],
  [
    'customers.byExternalId',
    (k) => k.customers.byExternalId('a/1'),
    'GET /v1/customers/externalId=a%2F1',
    undefined,
    'customer',
    { id: CUSTOMER },
  ],
  [
    'customers.create',
    (k) => k.customers.create({ name: 'J' }),
    'POST /v1/customers',
    { name: 'J' },
    'customer',
    { id: CUSTOMER },
  ],
  [
    'customers.update',
    (k) => k.customers.update(CUSTOMER, { name: 'J', company: 'c1' }),
    `PUT /v1/customers/${CUSTOMER}`,
    { name: 'J', company: 'c1' },
    'customer',
    { id: CUSTOMER },
  ],
  [
    'customers.delete',
    (k) => k.customers.delete(CUSTOMER),
    `DELETE /v1/customers/${CUSTOMER}`,
    undefined,
    undefined,
    undefined,
  ],
  [
    'customers.merge',
    (k) => k.customers.merge('a', 'b'),
    'POST /v1/customers/merges',
    { source: 'a', target: 'b' },
    'merge',
    { status: 'queued' },
  ],
  [
    'customers.search',
    (k) => k.customers.search({ and: [{ customer_modified_at: { gte: 'T' } }] }, { page: 1, pageSize: 2 }),
    'POST /v1/customers/search?page=1&pageSize=2',
    { and: [{ customer_modified_at: { gte: 'T' } }], queryContext: 'customer' },
    'customer-search',
    {
      customers: [{ id: CUSTOMER }, { emails: [], phones: [], deleted: false }],
      total: 35_642,
      totalPages: 17_821,
      next: '/v1/customers/search?page=2&pageSize=2',
    },
  ],
  [
    'customers.searchArchive',
    (k) => k.customers.searchArchive({ sort: [{ customer_modified_at: 'asc' }] }, { page: 1, pageSize: 500 }),
    'POST /v1/customers/archive/search?page=1&pageSize=500',
    { sort: [{ customer_modified_at: 'asc' }], queryContext: 'customer' },
    'customer-archive-search',
    {
      customers: [{ name: 'Old Friend', phones: [{ phone: '9999999999' }], rev: 3 }],
      unreadable: [],
      total: 1,
      totalPages: 1,
    },
  ],
  [
    'customers.list',
    (k) => k.customers.list({ page: 3, pageSize: 100 }),
    'GET /v1/customers?page=3&pageSize=100',
    undefined,
    'customer-search',
    { customers: [{ id: CUSTOMER }, {}] },
  ],
  [
    'customers.list, of one moment',
    (k) => k.customers.list({ page: 1 }, { createdAt: { gte: 'A', lt: 'B' } }),
    'GET /v1/customers?page=1&filter%5BcreatedAt%5D%5Bgte%5D=A&filter%5BcreatedAt%5D%5Blt%5D=B',
    undefined,
    'customer-search',
    { customers: [{ id: CUSTOMER }, {}] },
  ],
  [
    'conversations.create',
    (k) => k.conversations.create({ customer: CUSTOMER, name: 'Missed Call', status: 'open' }),
    'POST /v1/conversations',
    { customer: CUSTOMER, name: 'Missed Call', status: 'open' },
    'conversation',
    {
      id: CONVERSATION,
      customerId: CUSTOMER,
      status: 'open',
      channels: [],
      assignedUsers: [USER],
      noteCount: 1,
    },
  ],
  [
    'conversations.get',
    (k) => k.conversations.get(CONVERSATION),
    `GET /v1/conversations/${CONVERSATION}`,
    undefined,
    'conversation',
    { rev: 2 },
  ],
  [
    'conversations.byExternalId',
    (k) => k.conversations.byExternalId('1002000001'),
    'GET /v1/conversations/externalId=1002000001',
    undefined,
    'conversation',
    { externalId: '1002000001' },
  ],
  [
    'conversations.update',
    (k) => k.conversations.update(CONVERSATION, { status: 'done' }),
    `PATCH /v1/conversations/${CONVERSATION}`,
    { status: 'done' },
    'conversation',
    { id: CONVERSATION },
  ],
  [
    'conversations.moveTo',
    (k) => k.conversations.moveTo(CONVERSATION, CUSTOMER),
    `PATCH /v1/conversations/${CONVERSATION}`,
    { customer: CUSTOMER },
    'conversation',
    { customerId: CUSTOMER },
  ],
  [
    'conversations.create, brought over and assigned',
    (k) =>
      k.conversations.create({
        customer: CUSTOMER,
        importedAt: 'T',
        assignedUsers: [USER],
        assignedTeams: ['t1'],
      }),
    'POST /v1/conversations',
    { customer: CUSTOMER, importedAt: 'T', assignedUsers: [USER], assignedTeams: ['t1'] },
    'conversation',
    { assignedTeams: [] },
  ],
  [
    'conversations.update, assigned',
    (k) => k.conversations.update(CONVERSATION, { assignedUsers: [USER], assignedTeams: ['t1'] }),
    `PATCH /v1/conversations/${CONVERSATION}`,
    { assignedUsers: [USER], assignedTeams: ['t1'] },
    'conversation',
    { assignedUsers: [USER] },
  ],
  [
    'conversations.search',
    (k) =>
      k.conversations.search(
        {
          and: [{ conversation_modified_at: { gte: 'T' } }],
          sort: [{ conversation_modified_at: 'asc' }],
          includeDeleted: true,
        },
        { page: 1, pageSize: 2 },
      ),
    'POST /v1/customers/search?page=1&pageSize=2',
    {
      and: [{ conversation_modified_at: { gte: 'T' } }],
      sort: [{ conversation_modified_at: 'asc' }],
      includeDeleted: true,
      queryContext: 'conversation',
    },
    'conversation-search',
    {
      items: [
        {
          id: CONVERSATION,
          externalId: '1002000001',
          customerId: CUSTOMER,
          createdById: USER,
          importedAt: '2025-03-21T20:20:00.000Z',
          createdAt: '2025-03-21T20:20:00.000Z',
          deleted: false,
          noteCount: 1,
          messageCount: 0,
        },
        {
          customerId: CUSTOMER,
          createdById: undefined,
          deleted: true,
          messageCount: 2,
        },
      ],
      unreadable: [],
      total: 5,
      totalPages: 3,
      next: '/v1/customers/search?page=2&pageSize=2',
    },
  ],
  [
    'notes.create',
    (k) => k.notes.create(CONVERSATION, { body: 'x', externalId: '1' }),
    `POST /v1/conversations/${CONVERSATION}/notes`,
    { body: 'x', externalId: '1' },
    'note',
    { conversationId: CONVERSATION, customerId: CUSTOMER, body: 'Agent: Maya' },
  ],
  [
    'notes.update',
    (k) => k.notes.update('n1', { body: 'y' }),
    'PATCH /v1/notes/n1',
    { body: 'y' },
    'note',
    { createdById: USER },
  ],
  [
    'notes.get',
    (k) => k.notes.get('n1'),
    'GET /v1/notes/n1',
    undefined,
    'note',
    { externalId: '1002000001' },
  ],
  [
    'notes.list',
    (k) => k.notes.list(CONVERSATION),
    `GET /v1/conversations/${CONVERSATION}/notes`,
    undefined,
    'notes',
    { items: [{ body: 'Agent: Maya' }] },
  ],
  [
    'conversations.delete',
    (k) => k.conversations.delete('c1'),
    'DELETE /v1/conversations/c1',
    undefined,
    undefined,
    undefined,
  ],
  ['notes.delete', (k) => k.notes.delete('n1'), 'DELETE /v1/notes/n1', undefined, undefined, undefined],
  [
    'messages.create',
    (k) => k.messages.create(CONVERSATION, { channel: 'chat', app: 'cloudtalk' }),
    `POST /v1/conversations/${CONVERSATION}/messages`,
    { channel: 'chat', app: 'cloudtalk' },
    'message',
    { customerId: CUSTOMER, meta: { callId: 1_002_000_001 }, subject: undefined },
  ],
  [
    'messages.create, brought over',
    (k) => k.messages.create(CONVERSATION, { channel: 'sms', app: 'cloudtalk', importedAt: 'T' }),
    `POST /v1/conversations/${CONVERSATION}/messages`,
    { channel: 'sms', app: 'cloudtalk', importedAt: 'T' },
    'message',
    { app: 'cloudtalk' },
  ],
  [
    'messages.byExternalId',
    (k) => k.messages.byExternalId('sms-1'),
    'GET /v1/messages/externalid=sms-1',
    undefined,
    'message',
    { channel: 'chat' },
  ],
  [
    'messages.update',
    (k) => k.messages.update('m1', { status: 'error' }),
    'PATCH /v1/messages/m1',
    { status: 'error' },
    'message',
    { status: 'received' },
  ],
  [
    'bulk.create',
    (k) => k.bulk.create('customers', [{ name: 'J', _clientRef: 'a' }]),
    'POST /v1/customers/bulk',
    [{ name: 'J', _clientRef: 'a' }],
    'bulk',
    { status: 'queued', batches: { complete: 0, total: 0 } },
  ],
  [
    'bulk.update',
    (k) => k.bulk.update('notes', [{ id: 'n1', body: 'J' }]),
    'PUT /v1/notes/bulk',
    [{ id: 'n1', body: 'J' }],
    'bulk',
    { id: '6d0000000000000000000001' },
  ],
  [
    'bulk.create of messages',
    (k) => k.bulk.create('messages', [{ channel: 'sms', app: 'a', conversation: 'c', _clientRef: 'r' }]),
    'POST /v1/messages/bulk',
    [{ channel: 'sms', app: 'a', conversation: 'c', _clientRef: 'r' }],
    'bulk',
    { status: 'queued' },
  ],
  [
    'bulk.update of conversations',
    (k) => k.bulk.update('conversations', [{ id: CONVERSATION, status: 'done', _clientRef: 'r' }]),
    'PUT /v1/conversations/bulk',
    [{ id: CONVERSATION, status: 'done', _clientRef: 'r' }],
    'bulk',
    { status: 'queued' },
  ],
  ['bulk.status', (k) => k.bulk.status('b1'), 'GET /v1/bulk/b1', undefined, 'bulk', { status: 'queued' }],
  [
    'bulk.batches',
    (k) => k.bulk.batches('b1'),
    'GET /v1/bulk/b1/batches',
    undefined,
    'bulk-batches',
    [
      {
        status: 'complete',
        successCount: 1,
        failureCount: 1,
        results: [
          { clientRef: 'crm-001', objectId: CUSTOMER, status: 'created' },
          { clientRef: 'crm-002', status: 'error', error: 'duplicate detected' },
        ],
      },
    ],
  ],
  [
    'webhooks.get',
    (k) => k.webhooks.get('w1'),
    'GET /v1/outbound-webhooks/w1',
    undefined,
    'outbound-webhook',
    { token: 's3cret', enabled: true, headers: [{ name: 'X-Test', value: '1' }] },
  ],
  [
    'webhooks.create',
    (k) => k.webhooks.create({ name: 'n', url: 'https://x.example', events: [] }),
    'POST /v1/outbound-webhooks',
    { name: 'n', url: 'https://x.example', events: [] },
    'outbound-webhook',
    { id: '6e0000000000000000000001' },
  ],
  [
    'webhooks.update',
    (k) => k.webhooks.update('w1', { enabled: true }),
    'PUT /v1/outbound-webhooks/w1',
    { enabled: true },
    'outbound-webhook',
    { name: 'CloudTalk' },
  ],
  [
    'webhooks.delete',
    (k) => k.webhooks.delete('w1'),
    'DELETE /v1/outbound-webhooks/w1',
    undefined,
    undefined,
    undefined,
  ],
]

test.each(cases)('%s', async (_, call, request, sent, answer, expected) => {
  server.next(answer === undefined ? { status: 204 } : { body: payload(answer) })
  const result = await call(kustomer)
  if (typeof expected === 'object') expect(result).toMatchObject(expected as object)
  else expect(result).toEqual(expected)
  const [{ method, url, body, headers } = { method: '', url: '', body: '', headers: {} }] = server.seen
  expect(`${method} ${url}`).toBe(request)
  expect(body).toEqual(sent)
  expect(headers).toMatchObject({
    authorization: 'Bearer k3y',
    accept: 'application/json',
    'user-agent': 'cloudtalk-kustomer/test',
  })
  expect(headers['content-type']).toBe(sent === undefined ? undefined : 'application/json')
})

test('the lists of conversations, companies, messages and webhooks', async () => {
  const { data } = payload('conversation') as { data: object }
  const { data: company } = payload('company') as { data: object }
  const { data: message } = payload('message') as { data: object }
  const { data: webhook } = payload('outbound-webhook') as { data: object }
  server.next(
    { body: { data: [data], links: { next: null } } },
    { body: { data: [company] } },
    { body: { data: [message], meta: null } },
    { body: { data: [webhook] } },
    { body: { events: ['kustomer.tag.update'] } },
    { body: { data: { attributes: { events: ['kustomer.tag.create'] } } } },
  )
  expect(await kustomer.conversations.forCustomer(CUSTOMER, { page: 1 })).toMatchObject({
    items: [{ id: CONVERSATION }],
  })
  expect(server.seen[0]?.url).toBe(`/v1/customers/${CUSTOMER}/conversations?page=1`)
  expect(await kustomer.companies.list()).toMatchObject({ items: [{ name: 'Alpine Optics' }] })
  expect(await kustomer.messages.list(CONVERSATION)).toMatchObject({ items: [{ app: 'cloudtalk' }] })
  expect(await kustomer.webhooks.list()).toMatchObject([{ token: 's3cret' }])
  expect(await kustomer.webhooks.events()).toEqual(['kustomer.tag.update'])
  expect(await kustomer.webhooks.events()).toEqual(['kustomer.tag.create'])
})

test('a customer is read whole and flat', async () => {
  server.next({ body: payload('customer') })
  expect(await kustomer.customers.get(CUSTOMER)).toEqual({
    id: CUSTOMER,
    rev: 7,
    name: 'Jürgen & Söhne',
    displayName: 'Jürgen & Söhne',
    externalId: '1450000001',
    emails: [{ email: 'j@mail.example', type: 'home', verified: false }],
    phones: [
      { phone: '+4915110123456', type: 'mobile', verified: false },
      { phone: '4915110123457', type: 'work' },
    ],
    whatsapps: [{ phone: 'whatsapp:+4915110123456', type: 'mobile', verified: false }],
    sharedEmails: [],
    sharedPhones: [{ phone: '+442079460018', type: 'work', verified: false }],
    sharedWhatsapps: [],
    urls: [{ url: 'https://soehne.example' }, { url: 'https://blog.soehne.example', type: 'blog' }],
    locations: [
      { type: 'home', address: 'Weg 1' },
      {
        type: 'work',
        address: 'Bahnhofstraße 7',
        address2: 'Etage 2',
        latitude: 50.9,
        longitude: 6.9,
        countryCode: 'DE',
        countryName: 'Germany',
        regionCode: 'NW',
        regionName: 'Nordrhein-Westfalen',
        cityName: 'Köln',
        zipCode: '50667',
      },
    ],
    tags: ['5d0000000000000000000001'],
    companyName: 'Alpine Optics',
    companyId: '5c9a8b7d6e5f4a3b2c1d0e9f',
    createdById: USER,
    modifiedById: USER,
    deleted: false,
    createdAt: '2025-01-02T03:04:05.678Z',
    updatedAt: '2025-03-21T20:23:52.827Z',
    modifiedAt: '2025-03-20T10:00:00.000Z',
  })
})

test('byPhone asks for the number as it is given, once', async () => {
  server.next({ status: 404 })
  expect(await kustomer.customers.byPhone('4915110123456')).toBeUndefined()
  expect(server.seen.map(({ url }) => url)).toEqual(['/v1/customers/phone=4915110123456'])
})

test.each([
  ['customers.byEmail', (k: Kustomer) => k.customers.byEmail('x')],
  ['customers.byExternalId', (k: Kustomer) => k.customers.byExternalId('x')],
  ['conversations.byExternalId', (k: Kustomer) => k.conversations.byExternalId('x')],
  ['messages.byExternalId', (k: Kustomer) => k.messages.byExternalId('x')],
])('%s gives undefined for nobody', async (_, call) => {
  server.next({ status: 404, body: payload('error-oas') })
  expect(await call(kustomer)).toBeUndefined()
})

test.each(['', '/', '/v1', '/v1/'])('the base address may end with "%s"', async (ending) => {
  const other = createKustomer({ apiUrl: server.url + ending, apiKey: 'k', userAgent: 't' })
  server.next({ body: payload('user') })
  await other.users.current()
  expect(server.seen[0]?.url).toBe('/v1/users/current')
})

test.each([
  ['beside the attributes', { data: { id: 'w', attributes: {}, token: 'beside' } }, 'beside'],
  ['at the top', { data: { id: 'w', attributes: {} }, token: 'top' }, 'top'],
  ['nowhere', { data: { id: 'w', attributes: {} } }, undefined],
])('a webhook’s token %s', async (_, body, token) => {
  server.next({ body })
  expect((await kustomer.webhooks.get('w')).token).toBe(token)
})

test('batches in JSON:API envelopes are read, too', async () => {
  server.next({ body: { data: [{ id: '1', attributes: { status: 'queued' } }] } })
  expect(await kustomer.bulk.batches('b')).toEqual([
    { status: 'queued', successCount: 0, failureCount: 0, results: [] },
  ])
})

test('every answer is told, with its limits', async () => {
  server.next(
    {
      body: payload('customer-search'),
      headers: { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '99' },
    },
    { body: payload('customer-archive-search') },
    {
      status: 404,
      headers: {
        'x-ratelimit-limit': '1000',
        'x-ratelimit-remaining': '998',
        'x-ratelimit-reset': '1700000000',
      },
    },
    { status: 204 },
  )
  await kustomer.customers.search({})
  await kustomer.customers.searchArchive({})
  await kustomer.customers.byEmail('a@b.example')
  await kustomer.customers.delete('x')
  const ms = expect.any(Number)
  expect(answers).toEqual([
    { route: 'POST /customers/search', status: 200, limit: 100, remaining: 99, ms, kind: 'search' },
    { route: 'POST /customers/archive/search', status: 200, ms, kind: 'search' },
    {
      route: 'GET /customers/email=:email',
      status: 404,
      limit: 1_000,
      remaining: 998,
      resetAt: 1_700_000_000_000,
      ms,
      kind: 'other',
    },
    { route: 'DELETE /customers/:id', status: 204, ms, kind: 'other' },
  ])
})
