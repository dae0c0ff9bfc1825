import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestDatabase } from '../../test/helpers/databases.ts'
import { emptyCustomer } from '../mapping/customer-record.ts'
import { forgetContact, mirrorContacts } from './contacts.ts'
import { markCustomerDeleted, mirrorCustomers } from './customers.ts'
import type { Db } from './database.ts'
import { ownersOf } from './identifiers.ts'
import type { IdentifierSide } from './schema.ts'

/** A process may die, or its connection break, after any statement: a record never stands without what it is known by. */

const NUMBER = '+442071838750'

let db: Db
let close: () => Promise<void>
beforeEach(async () => {
  const opened = await openTestDatabase('postgres')
  db = opened.db
  close = opened.close
  await sql`
    create function broken() returns trigger language plpgsql as 'begin raise exception ''cut off''; end'`.execute(
    db,
  )
})
afterEach(() => close())

/** Does it first where the identifiers cannot be written, and then again where they can. */
async function interrupted(write: () => Promise<unknown>): Promise<void> {
  await sql`create trigger broken before insert or delete on identifier execute function broken()`.execute(db)
  await expect(write()).rejects.toThrow('cut off')
  await sql`drop trigger broken on identifier`.execute(db)
  await write()
}

const owners = async (side: IdentifierSide) =>
  (await ownersOf(db, 'default', side, NUMBER)).map(({ recordId }) => recordId)

const customer = { ...emptyCustomer, id: 'c1', rev: 3, phones: [{ phone: NUMBER }] }
const row = {
  id: '7',
  name: 'Ida',
  numbers: [NUMBER],
  emails: [],
  print: 'p',
  says: 'news',
  changed: true,
} as const

test('a customer of the mirror has its numbers', async () => {
  await interrupted(() => mirrorCustomers(db, 'default', [customer]))
  expect(await owners('customer')).toEqual(['c1'])
  await mirrorCustomers(db, 'default', [{ ...customer, rev: 2, phones: [] }])
  expect(await owners('customer'), 'an older version').toEqual(['c1'])
})

test('a customer that is deleted has none any more', async () => {
  await mirrorCustomers(db, 'default', [customer])
  await interrupted(() => markCustomerDeleted(db, 'default', 'c1'))
  expect(await owners('customer')).toEqual([])
})

test('a contact of the index has its numbers, and none once it is forgotten', async () => {
  await interrupted(() => mirrorContacts(db, 'default', 1, [row]))
  expect(await owners('contact')).toEqual(['7'])
  await interrupted(() => forgetContact(db, 'default', '7'))
  expect(await owners('contact')).toEqual([])
})
