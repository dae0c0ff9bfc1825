import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { cookiesOf } from '../helpers/api.ts'
import { faultsOf } from '../helpers/axe.ts'
import { startBrowser } from '../helpers/browser.ts'
import { ADMIN, openPage, setUpAddress, signIn } from '../helpers/console.ts'
import { createCustomer, customer, endCall } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const NUMBER = '+442071838750'
const STRANGER = '+442071838751'

let browser: Browser
let stack: Stack
let base: string
beforeAll(async () => {
  ;[browser, stack] = await Promise.all([startBrowser(), startStack({ customers: 12, contacts: 4 })])
  base = stack.service.publicUrl()
})
afterAll(async () => {
  await browser?.close()
  await stack?.close()
})

test('from first start to a logged call: the administrator is made once, and sees what happens as it happens', async () => {
  const { page, problems } = await openPage(browser)
  await page.goto(base)
  expect(new URL(page.url()).pathname).toBe('/sign-in')
  expect(await page.textContent('body')).toContain('Nobody can sign in yet')

  const address = setUpAddress(stack).replace(/:\/\/[^/]+/, `://${new URL(base).host}`)
  await page.goto(address.slice(0, -3))
  expect(await page.textContent('h1')).toBe('This address does not fit')
  await page.goto(address)
  await page.getByLabel('Name').fill(ADMIN.name)
  await page.getByLabel('Email').fill(ADMIN.email)
  await page.getByLabel('Password').fill(ADMIN.password)
  await page.getByRole('button').click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.goto(address)
  expect(new URL(page.url()).pathname).not.toBe('/set-up')

  await page.goto(`${base}/activity`)
  await createCustomer(stack, customer(NUMBER))
  const { id } = await endCall(stack, { external_number: NUMBER })
  // Nobody reloads: the page hears of it.
  await page
    .getByRole('link', { name: `call ${id}` })
    .first()
    .waitFor()
  await page
    .getByRole('link', { name: `call ${id}` })
    .first()
    .click()
  await page
    .getByText(/Answered Call logged/)
    .first()
    .waitFor()
  expect(await page.getByRole('link', { name: 'Conversation in Kustomer' }).getAttribute('href')).toMatch(
    /^https:\/\/acme\.kustomerapp\.com\/app\/conversations\/\w+/,
  )
  expect(problems.filter((text) => !text.includes('403'))).toEqual([])
}, 60_000)

test('a page that cannot be loaded anew stays as it is and says so, until it can', async () => {
  const { page } = await openPage(browser)
  await page.clock.install()
  await signIn(page, base, ADMIN.email, ADMIN.password)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  const notLive = page.getByText('This page is not live at the moment')
  const streams = new URL('/events', base).href
  await page.route(streams, (route) => route.fulfill({ status: 502 }))
  await page.goto(`${base}/activity`)
  await notLive.waitFor()
  await page.unroute(streams)
  await page.clock.fastForward(10_000)
  await notLive.waitFor({ state: 'hidden' })

  const list = page.getByRole('region', { name: 'Outcomes' })
  for (const answer of [
    { status: 500, json: { error: 'The service could not take this request.' } },
    { status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' },
    { status: 200, contentType: 'text/html', body: '<h1>Sign in to the proxy</h1>' },
  ]) {
    await page.route(page.url(), (route) => route.fulfill(answer))
    await page.clock.fastForward(10_000)
    await notLive.waitFor()
    expect(await list.count()).toBe(1)
    await page.unroute(page.url())
    await page.clock.fastForward(10_000)
    await notLive.waitFor({ state: 'hidden' })
  }
  // What it is answered where nobody is signed in any more; who is, is sent on to the overview.
  const signedOut = { status: 401, headers: { 'hx-redirect': '/sign-in' } }
  await page.route(page.url(), (route) => route.fulfill(signedOut))
  await page.clock.fastForward(10_000)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
}, 60_000)

test('preview, then the run, paused and resumed', async () => {
  const { page } = await openPage(browser)
  await signIn(page, base, ADMIN.email, ADMIN.password)
  await page.goto(`${base}/runs`)
  await page.getByRole('button', { name: 'Preview', exact: true }).click()
  await page.getByText('Nothing was written.').first().waitFor()
  expect((await stack.cloudtalk.state()).contacts).toHaveLength(5)
  page.on('dialog', (dialog) => void dialog.accept())
  await page.getByRole('button', { name: 'Start this sync' }).click()
  await page.getByText('The sync is under way.').waitFor()
  await until('the run is done', async () => {
    const [run] = (await stack.service.connections.get('default')?.watching.runs()) ?? []
    return run?.kind === 'sync' && run.state === 'done'
  })
  await page.reload()
  expect(await page.textContent('main')).toContain('done')
}, 60_000)

test('a conversation of a stranger is given to a customer', async () => {
  const { page } = await openPage(browser)
  await signIn(page, base, ADMIN.email, ADMIN.password)
  const { id } = await endCall(stack, { external_number: STRANGER })
  await stack.settled()
  await page.goto(`${base}/unassociated`)
  await page.getByLabel(`Customer for the call ${id}`).fill('nobody@example.com')
  await page.getByRole('button', { name: 'Move' }).first().click()
  await page.getByRole('alert').waitFor()
  expect(await page.getByLabel(`Customer for the call ${id}`).inputValue()).toBe('nobody@example.com')
  await page.getByLabel(`Customer for the call ${id}`).fill(NUMBER)
  await page.getByRole('button', { name: 'Move' }).first().click()
  await page.getByText('The conversation is with its customer now.').waitFor()
  const { conversations = [] } = await stack.kustomer.state()
  const moved = conversations.find(({ attributes }) => attributes.externalId === id)
  const owner = (await stack.kustomer.state()).customers?.find(({ attributes }) =>
    attributes.phones.some(({ phone }: { phone: string }) => phone === NUMBER),
  )
  expect(moved?.relationships.customer.data.id).toBe(owner?.id)
}, 60_000)

test('a name finds the customers that have it, and nothing moves before one is chosen', async () => {
  const { page } = await openPage(browser)
  await signIn(page, base, ADMIN.email, ADMIN.password)
  const twins = ['+442071838755', '+442071838756'].map((number) => ({
    ...customer(number),
    name: 'Nia Okafor',
  }))
  for (const twin of twins) await createCustomer(stack, twin)
  const { id } = await endCall(stack, { external_number: '+442071838757' })
  await stack.settled()
  await page.goto(`${base}/unassociated`)
  await page.getByLabel(`Customer for the call ${id}`).fill('nia  OKAFOR')
  await page.getByRole('button', { name: 'Move' }).first().click()
  await page.getByRole('heading', { name: 'Which customer?' }).waitFor()
  expect(await faultsOf(page)).toEqual([])
  const second = page.getByRole('region').filter({ hasText: '+442071838756' })
  await second.getByRole('button', { name: 'Move it to this customer' }).click()
  await page.getByText('The conversation is with its customer now.').waitFor()
  const { conversations = [], customers = [] } = await stack.kustomer.state()
  const moved = conversations.find(({ attributes }) => attributes.externalId === id)
  const owner = customers.find(({ attributes }) =>
    attributes.phones.some(({ phone }: { phone: string }) => phone === '+442071838756'),
  )
  expect(moved?.relationships.customer.data.id).toBe(owner?.id)
}, 60_000)

const PATHS = [
  '/',
  '/activity',
  '/records',
  '/records?outcome=failed',
  '/trace',
  `/trace?q=${encodeURIComponent(NUMBER)}`,
  '/mapping',
  `/mapping?q=${encodeURIComponent(NUMBER)}`,
  '/runs',
  '/review',
  '/unassociated',
  '/settings',
  '/settings/set-up',
  '/settings/set-up?connection=default',
  '/people',
]

describe('every page', () => {
  test.each([
    { label: 'light', width: 1_280, dark: false },
    { label: 'dark', width: 1_280, dark: true },
    { label: 'as wide as a phone', width: 390, dark: false },
  ])(
    '$label: axe finds nothing serious, and nothing is cut off',
    async ({ width, dark }) => {
      const { page, problems } = await openPage(browser, { width, dark })
      await signIn(page, base, ADMIN.email, ADMIN.password)
      for (const path of PATHS) {
        await page.goto(`${base}${path}`)
        expect([path, await faultsOf(page)]).toEqual([path, []])
        expect([path, await page.evaluate('document.compatMode')]).toEqual([path, 'CSS1Compat'])
        const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
        expect([path, overflow]).toEqual([path, 0])
      }
      expect(problems).toEqual([])
    },
    60_000,
  )

  test('nobody gets one without signing in', async () => {
    for (const path of [...PATHS, '/events']) {
      const response = await fetch(`${base}${path}`, { redirect: 'manual' })
      expect([path, response.status, response.headers.get('location')]).toEqual([path, 303, '/sign-in'])
      const part = await fetch(`${base}${path}`, { headers: { 'hx-request': 'true' } })
      expect([path, part.status, part.headers.get('hx-redirect')]).toEqual([path, 401, '/sign-in'])
    }
  })

  test('what goes wrong is a page for people, and JSON for programs', async () => {
    const { page } = await openPage(browser)
    await page.goto(`${base}/nowhere`)
    expect([await page.textContent('h1'), await page.getByRole('navigation').count()]).toEqual([
      'There is nothing here',
      0,
    ])
    await signIn(page, base, ADMIN.email, ADMIN.password)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    const missing = await page.goto(`${base}/runs/01a20000-0000-7000-8000-000000000000`)
    expect([missing?.status(), await page.textContent('h1')]).toEqual([404, 'There is nothing here'])
    expect(missing?.headers()['content-security-policy']).toContain("default-src 'none'")
    expect(await page.getByRole('link', { name: 'Trace' }).count()).toBe(1)
    expect(await faultsOf(page)).toEqual([])

    const asBrowser = { accept: 'text/html,*/*;q=0.8', origin: base }
    const told = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(`${base}${path}`, { headers: asBrowser, ...init })
      const [, title] = /<h1>([^<]*)/.exec(await response.text()) ?? []
      return [response.status, response.headers.get('content-type')?.split(';')[0], title]
    }
    const form = (body: string, origin = base) => ({
      method: 'POST',
      headers: { ...asBrowser, origin, 'content-type': 'application/x-www-form-urlencoded' },
      body,
    })
    expect(await told('/sign-in', form('', 'https://evil.test'))).toEqual([
      403,
      'text/html',
      'Nothing was done',
    ])
    expect(await told('/sign-in', form('x'.repeat(1_100_000)))).toEqual([
      413,
      'text/html',
      'Nothing was done',
    ])
    const summary = vi.spyOn(stack.service.operations, 'summary').mockRejectedValue(new Error('broken'))
    const broken = await page.goto(base)
    summary.mockRestore()
    expect([broken?.status(), await page.textContent('h1')]).toEqual([500, 'This did not work'])
    expect(await told('/api/v1/me')).toEqual([401, 'application/json', undefined])
    expect(await told('/webhooks/nobody')).toEqual([404, 'application/json', undefined])
    expect(await told('/nowhere', { headers: { accept: 'application/json' } })).toEqual([
      404,
      'application/json',
      undefined,
    ])
  }, 60_000)

  test('no script and no style but our own files', async () => {
    const response = await fetch(`${base}/sign-in`)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'")
    const html = await response.text()
    expect(html).not.toMatch(/<script>|style=|onclick/i)
  })

  test('text of a customer is shown, and never becomes part of the page', async () => {
    const { page, problems } = await openPage(browser)
    await signIn(page, base, ADMIN.email, ADMIN.password)
    const name = '<img src=x onerror=alert(1)><script>alert(1)</script>'
    await createCustomer(stack, { ...customer('+442071838759'), name })
    await stack.settled()
    await page.goto(`${base}/trace?q=${encodeURIComponent('+442071838759')}`)
    await page.getByRole('heading', { name: '<script>' }).first().waitFor()
    expect(await page.locator('main img, main script').count()).toBe(0)
    expect(problems).toEqual([])
  })
})

/** Invites somebody by the page, who then chooses a password by the address that it shows. */
async function invited(role: 'supervisor' | 'agent'): Promise<Page> {
  const { page: admin } = await openPage(browser)
  await signIn(admin, base, ADMIN.email, ADMIN.password)
  await admin.goto(`${base}/people`)
  const email = `${role}@example.com`
  const invite = admin.getByRole('region', { name: 'Invite', exact: true })
  await invite.getByLabel('Name').fill(`Some ${role}`)
  await invite.getByLabel('Email').fill(email)
  await invite.getByRole('combobox').selectOption(role)
  await invite.getByRole('button', { name: 'Invite' }).click()
  const address = (await admin.locator('.notice code').textContent()) ?? ''
  const { page } = await openPage(browser)
  await page.goto(address)
  await page.getByLabel('Password').fill('another long password')
  await page.getByRole('button', { name: 'Choose' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  const { page: late } = await openPage(browser)
  await late.goto(address)
  expect(await late.textContent('h1')).toBe('This invitation works no more')
  return page
}

const UUID = '01a20000-0000-7000-8000-000000000000'
const LOOKS = ['/', '/activity', '/records', '/trace']
const OVERSIGHT = ['/mapping', '/runs', `/runs/${UUID}`, '/review', '/unassociated']
const DECISIONS = [
  '/trace/retry',
  '/records/retry',
  `/review/${UUID}`,
  `/unassociated/${UUID}`,
  '/review/contacts/x/unmerge',
]
const SETTINGS = ['/settings', '/settings/set-up', '/settings/set-up?connection=default']
const CONFIGURING = [
  '/runs',
  `/runs/${UUID}/pause`,
  `/runs/${UUID}/resume`,
  `/runs/${UUID}/cancel`,
  ...['general', 'save', 'set-up'].map((part) => `/settings/${part}?connection=default`),
  ...['kustomer', 'cloudtalk', 'signing-secret', 'check', 'secret', 'preview', 'start'].map(
    (step) => `/settings/set-up/${step}?connection=default`,
  ),
]
const ABOUT_PEOPLE = [
  '/people',
  '/people/x/reset',
  '/people/x/role',
  '/people/x/remove',
  '/people/sessions/x/end',
  '/people/tokens',
  `/people/tokens/${UUID}/revoke`,
  '/people/sign-on',
  '/people/sign-on/off',
]

describe('each role', () => {
  const menuOf = (page: Page) => page.getByRole('navigation').getByRole('link').allTextContents()
  const statusOf = (page: Page, method: 'GET' | 'POST') => async (path: string) => {
    const options = { form: {}, headers: { origin: base }, maxRedirects: 0 }
    const { request } = page.context()
    const response = await (method === 'GET'
      ? request.get(`${base}${path}`, { maxRedirects: 0 })
      : request.post(`${base}${path}`, options))
    return [path, response.status()]
  }
  const all = (paths: string[], status: number) => paths.map((path) => [path, status])

  test('an agent looks things up, and changes nothing', async () => {
    const page = await invited('agent')
    expect(await menuOf(page)).toEqual(['Overview', 'Activity', 'Records', 'Trace'])
    expect(await Promise.all(LOOKS.map(statusOf(page, 'GET')))).toEqual(all(LOOKS, 200))
    const hidden = [...OVERSIGHT, ...SETTINGS, '/people', '/people/sign-on']
    expect(await Promise.all(hidden.map(statusOf(page, 'GET')))).toEqual(all(hidden, 403))
    const forbidden = [...DECISIONS, ...CONFIGURING, ...ABOUT_PEOPLE]
    expect(await Promise.all(forbidden.map(statusOf(page, 'POST')))).toEqual(all(forbidden, 403))
  }, 60_000)

  test('a supervisor sees and decides, and neither runs nor people', async () => {
    const page = await invited('supervisor')
    expect(await menuOf(page)).toEqual([
      'Overview',
      'Activity',
      'Records',
      'Trace',
      'Mapping',
      'Runs',
      'Review',
      'Unassociated',
    ])
    const seen = [...LOOKS, '/mapping', '/runs', '/review', '/unassociated']
    expect(await Promise.all(seen.map(statusOf(page, 'GET')))).toEqual(all(seen, 200))
    // An empty form is none that fits, and it is theirs to send.
    const answers = DECISIONS.map((path) => [path, path.startsWith('/unassociated/') ? 400 : 303])
    expect(await Promise.all(DECISIONS.map(statusOf(page, 'POST')))).toEqual(answers)
    const forbidden = [...CONFIGURING, ...ABOUT_PEOPLE]
    expect(await Promise.all(forbidden.map(statusOf(page, 'POST')))).toEqual(all(forbidden, 403))
  }, 60_000)

  test('a new password ends the old one and every session, before it is chosen', async () => {
    const { page } = await openPage(browser)
    await signIn(page, base, ADMIN.email, ADMIN.password)
    const { page: theirs } = await openPage(browser)
    await signIn(theirs, base, 'supervisor@example.com', 'another long password')
    await theirs.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.goto(`${base}/people`)
    const supervisor = page.getByRole('region', { name: 'Some supervisor' })
    const asked: string[] = []
    page.on('dialog', (dialog) => {
      asked.push(dialog.message())
      void (asked.length === 1 ? dialog.dismiss() : dialog.accept())
    })
    const reset = supervisor.getByRole('button', { name: 'New password' })
    await reset.click()
    expect(asked).toEqual([expect.stringContaining('Some supervisor (supervisor@example.com)')])
    await reset.click()
    await page.locator('.notice code').waitFor()
    await theirs.goto(`${base}/activity`)
    expect(new URL(theirs.url()).pathname).toBe('/sign-in')
    await signIn(theirs, base, 'supervisor@example.com', 'another long password')
    await theirs.getByText('Email or password is wrong.').waitFor()
  }, 60_000)

  test('a session that an administrator ends is over', async () => {
    const { page } = await openPage(browser)
    page.on('dialog', (dialog) => void dialog.accept())
    await signIn(page, base, ADMIN.email, ADMIN.password)
    const { page: theirs } = await openPage(browser)
    await signIn(theirs, base, 'agent@example.com', 'another long password')
    await theirs.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.goto(`${base}/people`)
    const ends = page.getByRole('button', { name: 'End the session of Some agent' })
    const before = await ends.count()
    await ends.first().click()
    await page.getByText('The session is ended.').waitFor()
    expect(await ends.count()).toBe(before - 1)
    await theirs.goto(`${base}/activity`)
    expect(new URL(theirs.url()).pathname).toBe('/sign-in')
    const deeds = await page.getByRole('region', { name: 'Who did what' }).textContent()
    expect(deeds).toContain('Ada Admin (ada@example.com) ended a session of agent@example.com')
  }, 60_000)

  test('whoever is removed is signed out, and what was done is written down', async () => {
    const { page } = await openPage(browser)
    page.on('dialog', (dialog) => void dialog.accept())
    await signIn(page, base, ADMIN.email, ADMIN.password)
    await page.goto(`${base}/people`)
    const agent = page.getByRole('region', { name: 'Some agent' })
    await agent.getByRole('button', { name: 'Remove' }).click()
    await page.getByText('Removed; they are signed out.').waitFor()
    expect(await page.getByRole('region', { name: 'Some agent' }).count()).toBe(0)
    const deeds = await page.getByRole('region', { name: 'Who did what' }).textContent()
    expect(deeds).toContain('Ada Admin (ada@example.com) invited agent@example.com as agent')
    expect(deeds).toContain('Ada Admin (ada@example.com) removed agent@example.com')
  }, 60_000)
})

describe('signing in', () => {
  const attempt = (email: string, password: string, headers: Record<string, string> = {}) =>
    fetch(`${base}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: base, ...headers },
      body: new URLSearchParams({ email, password }),
    })

  test('attempts are limited, and a right password does not help any more then', async () => {
    const from = { 'x-forwarded-for': '203.0.113.50' }
    for (let at = 0; at < 8; at++) expect((await attempt(ADMIN.email, `wrong ${at}`, from)).status).toBe(401)
    const late = await attempt(ADMIN.email, ADMIN.password, from)
    expect([late.status, Number(late.headers.get('retry-after')) > 0]).toEqual([429, true])
    // Whoever is refused already cannot shut out the same person elsewhere.
    for (let at = 0; at < 100; at++) await attempt(ADMIN.email, 'wrong', from)
    expect((await attempt(ADMIN.email, ADMIN.password)).status).toBe(303)
  })

  test('a form of another site is refused', async () => {
    const response = await attempt(ADMIN.email, ADMIN.password, { origin: 'https://evil.test' })
    expect(response.status).toBe(403)
  })

  test('a form of another site is refused to whoever is signed in, too, and does nothing', async () => {
    const signedIn = await attempt(ADMIN.email, ADMIN.password)
    const cookie = cookiesOf(signedIn)
    const invite = (origin: string) =>
      fetch(`${base}/people`, {
        method: 'POST',
        headers: { cookie, origin },
        body: new URLSearchParams({ name: 'Foreign', email: 'foreign@example.com', role: 'admin' }),
      })
    expect((await invite('https://evil.test')).status).toBe(403)
    const people = await (await fetch(`${base}/people`, { headers: { cookie } })).text()
    expect(people).not.toContain('foreign@example.com')
    expect((await invite(base)).status).toBe(200)
  })

  test('somebody with a keyboard alone skips the menu, and sends a form', async () => {
    const { page } = await openPage(browser)
    await page.goto(`${base}/sign-in`)
    await page.getByLabel('Email').focus()
    await page.keyboard.type(ADMIN.email)
    await page.keyboard.press('Tab')
    await page.keyboard.type(ADMIN.password)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.goto(`${base}/people`)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
    await page.keyboard.press('Tab')
    await page.keyboard.type('Kit Keys')
    await page.keyboard.press('Tab')
    await page.keyboard.type('kit@example.com')
    await page.keyboard.press('Enter')
    await page.getByText('Send kit@example.com this address.').waitFor()
  })

  test('its cookie is for this site and not for scripts, and worth nothing after signing out', async () => {
    const response = await attempt(ADMIN.email, ADMIN.password)
    const cookie = response.headers.getSetCookie().find((one) => one.includes('session_token')) ?? ''
    expect(cookie).toMatch(/HttpOnly/i)
    expect(cookie).toMatch(/SameSite=Lax/i)
    const headers = { cookie: cookie.split(';')[0] ?? '', origin: base }
    expect((await fetch(`${base}/activity`, { headers, redirect: 'manual' })).status).toBe(200)
    await fetch(`${base}/sign-out`, { method: 'POST', headers, redirect: 'manual' })
    expect((await fetch(`${base}/activity`, { headers, redirect: 'manual' })).status).toBe(303)
  })
})
