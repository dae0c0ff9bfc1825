import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { Check } from '../../src/sync/check-accounts.ts'
import type { Recipe } from '../../src/sync/recipes.ts'
import { setFaults } from '../helpers/faults.ts'
import { runCli } from '../helpers/process.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** Commands beside a service with connections of the settings file and of the console. */

let stack: Stack
beforeAll(async () => {
  stack = await startStack({
    database: 'embedded',
    settings: { connections: { sales: { name: 'Sales' }, support: { name: 'Support' } } },
  })
  const { configuring } = stack.service
  const kustomer = { org: 'acme', apiKey: 'emulator', apiUrl: stack.kustomer.url }
  for (const name of ['North', 'South']) {
    const id = await configuring.create(name, kustomer)
    await configuring.setCloudTalk(id, { accessKeyId: 'CLOUDTALK', accessKeySecret: 'emulator' })
  }
})
afterAll(() => stack?.close())

const cli = (...args: string[]) => runCli(args, { DATA_DIR: stack.dataDir })

const fileOf = (connections: Record<string, object>): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'settings-')), 'settings.yaml')
  writeFileSync(path, stringify({ connections }))
  return path
}

const zones = async () =>
  Object.fromEntries(
    (await stack.service.configuring.connections()).map(({ id, settings }) => [id, settings.timeZone]),
  )

test('of a file with several connections, only the named one is imported', async () => {
  const file = fileOf({
    south: { name: 'South', timeZone: 'Europe/Rome', active: false },
    north: { name: 'North', timeZone: 'Europe/Oslo', active: false },
  })
  const imported = await cli('settings', 'import', file, '--connection', 'north', '--json')
  expect(imported).toMatchObject({ code: 0 })
  expect(Object.keys(JSON.parse(imported.stdout))).toEqual(['north'])
  expect(await zones()).toEqual({ sales: 'UTC', support: 'UTC', north: 'Europe/Oslo', south: 'UTC' })
  const missing = await cli('settings', 'import', file, '--connection', 'sales')
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('connections.sales is missing')])
})

test('nothing of a file is imported where one of its connections cannot be changed here', async () => {
  const before = await zones()
  const file = fileOf({
    south: { name: 'South', timeZone: 'Europe/Paris', active: false },
    sales: { name: 'Sales', timeZone: 'Europe/Paris' },
  })
  const refused = await cli('settings', 'import', file)
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining('the settings of sales stand in the settings file'),
  ])
  expect(await zones()).toEqual(before)
})

const json = async <T>(...args: string[]): Promise<{ code: number | null; said: T }> => {
  const { code, stdout } = await cli(...args, '--json')
  return { code, said: JSON.parse(stdout) as T }
}

test('recipes are of every connection that runs, or of the named one', async () => {
  const { said } = await json<Recipe[]>('recipes')
  const of = (id: string) => `${stack.service.publicUrl()}/webhooks/cloudtalk/${id}`
  const [sales, support, north, south] = ['sales', 'support', 'north', 'south'].map(of)
  expect(new Set(said.map(({ url }) => url))).toEqual(new Set([sales, support, north, south]))
  const one = await json<Recipe[]>('recipes', '--connection', 'south')
  expect(new Set(one.said.map(({ url }) => url))).toEqual(new Set([south]))
  expect(await cli('recipes', '--connection', 'nobody')).toMatchObject({ code: 2, stdout: '' })
}, 60_000)

const registered = async () => (await stack.kustomer.state()).webhooks ?? []

test('check looks at every connection, each with the webhook of its own address', async () => {
  await until('each is registered', async () => (await registered()).length === 4)
  const well = await json<Check[]>('check')
  expect(well.code).toBe(0)
  const webhooks = well.said.filter(({ name }) => name.endsWith(': Kustomer webhook'))
  expect(webhooks.map(({ name, found }) => `${name} ${found}`)).toEqual(
    ['sales', 'support', 'north', 'south'].map(
      (id) => `${id}: Kustomer webhook registered at ${stack.service.publicUrl()}/webhooks/kustomer/${id}`,
    ),
  )
  const one = await json<Check[]>('check', '--connection', 'north')
  expect(new Set(one.said.map(({ name }) => name.split(':')[0]))).toEqual(new Set(['north']))
}, 60_000)

test('a webhook that Kustomer has switched off is not well, though another one stands', async () => {
  const south = (await registered()).find(({ attributes }) => attributes.url.endsWith('/south'))
  await stack.kustomer.api('PUT', `/outbound-webhooks/${south.id}`, { enabled: false })
  // Else the service switches it on again when its minute is over.
  await setFaults(stack.kustomer, { route: 'PUT /outbound-webhooks/:id', kind: 'status', status: 500 })
  const { code, said } = await json<Check[]>('check', '--connection', 'south')
  expect(code).toBe(1)
  expect(said.filter(({ ok }) => !ok)).toMatchObject([
    { name: 'south: Kustomer webhook', found: expect.stringContaining('switched off by Kustomer') },
  ])
}, 60_000)
