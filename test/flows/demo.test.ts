import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { seedWorld } from '../../src/emulators/world/seed-world.ts'
import type { World, WorldCustomer } from '../../src/emulators/world/world.ts'
import { runCli } from '../helpers/process.ts'

const SIZE = { customers: 120, contacts: 40, calls: 80, seed: 7 }

interface Summary {
  customers: { total: number; byOutcome: Record<string, number>; byReason: Record<string, number> }
  calls: { total: number; byOutcome: Record<string, number>; byReason: Record<string, number> }
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

/** Every number, as bare digits, that stands on any customer: a call with it has a customer. */
function numbersOfCustomers(world: World): Set<string> {
  const digits = (phone: string) => phone.replace(/\D/g, '')
  return new Set(
    world.customers.flatMap(({ phones, whatsapps }) =>
      [...phones, ...whatsapps].map(({ phone }) => digits(phone)),
    ),
  )
}

test('the demo ends well, and its numbers are those of the seeded world', async () => {
  const args = Object.entries(SIZE).flatMap(([name, value]) => [`--${name}`, String(value)])
  const { code, stdout } = await runCli(['demo', '--once', '--json', ...args], {
    DATA_DIR: mkdtempSync(join(tmpdir(), 'demo-')),
  })
  expect(code).toBe(0)
  const summary = JSON.parse(stdout) as Summary
  const world = seedWorld({ ...SIZE, now: Date.now() })

  expect(summary.customers.total).toBe(SIZE.customers)
  const { CREATED, MATCHED_BY_PHONE = 0, MATCHED_BY_NAME = 0, ...skipped } = summary.customers.byReason
  const whyNot = world.customers.map(({ variant }) => WHY_NOT[variant] ?? 'imported')
  const { imported, ...expectedSkips } = count(whyNot)
  expect(skipped).toEqual(expectedSkips)
  expect((CREATED ?? 0) + MATCHED_BY_PHONE + MATCHED_BY_NAME).toBe(imported)
  const shared = world.contacts.filter(({ variant }) => variant === 'phone-of-customer')
  expect(MATCHED_BY_PHONE).toBe(new Set(shared.map(({ matches }) => matches)).size)

  expect(summary.calls.total).toBe(SIZE.calls)
  const known = numbersOfCustomers(world)
  const fates = world.calls.map(({ direction, external }) => {
    if (direction === 'internal') return 'INTERNAL_CALL'
    return known.has(external.replace(/\D/g, '')) ? 'LOGGED' : 'LOGGED_UNLINKED'
  })
  // A call may end before its customer is known here: it then moves to the customer, and says so.
  const { ASSOCIATED: moved = 0, LOGGED = 0, ...others } = summary.calls.byReason
  expect({ ...others, LOGGED: LOGGED + moved }).toEqual(count(fates))
  expect(summary.requests.cloudtalk).toBeGreaterThan(0)
  expect(summary.requests.kustomer).toBeGreaterThan(0)
  expect(summary.seconds).toBeGreaterThan(0)
}, 90_000)
