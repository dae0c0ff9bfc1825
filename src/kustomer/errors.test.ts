import { afterEach, beforeEach, expect, test } from 'vitest'
import { createKustomer, type Kustomer } from './client.ts'
import { KustomerError, type KustomerFailure } from './errors.ts'
import { type Answer, payload, startTestServer } from './test-server.ts'

let server: Awaited<ReturnType<typeof startTestServer>>
let kustomer: Kustomer
beforeEach(async () => {
  server = await startTestServer()
  kustomer = createKustomer({ apiUrl: server.url, apiKey: 'k3y', userAgent: 't', timeoutMs: 2_000 })
})
afterEach(() => server.close())

const failureOf = async (work: Promise<unknown>): Promise<KustomerFailure> => {
  const error = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(error instanceof KustomerError)) throw new Error(`expected a KustomerError, got ${error}`)
  return error.failure
}

const error = (status: number, name?: string, headers = {}): Answer => ({
  status,
  headers,
  ...(name === undefined ? {} : { body: payload(name) }),
})
const rawError = (entry: object): Answer => ({ status: 400, body: { errors: [entry] } })

test.each<[string, Answer, KustomerFailure]>([
  [
    '400 as observed',
    error(400, 'error-observed'),
    {
      kind: 'rejected',
      fields: ['subject'],
      detail: 'badparam: Additional properties not allowed: /properties/subject/additionalProperties',
    },
  ],
  [
    '400 as in the portal',
    error(400, 'error-portal'),
    { kind: 'rejected', fields: [], detail: 'bad_request: name is too long' },
  ],
  [
    '400 of the portal with an unknown key',
    rawError({ code: 'bad_request', message: 'Additional properties not allowed: phones', meta: {} }),
    {
      kind: 'rejected',
      fields: ['phones'],
      detail: 'bad_request: Additional properties not allowed: phones',
    },
  ],
  [
    '400 of the portal with a key that is missing',
    rawError({ message: 'Missing required property: customer' }),
    { kind: 'rejected', fields: ['customer'], detail: 'Missing required property: customer' },
  ],
  [
    '400 of the portal that begins with a unique field',
    rawError({ message: 'phones.0.phone is not a number.' }),
    { kind: 'conflict', fields: ['phones.0.phone'] },
  ],
  [
    '400 of the portal that quotes a unique field',
    rawError({ message: 'The value of "phones" is not a list.' }),
    { kind: 'conflict', fields: ['phones'] },
  ],
  [
    '400 of the portal that quotes a value',
    rawError({ message: '"Smith" is not a number: Smith' }),
    { kind: 'rejected', fields: [], detail: '"Smith" is not a number: Smith' },
  ],
  [
    '400 as in the OAS',
    error(400, 'error-oas'),
    { kind: 'rejected', fields: ['locations'], detail: 'badparam: Bad parameter' },
  ],
  [
    '400 with a pointer',
    error(400, 'error-pointer'),
    { kind: 'rejected', fields: ['name'], detail: 'bad_request: Invalid: must be shorter' },
  ],
  ['400 with HTML', { status: 400, raw: '<html>' }, { kind: 'rejected', fields: [], detail: '' }],
  [
    '400 with a strange list',
    { status: 400, body: { errors: [null, 5, { source: 'x', code: 7 }] } },
    { kind: 'rejected', fields: [], detail: '7' },
  ],
  [
    '422',
    error(422, 'error-oas'),
    { kind: 'rejected', fields: ['locations'], detail: 'badparam: Bad parameter' },
  ],
  ['409', error(409, 'error-duplicate'), { kind: 'conflict', fields: ['phone'] }],
  ['409 of a stale rev', { status: 409, body: {} }, { kind: 'conflict', fields: [] }],
  [
    '400 that names a unique field',
    rawError({ source: { parameter: 'emails' }, code: 'badparam' }),
    { kind: 'conflict', fields: ['emails'] },
  ],
  [
    '400 that points into a unique field',
    rawError({ source: { pointer: '/phones/0/phone' } }),
    { kind: 'conflict', fields: ['phones.0.phone'] },
  ],
  ['400 that says duplicate', rawError({ message: 'duplicate detected' }), { kind: 'conflict', fields: [] }],
  [
    '400 with an unknown key of a unique name',
    rawError({ source: { parameter: 'whatsapps' }, title: 'Additional properties not allowed' }),
    { kind: 'rejected', fields: ['whatsapps'], detail: 'Additional properties not allowed' },
  ],
  [
    '400 that puts a value where the field belongs',
    rawError({ source: { parameter: '+4915110123456' } }),
    { kind: 'rejected', fields: [], detail: '' },
  ],
  ['401', error(401, 'error-portal'), { kind: 'unauthorized' }],
  ['402', error(402), { kind: 'forbidden' }],
  ['403', error(403, 'error-portal'), { kind: 'forbidden' }],
  ['404', error(404, 'error-oas'), { kind: 'notFound' }],
  ['410', error(410), { kind: 'gone' }],
  ['413', error(413), { kind: 'tooLarge' }],
  ['429 that tells nothing', error(429), { kind: 'rateLimited' }],
  [
    '429 with reset',
    error(429, undefined, { 'x-ratelimit-reset': '1700000060' }),
    { kind: 'rateLimited', retryAt: 1_700_000_060_000 },
  ],
  [
    '429 with a date',
    error(429, undefined, { 'retry-after': 'Tue, 14 Nov 2023 22:14:20 GMT' }),
    { kind: 'rateLimited', retryAt: 1_700_000_060_000 },
  ],
  [
    '429 with seconds',
    error(429, undefined, { 'retry-after': '30' }),
    { kind: 'rateLimited', retryAt: expect.any(Number) },
  ],
  ['500', error(500), { kind: 'unavailable', status: 500 }],
  ['503 with HTML', { status: 503, raw: '<html>' }, { kind: 'unavailable', status: 503 }],
  ['a redirect', { status: 302, headers: { location: '/' } }, { kind: 'unavailable', status: 302 }],
  ['502', error(502), { kind: 'unreachable', cause: 'gateway', maybeDone: true }],
  [
    '504 with HTML',
    { status: 504, raw: '<html>' },
    { kind: 'unreachable', cause: 'gateway', maybeDone: true },
  ],
  ['408', error(408), { kind: 'unavailable', status: 408 }],
  ['200 that is not JSON', { raw: '<html>' }, { kind: 'unreadable', path: '', issue: 'not JSON' }],
  ['200 of nothing', {}, { kind: 'unreadable', path: '', issue: expect.any(String) }],
  ['a reset', 'reset', { kind: 'unreachable', cause: 'reset', maybeDone: true }],
])('a write meets %s', async (_, answer, failure) => {
  server.next(answer)
  expect(await failureOf(kustomer.customers.create({ phones: [{ phone: '+4915110123456' }] }))).toEqual(
    failure,
  )
})

test('a look-up that names its key is refused, not in conflict', async () => {
  server.next(rawError({ source: { parameter: 'phone' } }))
  expect(await failureOf(kustomer.customers.byPhone('+1'))).toMatchObject({
    kind: 'rejected',
    fields: ['phone'],
  })
})

test('a look-up that a gateway gives up has done nothing', async () => {
  server.next(error(504))
  expect(await failureOf(kustomer.customers.byPhone('+1'))).toEqual({ kind: 'unavailable', status: 504 })
})

test.each([
  ['GET', (k: Kustomer) => k.customers.get('x'), false],
  ['search', (k: Kustomer) => k.customers.search({}), false],
  ['PATCH', (k: Kustomer) => k.notes.update('x', { body: 'y' }), true],
  ['DELETE', (k: Kustomer) => k.customers.delete('x'), true],
])('silence after %s is a timeout, and maybe done only for writes', async (_, call, maybeDone) => {
  const impatient = createKustomer({ apiUrl: server.url, apiKey: 'k', userAgent: 't', timeoutMs: 60 })
  server.next('silence')
  expect(await failureOf(call(impatient))).toEqual({ kind: 'unreachable', cause: 'timeout', maybeDone })
})

test.each<[string, unknown, string, boolean]>([
  ['refused', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'refused', false],
  ['an unknown name', Object.assign(new Error('x'), { code: 'ENOTFOUND' }), 'dns', false],
  [
    'a connection that takes too long',
    Object.assign(new Error('x'), { code: 'UND_ERR_CONNECT_TIMEOUT' }),
    'timeout',
    false,
  ],
  ['a broken pipe', Object.assign(new Error('x'), { code: 'EPIPE' }), 'reset', true],
  ['what we have given up', new DOMException('x', 'AbortError'), 'aborted', true],
  ['anything else', new Error('x'), 'other', true],
  ['what is not even an error', 'boom', 'other', true],
])('%s', async (_, cause, expected, maybeDone) => {
  const broken = createKustomer({
    apiUrl: server.url,
    apiKey: 'k',
    userAgent: 't',
    fetch: () => Promise.reject(cause instanceof Error ? new TypeError('fetch failed', { cause }) : cause),
  })
  expect(await failureOf(broken.customers.create({}))).toEqual({
    kind: 'unreachable',
    cause: expected,
    maybeDone,
  })
})

test('a port that nobody listens on is refused', async () => {
  const { url } = server
  await server.close()
  const lonely = createKustomer({ apiUrl: url, apiKey: 'k', userAgent: 't' })
  expect(await failureOf(lonely.customers.create({}))).toMatchObject({ cause: 'refused', maybeDone: false })
  server = await startTestServer()
})

test.each([
  ['emails.0.email a number', { emails: [{ email: 5 }] }, 'data.attributes.emails.0.email'],
  ['phones an object', { phones: { a: 1 } }, 'data.attributes.phones'],
  ['rev a text', { rev: '7' }, 'data.attributes.rev'],
  ['rev a fraction', { rev: 1.5 }, 'data.attributes.rev'],
  ['rev beyond what is stored', { rev: 2_147_483_648 }, 'data.attributes.rev'],
  ['modifiedAt a word', { modifiedAt: 'yesterday' }, 'data.attributes.modifiedAt'],
  ['modifiedAt in a year 0', { modifiedAt: '0000-01-01T00:00:00Z' }, 'data.attributes.modifiedAt'],
  ['deleted a text', { deleted: 'no' }, 'data.attributes.deleted'],
])('an answer with %s is unreadable at its path', async (_, change, path) => {
  const { data } = payload('customer') as { data: { attributes: object } }
  server.next({ body: { data: { ...data, attributes: { ...data.attributes, ...change } } } })
  expect(await failureOf(kustomer.customers.get('x'))).toMatchObject({ kind: 'unreadable', path })
})

test('messages name the route, and no phone, email, key or address', async () => {
  const secrets = /4915110|mail\.example|k3y|127\.0\.0\.1|http:/
  for (const answer of [
    error(400, 'error-duplicate'),
    error(409, 'error-duplicate'),
    error(401),
    'reset',
    { raw: 'j@mail.example' },
  ] as const) {
    server.next(answer)
    const failed = await kustomer.customers.byEmail('j@mail.example').catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(KustomerError)
    const { message, stack = '', cause } = failed as KustomerError
    expect(message).toMatch(/^GET \/customers\/email=:email: /)
    expect(message).not.toMatch(secrets)
    expect([stack.includes('mail.example'), cause]).toEqual([false, undefined])
  }
})
