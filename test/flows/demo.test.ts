import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { seedWorld } from '../../src/emulators/world/seed-world.ts'
import type { World, WorldContact, WorldCustomer } from '../../src/emulators/world/world.ts'
import { runCli } from '../helpers/process.ts'

const SIZE = { customers: 120, contacts: 40, calls: 80, seed: 7 }

interface Summary {
  customers: { total: number; byOutcome: Record<string, number>; byReason: Record<string, number> }
  contacts: { total: number; byOutcome: Record<string, number>; byReason: Record<string, number> }
  calls: { total: number; byOutcome: Record<string, number>; byReason: Record<string, number> }
  messages: { total: number; byOutcome: Record<string, number>; byReason: Record<string, number> }
  proof: { day: string; unexplained: number }
  requests: { cloudtalk: number; kustomer: number }
  seconds: number
}

/** What each variant of the seeded world was made for; said by the world itself, not by the mapping. */
const WHY_NOT: Partial<Record<WorldCustomer['variant'], string>> = {
  'no-phone': 'NO_PHONE',
  'whatsapp-only': 'NO_PHONE',
  'same-name-no-phone': 'NO_PHONE',
  'invalid-phones': 'NO_VALID_PHONE',
  'shared-email': 'SHARED_EMAIL',
  'shared-phone': 'SHARED_PHONE',
  'shared-whatsapp': 'SHARED_WHATSAPP',
}

function count(values: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

/** Contacts that nobody in Kustomer is like, with a number that exists or without any. */
const EXPORTED: readonly WorldContact['variant'][] = [
  'clean',
  'ampersand',
  'no-number',
  'some-invalid-numbers',
]

/** Every number, as bare digits, that stands on any customer or exported contact: a call with it has a customer. */
function numbersOfCustomers(world: World): Set<string> {
  const digits = (phone: string) => phone.replace(/\D/g, '')
  return new Set([
    ...world.customers.flatMap(({ phones, whatsapps }) =>
      [...phones, ...whatsapps].map(({ phone }) => digits(phone)),
    ),
    ...world.contacts
      // Who has the email of a customer waits for a review: that customer has a contact of its own.
      .filter(({ variant }) => variant !== 'invalid-number' && variant !== 'email-of-customer')
      .flatMap(({ numbers }) => numbers.map(digits)),
  ])
}

test('the demo ends well, and its numbers are those of the seeded world', async () => {
  const args = Object.entries(SIZE).flatMap(([name, value]) => [`--${name}`, String(value)])
  const { code, stdout } = await runCli(['demo', '--once', '--json', ...args], {
    DATA_DIR: mkdtempSync(join(tmpdir(), 'demo-')),
  })
  expect(code).toBe(0)
  const summary = JSON.parse(stdout) as Summary
  const world = seedWorld({ ...SIZE, now: Date.now() })

  const exported = world.contacts.filter(({ variant }) => EXPORTED.includes(variant))
  expect(summary.customers.total).toBe(SIZE.customers + exported.length)
  const { CREATED, MATCHED_BY_PHONE = 0, MATCHED_BY_NAME = 0, ...left } = summary.customers.byReason
  const whyNot = [
    ...world.customers.map(({ variant }) => WHY_NOT[variant] ?? 'imported'),
    // The customers that the export makes are looked at like any others.
    ...exported.map(({ numbers }) => (numbers.length === 0 ? 'NO_PHONE' : 'NOTHING_CHANGED')),
  ]
  const { imported, ...expectedOthers } = count(whyNot)
  expect(left).toEqual(expectedOthers)
  expect((CREATED ?? 0) + MATCHED_BY_PHONE + MATCHED_BY_NAME).toBe(imported)
  expect(MATCHED_BY_NAME).toBe(world.customers.filter(({ variant }) => variant === 'same-name').length)
  const eligible = new Set(world.customers.flatMap(({ key, variant }) => (WHY_NOT[variant] ? [] : key)))
  const sharing = world.contacts.filter(({ variant }) => variant === 'phone-of-customer')
  const met = sharing.filter(({ matches }) => eligible.has(matches ?? ''))
  expect(MATCHED_BY_PHONE).toBe(new Set(met.map(({ matches }) => matches)).size)

  const { byReason: reasons } = summary.contacts
  expect(reasons.EXPORTED).toBe(exported.length)
  expect(reasons.NO_VALID_PHONE).toBe(
    world.contacts.filter(({ variant }) => variant === 'invalid-number').length,
  )
  expect(reasons.MATCHES_EXISTING_CUSTOMER).toBe(
    world.contacts.filter(({ variant }) => variant === 'email-of-customer').length +
      sharing.length -
      met.length,
  )

  expect(summary.calls.total).toBe(SIZE.calls)
  const known = numbersOfCustomers(world)
  const fates = world.calls.map(({ direction, external }) => {
    if (direction === 'internal') return 'INTERNAL_CALL'
    return known.has(external.replace(/\D/g, '')) ? 'LOGGED' : 'LOGGED_UNLINKED'
  })
  // A call may end before its customer is known here: it then moves to the customer. A note may learn its contact's
  // name later.
  const { ASSOCIATED: moved = 0, NOTE_UPDATED: renamed = 0, LOGGED = 0, ...others } = summary.calls.byReason
  const expected = count(fates)
  const { LOGGED_UNLINKED: strangers = 0, ...rest } = others
  expect(rest).toEqual({ INTERNAL_CALL: expected.INTERNAL_CALL })
  expect(strangers).toBeLessThanOrEqual(expected.LOGGED_UNLINKED ?? 0)
  expect(LOGGED + moved + renamed + strangers).toBe(SIZE.calls - (expected.INTERNAL_CALL ?? 0))
  expect(summary.messages.total).toBe(SIZE.calls / 8)
  expect(summary.messages.byOutcome.failed).toBeUndefined()
  expect(summary.proof).toMatchObject({ unexplained: 0 })
  expect(summary.requests.cloudtalk).toBeGreaterThan(0)
  expect(summary.requests.kustomer).toBeGreaterThan(0)
  expect(summary.seconds).toBeGreaterThan(0)
}, 90_000)
