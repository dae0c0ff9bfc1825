import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDatabase, type TestDatabase } from '../helpers/databases.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { runCli } from '../helpers/process.ts'

let emulators: Emulators
let database: TestDatabase
beforeAll(async () => {
  emulators = await startEmulators({ customers: 30, calls: 10 })
  database = await createDatabase('embedded')
})
afterAll(async () => {
  await emulators.close()
  await database.drop()
})

const env = () => ({ ...emulators.env, ...database.env })

test('without anything set, every missing variable is named at once, and the exit code is 2', async () => {
  const { code, stdout, stderr } = await runCli(['check'])
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  for (const name of [
    'CLOUDTALK_ACCESS_KEY_ID',
    'CLOUDTALK_ACCESS_KEY_SECRET',
    'KUSTOMER_ORG',
    'KUSTOMER_API_KEY',
  ]) {
    expect(stderr).toContain(`${name} is missing`)
  }
})

test('wrong settings and environment are told together, with their places', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'settings-')), 'settings.yaml')
  writeFileSync(
    file,
    ['defaultCountry: Mars', 'calls:', '  missed: { log: perhaps }', '  conectedNumbers: []'].join('\n'),
  )
  const { code, stderr } = await runCli(['start'], {
    ...env(),
    PORT: 'none',
    DATABASE_URL: 'mysql://x',
    SETTINGS_FILE: file,
  })
  expect(code).toBe(2)
  expect(stderr).toMatch(/PORT must be a port number/)
  expect(stderr).toMatch(/DATABASE_URL must start with postgres/)
  expect(stderr).toMatch(/SETTINGS_FILE: defaultCountry is not an ISO country/)
  expect(stderr).toMatch(/SETTINGS_FILE: calls\.missed\.log/)
  expect(stderr).toMatch(/SETTINGS_FILE: calls\.conectedNumbers is not a setting/)
})

test.each([[['sync', '--from', 'yesterday']], [['demo', '--customers', 'many']], [['nothing']], [['trace']]])(
  'wrong use of %s ends with 2',
  async (args) => {
    const { code, stderr } = await runCli(args, env())
    expect(code).toBe(2)
    expect(stderr).toMatch(/error:/)
  },
)

test('check: good credentials pass, a missing role is named, a wrong key too', async () => {
  expect(await runCli(['check'], env())).toMatchObject({ code: 0, stdout: expect.stringContaining('ok') })
  await emulators.kustomer.control('PUT', '/keys', [
    { token: 'weak', name: 'weak', roles: ['org.user', 'org.permission'] },
  ])
  const weak = await runCli(['check', '--json'], { ...env(), KUSTOMER_API_KEY: 'weak' })
  expect(weak.code).toBe(1)
  expect(JSON.parse(weak.stdout)).toContainEqual(
    expect.objectContaining({ name: 'Kustomer roles', ok: false, found: 'missing: org.admin' }),
  )
  const wrong = await runCli(['check'], { ...env(), CLOUDTALK_ACCESS_KEY_SECRET: 'nonsense-secret' })
  expect(wrong.code).toBe(1)
  expect(wrong.stdout).toMatch(/MISSING\s+CloudTalk access key/)
  expect(wrong.stdout + wrong.stderr).not.toContain('nonsense-secret')
})

test('recipes are what the emulated dashboard takes', async () => {
  const { code, stdout } = await runCli(['recipes', '--json'], env())
  expect(code).toBe(0)
  await emulators.cloudtalk.control('PUT', '/workflows', JSON.parse(stdout))
  expect((await runCli(['recipes'], env())).stdout).toMatch(/Trigger {3}Call Ended/)
})

const writesTo = async () =>
  (await Promise.all([emulators.cloudtalk.requests(), emulators.kustomer.requests()])).map(({ byRoute }) =>
    Object.entries(byRoute).filter(([route]) => !route.startsWith('GET') && !route.endsWith('/search')),
  )

test('sync --preview tells what would become of each record and what that takes, and writes nothing', async () => {
  const before = await writesTo()
  const { code, stdout } = await runCli(['sync', '--preview', '--from', '2026-01-01', '--json'], env())
  expect(code).toBe(0)
  const preview = JSON.parse(stdout)
  expect(preview).toMatchObject({ kind: 'preview', state: 'done', settled: { customer: 30, call: 10 } })
  expect(preview.records).toHaveLength(40)
  expect(preview.estimate.cloudtalk).toBeGreaterThan(2)
  expect(preview.estimate.seconds).toBeGreaterThan(0)
  const text = await runCli(['sync', '--preview'], env())
  expect(text).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing was written') })
  expect(text.stdout).toMatch(/Customers: 30 \(.*\bcreated\b/)
  expect(await writesTo()).toEqual(before)
}, 60_000)

test('sync brings everything over, trace tells about it, a second sync writes nothing', async () => {
  const first = await runCli(['sync', '--from', '2026-01-01', '--json'], env())
  expect(first).toMatchObject({ code: 0 })
  const run = JSON.parse(first.stdout)
  const { customers } = await emulators.kustomer.state()
  expect(run).toMatchObject({ state: 'done', raised: { call: 10 }, settled: { call: 10 } })
  expect(run.settled.customer).toBe(run.raised.customer)
  expect(run.raised.customer).toBeGreaterThanOrEqual(30)
  expect(customers?.length).toBeGreaterThanOrEqual(30)

  const { contacts } = await emulators.cloudtalk.state()
  const traced = await runCli(['trace', contacts?.[0].numbers[0]], env())
  expect(traced.code).toBe(0)
  expect(traced.stdout).toMatch(/created \(CREATED\), by run/)
  expect((await runCli(['trace', '+442071830000'], env())).code).toBe(1)

  const before = await writesTo()
  expect(await runCli(['sync', '--json'], env())).toMatchObject({ code: 0 })
  expect(await writesTo()).toEqual(before)
}, 60_000)
