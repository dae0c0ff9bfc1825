import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SECRET_HEADER, TRIGGER_HEADER, workflowSecret } from '../../src/sync/recipes.ts'
import { type Stack, startStack } from '../helpers/service.ts'

const SVIX_SECRET = `whsec_${Buffer.from('a signing secret of 32 bytes len').toString('base64')}`

let stack: Stack
let kustomerToken: string
beforeAll(async () => {
  stack = await startStack({ settings: { accountWebhookSecret: SVIX_SECRET } })
  kustomerToken = (await stack.kustomer.state()).webhooks?.[0].attributes.token
})
afterAll(() => stack.close())

const secret = workflowSecret('default', 'emulator')
const callEnded = JSON.stringify({ call_id: 1, call_uuid: 'u' })
const hmac = (body: string, key: string) => createHmac('sha256', key).update(body).digest('hex')

interface Knock {
  label: string
  path: string
  body: string | Uint8Array
  headers: () => Record<string, string>
  status: number
  says: RegExp
}

const kustomerHeaders = (body: string) => () => ({
  'x-kustomer-webhook-signature': hmac(body, kustomerToken),
})
const svixHeaders =
  (body: string, at = new Date(), key = SVIX_SECRET) =>
  () => ({
    'svix-id': 'msg_1',
    'svix-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'svix-signature': new Webhook(key).sign('msg_1', at, body),
  })
const large = JSON.stringify({ filler: 'x'.repeat(1_100_000) })
const otherSecret = `whsec_${Buffer.from('another secret of 32 bytes lengt').toString('base64')}`
const notJson = '{"call_id": 1'
const wrongShape = JSON.stringify({ id: 'e1', name: 'kustomer.customer.create', data: { type: 'customer' } })
const badRecord = JSON.stringify({
  id: 'e1',
  name: 'kustomer.customer.create',
  data: { type: 'customer', id: '5c6e009c68b9d153304397d8', attributes: { phones: 'none', rev: 1 } },
})

const knocks: Knock[] = [
  {
    label: 'an unknown connection (Kustomer)',
    path: '/webhooks/kustomer/nobody',
    body: '{}',
    headers: () => ({}),
    status: 404,
    says: /no connection "nobody"/,
  },
  {
    label: 'an unknown connection (CloudTalk)',
    path: '/webhooks/cloudtalk/nobody',
    body: '{}',
    headers: () => ({}),
    status: 404,
    says: /no connection "nobody"/,
  },
  {
    label: 'no signature (Kustomer)',
    path: '/webhooks/kustomer/default',
    body: '{}',
    headers: () => ({}),
    status: 401,
    says: /x-kustomer-webhook-signature/,
  },
  {
    label: 'a wrong token (Kustomer)',
    path: '/webhooks/kustomer/default',
    body: '{}',
    headers: () => ({ 'x-kustomer-webhook-signature': hmac('{}', 'wrong') }),
    status: 401,
    says: /does not fit the body/,
  },
  {
    label: 'a signature of another body (Kustomer)',
    path: '/webhooks/kustomer/default',
    body: '{ }',
    headers: kustomerHeaders('{}'),
    status: 401,
    says: /does not fit the body/,
  },
  {
    label: 'not JSON (Kustomer)',
    path: '/webhooks/kustomer/default',
    body: notJson,
    headers: kustomerHeaders(notJson),
    status: 400,
    says: /not JSON/,
  },
  {
    label: 'the wrong shape (Kustomer)',
    path: '/webhooks/kustomer/default',
    body: wrongShape,
    headers: kustomerHeaders(wrongShape),
    status: 400,
    says: /data/,
  },
  {
    label: 'a record of the wrong shape (Kustomer)',
    path: '/webhooks/kustomer/default',
    body: badRecord,
    headers: kustomerHeaders(badRecord),
    status: 400,
    says: /phones/,
  },
  {
    label: 'too large (Kustomer)',
    path: '/webhooks/kustomer/default',
    body: large,
    headers: kustomerHeaders(large),
    status: 413,
    says: /larger than/,
  },
  {
    label: 'no secret (CloudTalk)',
    path: '/webhooks/cloudtalk/default',
    body: callEnded,
    headers: () => ({}),
    status: 401,
    says: /is missing/,
  },
  {
    label: 'a wrong secret (CloudTalk)',
    path: '/webhooks/cloudtalk/default',
    body: callEnded,
    headers: () => ({ [SECRET_HEADER]: `${secret}x` }),
    status: 401,
    says: /not the one of this connection/,
  },
  {
    label: 'not JSON (CloudTalk)',
    path: '/webhooks/cloudtalk/default',
    body: notJson,
    headers: () => ({ [SECRET_HEADER]: secret }),
    status: 400,
    says: /not JSON/,
  },
  {
    label: 'not UTF-8 (CloudTalk)',
    path: '/webhooks/cloudtalk/default',
    body: Uint8Array.from([0x22, 0xff, 0x22]),
    headers: () => ({ [SECRET_HEADER]: secret }),
    status: 400,
    says: /not JSON/,
  },
  {
    label: 'an array (CloudTalk)',
    path: '/webhooks/cloudtalk/default',
    body: '[1]',
    headers: () => ({ [SECRET_HEADER]: secret }),
    status: 400,
    says: /workflow automation/,
  },
  {
    label: 'an id that is none (CloudTalk)',
    path: '/webhooks/cloudtalk/default',
    body: JSON.stringify({ call_id: 'x'.repeat(256) }),
    headers: () => ({ [SECRET_HEADER]: secret }),
    status: 400,
    says: /call_id.*at most 255 characters/,
  },
  {
    label: 'a message with an id that is none (CloudTalk)',
    path: '/webhooks/cloudtalk/default',
    body: JSON.stringify({ message_id: 'x'.repeat(256), text: 'Hello' }),
    headers: () => ({ [SECRET_HEADER]: secret, [TRIGGER_HEADER]: 'Message Received' }),
    status: 400,
    says: /id.*at most 255 characters/,
  },
  {
    label: 'too large (CloudTalk)',
    path: '/webhooks/cloudtalk/default',
    body: large,
    headers: () => ({ [SECRET_HEADER]: secret }),
    status: 413,
    says: /larger than/,
  },
  {
    label: 'signed with another secret (Svix)',
    path: '/webhooks/cloudtalk/default',
    body: callEnded,
    headers: svixHeaders(callEnded, new Date(), otherSecret),
    status: 401,
    says: /bad-signature/,
  },
  {
    label: 'a replay after ten minutes (Svix)',
    path: '/webhooks/cloudtalk/default',
    body: callEnded,
    headers: svixHeaders(callEnded, new Date(Date.now() - 600_000)),
    status: 401,
    says: /stale/,
  },
  {
    label: 'the wrong shape (Svix)',
    path: '/webhooks/cloudtalk/default',
    body: callEnded,
    headers: svixHeaders(callEnded),
    status: 400,
    says: /account webhook/,
  },
]

test.each(knocks)('$label is answered $status, and nothing is stored', async (knock) => {
  const before = await stack.service.operations.pending()
  const response = await fetch(`${stack.service.publicUrl()}${knock.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...knock.headers() },
    body: knock.body,
  })
  const answer = (await response.json()) as { error: string; whatToDo: string }
  expect({ status: response.status, error: answer.error }).toEqual({
    status: knock.status,
    error: expect.stringMatching(knock.says),
  })
  expect(answer.whatToDo).toMatch(/\w/)
  expect(await stack.service.operations.pending()).toBe(before)
})

test('the JSON API wants its token', async () => {
  const response = await fetch(`${stack.service.publicUrl()}/api/v1/summary`)
  expect(response.status).toBe(401)
})

test('health and readiness answer, an unknown address says so', async () => {
  const status = async (path: string) => (await fetch(`${stack.service.publicUrl()}${path}`)).status
  expect(await Promise.all(['/healthz', '/readyz', '/nothing'].map(status))).toEqual([200, 200, 404])
})
