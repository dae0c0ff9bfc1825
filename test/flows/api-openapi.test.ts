import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type ApiPorts, api } from '../../src/http/api/api.ts'
import { askApi, makeAdmin } from '../helpers/api.ts'
import { startBrowser } from '../helpers/browser.ts'
import { ADMIN, openPage, signIn } from '../helpers/console.ts'
import { type OidcProvider, startOidcProvider } from '../helpers/oidc-provider.ts'
import { addContact, createCustomer, customer, endCall } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

interface Operation {
  operationId: string
  summary: string
  parameters: { name: string; in: string; required: boolean; schema: object }[]
  requestBody?: { content: { 'application/json': { schema: object } } }
  responses: Record<string, { content: { 'application/json': { schema: object } } }>
}
interface Document {
  openapi: string
  security: object[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object>; securitySchemes: object }
}

let browser: Browser
let stack: Stack
let provider: OidcProvider
let token: string
let document: Document
beforeAll(async () => {
  ;[browser, stack, provider] = await Promise.all([
    startBrowser(),
    startStack({ customers: 8, contacts: 4, database: 'embedded' }),
    startOidcProvider(),
  ])
  token = await (await makeAdmin(stack)).makeToken('document', 'admin')
  document = (await (await fetch(`${stack.service.publicUrl()}/api/v1/openapi.json`)).json()) as Document
})
afterAll(async () => {
  await browser?.close()
  await stack?.close()
  await provider?.close()
})

/** Of the document, as a schema that stands for itself. */
function validatorOf(schema: object): z.ZodType {
  const whole = JSON.stringify({ ...schema, $defs: document.components.schemas })
  return z.fromJSONSchema(JSON.parse(whole.replaceAll('#/components/schemas/', '#/$defs/')))
}

const documented = () =>
  Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  )

test('every route that is registered stands in the document, and the reverse', () => {
  const registered = api({} as ApiPorts)
    .routes.filter(({ method, path }) => method !== 'ALL' && path !== '/openapi.json')
    .map(({ method, path }) => `${method} /api/v1${path.replaceAll(/:(\w+)/g, '{$1}')}`)
  expect(documented().toSorted()).toEqual(registered.toSorted())
  expect(registered.length).toBeGreaterThan(30)
})

test('the document is of version 3.1, its references lead somewhere, and what it calls a parameter is in the path', () => {
  expect(document.openapi).toBe('3.1.0')
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref ?? '')
  const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`)
  expect(references.filter((ref) => !known.includes(ref))).toEqual([])
  const ids = Object.values(document.paths).flatMap((operations) =>
    Object.values(operations).map(({ operationId }) => operationId),
  )
  expect(new Set(ids).size).toBe(ids.length)
  for (const [path, operations] of Object.entries(document.paths)) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    for (const { parameters } of Object.values(operations)) {
      expect(parameters.filter(({ in: where }) => where === 'path').map(({ name }) => name)).toEqual(names)
    }
  }
})

/** Asks, and holds what is answered against what the document says of this status. */
async function checked(method: string, template: string, path: string, body?: unknown) {
  const operation = document.paths[`/api/v1${template}`]?.[method.toLowerCase()]
  if (!operation) throw new Error(`the document has no ${method} ${template}`)
  if (body !== undefined) {
    const sent = validatorOf(operation.requestBody?.content['application/json'].schema ?? {}).safeParse(body)
    expect([template, sent.error?.issues]).toEqual([template, undefined])
  }
  const answer = await askApi(stack, token, method, path, body)
  const response = operation.responses[String(answer.status)]
  if (!response)
    throw new Error(`${method} ${template} answered ${answer.status}, which the document does not know`)
  const { schema } = response.content['application/json']
  const read = validatorOf(schema).safeParse(answer.body)
  expect([method, template, read.error?.issues]).toEqual([method, template, undefined])
  asked.add(`${method} /api/v1${template}`)
  return answer
}
const asked = new Set<string>()

const SHARED = '+442071838750'
const STRANGER = '+442071838751'
const get = (path: string, template = path.split('?')[0] ?? path) => checked('GET', template, path)
const post = (path: string, body?: unknown, template = path) => checked('POST', template, path, body)
const remove = (path: string, template: string) => checked('DELETE', template, path)

test('what a running service answers is what the document says, of every route', async () => {
  const first = await createCustomer(stack, customer(SHARED, { name: 'Ann Bell' }))
  const second = await createCustomer(stack, customer('+442071838752', { name: 'ann bell' }))
  const call = await endCall(stack, { external_number: STRANGER })
  await stack.settled()
  // A name that several contacts carry is for a person to decide.
  await addContact(stack, { name: 'Cora Dean', ContactNumber: [{ public_number: '+442071838753' }] })
  await addContact(stack, { name: 'Cora Dean', ContactNumber: [{ public_number: '+442071838754' }] })
  await stack.settled()
  await createCustomer(stack, customer('+442071838755', { name: 'Cora Dean' }))
  await stack.settled()

  await get('/me')
  await get('/connections')
  await get('/health')
  await get('/pending')
  const trace = await get(`/trace?q=${encodeURIComponent(SHARED)}`)
  expect(trace.body.records.length).toBeGreaterThan(0)
  const activity = await get('/activity')
  expect(activity.body.outcomes.length).toBeGreaterThan(0)
  expect((await get('/records?outcome=in-sync')).body.records.length).toBeGreaterThan(0)
  expect((await get('/reasons?kind=call')).body.reasons).toEqual([{ reason: 'LOGGED_UNLINKED', count: 1 }])
  expect((await get('/needs')).body.connections).toMatchObject([{ id: 'default', runs: true }])
  const mapping = await get(`/mapping?q=${encodeURIComponent(SHARED)}`)
  expect(mapping.body.samples.contact.values.name.lines).toEqual([expect.stringMatching(/ann bell/i)])
  const named = await get('/customers?name=ANN%20bell')
  expect(named.body.customers.map(({ id }: { id: string }) => id).toSorted()).toEqual(
    [first, second].toSorted(),
  )
  expect((await get('/choices')).body.agents.length).toBeGreaterThan(0)
  const shared = (await get('/contacts/shared')).body.contacts
  expect(shared).toMatchObject([
    { customers: expect.arrayContaining([expect.objectContaining({ id: second })]) },
  ])

  const { reviews } = (await get('/reviews')).body
  expect(reviews).toHaveLength(1)
  const [review] = reviews
  const full = await get(`/reviews/${review.id}`, '/reviews/{id}')
  expect(full.body.candidateSides).toHaveLength(2)
  const decision = { decision: 'keep-apart' }
  await post(`/reviews/${review.id}/decision`, decision, '/reviews/{id}/decision')
  const late = await post(`/reviews/${review.id}/decision`, decision, '/reviews/{id}/decision')
  expect(late.status).toBe(409)

  const contactId = trace.body.records.find(({ kind }: { kind: string }) => kind === 'contact').id
  const unmerge = await post(
    `/contacts/${contactId}/unmerge`,
    { customerId: second },
    '/contacts/{id}/unmerge',
  )
  expect(unmerge.status).toBe(200)

  const { conversations } = (await get('/unassociated')).body
  expect(conversations[0]).toMatchObject({ kind: 'call', id: String(call.id) })
  const to = { customer: first }
  const moved = await post(`/unassociated/${call.id}/associate`, to, '/unassociated/{id}/associate')
  expect(moved.status).toBe(200)

  await get('/failures')
  await post('/failures/retry', { all: true })

  const { id: proofId } = (await post('/proofs', {})).body
  const ended = await until('the day is proved', async () => {
    const state = await get(`/proofs/${proofId}`, '/proofs/{id}')
    return state.body.state !== 'running' && state.body
  })
  expect(ended.state).toBe('done')
  expect((await get('/proofs')).body.proofs).toHaveLength(1)
  expect((await get('/summary')).body.proof).toBeDefined()

  const { id: runId } = (await post('/runs', { kind: 'preview', from: '2026-01-31T00:00:00Z' })).body
  await post(`/runs/${runId}/pause`, undefined, '/runs/{id}/pause')
  await post(`/runs/${runId}/resume`, undefined, '/runs/{id}/resume')
  await until('the preview is done', async () => {
    const run = await get(`/runs/${runId}`, '/runs/{id}')
    return run.body.state === 'done'
  })
  const { id: secondRun } = (await post('/runs', { kind: 'preview' })).body
  await post(`/runs/${secondRun}/cancel`, undefined, '/runs/{id}/cancel')
  expect((await post(`/runs/${runId}/cancel`, undefined, '/runs/{id}/cancel')).status).toBe(409)
  await get('/runs')
  expect((await get(`/runs/${runId}/undos`, '/runs/{id}/undos')).status).toBe(200)
  const records = await get(`/runs/${runId}/records`, '/runs/{id}/records')
  expect(records.body.records.length).toBeGreaterThan(0)

  const { id: personId } = (await post('/people', { name: 'Sam', email: 'sam@example.com', role: 'agent' }))
    .body
  await post(`/people/${personId}/role`, { role: 'supervisor' }, '/people/{id}/role')
  await post(`/people/${personId}/reset`, undefined, '/people/{id}/reset')
  const { people } = (await get('/people')).body
  const [session] = people.flatMap(({ sessions }: { sessions: { id: string }[] }) => sessions)
  await remove(`/people/sessions/${session.id}`, '/people/sessions/{id}')
  await remove(`/people/${personId}`, '/people/{id}')
  await get('/audit')
  const made = (await post('/tokens', { name: 'short', role: 'agent', days: 3 })).body
  await get('/tokens')
  await remove(`/tokens/${made.id}`, '/tokens/{id}')
  expect((await remove(`/tokens/${made.id}`, '/tokens/{id}')).status).toBe(404)

  const [set] = (await get('/settings')).body.connections
  expect(set).toMatchObject({ id: 'default', settingsFrom: 'console', accountsFrom: 'environment' })
  const settings = { ...set.settings, timeZone: 'Europe/Prague' }
  const save = (body: object) => post('/settings/default', body, '/settings/{id}')
  expect((await save({ settings, preview: true })).body.changes).toHaveLength(1)
  expect((await save({ settings })).body.changes).toMatchObject([
    { path: 'timeZone', after: 'Europe/Prague' },
  ])
  expect((await save({ settings: set.settings, revision: set.revision })).status).toBe(409)
  const kustomer = { org: 'acme', apiKey: 'emulator', apiUrl: stack.kustomer.url }
  const cloudtalk = { accessKeyId: 'CLOUDTALK', accessKeySecret: 'emulator' }
  const { id: other } = (await post('/connections', { name: 'Other', ...kustomer })).body
  const at = (part: string) => [`/connections/${other}/${part}`, `/connections/{id}/${part}`] as const
  const key = (part: string, body: object) => post(at(part)[0], body, at(part)[1])
  expect((await get(...at('check'))).status).toBe(409)
  expect((await key('cloudtalk', { ...cloudtalk, accessKeySecret: 'wrong' })).status).toBe(409)
  expect((await key('cloudtalk', cloudtalk)).status).toBe(200)
  expect((await key('kustomer', kustomer)).status).toBe(200)
  expect((await key('signing-secret', { secret: 'whsec_dGVzdA==' })).status).toBe(200)
  expect((await get(...at('check'))).body.checks.every(({ ok }: { ok: boolean }) => ok)).toBe(true)
  expect((await get(...at('recipes'))).body.recipes).toHaveLength(8)

  expect((await get('/sign-on')).status).toBe(404)
  const { issuer, clientId, clientSecret } = provider
  const signOn = { name: 'Acme ID', issuer, clientId, clientSecret, domains: ['example.com'], role: 'agent' }
  expect((await post('/sign-on', signOn)).status).toBe(200)
  expect((await post('/sign-on', { ...signOn, issuer: `${issuer}/elsewhere` })).status).toBe(409)
  expect((await get('/sign-on')).status).toBe(200)
  expect((await remove('/sign-on', '/sign-on')).status).toBe(200)

  expect([...asked].toSorted()).toEqual(documented().toSorted())
}, 90_000)

test('the page lists every path with its method, what it does and who may, and nothing of it is cut off', async () => {
  const { page, problems } = await openPage(browser, { width: 390 })
  await signIn(page, stack.service.publicUrl(), ADMIN.email, ADMIN.password)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.getByRole('contentinfo').getByRole('link', { name: 'API' }).click()
  await page.getByRole('heading', { name: 'API', exact: true }).waitFor()
  const shown = await page.getByRole('heading', { level: 3 }).allTextContents()
  expect(shown.map((text) => text.replaceAll(/\s+/g, ' ').trim()).toSorted()).toEqual(documented().toSorted())
  const text = await page.textContent('main')
  for (const operations of Object.values(document.paths)) {
    for (const { summary } of Object.values(operations)) expect(text).toContain(summary)
  }
  await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
  const faults = await page.evaluate(
    "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + nodes[0].html))",
  )
  expect(faults).toEqual([])
  expect(problems).toEqual([])
}, 60_000)
