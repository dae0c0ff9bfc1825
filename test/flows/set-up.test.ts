import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBrowser } from '../helpers/browser.ts'
import { ADMIN, openPage, setUpAddress } from '../helpers/console.ts'
import { createCustomer, customer, endCall } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** From a service that knows nobody and nothing to a logged call, all of it in the browser. */

const NUMBER = '+442071838750'

let browser: Browser
let stack: Stack
let page: Page
let problems: string[]
beforeAll(async () => {
  ;[browser, stack] = await Promise.all([
    startBrowser(),
    startStack({ connected: false, database: 'embedded', customers: 5, contacts: 3 }),
  ])
  ;({ page, problems } = await openPage(browser))
  page.on('dialog', (dialog) => void dialog.accept())
})
afterAll(async () => {
  await browser?.close()
  await stack?.close()
})

const base = () => stack.service.publicUrl()
const step = (name: string) => page.getByRole('region', { name })
const setUpToken = () => new URL(setUpAddress(stack)).searchParams.get('token') ?? ''
const running = () => stack.service.connections.get(undefined)

async function typeKustomerKey(key: string): Promise<void> {
  const kustomer = step('1. Kustomer')
  await kustomer.getByRole('textbox', { name: 'Org' }).fill('acme')
  await kustomer.getByLabel('API key').fill(key)
  await kustomer.getByText('The API is at another address').click()
  await kustomer.getByLabel('Address').fill(stack.kustomer.url)
  await kustomer.getByRole('button', { name: 'Check and save' }).click()
}

test('the first administrator is led to the set-up', async () => {
  await page.goto(setUpAddress(stack))
  const early = { token: setUpToken(), name: ADMIN.name, email: ADMIN.email, password: 'short' }
  const refused = await page.request.post(`${base()}/set-up`, { form: early, headers: { origin: base() } })
  const again = await refused.text()
  expect(again).toContain('the password needs at least')
  expect(again).toContain(`value="${ADMIN.email}"`)
  expect(again).not.toContain('short"')
  await page.getByLabel('Name').fill(ADMIN.name)
  await page.getByLabel('Email').fill(ADMIN.email)
  await page.getByLabel('Password').fill(ADMIN.password)
  await page.getByRole('button').click()
  await page.getByRole('heading', { name: 'Connect Kustomer and CloudTalk' }).waitFor()
})

test('a Kustomer key without its roles is refused with what is missing, and nothing is kept', async () => {
  const keys = [
    { token: 'weak-key-of-the-emulator', name: 'Weak', roles: ['org.user'] },
    { token: 'emulator', name: 'Emulator', roles: ['org.admin', 'org.permission', 'org.user'] },
  ]
  await stack.kustomer.control('PUT', '/keys', keys)
  await page.getByLabel('Name of the connection').fill('Support <EU>')
  await typeKustomerKey('weak-key-of-the-emulator')
  await page.getByText('missing: org.admin, org.permission').waitFor()
  expect(await page.getByLabel('Name of the connection').inputValue()).toBe('Support <EU>')
  expect(await page.getByLabel('API key').inputValue()).toBe('')
  expect(await stack.service.configuring.connections()).toEqual([])
})

test('the right one makes a connection, which waits for CloudTalk’s', async () => {
  await typeKustomerKey('emulator')
  await page.getByText('Kustomer accepts the key. Now CloudTalk’s.').waitFor()
  expect(await stack.service.configuring.connections()).toMatchObject([
    { id: 'support-eu', settings: { name: 'Support <EU>', active: false }, cloudtalk: undefined },
  ])
  expect(running()).toBeUndefined()
})

test('a wrong CloudTalk key is refused, the right one begins the webhooks', async () => {
  const cloudtalk = step('2. CloudTalk')
  await cloudtalk.getByLabel('Access key id').fill('CLOUDTALK')
  await cloudtalk.getByLabel('Access key secret').fill('not the secret of it')
  await cloudtalk.getByRole('button', { name: 'Check and save' }).click()
  await page.getByText('CloudTalk does not accept this key').waitFor()
  await cloudtalk.getByLabel('Access key secret').fill('emulator')
  await cloudtalk.getByRole('button', { name: 'Check and save' }).click()
  await page.getByText('CloudTalk accepts the key.').waitFor()
  // The light turns by itself.
  await step('3. Kustomer’s webhook').getByText('✓ registered').waitFor()
  const { webhooks } = await stack.kustomer.state()
  expect(webhooks?.[0]?.attributes).toMatchObject({
    name: 'CloudTalk (Support <EU>)',
    url: `${base()}/webhooks/kustomer/support-eu`,
  })
})

test('the workflows’ secret is shown on demand only', async () => {
  const secret = (await running()?.watching.recipes(base()))?.[0]?.headers['X-Webhook-Secret'] ?? ''
  expect(secret.length).toBeGreaterThan(20)
  expect(await page.content()).not.toContain(secret)
  await page.getByRole('button', { name: 'Show the secret to copy' }).click()
  await page.getByText(secret).first().waitFor()
})

test('a light turns green when its workflow is heard of; switched off, nothing is written', async () => {
  await stack.cloudtalk.control('PUT', '/workflows', (await running()?.watching.recipes(base())) ?? [])
  await page.goto(`${base()}/settings/set-up?connection=support-eu`)
  const lights = step('4. CloudTalk’s workflows')
  await lights.getByText('0 of 8 heard of').waitFor()
  await endCall(stack, { external_number: NUMBER })
  await lights.getByText('✓ Call Ended').waitFor()
  await stack.settled()
  const { conversations = [] } = await stack.kustomer.state()
  expect(conversations).toEqual([])
  await page.goto(base())
  await page.getByText('This connection is switched off.').waitFor()
  const messages = page.getByRole('region', { name: 'Messages' })
  expect(await messages.textContent()).toContain('shows here once CloudTalk tells of it')
  await page.goto(`${base()}/settings/set-up?connection=support-eu`)
})

test('the preview tells what a sync would do, though it is switched off', async () => {
  await step('6. Preview, then switch on').getByRole('button', { name: 'Preview' }).click()
  await page.getByText('Nothing was written.').first().waitFor()
  await page.getByRole('row', { name: /Customers created/ }).waitFor()
  expect((await stack.cloudtalk.state()).contacts).toHaveLength(3)
})

test('switched on, it syncs, and logs the next call', async () => {
  await page.goto(`${base()}/settings/set-up?connection=support-eu`)
  await page.getByRole('button', { name: 'Switch on and start the first sync' }).click()
  await page.getByText('It is switched on, and the first sync is under way.').waitFor()
  await until('the run is done', async () => (await running()?.watching.runs())?.[0]?.state === 'done')
  await stack.settled()
  expect((await stack.cloudtalk.state()).contacts?.length).toBeGreaterThan(3)
  await createCustomer(stack, customer(NUMBER))
  const { id } = await endCall(stack, { external_number: NUMBER })
  await stack.settled()
  const { conversations = [] } = await stack.kustomer.state()
  expect(conversations.map(({ attributes }) => attributes.externalId)).toContain(id)
})

test('a changed setting is shown before it is saved, is in force at once, and is told with its author', async () => {
  await page.goto(`${base()}/settings`)
  const calls = step('Calls Support <EU>')
  await calls.getByLabel('Status after Answered Call').selectOption('open')
  await calls.getByLabel('+442079460018').check()
  await calls.getByRole('button', { name: 'Show what this changes' }).click()
  await page.getByText('New conversations of the type Answered Call get this status.').waitFor()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved. It is in force from now on.').waitFor()
  const deeds = await page.getByRole('region', { name: 'Who changed what' }).textContent()
  expect(deeds).toContain(
    'Ada Admin (ada@example.com) changed “Status after Answered Call” from Done to Open',
  )
  const { id } = await endCall(stack, { external_number: NUMBER, internal_number: '+442079460018' })
  const other = await endCall(stack, { external_number: NUMBER, internal_number: '+12125550142' })
  await stack.settled()
  const { conversations = [] } = await stack.kustomer.state()
  const logged = conversations.find(({ attributes }) => attributes.externalId === id)
  expect(logged?.attributes.status).toBe('open')
  expect(conversations.some(({ attributes }) => attributes.externalId === other.id)).toBe(false)
})

test('a wrong value is refused by its name, and nothing is saved', async () => {
  await page.goto(`${base()}/settings`)
  const general = step('Connection Support <EU>')
  await general.getByLabel('Time zone').fill('Europe/Nowhere')
  await general.getByRole('button', { name: 'Show what this changes' }).click()
  await page.getByText('Time zone: is not a time zone such as Europe/London.').waitFor()
  expect((await stack.service.configuring.connections())[0]?.settings.timeZone).toBe('UTC')
  expect(await general.getByLabel('Time zone').inputValue()).toBe('Europe/Nowhere')
})

test('of two who change the same, the second is told to look again', async () => {
  const { page: other } = await openPage(browser)
  await other.context().addCookies(await page.context().cookies())
  for (const [one, tag] of [
    [page, 'First'],
    [other, 'Second'],
  ] as const) {
    await one.goto(`${base()}/settings`)
    const contacts = one.getByRole('region', { name: 'Contacts Support <EU>' })
    await contacts.getByLabel('Contact tag').fill(tag)
    await contacts.getByRole('button', { name: 'Show what this changes' }).click()
  }
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved. It is in force from now on.').waitFor()
  await other.getByRole('button', { name: 'Save' }).click()
  await other.getByText('Somebody else has changed it meanwhile.').waitFor()
  expect((await stack.service.configuring.connections())[0]?.settings.contactTag).toBe('First')
})

test('a connection stays with its org', async () => {
  const key = { org: 'other', apiKey: 'emulator', apiUrl: stack.kustomer.url }
  await expect(stack.service.configuring.setKustomer('support-eu', key)).rejects.toThrow(
    /belongs to the org acme/,
  )
})

test('switched off, nothing is written by hand either', async () => {
  const { configuring } = stack.service
  const active = async (on: boolean) => {
    const [one] = await configuring.connections()
    if (one) await configuring.saveSettings(one.id, one.revision, { ...one.settings, active: on })
  }
  await active(false)
  const { operations } = stack.service
  const off = /switched off/
  await expect(operations.associate('1', NUMBER)).rejects.toThrow(off)
  await expect(operations.unmerge('1', '2')).rejects.toThrow(off)
  await expect(
    operations.beginRun('undo', undefined, '01a20000-0000-7000-8000-000000000000'),
  ).rejects.toThrow(off)
  await active(true)
  expect(running()?.context.settings.active).toBe(true)
})

test('a key that cannot be read any more is told, and what runs goes on', async () => {
  const { db, connections, configuring } = stack.service
  const { sealed } = await db
    .selectFrom('secret')
    .select('sealed')
    .where('name', '=', 'kustomer-api-key')
    .executeTakeFirstOrThrow()
  const set = (text: string) =>
    db.updateTable('secret').set({ sealed: text }).where('name', '=', 'kustomer-api-key').execute()
  await set('unreadable')
  await db
    .updateTable('connection')
    .set(({ eb }) => ({ revision: eb('revision', '+', 1) }))
    .execute()
  await connections.refresh()
  expect((await configuring.connections())[0]?.problem).toMatch(/cannot be decrypted/)
  await page.goto(base())
  await page.getByRole('link', { name: 'Its set-up cannot be used' }).waitFor()
  const { id } = await endCall(stack, { external_number: NUMBER, internal_number: '+442079460018' })
  await stack.settled()
  const { conversations = [] } = await stack.kustomer.state()
  expect(conversations.map(({ attributes }) => attributes.externalId)).toContain(id)
  await set(sealed)
})

test('another CloudTalk key is taken with the word that the workflows get its secret, and their lights go out', async () => {
  await page.goto(`${base()}/settings/set-up?connection=support-eu`)
  const lights = step('4. CloudTalk’s workflows')
  await lights.getByText('✓ Call Ended').waitFor()
  await stack.cloudtalk.control('PUT', '/switches', { accessKeySecret: 'renewed' })
  const key = { accessKeyId: 'CLOUDTALK', accessKeySecret: 'renewed' }
  const unsaid = await page.request.post(`${base()}/settings/set-up/cloudtalk?connection=support-eu`, {
    form: key,
    headers: { origin: base() },
  })
  expect([unsaid.status(), await unsaid.text()]).toEqual([
    400,
    expect.stringContaining('say that you copy the new one'),
  ])
  await page.getByText('Change the CloudTalk key').click()
  const cloudtalk = step('2. CloudTalk')
  await cloudtalk.getByLabel('Access key id').fill(key.accessKeyId)
  await cloudtalk.getByLabel('Access key secret').fill(key.accessKeySecret)
  await cloudtalk.getByLabel('I copy the new secret into every workflow').check()
  await cloudtalk.getByRole('button', { name: 'Check and save' }).click()
  await page.getByText('CloudTalk accepts the key.').waitFor()
  await lights.getByText('0 of 8 heard of').waitFor()
})

test('no key stands in a page, and nothing went wrong in the browser', async () => {
  for (const path of ['/settings', '/settings/set-up?connection=support-eu']) {
    const html = await (await page.context().request.get(`${base()}${path}`)).text()
    expect(html).not.toMatch(/value="(emulator|renewed|not the secret of it)"/)
  }
  expect(problems.filter((text) => !/40[03]/.test(text))).toEqual([])
})
