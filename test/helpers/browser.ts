import { existsSync } from 'node:fs'
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright } from 'playwright-core'

const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** A real Chromium: the machine's own, or the one of the npm package. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = SYSTEM.find((path) => existsSync(path)) ?? (await chromium.executablePath())
  return playwright.launch({ executablePath, args: [...chromium.args, '--no-sandbox'], headless: true })
}
