import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { faultsOf } from '../helpers/axe.ts'
import { startBrowser } from '../helpers/browser.ts'
import { ADMIN, openPage, signIn } from '../helpers/console.ts'
import { ANN, makeAdmin, startWorld } from '../helpers/console-world.ts'
import type { Stack } from '../helpers/service.ts'

/**
 * The pages that `docs/console.md` shows. `npm run -s docs:screenshots` makes the pictures; without it, as in
 * `npm test`, nothing is written, and it is seen that the document and the console speak of the same pages.
 */

interface Shot {
  /** As in the menu. */
  title: string
  /** Where the page itself is called otherwise. */
  heading?: string
  path: string
  file: string
  dark?: boolean
  width?: number
}
const SET_UP = '/settings/set-up?connection=default'
const SHOTS: Shot[] = [
  { title: 'Overview', path: '/', file: 'overview.png' },
  { title: 'Overview', path: '/', file: 'overview-dark.png', dark: true },
  { title: 'Overview', path: '/', file: 'overview-phone.png', width: 390 },
  { title: 'Activity', path: '/activity', file: 'activity.png' },
  { title: 'Records', path: '/records', file: 'records.png' },
  { title: 'Trace', path: `/trace?q=${encodeURIComponent(ANN.number)}`, file: 'trace.png' },
  { title: 'Mapping', path: `/mapping?q=${encodeURIComponent(ANN.number)}`, file: 'mapping.png' },
  { title: 'Runs', path: '/runs', file: 'runs.png' },
  { title: 'Review', path: '/review', file: 'review.png' },
  { title: 'Unassociated', path: '/unassociated', file: 'unassociated.png' },
  { title: 'Settings', path: '/settings', file: 'settings.png' },
  { title: 'Settings', heading: 'Set-up of Support', path: SET_UP, file: 'set-up.png' },
  { title: 'People', path: '/people', file: 'people.png' },
]
const LARGEST_BYTES = 150_000
const HEIGHT = 760

const inDocs = (name: string) => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url))
const wanted = process.env.SCREENSHOTS !== undefined

let browser: Browser
let stack: Stack
let base: string
beforeAll(async () => {
  ;[browser, stack] = await Promise.all([
    startBrowser(),
    startWorld(wanted ? { customers: 40, contacts: 10, calls: 16 } : {}),
  ])
  base = await makeAdmin(browser, stack)
})
afterAll(async () => {
  await browser?.close()
  await stack?.close()
})

test.each([
  { label: 'light', dark: false },
  { label: 'dark', dark: true },
])(
  'nothing is cut off on a phone, $label, and axe finds nothing serious',
  async ({ dark }) => {
    const { page } = await openPage(browser, { width: 390, dark })
    await signIn(page, base, ADMIN.email, ADMIN.password)
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    for (const path of new Set([...SHOTS.map(({ path }) => path), '/records?outcome=failed'])) {
      await page.goto(`${base}${path}`)
      expect([path, await faultsOf(page)]).toEqual([path, []])
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      expect([path, overflow]).toEqual([path, 0])
    }
  },
  60_000,
)

test('each page of the menu is in the document, with pictures that are there and small', async () => {
  if (wanted) mkdirSync(inDocs('images'), { recursive: true })
  const document = readFileSync(inDocs('console.md'), 'utf8')
  const { page } = await openPage(browser)
  await signIn(page, base, ADMIN.email, ADMIN.password)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  const menu = await page.getByRole('navigation').getByRole('link').allTextContents()
  expect(menu).toEqual([...new Set(SHOTS.map(({ title }) => title))])
  expect([...document.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(menu)
  for (const { title, heading = title, path, file, width = 1_280, dark = false } of SHOTS) {
    const { page: shown, context } = await openPage(browser, { width, dark })
    await context.addCookies(await page.context().cookies())
    await shown.goto(`${base}${path}`)
    expect(await shown.textContent('h1')).toBe(heading)
    if (wanted)
      await shown.screenshot({ path: inDocs(`images/${file}`), clip: { x: 0, y: 0, width, height: HEIGHT } })
    expect([path, await faultsOf(shown)]).toEqual([path, []])
    expect(document).toContain(`](images/${file})`)
    expect([file, existsSync(inDocs(`images/${file}`))]).toEqual([file, true])
    expect(statSync(inDocs(`images/${file}`)).size).toBeLessThan(LARGEST_BYTES)
  }
}, 60_000)
