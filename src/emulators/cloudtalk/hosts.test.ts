import { request as rawRequest } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { at, startTestApi, type TestApi } from './test-api.ts'

const WRONG = { authorization: `Basic ${Buffer.from('CLOUDTALK:wrong').toString('base64')}` }
const NONE = { authorization: '' }

describe('authorisation and routing', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await startTestApi({ calls: 1 })
    await api.switches({ rateLimit: 1_000 })
  })
  afterAll(() => api.close())

  const UNAUTHORIZED = { responseData: { status: 401, message: 'Unauthorized' } }
  const NO_METHOD = { responseData: { status: 405, message: 'Method Not Allowed' } }

  test.each([
    ['wrong key', 'GET', '/api/contacts/index.json', WRONG, 401, UNAUTHORIZED],
    ['malformed', 'GET', '/api/contacts/index.json', { authorization: 'Basic ???' }, 401, UNAUTHORIZED],
    ['unknown path without key is still 401', 'GET', '/api/nothing.json', NONE, 401, UNAUTHORIZED],
    ['wrong method before the key', 'POST', '/api/contacts/index.json', NONE, 405, NO_METHOD],
    ['OPTIONS', 'OPTIONS', '/api/contacts/index.json', NONE, 405, NO_METHOD],
    ['wrong method with the key', 'DELETE', '/api/calls/index.json', {}, 405, NO_METHOD],
    ['no PATCH', 'PATCH', '/api/contacts/edit/1.json', {}, 405, NO_METHOD],
    [
      'unknown path with the key',
      'GET',
      '/api/contacts/12345/notes.json',
      {},
      404,
      { name: 'Not Found', message: 'Not Found', url: '/api/contacts/12345/notes.json' },
    ],
    ['calls/show does not exist', 'GET', '/api/calls/show.json/1', {}, 404, { name: 'Not Found' }],
    [
      'unknown id',
      'GET',
      '/api/contacts/show/5.json',
      {},
      404,
      { responseData: { status: 404, message: 'Not found.' } },
    ],
    ['outside of the hosts', 'GET', '/contacts/index.json', {}, 404, { name: 'Not Found' }],
    [
      'analytics is not on the main host',
      'GET',
      '/api/analytics/calls/1002000001',
      {},
      404,
      { name: 'Not Found' },
    ],
    [
      'analytics, wrong key',
      'GET',
      '/analytics/api/calls/1',
      WRONG,
      401,
      { statusCode: 401, message: "Company API key doesn't exist." },
    ],
    [
      'analytics, not Basic',
      'GET',
      '/analytics/api/calls/1',
      { authorization: 'Bearer x' },
      401,
      { statusCode: 401, message: 'Invalid Authorization header - Bearer x' },
    ],
    [
      'analytics routes before it authorises',
      'GET',
      '/analytics/api/x',
      NONE,
      404,
      { message: 'Cannot GET /api/x', error: 'Not Found', statusCode: 404 },
    ],
    ['ai, wrong key', 'GET', '/ai/v1/ai/calls/1/summary', WRONG, 401, { code: 'UNAUTHORIZED' }],
    ['ai, unknown path', 'GET', '/ai/v1/ai/calls/1/jokes', {}, 404, { code: 'NOT_FOUND' }],
  ])('%s', async (_, method, path, headers, status, body) => {
    const answer = await api.request(method, path, undefined, headers as Record<string, string>)
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject(body)
  })

  test('analytics without a header says that it is missing', async () => {
    const answer = await fetch(`${api.emulator.url}/analytics/api/calls/1`)
    expect(answer.status).toBe(401)
    expect(await answer.json()).toEqual({ statusCode: 401, message: 'Authorization header is missing' })
  })

  test('a request without User-Agent is stopped at the edge with HTML', async () => {
    const [status, type] = await new Promise<[number | undefined, string | undefined]>((resolve, reject) =>
      rawRequest(`${api.emulator.url}/api/countries/index.json`, (response) => {
        response.resume()
        resolve([response.statusCode, response.headers['content-type']])
      })
        .on('error', reject)
        .end(),
    )
    expect([status, type]).toEqual([403, 'text/html'])
  })

  test('the request log names routes without the prefixes of the hosts', async () => {
    await api.control('POST', '/reset', { world: { calls: 1 } })
    await api.api('GET', '/contacts/show/5.json')
    await api.request('GET', '/analytics/api/calls/1002000001')
    await api.request('GET', '/ai/v1/ai/calls/1002000001/summary')
    await api.api('POST', '/bulk/contacts.json', [])
    expect(at((await api.control('GET', '/requests')).body, 'byRoute')).toEqual({
      'GET /contacts/show/:id.json': 1,
      'GET /analytics/calls/:id': 1,
      'GET /ai/calls/:id/summary': 1,
      'POST /bulk/contacts.json': 1,
    })
  })

  test('a form with PHP brackets is read like JSON', async () => {
    const form =
      'name=Jo+%26+Co&ContactNumber%5B0%5D%5Bpublic_number%5D=%2B442079460018&ContactEmail[0][email]=a@b.example'
    const answer = await api.request('PUT', '/api/contacts/add.json', form, {
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(answer.status).toBe(201)
    expect(await api.state('contacts.0')).toMatchObject({
      name: 'Jo & Co',
      numbers: ['+442079460018'],
      emails: ['a@b.example'],
    })
  })

  test('a body that is neither JSON nor a form is 400', async () => {
    expect((await api.request('PUT', '/api/contacts/add.json', '{"name":')).status).toBe(400)
  })

  test.each([
    ['/api/agents/index.json', 500, { responseData: { status: 500, message: 'Something went wrong.' } }],
    ['/analytics/api/calls/1', 500, { statusCode: 500, message: 'Internal server error' }],
    ['/ai/v1/ai/calls/1/summary', 503, { code: 'INTERNAL_SERVER_ERROR' }],
  ])('a status fault on %s speaks its host’s words', async (path, status, body) => {
    await api.control('PUT', '/faults', { rules: [{ route: '*', kind: 'status', status }] })
    const answer = await api.request('GET', path)
    await api.control('PUT', '/faults', {})
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject(body)
  })
})

describe('rate limit', () => {
  let api: TestApi
  let now = 120_000
  afterEach(() => api.close())
  const start = async (switches: object = {}) => {
    now = 120_000
    api = await startTestApi({ now: () => now, calls: 1 })
    await api.switches(switches)
  }
  const limits = ({ headers }: { headers: Headers }) =>
    ['limit', 'remaining', 'resettime'].map((name) => headers.get(`x-cloudtalkapi-${name}`))

  test('60 a minute for the company, told on every answer, then 429', async () => {
    await start()
    expect(limits(await api.api('GET', '/tags/index.json'))).toEqual(['60', '59', '180'])
    expect(limits(await api.api('GET', '/contacts/show/1.json'))).toEqual(['60', '58', '180'])
    expect(limits(await api.request('GET', '/analytics/api/calls/1'))).toEqual(['60', '57', '180'])
    for (let left = 57; left > 0; left -= 1)
      expect((await api.api('GET', '/tags/index.json')).status).toBe(200)
    const refused = await api.api('PUT', '/contacts/add.json', { name: 'Late' })
    expect(refused.status).toBe(429)
    expect(refused.body).toEqual({ responseData: { status: 429, message: 'Too Many Requests' } })
    expect(limits(refused)).toEqual(['60', '0', '180'])
    expect(refused.headers.get('retry-after')).toBeNull()
    expect(await api.state('contacts')).toEqual([])
    now = 180_000
    expect((await api.api('GET', '/tags/index.json')).status).toBe(200)
  })

  test('headers only when exceeded, and an empty body', async () => {
    await start({ rateLimitHeaders: 'onlyWhenExceeded', rateLimitBody: 'empty', rateLimit: 1 })
    expect(limits(await api.api('GET', '/tags/index.json'))).toEqual([null, null, null])
    const refused = await api.api('GET', '/tags/index.json')
    expect([refused.status, refused.text]).toEqual([429, ''])
    expect(limits(refused)).toEqual(['1', '0', '180'])
  })

  test('the hosts may have budgets of their own', async () => {
    await start({ sharedRateLimit: false, rateLimit: 1 })
    expect((await api.api('GET', '/tags/index.json')).status).toBe(200)
    expect((await api.request('GET', '/analytics/api/calls/1')).status).toBe(404)
    expect((await api.request('GET', '/analytics/api/calls/1')).status).toBe(429)
  })

  test('reset gives the budget back', async () => {
    await start({ rateLimit: 1 })
    await api.api('GET', '/tags/index.json')
    await api.control('POST', '/reset')
    expect((await api.api('GET', '/tags/index.json')).status).toBe(200)
  })

  test('answers without a key cost nothing', async () => {
    await start({ rateLimit: 1 })
    await api.request('GET', '/api/tags/index.json', undefined, WRONG)
    expect((await api.api('GET', '/tags/index.json')).status).toBe(200)
  })
})
