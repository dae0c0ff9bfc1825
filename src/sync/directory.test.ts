import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Emulators, startEmulators } from '../../test/helpers/emulators.ts'
import { setFaults } from '../../test/helpers/faults.ts'
import { createCloudTalk } from '../cloudtalk/index.ts'
import { readConfig } from '../config.ts'
import { createKustomer } from '../kustomer/index.ts'
import { createDirectory, type Directory } from './directory.ts'
import type { Vendors } from './vendors.ts'

const MINUTE = 60_000
const LONDON = '+442079460018'

let emulators: Emulators
let directory: Directory
let now: number
beforeEach(async () => {
  emulators = await startEmulators()
  now = 0
  const [connection] = readConfig(emulators.env).connections
  if (!connection) throw new Error('there is no connection')
  const cloudtalk = createCloudTalk({ ...connection.accounts.cloudtalk, userAgent: 'tests' })
  const kustomer = createKustomer({ ...connection.accounts.kustomer, userAgent: 'tests' })
  const vendors: Pick<Vendors, 'cloudtalk' | 'kustomer'> = {
    cloudtalk: (call) => call(cloudtalk),
    kustomer: (call) => call(kustomer),
  }
  directory = createDirectory(vendors as Vendors, () => now)
})
afterEach(() => emulators.close())

const asked = async () => (await emulators.cloudtalk.requests()).total

const NOBODY = undefined
const agentId = async () => String((await emulators.cloudtalk.state()).agents?.[0]?.id)

const unanswered = (route = '*') => setFaults(emulators.cloudtalk, { route, kind: 'status', status: 503 })

test('names that CloudTalk no longer tells stay as they were read, and are asked for now and then', async () => {
  const known = await agentId()
  await directory.readNames(known)
  await unanswered()
  now += 11 * MINUTE
  await directory.readNames(known)
  expect(directory.line(LONDON)).toEqual({ name: 'London', groupName: 'Sales' })
  expect(directory.userIdByEmail('maya@acme.example')).toBeDefined()
  await expect(directory.refresh()).rejects.toThrow('503')
  const inVain = await asked()
  await directory.readNames(known)
  expect(await asked()).toBe(inVain)
  await setFaults(emulators.cloudtalk)
  now += 2 * MINUTE
  await directory.readNames(known)
  expect(await asked()).toBeGreaterThan(inVain)
})

test('an agent whom CloudTalk has not named yet is waited for while it does not answer', async () => {
  await directory.readNames(NOBODY)
  await unanswered()
  now += 11 * MINUTE
  await directory.readNames(NOBODY)
  await expect(directory.readNames('of today')).rejects.toThrow('503')
})

test.each(['agents', 'numbers', 'groups'])('where %s were never told, they are waited for', async (list) => {
  await unanswered(`GET /${list}/index.json`)
  await expect(directory.readNames(await agentId())).rejects.toThrow('503')
  await setFaults(emulators.cloudtalk)
  await directory.readNames(await agentId())
  expect(directory.line(LONDON)).toEqual({ name: 'London', groupName: 'Sales' })
})

test('what the key may not read is done without, and not asked for each time', async () => {
  await setFaults(emulators.cloudtalk, { route: '*', kind: 'status', status: 403 })
  await directory.readNames('any')
  const once = await asked()
  await directory.readNames('another')
  expect(await asked()).toBe(once)
  expect(directory.line(LONDON)).toBeUndefined()
})

test('names are not done without where Kustomer does not tell its users', async () => {
  await setFaults(emulators.kustomer, { route: '*', kind: 'status', status: 503 })
  await expect(directory.readNames(NOBODY)).rejects.toThrow('503')
})
