import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
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

const NAMES = [
  'CLOUDTALK_ACCESS_KEY_ID',
  'CLOUDTALK_ACCESS_KEY_SECRET',
  'KUSTOMER_ORG',
  'KUSTOMER_API_KEY',
] as const

test('of four credentials three are forgotten: each is named at once, and the exit code is 2', async () => {
  const [given, ...forgotten] = NAMES
  const { code, stdout, stderr } = await runCli(['check'], { [given]: 'id' })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  for (const name of forgotten) expect(stderr).toContain(`${name} is missing`)
})

test('without anything set there is no connection, and both ways to one are told', async () => {
  const DATA_DIR = mkdtempSync(join(tmpdir(), 'nothing-'))
  for (const command of ['check', 'recipes']) {
    const { code, stdout, stderr } = await runCli([command], { DATA_DIR })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    for (const name of [...NAMES, 'set one up in the console']) expect(stderr).toContain(name)
  }
}, 60_000)

test('settings are exported without keys, imported with what that changes, and refused whole where one is wrong', async () => {
  const exported = await runCli(['settings', 'export'], env())
  expect(exported).toMatchObject({ code: 0 })
  const file = parse(exported.stdout)
  expect(file).toMatchObject({ connections: { default: { name: 'default', matching: 'phone-or-name' } } })
  for (const secret of ['emulator', 'CLOUDTALK']) expect(exported.stdout).not.toContain(secret)

  const path = join(mkdtempSync(join(tmpdir(), 'settings-')), 'settings.yaml')
  const write = (content: object) => writeFileSync(path, stringify(content))
  write({ connections: { default: { ...file.connections.default, timeZone: 'Europe/Prague' } } })
  const imported = await runCli(['settings', 'import', path], env())
  expect(imported).toMatchObject({ code: 0 })
  expect(imported.stdout).toContain('Time zone: UTC → Europe/Prague')
  const after = await runCli(['settings', 'export', '--json'], env())
  expect(JSON.parse(after.stdout).connections.default.timeZone).toBe('Europe/Prague')

  for (const [content, told] of [
    [{ connections: { default: { timeZone: 'Mars' } } }, 'connections.default.timeZone is not a time zone'],
    [{ connections: { other: {} } }, 'there is no connection "other"'],
    [{ connections: { default: { kustomer: { org: 'acme', apiKey: 'k' } } } }, 'keys are not imported'],
  ] as const) {
    write(content)
    const { code, stderr } = await runCli(['settings', 'import', path], env())
    expect([code, stderr]).toEqual([2, expect.stringContaining(told)])
  }
  write({ timeZone: 'UTC' })
  expect(await runCli(['settings', 'import', path], env())).toMatchObject({ code: 0 })
}, 120_000)

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
}, 60_000)

test('recipes are what the emulated dashboard takes', async () => {
  const { code, stdout } = await runCli(['recipes', '--json'], env())
  expect(code).toBe(0)
  await emulators.cloudtalk.control('PUT', '/workflows', JSON.parse(stdout))
  // As on a machine where no service ever ran.
  const DATA_DIR = mkdtempSync(join(tmpdir(), 'new-'))
  const fresh = await runCli(['recipes'], { ...emulators.env, DATA_DIR })
  expect(fresh).toMatchObject({ code: 0, stdout: expect.stringMatching(/Trigger {3}Call Ended/) })
}, 60_000)

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
