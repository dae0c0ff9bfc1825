import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CloudTalkError, type CloudTalkFailure, createCloudTalk } from './index.ts'
import { type LocalServer, payload, startLocalServer } from './local-server.ts'

let server: LocalServer
beforeAll(async () => {
  server = await startLocalServer()
})
afterAll(() => server.close())

const main = (status: number, message: string, data?: unknown) => ({
  responseData: { status, message, data },
})
const rejected = (fields: Record<string, string[]>, message: string): CloudTalkFailure => ({
  kind: 'rejected',
  fields,
  message,
})

const envelopes: { label: string; status: number; json: unknown; failure: CloudTalkFailure }[] = [
  { label: 'main 401', status: 401, json: main(401, 'Unauthorized'), failure: { kind: 'unauthorized' } },
  {
    label: 'analytics 401',
    status: 401,
    json: { statusCode: 401, message: "Company API key doesn't exist." },
    failure: { kind: 'unauthorized' },
  },
  {
    label: 'AI 401',
    status: 401,
    json: { code: 'UNAUTHORIZED', message: 'no' },
    failure: { kind: 'unauthorized' },
  },
  {
    label: 'main 403',
    status: 403,
    json: main(403, 'Agent is not online.'),
    failure: { kind: 'forbidden', message: 'Agent is not online.' },
  },
  { label: 'main 404', status: 404, json: main(404, 'Not found.'), failure: { kind: 'notFound' } },
  {
    label: 'CakePHP page under 400',
    status: 400,
    json: { name: 'Not Found', message: 'Not Found', url: '/api/x.json' },
    failure: { kind: 'notFound' },
  },
  {
    label: 'analytics 404',
    status: 404,
    json: { statusCode: 404, message: "Call with id '1' doesn't exist", error: 'Not Found' },
    failure: { kind: 'notFound' },
  },
  {
    label: 'main 405',
    status: 405,
    json: main(405, 'Method Not Allowed'),
    failure: rejected({}, 'Method Not Allowed'),
  },
  {
    label: 'main 406 with fields',
    status: 406,
    json: main(406, 'Invalid input data.', { public_number: ['Number 393807939119 is not valid.'] }),
    failure: rejected({ public_number: ['Number 393807939119 is not valid.'] }, 'Invalid input data.'),
  },
  {
    label: 'main 406 without fields',
    status: 406,
    json: main(406, 'Invalid input data.'),
    failure: rejected({}, 'Invalid input data.'),
  },
  {
    label: 'main 406 with nested fields',
    status: 406,
    json: main(406, 'x', { name: 'required', ContactEmail: { 0: { email: ['bad'] } } }),
    failure: rejected({ name: ['required'], ContactEmail: ['bad'] }, 'x'),
  },
  {
    label: 'analytics 400 with a list',
    status: 400,
    json: { statusCode: 400, message: ['callId must be a number', 'or so'], error: 'Bad Request' },
    failure: rejected({}, 'callId must be a number; or so'),
  },
  {
    label: 'AI 400',
    status: 400,
    json: { code: 'BAD_REQUEST', message: 'no' },
    failure: rejected({}, 'no'),
  },
  {
    label: 'main 409',
    status: 409,
    json: main(409, 'Agent is already calling.'),
    failure: { kind: 'conflict' },
  },
  {
    label: 'main 410',
    status: 410,
    json: main(410, 'Recording expired.'),
    failure: { kind: 'gone', message: 'Recording expired.' },
  },
  { label: 'main 429', status: 429, json: main(429, 'Too Many'), failure: { kind: 'rateLimited' } },
  { label: 'main 500', status: 500, json: main(500, 'x'), failure: { kind: 'unavailable', status: 500 } },
  { label: 'a list as body', status: 503, json: [1], failure: { kind: 'unavailable', status: 503 } },
]

const failureOf = async (work: Promise<unknown>): Promise<CloudTalkFailure> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(CloudTalkError)
  return (error as CloudTalkError).failure
}

describe('answers', () => {
  test.each(envelopes)('$label', async ({ status, json, failure }) => {
    server.answer({ status, json })
    expect(await failureOf(server.client.contacts.show('1'))).toEqual(failure)
  })

  test('the edge refuses in HTML', async () => {
    server.answer({ status: 403, raw: '<html>403</html>', headers: { 'content-type': 'text/html' } })
    expect(await failureOf(server.client.contacts.show('1'))).toEqual({ kind: 'forbidden', message: '' })
  })

  test('the end of the limit window is epoch seconds on the wire, milliseconds here', async () => {
    server.answer({
      status: 429,
      json: {},
      headers: {
        'X-CloudTalkAPI-Limit': '60',
        'X-CloudTalkAPI-Remaining': '0',
        'X-CloudTalkAPI-ResetTime': '1780000060',
      },
    })
    expect(await failureOf(server.client.contacts.show('1'))).toEqual({
      kind: 'rateLimited',
      retryAt: 1_780_000_060_000,
    })
    expect(server.answers).toEqual([
      {
        route: 'GET /contacts/show/:id.json',
        host: 'main',
        status: 429,
        limit: 60,
        remaining: 0,
        resetAt: 1_780_000_060_000,
        ms: expect.any(Number),
      },
    ])
  })

  const unreadable = [
    { label: 'HTML', raw: '<html>', path: '', issue: 'not JSON' },
    { label: 'nothing', raw: '', path: '', issue: 'not JSON' },
    { label: 'no envelope', raw: '{}', path: 'responseData', issue: /object/ },
    {
      label: 'no name of a contact',
      raw: '{"responseData":{"Contact":{"id":{"secret":1}}}}',
      path: 'responseData.Contact.id',
      issue: /Invalid/,
    },
  ]
  test.each(unreadable)('unreadable: $label', async ({ raw, path, issue }) => {
    server.answer({ raw })
    const failure = await failureOf(server.client.contacts.show('1'))
    expect(failure).toMatchObject({ kind: 'unreadable', path, issue: expect.stringMatching(issue) })
  })

  test('a redirect is not followed with our key', async () => {
    server.answer({ status: 302, raw: '', headers: { location: `${server.url}/elsewhere` } })
    expect(await failureOf(server.client.contacts.show('1'))).toMatchObject({ kind: 'unreadable' })
    expect(server.sent).toHaveLength(1)
  })

  const smsFailures = [
    { success: false, data: 'Unknown number' },
    { success: 'false', data: 'Unknown number' },
  ]
  test.each(smsFailures)('an SMS refused under HTTP 200 (success: $success)', async (responseData) => {
    server.answer({ json: { responseData } })
    const send = server.client.sms.send({ channel: 'sms', recipient: '+1', sender: '+2', message: 'm' })
    expect(await failureOf(send)).toEqual(rejected({}, 'Unknown number'))
  })

  test.each([true, 'true'])('an SMS taken (success: %s)', async (success) => {
    server.answer({ json: { responseData: { success, data: {} } } })
    await server.client.sms.send({ channel: 'whatsapp', recipient: '+1', sender: '+2', message: 'm' })
    expect(server.sent[0]?.body).toEqual({ recipient: 'whatsapp:+1', sender: 'whatsapp:+2', message: 'm' })
  })
})

describe('no answer', () => {
  const read = () => server.client.contacts.show('1')
  const write = () => server.client.contacts.edit('1', { name: 'x' })

  test.each([
    { label: 'a read', work: read, maybeDone: false },
    { label: 'a write', work: write, maybeDone: true },
  ])('$label that times out', async ({ work, maybeDone }) => {
    server.answer(() => undefined)
    expect(await failureOf(work())).toEqual({ kind: 'unreachable', cause: 'timeout', maybeDone })
  })

  test.each([
    { label: 'a read', work: read, maybeDone: false },
    { label: 'a write', work: write, maybeDone: true },
  ])('$label that is cut off', async ({ work, maybeDone }) => {
    server.answer((_sent, response) => {
      response.socket?.destroy()
      return undefined
    })
    expect(await failureOf(work())).toEqual({ kind: 'unreachable', cause: 'reset', maybeDone })
  })

  test.each([502, 504])(
    'a gateway that gives up (%i): a write may be done, a read is not',
    async (status) => {
      server.answer({ status, raw: '<html>' })
      expect(await failureOf(write())).toEqual({ kind: 'unreachable', cause: 'gateway', maybeDone: true })
      expect(await failureOf(read())).toEqual({ kind: 'unavailable', status })
    },
  )

  test('a write cut off in the middle of its answer', async () => {
    server.answer((_sent, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{')
      setImmediate(() => response.socket?.destroy())
      return undefined
    })
    expect(await failureOf(write())).toEqual({ kind: 'unreachable', cause: 'reset', maybeDone: true })
  })

  test('nobody listens: a write was surely not done', async () => {
    const gone = await startLocalServer()
    await gone.close()
    const failure = await failureOf(gone.client.contacts.add({ name: 'x' }))
    expect(failure).toEqual({ kind: 'unreachable', cause: 'refused', maybeDone: false })
  })

  test('an unknown host, what we have given up, and an unknown error', async () => {
    const failing = (thrown: unknown) =>
      createCloudTalk({
        accessKeyId: 'a',
        accessKeySecret: 'b',
        userAgent: 't',
        fetch: () => Promise.reject(thrown),
      }).contacts.delete('1')
    const dns = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })
    expect(await failureOf(failing(new TypeError('fetch failed', { cause: dns })))).toEqual({
      kind: 'unreachable',
      cause: 'dns',
      maybeDone: false,
    })
    expect(await failureOf(failing(new DOMException('x', 'AbortError')))).toEqual({
      kind: 'unreachable',
      cause: 'aborted',
      maybeDone: true,
    })
    expect(await failureOf(failing(new Error('odd')))).toEqual({
      kind: 'unreachable',
      cause: 'other',
      maybeDone: true,
    })
  })
})

test('messages name the route and what happened, never a value', async () => {
  server.answer({
    status: 406,
    json: main(406, 'm +420601000001', { public_number: ['+420601000001'], '420601000001': ['x'] }),
  })
  const work = server.client.contacts.list({ page: 1, limit: 1, keyword: '+420601000001' })
  await expect(work).rejects.toThrow(
    'CloudTalk GET /contacts/index.json: the data was rejected (public_number)',
  )
})

test('every request carries the key, a user agent and asks for JSON', async () => {
  server.answer({ json: payload('countries-index') })
  await server.client.countries.list()
  expect(server.sent[0]?.headers).toMatchObject({
    authorization: `Basic ${Buffer.from('KEY-ID:KEY-SECRET').toString('base64')}`,
    'user-agent': 'test-agent',
    accept: 'application/json',
  })
})

test('an address that is no URL is refused at construction', () => {
  expect(() =>
    createCloudTalk({ accessKeyId: 'a', accessKeySecret: 'b', userAgent: 't', apiUrl: 'x' }),
  ).toThrow(TypeError)
})
