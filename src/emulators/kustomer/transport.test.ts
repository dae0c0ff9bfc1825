import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type LocalEmulator, problem, startLocalEmulator } from './local-emulator.ts'

let local: LocalEmulator
beforeEach(async () => {
  local = await startLocalEmulator()
})
afterEach(() => local.close())

describe('who may', () => {
  test.each(['/customers', '/users/current', '/nowhere'])('%s needs a known key', async (path) => {
    const reply = await local.api('GET', path, undefined, 'stranger')
    expect(reply.status).toBe(401)
    expect(reply.body).toEqual({ errors: [{ status: 401, code: 'unauthorized', title: 'Unauthorized' }] })
  })

  test('the key tells who it is, and which org', async () => {
    const token = await local.api('GET', '/auth/tokens/current')
    const me = await local.api('GET', '/users/current')
    expect(token.body.data).toMatchObject({
      attributes: { roles: ['org.admin', 'org.permission', 'org.user'], lastTokenChars: 'ator' },
      relationships: { user: { data: { id: (me.body.data as { id: string }).id } } },
    })
    expect(me.body.data).toMatchObject({ attributes: { userType: 'machine', email: null } })
    expect((await local.api('GET', '/orgs/current')).body.data).toMatchObject({
      attributes: { name: 'acme' },
    })
  })

  const roles: [string[], string, string, number][] = [
    [['org.user.customer.read'], 'GET', '/customers', 200],
    [['org.permission.customer.read'], 'GET', '/customers', 200],
    [['org.user'], 'GET', '/customers', 200],
    [['org.user.customer.read'], 'POST', '/customers', 403],
    [['org.user.customer.write'], 'POST', '/customers', 201],
    [['org.user.customer.write'], 'POST', '/customers/search', 403],
    [['org.user.search.read'], 'POST', '/customers/search', 200],
    [['org.user'], 'GET', '/outbound-webhooks', 403],
    [['org.outbound_webhooks'], 'GET', '/outbound-webhooks', 200],
    [['org.admin'], 'GET', '/outbound-webhooks', 200],
    [[], 'GET', '/users/current', 200],
    [['org.user.customers.read'], 'GET', '/customers', 403],
  ]
  test.each(roles)('%j: %s %s → %d', async (granted, method, path, status) => {
    await local.control('PUT', '/keys', [{ token: 'other', name: 'Other', roles: granted }])
    const body = method === 'POST' ? {} : undefined
    expect((await local.api(method, path, body, 'other')).status).toBe(status)
  })

  test('a missing role is 403, by switch 401', async () => {
    await local.control('PUT', '/keys', [{ token: 'other', name: 'Other', roles: [] }])
    expect((await local.api('GET', '/customers', undefined, 'other')).status).toBe(403)
    await local.control('PUT', '/switches', { missingRoleStatus: 401 })
    expect((await local.api('GET', '/customers', undefined, 'other')).status).toBe(401)
  })

  test('each key writes as its own machine user', async () => {
    const [key] = (
      await local.control('PUT', '/keys', [{ token: 'other', name: 'Other', roles: ['org.user'] }])
    ).body as unknown as { userId: string }[]
    const customer = await local.written('POST', '/customers', { name: 'A' }, 'other')
    expect(customer.relationships.createdBy?.data?.id).toBe(key?.userId)
    const user = await local.api('GET', `/users/${key?.userId}`)
    expect(user.body.data).toMatchObject({ attributes: { name: 'Other', userType: 'machine' } })
  })
})

describe('paths', () => {
  test.each(['/v1/users/current', '/v1/users/current/'])('%s', async (path) => {
    expect((await local.send('GET', path)).status).toBe(200)
  })

  test.each(['/users/current', '/v2/users/current', '/v1', '/v1/nowhere'])(
    '%s is not there',
    async (path) => {
      const reply = await local.send('GET', path)
      expect([reply.status, problem(reply).code]).toEqual([404, 'notfound'])
    },
  )

  test('routes are logged without /v1 and with their pattern', async () => {
    await local.api('POST', '/customers/search', {})
    await local.api('GET', '/customers/phone=%2B421904123456')
    await local.api('GET', '/customers/5c6e009c68b9d153304397d8')
    const { byRoute } = (await local.control('GET', '/requests')).body
    expect(byRoute).toEqual({
      'POST /customers/search': 1,
      'GET /customers/phone=:phone': 1,
      'GET /customers/:id': 1,
    })
  })
})

describe('bodies', () => {
  test('what is not JSON is 400', async () => {
    expect((await local.api('POST', '/customers', '{')).status).toBe(400)
  })

  test.each([
    [100 * 1024, 400],
    [100 * 1024 + 1, 413],
  ])('%d bytes → %d', async (size, status) => {
    const filler = 'x'.repeat(size - '{"name":""}'.length)
    expect((await local.api('POST', '/customers', `{"name":"${filler}"}`)).status).toBe(status)
  })
})

describe('envelopes of a refusal', () => {
  const unknown = { custom: { notAnActualAttribute: 1 } }

  test('as observed: a numeric status, the field, the schema path', async () => {
    const reply = await local.api('POST', '/customers', unknown)
    expect(reply.body).toEqual({
      errors: [
        {
          status: 400,
          source: { parameter: 'notAnActualAttribute' },
          code: 'badparam',
          title: 'Additional properties not allowed',
          detail: '/properties/custom/additionalProperties',
        },
      ],
    })
  })

  test('as the portal has it', async () => {
    await local.control('PUT', '/switches', { errorShape: 'portal' })
    const reply = await local.api('POST', '/customers', unknown)
    expect(reply.body).toEqual({
      errors: [
        {
          code: 'bad_request',
          message: 'Additional properties not allowed: notAnActualAttribute',
          meta: {},
        },
      ],
    })
    expect(problem(await local.api('GET', '/customers/x')).code).toBe('not_found')
  })

  test('as the schema has it', async () => {
    await local.control('PUT', '/switches', { errorShape: 'schema' })
    expect(problem(await local.api('POST', '/customers', unknown))).toEqual({
      status: '400',
      code: 'badparam',
      title: 'Additional properties not allowed',
      source: { parameters: 'notAnActualAttribute' },
    })
  })

  test('a fault speaks the same language', async () => {
    await local.control('PUT', '/faults', {
      rules: [{ route: 'GET /customers', kind: 'status', status: 503 }],
    })
    const reply = await local.api('GET', '/customers')
    expect([reply.status, problem(reply).status]).toEqual([503, 503])
    await local.control('PUT', '/faults', { rules: [{ route: '*', kind: 'status', status: 429 }] })
    const limited = await local.api('GET', '/customers')
    expect([limited.status, limited.headers.has('x-ratelimit-reset')]).toEqual([429, true])
  })
})

describe('limits', () => {
  test('every answer counts down, also a refusal', async () => {
    const first = await local.api('GET', '/customers')
    const second = await local.api('GET', '/customers/none')
    expect([first, second].map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(['999', '998'])
    expect(second.headers.get('x-ratelimit-limit')).toBe('1000')
    const stranger = await local.api('GET', '/customers', undefined, 'stranger')
    expect(stranger.headers.get('x-ratelimit-remaining')).toBe('997')
    expect(second.headers.get('x-ratelimit-reset')).toBeNull()
  })

  test('the org shares one budget a minute; the refusal says when it is over', async () => {
    await local.control('PUT', '/switches', { requestsPerMinute: 2 })
    await local.control('PUT', '/keys', [{ token: 'other', name: 'Other', roles: ['org.user'] }])
    await local.api('GET', '/customers')
    await local.api('GET', '/customers', undefined, 'other')
    const reply = await local.api('GET', '/customers')
    expect(reply.status).toBe(429)
    expect(problem(reply)).toMatchObject({ status: 429, code: 'toomanyrequests' })
    expect(reply.headers.get('x-ratelimit-remaining')).toBe('0')
    expect(Number(reply.headers.get('x-ratelimit-reset'))).toBe(Date.UTC(2026, 5, 1, 12, 1, 0) / 1000)
    local.advance(60_000)
    expect((await local.api('GET', '/customers')).status).toBe(200)
  })

  test('by switch it has another code', async () => {
    await local.control('PUT', '/switches', { requestsPerMinute: 1, tooManyRequestsCode: 'rate_limit' })
    await local.api('GET', '/customers')
    expect(problem(await local.api('GET', '/customers')).code).toBe('rate_limit')
  })

  test('by switch the end of the minute is on every answer', async () => {
    await local.control('PUT', '/switches', { rateLimitReset: 'always' })
    expect((await local.api('GET', '/customers')).headers.get('x-ratelimit-reset')).not.toBeNull()
  })

  test('searches have a budget of their own', async () => {
    await local.control('PUT', '/switches', { searchesPerMinute: 1 })
    expect((await local.api('POST', '/customers/search', {})).status).toBe(200)
    expect((await local.api('POST', '/customers/search', {})).status).toBe(429)
    expect((await local.api('GET', '/customers')).status).toBe(200)
  })

  test('creations are counted by customer; imported messages and conversations are free', async () => {
    await local.control('PUT', '/switches', { creationsPerCustomerPerMinute: 2 })
    const { id: one } = await local.written('POST', '/customers', { name: 'A' })
    const { id: two } = await local.written('POST', '/customers', { name: 'B' })
    const importedAt = '2026-01-01T00:00:00Z'
    const { id: conversation } = await local.written('POST', '/conversations', { customer: one, importedAt })
    const note = (imported: object) =>
      local.api('POST', `/conversations/${conversation}/notes`, { body: 'n', ...imported })
    const message = (imported: object) =>
      local.api('POST', `/conversations/${conversation}/messages`, { channel: 'chat', app: 'x', ...imported })
    const statuses = []
    for (const work of [note, message]) statuses.push((await work({})).status)
    for (const work of [note, message]) statuses.push((await work({})).status)
    for (const work of [note, message]) statuses.push((await work({ importedAt })).status)
    expect(statuses).toEqual([201, 201, 429, 429, 429, 201])
    expect((await local.api('POST', '/conversations', { customer: two })).status).toBe(201)
    expect((await local.api('POST', '/conversations', { customer: one })).status).toBe(429)
    expect((await local.api('POST', '/conversations', { customer: one, importedAt })).status).toBe(201)
  })

  test('updates of one record, by switch', async () => {
    await local.control('PUT', '/switches', { updatesPerObjectPerMinute: 1 })
    const { id } = await local.written('POST', '/customers', { name: 'A' })
    expect((await local.api('PATCH', `/customers/${id}`, { name: 'B' })).status).toBe(200)
    expect((await local.api('PATCH', `/customers/${id}`, { name: 'C' })).status).toBe(429)
  })

  test('a minute is as long as the emulator was told', async () => {
    const quick = await startLocalEmulator({ minuteMs: 1000 })
    await quick.control('PUT', '/switches', { requestsPerMinute: 1 })
    await quick.api('GET', '/customers')
    expect((await quick.api('GET', '/customers')).status).toBe(429)
    quick.advance(1000)
    expect((await quick.api('GET', '/customers')).status).toBe(200)
    await quick.close()
  })
})
