import { expect, test } from 'vitest'
import { contactAsCustomer, keepUnshared } from './contact-view.ts'
import { countryLookup } from './countries.ts'
import type { SharedFields } from './shared-fields.ts'
import { threeWay } from './three-way.ts'

const lookups = {
  countryOf: (id: string) => (id === '235' ? { code: 'GB', name: 'United Kingdom' } : undefined),
  countryId: countryLookup([{ id: '235', name: 'United Kingdom', countryCode: 'GB' }]),
}
const contact: SharedFields = {
  name: 'Ann Lee',
  numbers: ['+44999', '+442071838750'],
  emails: ['n/a', 'ann@example.com'],
  website: 'example.com',
  address: '10 Work Road\nFloor 2',
  city: 'London',
  zip: 'N1 9GU',
  state: null,
  countryId: '235',
}
const seen: SharedFields = {
  ...contact,
  numbers: ['+442071838750'],
  emails: ['ann@example.com'],
  website: 'https://example.com',
  address: '10 Work Road Floor 2',
}

test('a contact is seen as its customer would show it', () => {
  expect(contactAsCustomer(contact, [], lookups)).toEqual(seen)
  expect(contactAsCustomer(seen, [], lookups)).toEqual(seen)
  expect(contactAsCustomer({ ...contact, name: '' }, [], lookups).name).toBe('')
})

test('a value that came from the customer is left as it is', () => {
  const base = { ...seen, website: 'example.com', emails: ['N/A'] }
  expect(contactAsCustomer(contact, [seen, base], lookups)).toEqual({
    ...seen,
    website: 'example.com',
    emails: ['n/a', 'ann@example.com'],
  })
})

test('what only the contact can hold is no change of either side, and stays when its lists are written', () => {
  const customer = { ...seen, numbers: [...seen.numbers, '+442071838751' as const], emails: [] }
  const { toCustomer, toContact } = threeWay({ base: seen, customer, contact: seen, newer: 'customer' })
  expect(toCustomer).toEqual({})
  expect(keepUnshared(toContact, contact, seen)).toEqual({
    numbers: ['+442071838750', '+442071838751', '+44999'],
    emails: ['n/a'],
  })
  expect(keepUnshared({ city: 'Leeds' }, contact, seen)).toEqual({ city: 'Leeds' })
})

test('more numbers and emails than one customer has room for are seen where they are known', () => {
  const numbers = Array.from({ length: 12 }, (_, at) => `+4420718387${50 + at}` as const)
  const emails = Array.from({ length: 12 }, (_, at) => `${at}@example.com`)
  const full = { ...contact, numbers, emails }
  const room = contactAsCustomer(full, [], lookups)
  expect([room.numbers, room.emails]).toEqual([numbers.slice(0, 10), emails.slice(0, 10)])
  const known = contactAsCustomer(full, [seen, { ...seen, numbers, emails: emails.slice(11) }], lookups)
  expect([known.numbers, known.emails]).toEqual([numbers, [...emails.slice(0, 10), ...emails.slice(11)]])
})
