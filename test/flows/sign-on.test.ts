import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AdminForms, askApi, makeAdmin } from '../helpers/api.ts'
import { startBrowser } from '../helpers/browser.ts'
import { ADMIN, openPage, signIn } from '../helpers/console.ts'
import { createDatabase } from '../helpers/databases.ts'
import { type OidcProvider, startOidcProvider, type Told } from '../helpers/oidc-provider.ts'
import { freePort, startServiceProcess } from '../helpers/process.ts'
import { type Stack, startStack } from '../helpers/service.ts'

let browser: Browser
let stack: Stack
let base: string
let provider: OidcProvider
let admin: AdminForms
let token: string
beforeAll(async () => {
  // The embedded database has a key of its own, without which no secret is kept.
  ;[browser, stack, provider] = await Promise.all([
    startBrowser(),
    startStack({ database: 'embedded' }),
    startOidcProvider(),
  ])
  base = stack.service.publicUrl()
  admin = await makeAdmin(stack)
  token = await admin.makeToken('sign-on', 'admin')
})
afterAll(async () => {
  await browser?.close()
  await stack?.close()
  await provider?.close()
})

const setting = (more: Record<string, string> = {}) => ({
  name: 'Acme ID',
  issuer: provider.issuer,
  clientId: provider.clientId,
  clientSecret: provider.clientSecret,
  domains: 'example.com, example.org',
  role: 'supervisor',
  ...more,
})

async function faultsOf(page: Page): Promise<unknown> {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
  return page.evaluate(
    "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + nodes[0].html))",
  )
}

/** A browser of its own, that takes the button. */
async function signedOn(told: Told): Promise<Page> {
  provider.tells(told)
  const { page } = await openPage(browser)
  page.setDefaultTimeout(5_000)
  await page.goto(`${base}/sign-in`)
  await page.getByRole('link', { name: 'Sign in with Acme ID' }).click()
  await page.getByRole('heading', { level: 1 }).waitFor()
  return page
}

/** What the page says, and that nobody is signed in. */
async function refusal(told: Told): Promise<string> {
  const page = await signedOn(told)
  const said = (await page.getByRole('alert').textContent()) ?? ''
  await page.goto(`${base}/activity`)
  expect(new URL(page.url()).pathname).toBe('/sign-in')
  return said
}

describe('the setting', () => {
  test('is checked, kept without showing the secret, and effective at once', async () => {
    const { page, problems } = await openPage(browser, { width: 390 })
    await page.goto(`${base}/sign-in`)
    expect(await page.getByRole('link', { name: /Sign in with/ }).count()).toBe(0)
    await signIn(page, base, ADMIN.email, ADMIN.password)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.goto(`${base}/people`)
    await page.getByRole('link', { name: 'Let people sign in with the account of your company' }).click()
    await page.getByText(`${base}/sign-in/callback`).waitFor()
    expect(await faultsOf(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
    for (const [label, value] of [
      ['Name', 'Acme ID'],
      ['Issuer', `${provider.issuer}/elsewhere`],
      ['Client ID', provider.clientId],
      ['Client secret', provider.clientSecret],
      ['Domains', 'example.com, example.org'],
    ] as const) {
      await page.getByLabel(label).fill(value)
    }
    await page.getByLabel('Role of those').selectOption('supervisor')
    await page.getByRole('button', { name: 'Check and save' }).click()
    expect(await page.getByRole('alert').textContent()).toContain('Acme ID does not answer as it should')
    expect(await page.getByLabel('Client ID').inputValue()).toBe(provider.clientId)
    expect(await page.getByLabel('Client secret').inputValue()).toBe('')
    await page.getByLabel('Issuer').fill(provider.issuer)
    await page.getByLabel('Client secret').fill(provider.clientSecret)
    await page.getByRole('button', { name: 'Check and save' }).click()
    await page.getByText('People can sign in with Acme ID now.').waitFor()
    expect(await page.content()).not.toContain(provider.clientSecret)
    // The first refusal is told by the status of its page, too.
    expect(problems.filter((text) => !text.includes('400'))).toEqual([])
    const { page: stranger } = await openPage(browser)
    await stranger.goto(`${base}/sign-in`)
    await stranger.getByRole('link', { name: 'Sign in with Acme ID' }).waitFor()
    expect(await faultsOf(stranger)).toEqual([])
    expect((await askApi(stack, token, 'GET', '/sign-on')).body).toEqual({
      name: 'Acme ID',
      issuer: provider.issuer,
      clientId: provider.clientId,
      domains: ['example.com', 'example.org'],
      role: 'supervisor',
      callback: `${base}/sign-in/callback`,
    })
  }, 60_000)

  test('the stored secret stays where none is given, and goes to no other issuer or client', async () => {
    expect((await admin.send('/people/sign-on', setting({ clientSecret: '' }))).status).toBe(303)
    const other = await admin.send('/people/sign-on', setting({ clientSecret: '', clientId: 'other' }))
    expect([other.status, other.html]).toEqual([400, expect.stringContaining('Give the client secret, too.')])
  })

  test('what does not fit is refused: plain http, a role of administrators, a domain that is none', async () => {
    for (const [wrong, says] of [
      [{ issuer: 'http://id.example.com' }, 'https address'],
      [{ issuer: 'file:///etc/passwd' }, 'https address'],
      [{ role: 'admin' }, 'at role'],
      [{ domains: 'example' }, 'is no domain'],
    ] as const) {
      const { status, html } = await admin.send('/people/sign-on', setting(wrong))
      expect([wrong, status, html]).toEqual([wrong, 400, expect.stringContaining(says)])
    }
    provider.publishes({ token_endpoint: 'https://tokens.example.com/token' })
    const elsewhere = await admin.send('/people/sign-on', setting())
    expect([elsewhere.status, elsewhere.html]).toEqual([400, expect.stringContaining('another host')])
    provider.publishes({})
  })
})

describe('signing in', () => {
  test('a newcomer of an allowed domain becomes a person with the newcomers’ role', async () => {
    const page = await signedOn({ email: 'Nora@example.org', name: 'Nora New' })
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    expect(await page.getByRole('banner').textContent()).toContain('Nora New supervisor')
    const { people } = (await askApi(stack, token, 'GET', '/people')).body
    expect(people.filter(({ email }: { email: string }) => email === 'nora@example.org')).toMatchObject([
      { role: 'supervisor', invited: false },
    ])
    expect(await admin.page('/people')).toContain('Single sign-on let in nora@example.org as supervisor')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.goto(`${base}/activity`)
    expect(new URL(page.url()).pathname).toBe('/sign-in')
  }, 60_000)

  test('whoever is known by the email keeps the role and is not made twice, wherever the email is told', async () => {
    for (const told of [
      { email: ADMIN.email, byUserinfo: false },
      { email: ADMIN.email, byUserinfo: true },
    ]) {
      provider.publishes(
        told.byUserinfo ? { token_endpoint_auth_methods_supported: ['client_secret_post'] } : {},
      )
      const page = await signedOn(told)
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
      expect(await page.getByRole('banner').textContent()).toContain(`${ADMIN.name} admin`)
    }
    const { people } = (await askApi(stack, token, 'GET', '/people')).body
    expect(people.filter(({ email }: { email: string }) => email === ADMIN.email)).toHaveLength(1)
    provider.publishes({})
  }, 60_000)

  const untrusted =
    'What Acme ID answered cannot be trusted. Start again; if it stays so, tell an administrator.'
  test.each<{ label: string; told: Told; says: string }>([
    { label: 'another audience', told: { email: 'eve@example.com', audience: 'another' }, says: untrusted },
    { label: 'another nonce', told: { email: 'eve@example.com', nonce: 'another' }, says: untrusted },
    {
      label: 'another issuer',
      told: { email: 'eve@example.com', issuer: 'https://x.test' },
      says: untrusted,
    },
    { label: 'another state', told: { email: 'eve@example.com', state: 'another' }, says: untrusted },
    {
      label: 'a key that is not published',
      told: { email: 'eve@example.com', foreignKey: true },
      says: untrusted,
    },
    {
      label: 'who may not',
      told: { email: 'eve@example.com', denies: true },
      says: 'Acme ID did not let you in.',
    },
    { label: 'no email', told: {}, says: 'Acme ID tells no email of you, so nobody knows who you are here.' },
    {
      label: 'an email that is not verified',
      told: { email: ADMIN.email, email_verified: false },
      says: 'Acme ID has not verified your email. Verify it there, and try again.',
    },
    {
      label: 'a domain that is not allowed',
      told: { email: 'eve@example.net' },
      says: 'Acme ID knows you, but nobody has invited you here. Ask an administrator to invite eve@example.net.',
    },
  ])('is refused: $label', async ({ told, says }) => {
    expect(await refusal(told)).toBe(says)
    const { people } = (await askApi(stack, token, 'GET', '/people')).body
    expect(JSON.stringify(people)).not.toContain('eve@')
  })

  test('a way back that another browser began is refused: nobody is signed in as somebody else', async () => {
    provider.tells({ email: ADMIN.email })
    const start = await fetch(`${base}/sign-in/with`, { redirect: 'manual' })
    const to = start.headers.get('location') ?? ''
    expect(new URL(to).searchParams.get('redirect_uri')).toBe(`${base}/sign-in/callback`)
    expect(start.headers.getSetCookie().join()).toMatch(/sign-on=.*HttpOnly; SameSite=Lax/)
    const back = (await fetch(to, { redirect: 'manual' })).headers.get('location') ?? ''
    const { page } = await openPage(browser)
    await page.goto(back)
    expect(await page.getByRole('alert').textContent()).toContain('begun elsewhere, or too long ago')
  })

  test('a provider that is away is told, and passwords go on', async () => {
    provider.publishes({ issuer: 'https://another.test' })
    expect(await refusal({ email: ADMIN.email })).toContain('Acme ID does not answer as it should')
    provider.publishes({})
    const { page } = await openPage(browser)
    await signIn(page, base, ADMIN.email, ADMIN.password)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
  })

  test('no log line has a secret, a code or a token; the secret lies sealed', async () => {
    const logged = stack.logged()
    expect(logged).toContain('a single sign-on was refused')
    for (const secret of [provider.clientSecret, 'eyJ', 'eve@', 'code=']) expect(logged).not.toContain(secret)
    const row = await stack.service.context.db.selectFrom('sign_on').selectAll().executeTakeFirstOrThrow()
    expect(JSON.stringify(row)).not.toContain(provider.clientSecret)
  })

  test('switched off, the button is gone and the way back is closed', async () => {
    const { page } = await openPage(browser)
    const asked: string[] = []
    page.on('dialog', (dialog) => {
      asked.push(dialog.message())
      void dialog.accept()
    })
    await signIn(page, base, ADMIN.email, ADMIN.password)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.goto(`${base}/people/sign-on`)
    await page.getByRole('button', { name: 'Switch off' }).click()
    await page.getByText('Single sign-on is off.').waitFor()
    expect(asked).toEqual([expect.stringContaining('Switch off single sign-on with Acme ID?')])
    const { page: late } = await openPage(browser)
    await late.goto(`${base}/sign-in/with`)
    expect(await late.getByRole('alert').textContent()).toContain('not set up')
    expect(await late.getByRole('link', { name: /Sign in with/ }).count()).toBe(0)
  })
})

test('several doors on PostgreSQL: what one was told, the other does at once', async () => {
  const database = await createDatabase('postgres')
  const env = {
    ...stack.env,
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
  }
  const ports = await Promise.all([freePort(), freePort()])
  const first = await startServiceProcess(env, database, ports[0], 'web')
  const second = await startServiceProcess(env, database, ports[1], 'web')
  try {
    const headers = { origin: first.url, cookie: '' }
    const form = (fields: Record<string, string>) => new URLSearchParams(fields)
    const post = (path: string, body: URLSearchParams) =>
      fetch(`${first.url}${path}`, { method: 'POST', redirect: 'manual', headers, body })
    const signed = await post('/sign-in', form({ email: ADMIN.email, password: ADMIN.password }))
    headers.cookie = signed.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ')
    expect((await post('/people/sign-on', form(setting()))).status).toBe(303)
    provider.tells({ email: ADMIN.email })
    const { page } = await openPage(browser)
    await page.goto(`${second.url}/sign-in`)
    await page.getByRole('link', { name: 'Sign in with Acme ID' }).click()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    expect(first.output() + second.output()).not.toContain(provider.clientSecret)
  } finally {
    await Promise.all([first.stop(), second.stop()])
    await database.drop()
  }
}, 60_000)
