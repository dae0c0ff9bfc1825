import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contactChanges, mergeIntoExisting } from './contact-changes.ts'
import type { ContactFields, E164 } from './records.ts'

const contact: ContactFields = {
  name: 'Ann Lee',
  company: 'Lee & Sons',
  website: null,
  address: '10 Work Road',
  city: 'London',
  zip: 'N1 9GU',
  state: null,
  countryId: '235',
  favoriteAgentId: '99',
  numbers: ['+442071838750', '+442071838751'],
  emails: ['ann@example.com', 'b@example.com'],
  externalUrls: [{ name: 'Kustomer', url: 'https://acme.kustomerapp.com/app/customers/1' }],
}

test.each<[why: string, changed: Partial<ContactFields>, written: Partial<ContactFields>]>([
  ['nothing', {}, {}],
  ['a text', { name: 'Ann' }, { name: 'Ann' }],
  ['a text that became empty', { company: null }, { company: null }],
  ['a text that was empty', { website: 'https://example.com' }, { website: 'https://example.com' }],
  ['letter case of a text', { city: 'LONDON' }, { city: 'LONDON' }],
  ['several fields', { zip: null, countryId: null }, { zip: null, countryId: null }],
  ['the favorite agent', { favoriteAgentId: null }, { favoriteAgentId: null }],
  ['a number more', { numbers: ['+442071838750'] }, { numbers: ['+442071838750'] }],
  [
    'the order of numbers',
    { numbers: ['+442071838751', '+442071838750'] },
    { numbers: ['+442071838751', '+442071838750'] },
  ],
  ['letter case of emails', { emails: ['ANN@example.com', 'b@Example.com'] }, {}],
  ['an email less', { emails: ['ann@example.com'] }, { emails: ['ann@example.com'] }],
  [
    'the order of emails',
    { emails: ['b@example.com', 'ann@example.com'] },
    { emails: ['b@example.com', 'ann@example.com'] },
  ],
  ['an equal link', { externalUrls: [{ url: contact.externalUrls[0]?.url ?? '', name: 'Kustomer' }] }, {}],
  ['another link', { externalUrls: [] }, { externalUrls: [] }],
])('%s', (_why, changed, written) => {
  expect(contactChanges({ ...contact, ...changed }, contact)).toEqual(written)
})

test('of a contact never written, every field is written', () => {
  expect(contactChanges(contact, undefined)).toEqual(contact)
})

const text = fc.option(fc.constantFrom('a', 'b'))
const number = fc.constantFrom<E164>('+442071838750', '+442071838751', '+442071838752')
const email = fc.constantFrom('a@example.com', 'A@Example.com', 'b@example.com', 'c@example.com')
const anyContact: fc.Arbitrary<ContactFields> = fc.record({
  name: fc.constantFrom('a', 'b'),
  company: text,
  website: text,
  address: text,
  city: text,
  zip: text,
  state: text,
  countryId: text,
  favoriteAgentId: text,
  numbers: fc.uniqueArray(number),
  emails: fc.uniqueArray(email, { selector: (one) => one.toLowerCase() }),
  externalUrls: fc.array(fc.record({ name: fc.constant('Kustomer'), url: fc.constantFrom('x', 'y') })),
})

test('what was written once is not written again', () => {
  fc.assert(
    fc.property(anyContact, anyContact, (desired, last) => {
      const written = { ...last, ...contactChanges(desired, last) }
      expect(contactChanges(desired, written)).toEqual({})
    }),
  )
})

test('joining keeps the contact’s numbers and emails first and takes the customer’s other fields', () => {
  const existing = { numbers: ['+442071838759', '+442071838751'] as E164[], emails: ['B@Example.com'] }
  expect(mergeIntoExisting(existing, contact)).toEqual({
    ...contact,
    numbers: ['+442071838759', '+442071838751', '+442071838750'],
    emails: ['B@Example.com', 'ann@example.com'],
  })
})

test('joining loses nobody’s number or email, repeats none, and joining again changes nothing', () => {
  fc.assert(
    fc.property(anyContact, anyContact, (existing, desired) => {
      const merged = mergeIntoExisting(existing, desired)
      const keys = merged.emails.map((one) => one.toLowerCase())
      expect(new Set(merged.numbers)).toEqual(new Set([...existing.numbers, ...desired.numbers]))
      expect(new Set(keys)).toEqual(
        new Set([...existing.emails, ...desired.emails].map((one) => one.toLowerCase())),
      )
      expect([new Set(merged.numbers).size, new Set(keys).size]).toEqual([merged.numbers.length, keys.length])
      expect(contactChanges(mergeIntoExisting(merged, desired), merged)).toEqual({})
    }),
  )
})
