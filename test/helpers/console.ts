import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Stack } from './service.ts'

export const ADMIN = { name: 'Ada Admin', email: 'ada@example.com', password: 'a long password' }

/** Where the log of a first start says that the first administrator is made. */
export const setUpAddress = (stack: Stack): string => {
  const found = /"setUp":"([^"]+)"/.exec(stack.logged())
  if (!found?.[1]) throw new Error('the log shows no set-up address')
  return found[1]
}

/** A window of its own, as wide as `width`, where scripts run unless `script` says no. */
export async function openPage(
  browser: Browser,
  options: { width?: number; dark?: boolean; script?: boolean } = {},
): Promise<{ page: Page; context: BrowserContext; problems: string[] }> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1_280, height: 900 },
    colorScheme: options.dark ? 'dark' : 'light',
    javaScriptEnabled: options.script ?? true,
    timezoneId: 'Europe/Prague',
    locale: 'en-GB',
  })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  return { page, context, problems }
}

export async function signIn(page: Page, base: string, email: string, password: string): Promise<void> {
  await page.goto(`${base}/sign-in`)
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}
