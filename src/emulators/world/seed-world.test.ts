import { isValidPhoneNumber } from 'libphonenumber-js/max'
import { expect, test } from 'vitest'
import { nameOf } from './names.ts'
import { phoneOf } from './phones.ts'
import { seedWorld } from './seed-world.ts'

const NOW = Date.parse('2026-11-22T12:00:00.000Z')
const world = seedWorld({ customers: 400, contacts: 200, calls: 500, seed: 7, now: NOW })
const plus = (phone: string) => `+${phone.replace(/^whatsapp:/, '').replace(/^\+/, '')}`
const folded = (name: string) => name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

test('the same sizes, seed and time give the same world', () => {
  expect(seedWorld({ customers: 400, contacts: 200, calls: 500, seed: 7, now: NOW })).toEqual(world)
  expect(seedWorld({ customers: 5, seed: 8, now: NOW }).customers).not.toEqual(world.customers.slice(0, 5))
})

test('a customer is the same in a smaller world', () => {
  expect(seedWorld({ customers: 90, seed: 7, now: NOW }).customers).toEqual(world.customers.slice(0, 90))
})

test('an empty world has people, groups, numbers, countries and tags', () => {
  const empty = seedWorld({ now: NOW })
  expect(empty).toMatchObject({ people: { length: 6 }, groups: { length: 3 }, numbers: { length: 3 } })
  expect(empty).toMatchObject({ companies: [], customers: [], contacts: [], calls: [] })
  expect(empty.tags.length).toBeGreaterThan(3)
})

test('countries are all of ISO 3166-1, with the ids known from the wire', () => {
  expect(world.countries).toHaveLength(249)
  expect(new Set(world.countries.map(({ id }) => id)).size).toBe(249)
  expect(world.countries.every(({ alpha3, name }) => alpha3.length === 3 && name.length > 3)).toBe(true)
  expect(world.countries).toContainEqual({
    id: 235,
    name: 'United Kingdom',
    alpha2: 'GB',
    alpha3: 'GBR',
    callingCode: '44',
  })
  expect(world.countries).toContainEqual({
    id: 61,
    name: 'Denmark',
    alpha2: 'DK',
    alpha3: 'DNK',
    callingCode: '45',
  })
  expect(world.countries).toContainEqual({
    id: 109,
    name: 'Italy',
    alpha2: 'IT',
    alpha3: 'ITA',
    callingCode: '39',
  })
})

test('numbers of any prefix and turn are valid and do not repeat', () => {
  const phones = Array.from({ length: 20_000 }, (_, index) => phoneOf(3, index * 41))
  expect(phones.filter((phone) => !isValidPhoneNumber(phone))).toEqual([])
  expect(new Set(phones).size).toBe(phones.length)
  expect(world.numbers.filter(({ e164 }) => !isValidPhoneNumber(e164))).toEqual([])
})

test('names do not repeat, also when folded', () => {
  const names = Array.from({ length: 30_000 }, (_, index) => folded(nameOf(index)))
  expect(new Set(names).size).toBe(names.length)
})

test.each([
  ['clean', (phones: boolean[]) => phones.length > 0 && phones.every(Boolean)],
  ['bare-phone', (phones: boolean[]) => phones.every(Boolean)],
  ['no-phone', (phones: boolean[]) => phones.length === 0],
  ['same-name-no-phone', (phones: boolean[]) => phones.length === 0],
  ['whatsapp-only', (phones: boolean[]) => phones.length === 0],
  ['invalid-phones', (phones: boolean[]) => phones.length > 0 && !phones.some(Boolean)],
  ['some-invalid-phones', (phones: boolean[]) => phones.some(Boolean) && !phones.every(Boolean)],
] as const)('the phones of a %s customer are what it says', (variant, holds) => {
  const customers = world.customers.filter((customer) => customer.variant === variant)
  expect(customers.length).toBeGreaterThan(0)
  for (const { phones } of customers)
    expect(holds(phones.map(({ phone }) => isValidPhoneNumber(plus(phone))))).toBe(true)
})

test('most customers are clean, and no two own the same phone, email or WhatsApp number', () => {
  const { customers } = world
  expect(customers.filter(({ variant }) => variant === 'clean').length).toBeGreaterThan(customers.length / 2)
  for (const own of [
    customers.flatMap(({ phones, whatsapps }) => [
      ...new Set([...phones, ...whatsapps].map(({ phone }) => plus(phone))),
    ]),
    customers.flatMap(({ emails }) => emails.map(({ email }) => email)),
  ])
    expect(new Set(own).size).toBe(own.length)
})

test('names repeat only where the world says so', () => {
  const named = new Map(world.customers.map((customer) => [customer.key, customer.name]))
  const repeats = world.customers.filter(({ sameNameAs }) => sameNameAs !== undefined)
  expect(repeats.length).toBeGreaterThan(0)
  for (const { sameNameAs, name } of repeats) expect(named.get(sameNameAs ?? '')).toBe(name)
  const others = [
    ...world.customers.filter(({ sameNameAs, name }) => !sameNameAs && name !== ''),
    ...world.contacts,
  ]
  expect(new Set(others.map(({ name }) => folded(name))).size).toBe(others.length)
})

test('the accidents of real data are there', () => {
  const { customers } = world
  expect(customers.some(({ name }) => name.length > 150 && name.length <= 256)).toBe(true)
  expect(customers.some(({ name }) => name === '')).toBe(true)
  expect(customers.some(({ name }) => name.includes('&'))).toBe(true)
  for (const field of ['sharedEmails', 'sharedPhones', 'sharedWhatsapps'] as const)
    expect(customers.some((customer) => customer[field].length > 0)).toBe(true)
  const locations = customers.flatMap((customer) => customer.locations)
  for (const field of ['countryCode', 'countryName', 'regionCode', 'regionName', 'address2'] as const)
    expect(locations.some((location) => location[field] !== undefined)).toBe(true)
  expect(locations.every(({ regionCode = '' }) => regionCode.length <= 2)).toBe(true)
  const types = customers.flatMap(({ urls }) => urls.map(({ type }) => type))
  expect(new Set(types)).toEqual(new Set(['website', 'blog', undefined]))
  expect(new Set(customers.map(({ createdBy }) => createdBy)).size).toBe(7)
})

test('contacts are their own, or say which customer they match', () => {
  const owners = new Map(world.customers.map((customer) => [customer.key, customer]))
  const taken = new Set(world.customers.flatMap(({ phones }) => phones.map(({ phone }) => plus(phone))))
  expect(world.contacts.filter(({ matches }) => matches).length).toBeGreaterThan(2)
  for (const { matches, variant, numbers, emails } of world.contacts) {
    const owner = owners.get(matches ?? '')
    if (variant === 'phone-of-customer') expect(numbers[0]).toBe(owner?.phones[0]?.phone)
    else expect(numbers.some((number) => taken.has(number))).toBe(false)
    if (variant === 'email-of-customer') expect(emails[0]?.toLowerCase()).toBe(owner?.emails[0]?.email)
  }
})

test('calls ended in order, before now, and of every kind', () => {
  const ends = world.calls.map(({ endedAt }) => Date.parse(endedAt))
  expect(ends).toEqual([...ends].sort((a, b) => a - b))
  expect(ends.at(-1)).toBeLessThan(NOW)
  expect(ends[0]).toBeGreaterThan(NOW - 8 * 24 * 3_600_000)
  const kinds = new Set(world.calls.map(({ direction, outcome }) => `${direction} ${outcome}`))
  expect([...kinds].sort()).toEqual([
    'incoming answered',
    'incoming missed',
    'incoming voicemail',
    'internal answered',
    'outgoing answered',
    'outgoing missed',
  ])
  for (const { startedAt, answeredAt, endedAt, talkingTime, waitingTime, outcome } of world.calls) {
    expect(Date.parse(endedAt) - Date.parse(startedAt)).toBe((talkingTime + waitingTime) * 1_000)
    expect(talkingTime > 0).toBe(outcome === 'answered')
    expect(answeredAt !== undefined).toBe(outcome === 'answered')
  }
})

test('most calls are with customers, some with strangers', () => {
  const outside = world.calls.filter(({ direction }) => direction !== 'internal')
  const known = outside.filter((call) => call.with?.startsWith('customer')).length
  expect(known / outside.length).toBeGreaterThan(0.5)
  expect(outside.some((call) => call.with === undefined)).toBe(true)
  expect(outside.filter(({ external }) => !isValidPhoneNumber(external))).toEqual([])
})
