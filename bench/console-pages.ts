import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { pino } from 'pino'
import { openService } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { createKustomerEmulator } from '../src/emulators/kustomer/index.ts'
import { FILLED, fill, RUN } from '../test/helpers/fill.ts'

/** How long each page of the console takes on the embedded database with 100,000 outcomes, from request to last byte. */

const OUTCOMES = 100_000
const HISTORY_PER_OUTCOME = 2
const TIMES = 7
const LIMIT_MS = 200

const PAGES = [
  '/',
  '/activity',
  '/activity?kind=call',
  '/activity?outcome=failed',
  '/activity?reason=REJECTED_BY_KUSTOMER',
  '/activity?kind=message&outcome=failed&period=hour',
  '/activity?outcome=unchanged',
  '/activity?before=100',
  '/records',
  '/records?kind=call&outcome=in-sync',
  '/records?reason=REJECTED_BY_KUSTOMER',
  '/records?after=2000-01-01T00:00:00Z/call/1',
  `/trace?q=${FILLED.call}`,
  `/trace?q=${encodeURIComponent(FILLED.name)}`,
  '/trace?q=person7%40example.com',
  '/mapping',
  `/mapping?q=${FILLED.customer}`,
  '/runs',
  `/runs/${RUN}`,
  `/runs/${RUN}?kind=customer&outcome=failed&reason=REJECTED_BY_KUSTOMER`,
  '/review',
  '/unassociated',
  '/people',
]

const PERSON = { email: 'bench@example.com', password: 'a long password' }

/** The median of some tries, of which the first is not counted. */
async function medianMs(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let at = 0; at <= TIMES; at++) {
    const began = performance.now()
    await work()
    if (at > 0) times.push(performance.now() - began)
  }
  return times.toSorted((one, other) => one - other)[Math.floor(TIMES / 2)] ?? Number.NaN
}

await using opened = new AsyncDisposableStack()
const folder = mkdtempSync(join(tmpdir(), 'cloudtalk-kustomer-bench-'))
opened.defer(() => rmSync(folder, { recursive: true, force: true }))
const kustomer = await createKustomerEmulator({
  port: 0,
  customers: 0,
  contacts: 0,
  calls: 0,
  seed: 1,
  minuteMs: 1_000,
})
opened.defer(() => kustomer.close())
const config = readConfig({
  DATA_DIR: folder,
  PORT: '0',
  ADMIN_EMAIL: PERSON.email,
  ADMIN_PASSWORD: PERSON.password,
  CLOUDTALK_ACCESS_KEY_ID: 'CLOUDTALK',
  CLOUDTALK_ACCESS_KEY_SECRET: 'emulator',
  KUSTOMER_ORG: 'acme',
  KUSTOMER_API_KEY: 'emulator',
  KUSTOMER_API_URL: kustomer.url,
})
const service = await openService(config, pino({ level: 'silent' }))
opened.defer(() => service.close())
const { db, connection } = service.context
console.log(`Filling an embedded database with ${OUTCOMES} outcomes …`)
await fill(db, { connection, outcomes: OUTCOMES, historyPerOutcome: HISTORY_PER_OUTCOME })
await service.serve()

const base = service.publicUrl()
const signedIn = await fetch(`${base}/sign-in`, {
  method: 'POST',
  redirect: 'manual',
  headers: { 'content-type': 'application/x-www-form-urlencoded', origin: base },
  body: new URLSearchParams(PERSON),
})
const cookie = signedIn.headers
  .getSetCookie()
  .map((one) => one.split(';')[0])
  .join('; ')
const trivial = await medianMs(() => sql`select 1`.execute(db))

let slow = 0
console.log(`select 1: ${trivial.toFixed(2)} ms\n\n| Page | ms | times select 1 |\n| --- | ---: | ---: |`)
for (const page of PAGES) {
  const ms = await medianMs(async () => {
    const answer = await fetch(`${base}${page}`, { headers: { cookie }, redirect: 'manual' })
    await answer.text()
    if (answer.status !== 200) throw new Error(`${page} answered ${answer.status}`)
  })
  if (ms > LIMIT_MS) slow++
  console.log(`| \`${page}\` | ${ms.toFixed(1)} | ${Math.round(ms / trivial)} |`)
}
if (slow > 0) {
  console.error(`\n${slow} pages take longer than ${LIMIT_MS} ms.`)
  process.exitCode = 1
}
