import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AdminForms, askApi, makeAdmin } from '../helpers/api.ts'
import { startBrowser } from '../helpers/browser.ts'
import { ADMIN, openPage, signIn } from '../helpers/console.ts'
import { createCustomer, customer, endCall } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'

const UUID = '01a20000-0000-7000-8000-000000000000'

let browser: Browser
let stack: Stack
let admin: AdminForms
const tokens: Record<'agent' | 'supervisor' | 'admin', string> = { agent: '', supervisor: '', admin: '' }
beforeAll(async () => {
  ;[browser, stack] = await Promise.all([startBrowser(), startStack()])
  admin = await makeAdmin(stack)
  for (const role of ['agent', 'supervisor', 'admin'] as const) {
    tokens[role] = await admin.makeToken(`the ${role}'s program`, role)
  }
})
afterAll(async () => {
  await browser?.close()
  await stack?.close()
})

const ask = (
  role: keyof typeof tokens,
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => askApi(stack, tokens[role], method, path, body, headers)

describe('a token', () => {
  test('is made in the console, shown once, listed, used and revoked', async () => {
    const { page } = await openPage(browser)
    const asked: string[] = []
    page.on('dialog', (dialog) => {
      asked.push(dialog.message())
      void dialog.accept()
    })
    await signIn(page, stack.service.publicUrl(), ADMIN.email, ADMIN.password)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.goto(`${stack.service.publicUrl()}/people`)
    await page.getByLabel('Token for').fill('Night report')
    await page.getByLabel('Role of the token').selectOption('supervisor')
    await page.getByLabel('Days').fill('30')
    await page.getByRole('button', { name: 'Make token' }).click()
    const token = (await page.locator('.notice code').textContent()) ?? ''
    expect(token).toMatch(/^ctk_[\w-]{43}$/)
    await page.getByRole('link', { name: 'Back to People' }).click()
    expect(await page.content()).not.toContain(token)
    const row = page.getByRole('row', { name: /Night report/ })
    expect(await row.textContent()).toContain('never')
    expect((await askApi(stack, token, 'GET', '/me')).body).toEqual({
      name: 'API token Night report',
      role: 'supervisor',
      abilities: ['look', 'oversee', 'decide'],
    })
    await page.reload()
    expect(await row.textContent()).toContain('just now')
    await row.getByRole('button', { name: 'Revoke Night report' }).click()
    await page.getByText('The token “Night report” is refused from now on.').waitFor()
    expect(asked).toEqual(['Revoke the token “Night report”? The program that has it is refused at once.'])
    expect((await askApi(stack, token, 'GET', '/me')).status).toBe(401)
    const deeds = await page.getByRole('region', { name: 'Who did what' }).textContent()
    expect(deeds).toContain('Ada Admin (ada@example.com) made the API token Night report as supervisor')
    expect(deeds).toContain('Ada Admin (ada@example.com) revoked the API token Night report')
  }, 60_000)

  test('two of one name are refused, and so is one without a name or with days that are none', async () => {
    const path = '/people/tokens'
    const twice = await admin.send(path, { name: "the agent's program", role: 'agent', days: '' })
    const nameless = await admin.send(path, { name: ' ', role: 'agent', days: '' })
    const noDays = await admin.send(path, { name: 'another', role: 'agent', days: '-1' })
    expect([twice.status, nameless.status, noDays.status]).toEqual([400, 400, 400])
    const invited = await admin.send('/people', { name: 'Sam Super', email: 'sam', role: 'supervisor' })
    // What was typed stays.
    expect(invited.html).toMatch(/Give a name[\s\S]*value="Sam Super"[\s\S]*value="sam"/)
    expect(invited.html).toMatch(/value="supervisor" selected/)
    expect(twice.html).toContain('value="the agent&#39;s program"')
    expect(noDays.html).toMatch(/value="another"[\s\S]*value="-1"/)
    expect(await admin.page('/people')).not.toContain('another')
  })

  test('no token, half a token and one that ended are 401, and after twenty wrong ones the address waits', async () => {
    const from = { 'x-forwarded-for': '203.0.113.77' }
    const without = await fetch(`${stack.service.publicUrl()}/api/v1/me`)
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    const wrong = [tokens.admin.slice(0, -1), `ctk_${'A'.repeat(43)}`, 'x']
    for (const one of wrong) {
      expect((await askApi(stack, one, 'GET', '/me', undefined, from)).status).toBe(401)
    }
    for (let at = wrong.length; at < 20; at++) {
      expect((await askApi(stack, `ctk_${at}`, 'GET', '/me', undefined, from)).status).toBe(401)
    }
    const late = await askApi(stack, 'ctk_more', 'GET', '/me', undefined, from)
    expect([late.status, Number(late.headers.get('retry-after')) > 0]).toEqual([429, true])
    expect((await ask('agent', 'GET', '/me', undefined, from)).status).toBe(200)
  })

  test('of a signed-in browser is not needed and its cookie does not help: the API takes tokens alone', async () => {
    const response = await fetch(`${stack.service.publicUrl()}/api/v1/me`, {
      headers: { cookie: admin.cookie },
    })
    expect(response.status).toBe(401)
  })
})

describe('each role', () => {
  const DECISIONS = [
    ['POST', '/failures/retry'],
    ['POST', `/reviews/${UUID}/decision`],
    ['POST', '/contacts/x/unmerge'],
    ['POST', '/unassociated/x/associate'],
    ['POST', '/proofs'],
  ] as const
  const OVERSIGHT = [
    '/runs',
    '/reviews',
    '/unassociated',
    '/proofs',
    '/mapping',
    '/contacts/shared',
    '/customers?name=x',
  ].map((path) => ['GET', path] as const)
  const ADMINISTRATION = [
    ['POST', '/runs'],
    ['POST', `/runs/${UUID}/pause`],
    ['POST', `/runs/${UUID}/resume`],
    ['POST', `/runs/${UUID}/cancel`],
    ['GET', '/settings'],
    ['GET', '/choices'],
    ['POST', '/settings/default'],
    ['POST', '/connections'],
    ...['kustomer', 'cloudtalk', 'signing-secret'].map(
      (key) => ['POST', `/connections/default/${key}`] as const,
    ),
    ['GET', '/connections/default/check'],
    ['GET', '/connections/default/recipes'],
    ['GET', '/people'],
    ['POST', '/people'],
    ['POST', '/people/x/role'],
    ['POST', '/people/x/reset'],
    ['DELETE', '/people/x'],
    ['DELETE', '/people/sessions/x'],
    ['GET', '/audit'],
    ['GET', '/tokens'],
    ['POST', '/tokens'],
    ['DELETE', `/tokens/${UUID}`],
    ['GET', '/sign-on'],
    ['POST', '/sign-on'],
    ['DELETE', '/sign-on'],
  ] as const
  const LOOKS = [
    '/me',
    '/connections',
    '/summary',
    '/health',
    '/pending',
    '/trace?q=1',
    '/activity',
    '/failures',
    '/records',
    '/reasons',
    '/needs',
  ]
  const refused = async (role: keyof typeof tokens, [method, path]: readonly [string, string]) => {
    const { status, body } = await ask(role, method, path, method === 'POST' ? {} : undefined)
    return [method, path, status, body.error, typeof body.whatToDo]
  }
  const asRefused =
    (role: string) =>
    ([method, path]: readonly [string, string]) => [
      method,
      path,
      403,
      `The role ${role} of this token does not allow this.`,
      'string',
    ]

  test('an agent’s token looks things up, and is told what is missing for the rest', async () => {
    const statuses = await Promise.all(LOOKS.map(async (path) => (await ask('agent', 'GET', path)).status))
    expect(statuses).toEqual(LOOKS.map(() => 200))
    const forbidden = [...OVERSIGHT, ...DECISIONS, ...ADMINISTRATION]
    expect(await Promise.all(forbidden.map((one) => refused('agent', one)))).toEqual(
      forbidden.map(asRefused('agent')),
    )
    expect((await ask('agent', 'GET', '/runs')).body.whatToDo).toBe(
      'Use a token of the role supervisor or admin.',
    )
  })

  test('a supervisor’s sees and decides, and neither runs nor people', async () => {
    for (const [method, path] of OVERSIGHT) expect((await ask('supervisor', method, path)).status).toBe(200)
    expect((await ask('supervisor', 'POST', '/failures/retry', { all: true })).body).toEqual({ retried: 0 })
    expect(await Promise.all(ADMINISTRATION.map((one) => refused('supervisor', one)))).toEqual(
      ADMINISTRATION.map(asRefused('supervisor')),
    )
  })
})

describe('what the console does', () => {
  test('invites, gives roles, resets and removes; the last administrator stays; all of it is in the audit', async () => {
    const person = { name: 'Sam Super', email: 'Sam@example.com', role: 'supervisor' }
    const invited = await ask('admin', 'POST', '/people', person)
    expect([invited.status, invited.body.address]).toEqual([201, expect.stringContaining('/welcome?token=')])
    expect((await ask('admin', 'POST', '/people', person)).status).toBe(409)
    const { id } = invited.body
    expect((await ask('admin', 'POST', `/people/${id}/role`, { role: 'agent' })).body).toEqual({ done: true })
    expect((await ask('admin', 'POST', `/people/${id}/reset`)).body.email).toBe('sam@example.com')
    const { people } = (await ask('admin', 'GET', '/people')).body
    const [ada] = people.filter(({ email }: { email: string }) => email === ADMIN.email)
    expect(people.find((one: { id: string }) => one.id === id)).toMatchObject({
      role: 'agent',
      invited: true,
    })
    const last = 'This is the last administrator: make another one first.'
    const demoted = await ask('admin', 'POST', `/people/${ada.id}/role`, { role: 'agent' })
    const removed = await ask('admin', 'DELETE', `/people/${ada.id}`)
    expect([demoted, removed].map(({ status, body }) => [status, body.error])).toEqual([
      [409, last],
      [409, last],
    ])
    expect((await ask('admin', 'DELETE', `/people/${id}`)).status).toBe(200)
    expect((await ask('admin', 'DELETE', `/people/${id}`)).status).toBe(409)
    const session = await ask('admin', 'DELETE', `/people/sessions/${ada.sessions[0].id}`)
    expect(session.status).toBe(200)
    expect((await ask('admin', 'DELETE', `/people/sessions/${ada.sessions[0].id}`)).status).toBe(404)
    const { deeds } = (await ask('admin', 'GET', '/audit')).body
    const said = deeds
      .filter(({ who }: { who: string }) => who === "API token the admin's program")
      .map(({ did, subject }: { did: string; subject: string }) => `${did} ${subject}`)
    expect(said).toEqual([
      `ended a session of ${ADMIN.email}`,
      'removed sam@example.com',
      'reset the password of sam@example.com',
      'gave the role agent to sam@example.com',
      'invited sam@example.com as supervisor',
    ])
  })

  test('two administrators who remove each other leave one', async () => {
    const other = await ask('admin', 'POST', '/people', {
      name: 'Two',
      email: 'two@example.com',
      role: 'admin',
    })
    const { people } = (await ask('admin', 'GET', '/people')).body
    const admins = people.filter(({ role }: { role: string }) => role === 'admin')
    expect(admins).toHaveLength(2)
    const ended = await Promise.all(
      admins.map(({ id }: { id: string }) => ask('admin', 'POST', `/people/${id}/role`, { role: 'agent' })),
    )
    expect(ended.map(({ status }) => status).toSorted()).toEqual([200, 409])
    expect(other.status).toBe(201)
  })

  test('tokens make and revoke tokens', async () => {
    const made = await ask('admin', 'POST', '/tokens', { name: 'nightly', role: 'agent', days: 1 })
    expect(made.body).toEqual({ id: expect.any(String), token: expect.stringMatching(/^ctk_/) })
    expect((await askApi(stack, made.body.token, 'GET', '/pending')).body).toEqual({
      events: expect.any(Number),
    })
    const { tokens } = (await ask('admin', 'GET', '/tokens')).body
    const [found] = tokens.filter(({ name }: { name: string }) => name === 'nightly')
    expect(found).toEqual({
      id: made.body.id,
      name: 'nightly',
      role: 'agent',
      madeBy: "API token the admin's program",
      madeAt: expect.any(String),
      expiresAt: expect.any(String),
      lastUsedAt: expect.any(String),
    })
    expect((await ask('admin', 'POST', '/tokens', { name: 'nightly', role: 'agent' })).status).toBe(409)
    expect((await ask('admin', 'DELETE', `/tokens/${found.id}`)).body).toEqual({ name: 'nightly' })
    expect((await ask('admin', 'DELETE', `/tokens/${found.id}`)).status).toBe(404)
  })

  test('the activity goes on where the page above ended, and takes filters', async () => {
    for (let at = 0; at < 60; at++) await createCustomer(stack, customer(`+4420718387${10 + at}`))
    await stack.settled(60_000)
    const first = (await ask('agent', 'GET', '/activity?kind=customer')).body
    expect(first.outcomes).toHaveLength(50)
    const second = (await ask('agent', 'GET', `/activity?kind=customer&before=${first.next}`)).body
    const ids = [...first.outcomes, ...second.outcomes].map(({ id }: { id: string }) => BigInt(id))
    expect(ids).toEqual(ids.toSorted((one, other) => (one < other ? 1 : -1)))
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThanOrEqual(60)
    const later = new Date(Date.now() + 60_000).toISOString()
    expect((await ask('agent', 'GET', `/activity?since=${later}`)).body).toEqual({ outcomes: [] })
  }, 90_000)

  test('the records go on where the page above ended, each once', async () => {
    const ids: string[] = []
    for (let next: string | undefined = ''; next !== undefined; ) {
      const after: string = next && `&after=${encodeURIComponent(next)}`
      const { body } = await ask('agent', 'GET', `/records?kind=customer&outcome=in-sync${after}`)
      ids.push(...body.records.map(({ id }: { id: string }) => id))
      next = body.next
    }
    expect(ids.length).toBeGreaterThanOrEqual(60)
    expect(new Set(ids).size).toBe(ids.length)
    const { body } = await ask('agent', 'GET', '/reasons?kind=customer&outcome=in-sync')
    const counted = body.reasons.reduce((sum: number, { count }: { count: number }) => sum + count, 0)
    expect(counted).toBe(ids.length)
    const past = await ask('agent', 'GET', '/activity?kind=customer&until=2000-01-01T00:00:00Z')
    expect(past.body).toEqual({ outcomes: [] })
  })

  test('a run is begun, listed, paused and resumed', async () => {
    const begun = await ask('admin', 'POST', '/runs', { kind: 'preview' })
    expect(begun.status).toBe(201)
    const { id } = begun.body
    const { runs } = (await ask('supervisor', 'GET', '/runs')).body
    expect(runs[0]).toMatchObject({ id, kind: 'preview' })
    expect((await ask('admin', 'POST', `/runs/${id}/pause`)).body).toMatchObject({ id, paused: true })
    expect((await ask('admin', 'POST', `/runs/${id}/resume`)).body).toMatchObject({ id, paused: false })
    expect((await ask('admin', 'POST', `/runs/${UUID}/pause`)).status).toBe(404)
  })

  test('what does not fit is refused with what, where and what to do', async () => {
    await endCall(stack, { external_number: '+442071838750' })
    const refusals = await Promise.all([
      ask('admin', 'GET', '/activity?resaon=LOGGED'),
      ask('admin', 'GET', '/activity?kind=cake'),
      ask('admin', 'GET', '/activity?before=x'),
      ask('admin', 'GET', '/records?after=x'),
      ask('admin', 'GET', '/customers'),
      ask('admin', 'GET', '/trace'),
      ask('admin', 'GET', '/runs/x'),
      ask('admin', 'POST', '/failures/retry', {}),
      ask('admin', 'POST', '/people', { name: 'A', email: 'none', role: 'agent' }),
      ask('admin', 'GET', '/summary?connection=none'),
    ])
    expect(refusals.map(({ status }) => status)).toEqual(refusals.map(() => 400))
    expect(refusals.map(({ body }) => body.error)).toEqual([
      expect.stringMatching(/resaon[\s\S]*at query/),
      expect.stringMatching(/at query\.kind/),
      expect.stringMatching(/at query\.before/),
      expect.stringMatching(/at query\.after/),
      expect.stringMatching(/name is missing/),
      expect.stringMatching(/q is missing/),
      expect.stringMatching(/at params\.id/),
      expect.stringMatching(/names no record/),
      expect.stringMatching(/at body\.email/),
      'There is no such connection.',
    ])
    for (const { body } of refusals) expect(body.whatToDo).toMatch(/\w/)
  })
})
