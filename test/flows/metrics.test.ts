import { readFileSync } from 'node:fs'
import {
  CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMetrics } from '../../src/metrics.ts'
import type { Database } from '../../src/store/schema.ts'
import { makeAdmin } from '../helpers/api.ts'
import { createDatabase } from '../helpers/databases.ts'
import { setFaults } from '../helpers/faults.ts'
import { freePort, startServiceProcess } from '../helpers/process.ts'
import { createCustomer, customer, endCall } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const NUMBER = '+442071838750'

let stack: Stack
let token: string
beforeAll(async () => {
  stack = await startStack()
  token = await (await makeAdmin(stack)).makeToken('Prometheus', 'agent')
})
afterAll(() => stack?.close())

const scrape = async (base = stack.service.publicUrl()): Promise<string> => {
  const response = await fetch(`${base}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  return response.text()
}

/** One sample; undefined where there is none with these labels. */
function sample(text: string, name: string, labels: Record<string, string>): number | undefined {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  const line = text
    .split('\n')
    .find(
      (one) => one.startsWith(`cloudtalk_kustomer_${name}{`) && wanted.every((label) => one.includes(label)),
    )
  return line === undefined ? undefined : Number(line.split(' ').at(-1))
}

test('they are for those who have a token', async () => {
  const url = `${stack.service.publicUrl()}/metrics`
  // Through a proxy, as from anywhere else.
  const response = await fetch(url, { headers: { 'x-forwarded-for': '203.0.113.9' } })
  expect(response.status).toBe(401)
  expect(await response.text()).not.toContain('cloudtalk_kustomer')
  // Whoever is on the machine itself needs none.
  expect(await (await fetch(url)).text()).toContain('cloudtalk_kustomer')
})

test('outcomes, settles, requests and webhooks are counted as they happen', async () => {
  await createCustomer(stack, customer(NUMBER))
  await stack.settled()
  await endCall(stack, { external_number: NUMBER })
  await stack.settled()
  for (const door of ['cloudtalk', 'kustomer']) {
    await fetch(`${stack.service.publicUrl()}/webhooks/${door}/default`, { method: 'POST', body: '{}' })
  }
  const text = await scrape()
  const of = { connection: 'default' }
  expect(sample(text, 'outcomes_total', { ...of, kind: 'customer', outcome: 'created' })).toBe(1)
  expect(sample(text, 'outcomes_total', { ...of, kind: 'call', outcome: 'created' })).toBe(1)
  expect(sample(text, 'settle_seconds_count', { ...of, kind: 'call' })).toBeGreaterThanOrEqual(1)
  expect(sample(text, 'vendor_requests_total', { ...of, vendor: 'kustomer', status: '2xx' })).toBeGreaterThan(
    1,
  )
  expect(
    sample(text, 'vendor_requests_total', { ...of, vendor: 'cloudtalk', status: '2xx' }),
  ).toBeGreaterThan(1)
  expect(sample(text, 'webhooks_total', { ...of, door: 'kustomer' })).toBeGreaterThanOrEqual(1)
  expect(sample(text, 'webhooks_total', { ...of, door: 'cloudtalk' })).toBeGreaterThanOrEqual(1)
  expect(sample(text, 'webhooks_refused_total', { ...of, door: 'kustomer' })).toBe(1)
  expect(sample(text, 'webhooks_refused_total', { ...of, door: 'cloudtalk' })).toBe(1)
  expect(sample(text, 'budget_limit', { budget: 'kustomer', account: 'acme' })).toBeGreaterThan(0)
  expect(sample(text, 'budget_used', { budget: 'kustomer', account: 'acme' })).toBeGreaterThan(0)
  for (const state of ['ready', 'later', 'active', 'dead'])
    expect(sample(text, 'queue_events', { state })).toBe(0)
  for (const lane of ['live', 'retry', 'enrichment', 'backfill']) {
    expect(sample(text, 'queue_oldest_seconds', { lane })).toBe(0)
  }
  expect(sample(text, 'circuit_open', { ...of, vendor: 'kustomer' })).toBe(0)
})

test('a preview counts nothing: it settles nothing', async () => {
  const total = async () =>
    (await scrape()).split('\n').filter((line) => line.startsWith('cloudtalk_kustomer_outcomes_total'))
  const before = await total()
  const id = await stack.service.operations.beginRun('preview', undefined)
  await until('it is done', async () => (await stack.service.operations.run(id))?.state === 'done')
  expect(await total()).toEqual(before)
})

test('no label tells a person, a number or a key', async () => {
  const text = await scrape()
  const { CLOUDTALK_ACCESS_KEY_ID, CLOUDTALK_ACCESS_KEY_SECRET, KUSTOMER_API_KEY } = stack.env
  for (const secret of [CLOUDTALK_ACCESS_KEY_ID, CLOUDTALK_ACCESS_KEY_SECRET, KUSTOMER_API_KEY, NUMBER]) {
    expect(text).not.toContain(`"${secret}`)
  }
  expect(text).not.toContain('@')
})

test('docs/metrics.md lists each metric as it is, and no other', async () => {
  const text = await scrape()
  const helps = new Map([...text.matchAll(/^# HELP (\S+) (.+)$/gm)].map(([, name, help]) => [name, help]))
  const ours = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
    .map(([, name = '', type = '']) => ({ name, type, help: helps.get(name) ?? '' }))
    .filter(({ name }) => !/^(process|nodejs)_/.test(name))
  const rows = ours.map(({ name, type, help }) => {
    const line = text
      .split('\n')
      .find((one) => one.startsWith(`${name}{`) || one.startsWith(`${name}_count{`))
    const labels = [...(line ?? '').matchAll(/(\w+)="/g)].map(([, label]) => `\`${label}\``).join(', ')
    return `| \`${name}\` | ${type} | ${labels} | ${help} |`
  })
  const page = readFileSync('docs/metrics.md', 'utf8')
  const listed = page.split('\n').filter((line) => line.startsWith('| `cloudtalk_kustomer_'))
  expect(listed.toSorted()).toEqual(rows.toSorted())
  expect(rows).toHaveLength(10)
  const named = [...page.matchAll(/cloudtalk_kustomer_\w+/g)].map(([name]) => name)
  expect(named.filter((name) => !ours.some((one) => one.name === name))).toEqual([])
})

test('a vendor that is away is told, and what waits for it', async () => {
  await setFaults(stack.kustomer, { route: '*', kind: 'status', status: 503 })
  for (let at = 0; at < 12; at++) await endCall(stack, { external_number: `+4420718387${70 + at}` })
  await until(
    'the circuit is open',
    async () => sample(await scrape(), 'circuit_open', { vendor: 'kustomer' }) === 1,
  )
  await until(
    'events wait',
    async () => (sample(await scrape(), 'queue_events', { state: 'later' }) ?? 0) > 0,
  )
  expect(
    sample(await scrape(), 'vendor_requests_total', { vendor: 'kustomer', status: '5xx' }),
  ).toBeGreaterThan(0)
  await setFaults(stack.kustomer)
  await stack.settled(60_000)
}, 90_000)

test('a scrape reads no table from end to end, with 100,000 outcomes and as many events that are done', async () => {
  const { db } = stack.service.context
  await sql`insert into outcome_history (connection, kind, record_id, outcome, reason, sentence, details, requests, source)
    select 'default', 'call', n::text, 'created', 'LOGGED', '', '{}', 1, 'poll' from generate_series(1, 100000) n`.execute(
    db,
  )
  await sql`insert into outcome (connection, kind, record_id, outcome, reason, sentence, details, requests, source)
    select 'default', 'call', n::text, 'created', 'LOGGED', '', '{}', 1, 'poll' from generate_series(1, 100000) n`.execute(
    db,
  )
  await sql`insert into pgboss.job (name, data, state, completed_on)
    select 'settle', '{}', 'completed', now() from generate_series(1, 100000)`.execute(db)
  await sql`analyze outcome, outcome_history, pgboss.job`.execute(db)

  const asked: { sql: string; parameters: readonly unknown[] }[] = []
  const recorder = new Kysely<Database>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (of) => new PostgresIntrospector(of),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: ({ query }) => {
      asked.push(query)
    },
  })
  await createMetrics({ db: recorder, away: () => [] }).text()
  expect(asked.length).toBeGreaterThan(3)
  for (const one of asked) {
    const { rows } = await db.executeQuery<{ 'QUERY PLAN': string }>(
      CompiledQuery.raw(`explain ${one.sql}`, [...one.parameters]),
    )
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    // These two have a row an account and a row a queue.
    expect(plan).not.toMatch(/Seq Scan on (?!budget|queue)/)
  }
}, 60_000)

test('a worker tells what it counts, and nothing else', async () => {
  const database = await createDatabase('postgres')
  const worker = await startServiceProcess(stack.env, database, await freePort(), 'worker')
  try {
    expect((await fetch(`${worker.url}/healthz`)).status).toBe(200)
    expect((await fetch(`${worker.url}/readyz`)).status).toBe(200)
    expect((await fetch(`${worker.url}/metrics`)).status).toBe(200)
    for (const path of ['/', '/sign-in', '/api/v1/me', '/webhooks/kustomer/default']) {
      expect([path, (await fetch(`${worker.url}${path}`, { redirect: 'manual' })).status]).toEqual([
        path,
        404,
      ])
    }
  } finally {
    await worker.stop()
    await database.drop()
  }
}, 60_000)
