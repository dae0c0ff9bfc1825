import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findOwner } from '../../src/data-folder.ts'
import { startBrowser } from '../helpers/browser.ts'
import { ADMIN, openPage, setUpAddress } from '../helpers/console.ts'
import { setFaults } from '../helpers/faults.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** What people do with runs in the browser, from the first preview to the undo, and what the same API refuses. */

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser: Browser
let stack: Stack
let base: string
beforeAll(async () => {
  ;[browser, stack] = await Promise.all([
    startBrowser(),
    startStack({ customers: 230, contacts: 6, minuteMs: 100 }),
  ])
  base = stack.service.publicUrl()
})
afterAll(async () => {
  await browser?.close()
  await stack?.close()
})

async function signedIn(width = 1_280, dark = false): Promise<Page> {
  const { page } = await openPage(browser, { width, dark })
  page.on('dialog', (dialog) => {
    questions.push(dialog.message())
    void dialog.accept()
  })
  return page
}
const questions: string[] = []

const latest = async () => {
  const [run] = (await stack.service.connections.get('default')?.watching.runs()) ?? []
  if (!run) throw new Error('there is no run')
  return run
}
const isDone = (page: Page) =>
  until(
    'the run is done',
    async () => {
      const run = await latest()
      if (run.state !== 'done') return false
      await page.reload()
      return true
    },
    60_000,
  )
const contacts = async () => (await stack.cloudtalk.state()).contacts ?? []

test('preview, sync, pause, resume, cancel; then the undo, previewed first', async () => {
  const page = await signedIn()
  await page.goto(setUpAddress(stack).replace(/:\/\/[^/]+/, `://${new URL(base).host}`))
  await page.getByLabel('Name').fill(ADMIN.name)
  await page.getByLabel('Email').fill(ADMIN.email)
  await page.getByLabel('Password').fill(ADMIN.password)
  await page.getByRole('button').click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  const own = (await contacts()).map(({ name }) => name)

  await page.goto(`${base}/runs`)
  await page.getByRole('button', { name: 'Preview', exact: true }).click()
  await page.getByText('The sync takes about').waitFor({ timeout: 60_000 })
  await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'slow', ms: 4_000 })
  await page.getByRole('button', { name: 'Start this sync' }).click()
  await page.getByText('The sync is under way.').waitFor()
  await until('some stand', async () => (await contacts()).length > own.length)
  await until('it tells its rate and the time left', async () => {
    await page.reload()
    return /[\d,]+ of [\d,]+, [\d.]+ a second, about [\d.]+ \w+ left/.test(
      (await page.textContent('main')) ?? '',
    )
  })
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByText('The run is paused.').waitFor()
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByText('The run is resumed.').waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('The run is cancelled. What was done stays.').waitFor()
  expect(await page.textContent('main')).toContain('records were not reached')
  expect(questions.at(-1)).toContain('Cancel this run (Sync of customers and contacts)?')
  await setFaults(stack.cloudtalk)
  await stack.settled()
  const { id } = await latest()

  await page.getByRole('button', { name: 'Preview the undo' }).click()
  await page.getByText('The undo takes about').waitFor({ timeout: 60_000 })
  const previewed = await contacts()
  expect(previewed.length).toBeGreaterThan(own.length)
  const list = page.getByRole('region', { name: 'Record by record' })
  expect(await list.textContent()).toMatch(/contact \d+: deleted/)
  await expectFaultless(page)
  await page.getByRole('button', { name: 'Undo this run' }).click()
  await page.getByText('The undo is under way.').waitFor()
  expect(questions.at(-1)).toMatch(
    /^Undo this run \(Sync of customers and contacts, begun .+\)\? It takes back .+ for \d+ records/,
  )
  await isDone(page)
  await stack.settled()
  expect((await contacts()).map(({ name }) => name)).toEqual(own)
  await expectFaultless(page)

  // What was undone can be synced again by hand, one by one.
  const [, first] = (await page.getByRole('link', { name: /^customer / }).all()) ?? []
  await first?.click()
  await page.getByRole('button', { name: 'Sync it again' }).first().click()
  await page.getByText('1 record is tried again.').waitFor()
  await stack.settled()
  expect((await contacts()).length).toBe(own.length + 1)
  await page.goto(`${base}/runs/${id}`)
  expect(await page.textContent('main')).toContain('Undo of a sync')
}, 180_000)

/** As wide as a screen and as a phone, light and dark: axe finds nothing serious, and nothing is cut off. */
async function expectFaultless(page: Page): Promise<void> {
  for (const [width, colorScheme] of [
    [1_280, 'dark'],
    [390, 'light'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    await page.evaluate(AXE)
    const faults = await page.evaluate(async () => {
      const run = (globalThis as unknown as { axe: { run(options: object): Promise<AxeResult> } }).axe.run
      const tags = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']
      const { violations } = await run({ runOnly: { type: 'tag', values: tags } })
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    })
    expect(faults).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
  }
  await page.setViewportSize({ width: 1_280, height: 900 })
}
interface AxeResult {
  violations: { id: string; nodes: { html: string }[] }[]
}

test('the API cancels and undoes what it can, and says what it cannot', async () => {
  await stack.close()
  stack = await startStack({ database: 'embedded', customers: 60, minuteMs: 100 })
  base = stack.service.publicUrl()
  const { token } = (await findOwner(stack.dataDir)) ?? {}
  const ask = async (path: string, body: unknown = {}) => {
    const response = await fetch(`${base}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const answer = (await response.json()) as { id?: string; error?: string; state?: string }
    return { status: response.status, ...answer }
  }
  const NOBODY = '00000000-0000-4000-8000-000000000000'
  expect(await ask('/runs', { kind: 'undo' })).toMatchObject({ status: 400 })
  expect(await ask('/runs', { kind: 'undo', of: 'seven' })).toMatchObject({ status: 400 })
  expect(await ask('/runs', { kind: 'sync', of: NOBODY })).toMatchObject({ status: 400 })
  expect(await ask('/runs', { kind: 'undo', of: NOBODY })).toMatchObject({
    status: 409,
    error: expect.stringContaining('There is no such sync.'),
  })
  expect(await ask(`/runs/${NOBODY}/cancel`)).toMatchObject({ status: 404 })
  await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'slow', ms: 500 })
  const { status, id } = await ask('/runs', {})
  expect(status).toBe(201)
  expect(await ask('/runs', { kind: 'undo-preview', of: id })).toMatchObject({
    status: 409,
    error: expect.stringContaining('still under way'),
  })
  expect(await ask(`/runs/${id}/cancel`)).toMatchObject({ status: 200, state: 'cancelled' })
  expect(await ask(`/runs/${id}/cancel`)).toMatchObject({
    status: 409,
    error: expect.stringContaining('cancelled already'),
  })
  await setFaults(stack.cloudtalk)
  const undo = await ask('/runs', { kind: 'undo', of: id })
  expect(undo.status).toBe(201)
  const isOver = async () => (await stack.service.operations.run(String(undo.id)))?.state === 'done'
  await until('it is done', isOver, 60_000)
  expect(await ask('/runs', { kind: 'undo', of: undo.id })).toMatchObject({ status: 409 })
}, 60_000)
