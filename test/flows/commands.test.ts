import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { Check } from '../../src/sync/check-accounts.ts'
import type { Recipe } from '../../src/sync/recipes.ts'
import { runCli } from '../helpers/process.ts'
import { type Stack, startStack } from '../helpers/service.ts'

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
