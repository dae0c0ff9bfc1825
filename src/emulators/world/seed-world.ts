import { callOf } from './calls.ts'
import { COMPANIES, GROUPS, NUMBERS, PEOPLE, TAGS } from './company.ts'
import { contactOf } from './contacts.ts'
import { worldCountries } from './countries.ts'
import { customerOf } from './customers.ts'
import type { World } from './world.ts'

/** How large a world is, and which one. */
export type WorldSize = {
  customers?: number
  contacts?: number
  calls?: number
  seed?: number
  /** Epoch milliseconds; everything in the world happened before it. */
  now?: number
}

const range = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

/**
 * The same sizes, seed and `now` give the same world, in either emulator. An empty world still has its people,
 * groups, numbers, countries and tags; companies only come with customers.
 */
export const seedWorld = ({
  customers = 0,
  contacts = 0,
  calls = 0,
  seed = 1,
  now = Date.now(),
}: WorldSize = {}): World => {
  const everybody = range(customers, (index) => customerOf(seed, index, now))
  const clean = everybody.filter(({ variant }) => variant === 'clean')
  const cards = range(contacts, (index) => contactOf(seed, index, now, clean))
  return {
    people: [...PEOPLE],
    groups: [...GROUPS],
    numbers: [...NUMBERS],
    tags: [...TAGS],
    countries: worldCountries(),
    companies: customers > 0 ? [...COMPANIES] : [],
    customers: everybody,
    contacts: cards,
    calls: range(calls, (index) => callOf(seed, index, calls, now, everybody, cards)),
  }
}
