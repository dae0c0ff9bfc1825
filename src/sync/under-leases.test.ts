import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestDatabase } from '../../test/helpers/databases.ts'
import { type Emulators, startEmulators } from '../../test/helpers/emulators.ts'
import { createCustomer, customer } from '../../test/helpers/records.ts'
import { readConfig } from '../config.ts'
import type { Db } from '../store/database.ts'
import { newHolder, takeAllLeases } from '../store/leases.ts'
import { Busy } from './busy.ts'
import { createContactWriter } from './contacts/contact-writer.ts'
import { uncounted } from './counts.ts'
import { underLeases } from './under-leases.ts'
import { openVendors, type Vendors } from './vendors.ts'

const TWO_MINUTES = 120_000
const NUMBER = '+442071838750'

let emulators: Emulators
let db: Db
let vendors: Vendors
let closeDatabase: () => Promise<void>
beforeEach(async () => {
  emulators = await startEmulators()
  ;({ db, close: closeDatabase } = await openTestDatabase('postgres'))
  const { accounts } = readConfig({ ...emulators.env, DATA_DIR: '/nowhere' }).connections[0] ?? {}
  if (!accounts) throw new Error('the environment has a connection')
  const back = async () => undefined
  const log = pino({ level: 'silent' })
  vendors = await openVendors(
    { db, firstBackoffMs: 2_000, requested: uncounted.requested, back, log },
    accounts,
  )
})
afterEach(async () => {
  vendors.close()
  await closeDatabase()
  await emulators.close()
})

const leftAfterDeath = async () => {
  const rows = await db.selectFrom('lease').select(['key', 'leave_ms']).orderBy('key').execute()
  return Object.fromEntries(rows.map(({ key, leave_ms }) => [key, leave_ms]))
}
const requestsOf = async (vendor: 'cloudtalk' | 'kustomer', route: string) =>
  (await emulators[vendor].requests()).byRoute[route] ?? 0
const create = () => vendors.kustomer(({ customers }) => customers.create(customer(NUMBER)))

test('what reads says nothing; from the first write on, all leases around it say so', async () => {
  const id = await createCustomer(emulators, customer('+442071838751'))
  const [worker, locks] = [newHolder(TWO_MINUTES), newHolder(TWO_MINUTES)]
  await takeAllLeases(db, worker, ['record', 'another'])
  await takeAllLeases(db, locks, ['group'])
  await underLeases(worker, ['record'], async () => {
    await vendors.kustomer(({ customers }) => customers.get(id))
    await vendors.kustomerSearch(({ customers }) => customers.search({}, {}))
    await vendors.cloudtalk((cloudtalk) => cloudtalk.agents.list({ page: 1, limit: 1 }))
    expect(await leftAfterDeath()).toEqual({ another: 0, group: 0, record: 0 })
    await underLeases(locks, ['group'], create)
    expect(await leftAfterDeath()).toEqual({ another: 0, group: TWO_MINUTES, record: TWO_MINUTES })
  })
})

test('a shared request says it for everybody who shares it', async () => {
  const worker = newHolder(TWO_MINUTES)
  const keys = ['one', 'two', 'three']
  await takeAllLeases(db, worker, keys)
  const writer = createContactWriter(vendors)
  const add = (key: string) => underLeases(worker, [key], () => writer.add({ name: key }))
  await Promise.all([add('one'), add('two')])
  expect(await requestsOf('cloudtalk', 'POST /bulk/contacts.json')).toBe(1)
  expect(await leftAfterDeath()).toEqual({ one: TWO_MINUTES, three: 0, two: TWO_MINUTES })
})

test('whoever lost a lease while it stood still writes nothing, and comes again', async () => {
  const [slow, other] = [newHolder(TWO_MINUTES), newHolder(TWO_MINUTES)]
  await takeAllLeases(db, slow, ['record'])
  await db
    .updateTable('lease')
    .set({ until: new Date(0) })
    .execute()
  await takeAllLeases(db, other, ['record'])
  await expect(underLeases(slow, ['record'], create)).rejects.toThrow(Busy)
  expect(await requestsOf('kustomer', 'POST /customers')).toBe(0)
  expect(vendors.away()).toEqual([])
})

test('a run and a poller have leases of their own, which nobody waits for', async () => {
  const poller = newHolder()
  await takeAllLeases(db, poller, ['poll'])
  await underLeases(poller, ['poll'], create)
  expect(await leftAfterDeath()).toEqual({ poll: 0 })
})
