import { afterAll, beforeAll, expect, test } from 'vitest'
import { findOwner } from '../../src/data-folder.ts'
import { type AdminForms, askApi, cookiesOf, makeAdmin } from '../helpers/api.ts'
import { createCustomer, customer } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** What the console and the doors say where something does not fit: what it is, and what to do. */

let stack: Stack
let admin: AdminForms
let base: string
beforeAll(async () => {
  stack = await startStack({ database: 'embedded' })
  admin = await makeAdmin(stack)
  base = stack.service.publicUrl()
})
afterAll(() => stack?.close())

const open = async (path: string, cookie = admin.cookie) => {
  const response = await fetch(`${base}${path}`, {
    headers: { cookie, accept: 'text/html' },
    redirect: 'manual',
  })
  return { status: response.status, html: await response.text() }
}

test.each(['/trace?q=%00', '/mapping?q=a%00b', '/review?after=%00', '/runs/%00'])(
  'the address %s is refused as a page',
  async (path) => {
    const { status, html } = await open(path)
    expect({ status, html }).toEqual({
      status: 400,
      html: expect.stringContaining('It has a character that no record has.'),
    })
  },
)

test.each(['/', '/records', '/runs', '/settings'])(
  'a connection that there is not has no page %s',
  async (path) => {
    const { status, html } = await open(`${path}?connection=nobody`)
    expect({ status, html }).toEqual({
      status: 404,
      html: expect.stringContaining('No connection with the id “nobody” runs here.'),
    })
    expect((await open(`${path}?connection=default`)).status).toBe(200)
  },
)

/** @returns the cookie of somebody who was invited by Ada, with the address of the invitation. */
async function invite(name: string, email: string, role: string) {
  const { html } = await admin.send('/people', { name, email, role })
  const [, token = ''] = /welcome\?token=([\w-]+)/.exec(html) ?? []
  const chosen = await fetch(`${base}/welcome`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: base },
    body: new URLSearchParams({ token, password: 'another long password' }),
  })
  return { cookie: cookiesOf(chosen), address: `/welcome?token=${token}` }
}

test('an invitation that was used is told as one, with what to do', async () => {
  const { address } = await invite('Carl', 'carl@example.com', 'agent')
  const { status, html } = await open(address, '')
  expect(status).toBe(403)
  expect(html).toContain('This invitation works no more')
  expect(html).toContain('ask an administrator for a new invitation')
  expect(html).not.toContain('log shows')
})

test('whoever removes an administrator is told of the tokens that stay', async () => {
  await admin.makeToken('Reports', 'admin')
  const { cookie } = await invite('Bob', 'bob@example.com', 'admin')
  const { html } = await open('/people', cookie)
  const [, question] = /value="(Remove Ada Admin [^"]+)"/.exec(html) ?? []
  expect(question).toContain(
    'API tokens made by somebody of this name go on until they are revoked: “Reports”.',
  )
  const [, other] = /value="(Remove Carl [^"]+)"/.exec(html) ?? []
  expect(other).toMatch(/They are signed out at once\.$/)
})

test('account webhooks without a secret are refused with both places for it', async () => {
  const response = await fetch(`${base}/webhooks/cloudtalk/default`, {
    method: 'POST',
    headers: { 'svix-id': 'msg_1' },
    body: '{}',
  })
  const { whatToDo } = (await response.json()) as { whatToDo: string }
  expect(whatToDo).toContain('in the set-up of the console, or as accountWebhookSecret')
})

test('a body of the API that is no JSON is told as that', async () => {
  const token = await admin.makeToken('Broken', 'admin')
  const response = await fetch(`${base}/api/v1/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: '{"kind": "preview"',
  })
  expect([response.status, await response.json()]).toEqual([
    400,
    { error: 'The body is not JSON.', whatToDo: expect.any(String) },
  ])
})

test('the service’s own token is worth nothing from another address', async () => {
  const { token = '' } = (await findOwner(stack.dataDir)) ?? {}
  const far = { 'x-forwarded-for': '203.0.113.9' }
  expect((await askApi(stack, token, 'GET', '/me')).status).toBe(200)
  expect((await askApi(stack, token, 'GET', '/me', undefined, far)).status).toBe(401)
})

test('a key that the vendor refuses by now has no green light', async () => {
  const setUp = '/settings/set-up?connection=default'
  expect((await open(setUp)).html).toContain('</span>key CLOUDTALK')
  await stack.cloudtalk.control('PUT', '/switches', { accessKeySecret: 'renewed' })
  await createCustomer(stack, customer('+442071838750'))
  const refused = async () => (await open(setUp)).html.includes('CloudTalk refuses the key')
  await until('the light is out', refused)
  const { html } = await open(setUp)
  expect(html).not.toContain('</span>key CLOUDTALK')
  expect(html).toContain('key of acme accepted')
})
