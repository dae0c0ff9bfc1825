import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { combineCustomers, customerForEdit, type MergeMember } from './merge-customers.ts'
import type { ContactFields, E164 } from './records.ts'

const empty: ContactFields = {
  name: '',
  company: null,
  website: null,
  address: null,
  city: null,
  zip: null,
  state: null,
  countryId: null,
  favoriteAgentId: null,
  numbers: [],
  emails: [],
  externalUrls: [],
}
const nobody = { numbers: [], emails: [] }
const link = (id: string) => ({ name: 'Kustomer', url: `https://acme.kustomerapp.com/app/customers/${id}` })

const member = (customerId: string, modifiedAt: string, fields: Partial<ContactFields>): MergeMember => ({
  customerId,
  modifiedAt,
  fields: { ...empty, externalUrls: [link(customerId)], ...fields },
})

const older = member('a', '2026-01-01T00:00:00.000Z', {
  name: 'Ann Lee',
  company: 'Lee & Sons',
  city: 'London',
  numbers: ['+442071838750', '+442071838751'],
  emails: ['Ann@example.com'],
})
const newer = member('b', '2026-02-01T00:00:00.000Z', {
  name: 'Ann B. Lee',
  city: 'Leeds',
  numbers: ['+442071838752', '+442071838750'],
  emails: ['ann@Example.com', 'b@example.com'],
})
const own = { numbers: ['+442071838759', '+442071838751'] as E164[], emails: ['own@example.com'] }

test('the newest value that is not empty, all numbers and emails, the contact’s own first', () => {
  expect(combineCustomers([older, newer], own)).toEqual({
    fields: {
      ...empty,
      name: 'Ann B. Lee',
      company: 'Lee & Sons',
      city: 'Leeds',
      numbers: ['+442071838759', '+442071838751', '+442071838752', '+442071838750'],
      emails: ['own@example.com', 'ann@Example.com', 'b@example.com'],
      externalUrls: [link('b'), { ...link('a'), name: 'Kustomer 2' }],
    },
    provenance: {
      name: 'b',
      company: 'a',
      city: 'b',
      numbers: {
        '+442071838759': ['contact'],
        '+442071838751': ['contact', 'a'],
        '+442071838752': ['b'],
        '+442071838750': ['b', 'a'],
      },
      emails: { 'own@example.com': ['contact'], 'ann@Example.com': ['b', 'a'], 'b@example.com': ['b'] },
      externalUrls: { [link('b').url]: ['b'], [link('a').url]: ['a'] },
    },
  })
})

describe('who gives a value', () => {
  test.each<[why: string, members: MergeMember[], name: string]>([
    [
      'of two at one moment the larger id',
      [member('b', '2026', { name: 'B' }), member('a', '2026', { name: 'A' })],
      'B',
    ],
    [
      'the moment, not its spelling',
      [
        member('a', '2026-01-01T00:30:00+01:00', { name: 'A' }),
        member('b', '2026-01-01T00:00:00Z', { name: 'B' }),
      ],
      'B',
    ],
    [
      'an email that stands in for a name gives way to a name',
      [older, member('z', '2026-03-01', { name: 'Z@example.com', emails: ['z@example.com'] })],
      'Ann Lee',
    ],
    [
      'so does a number',
      [older, member('z', '2026-03-01', { name: '442071838752', numbers: ['+442071838752'] })],
      'Ann Lee',
    ],
    [
      'a stand-in where nobody has a name',
      [member('z', '2026', { name: 'z@example.com', emails: ['z@example.com'] })],
      'z@example.com',
    ],
    ['a time that cannot be read is the oldest', [member('z', '', { name: 'Z' }), older], 'Ann Lee'],
  ])('%s', (_why, members, name) => {
    expect(combineCustomers(members, nobody).fields.name).toBe(name)
  })
})

test('of more than three customers the three newest are linked', () => {
  const members = ['a', 'b', 'c', 'd'].map((id, at) => member(id, `2026-01-0${at + 1}`, {}))
  expect(combineCustomers(members, nobody).fields.externalUrls).toEqual([
    link('d'),
    { ...link('c'), name: 'Kustomer 2' },
    { ...link('b'), name: 'Kustomer 3' },
  ])
})

test('an edit goes to the customer that gave the value, anything new to the newest', () => {
  const members = [older, newer]
  const { provenance } = combineCustomers(members, own)
  expect(customerForEdit(provenance, 'city', members)).toBe('b')
  expect(customerForEdit({ ...provenance, city: 'a' }, 'city', members)).toBe('a')
  expect(customerForEdit({ ...provenance, city: 'gone' }, 'city', members)).toBe('b')
  expect(customerForEdit(provenance, 'website', members)).toBe('b')
  expect(customerForEdit(provenance, 'numbers', members)).toBe('b')
  expect(customerForEdit(provenance, 'emails', [])).toBeUndefined()
})

const text = fc.option(fc.constantFrom('x', 'y', 'z'))
const numbers = fc.uniqueArray(
  fc.constantFrom<E164>('+442071838750', '+442071838751', '+442071838752', '+442071838753'),
)
const emails = fc.uniqueArray(fc.constantFrom('a@example.com', 'A@Example.com', 'b@example.com'), {
  selector: (one) => one.toLowerCase(),
})
const anyFields = fc.record({
  name: fc.constantFrom('', 'Ann', 'Bea', 'a@example.com'),
  company: text,
  website: text,
  address: text,
  city: text,
  zip: text,
  state: text,
  countryId: text,
  favoriteAgentId: text,
  numbers,
  emails,
})
const anyMembers = fc
  .uniqueArray(
    fc.record({
      customerId: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      modifiedAt: fc.constantFrom(
        '2026-01-01T00:00:00.000Z',
        '2026-01-02T00:00:00.000Z',
        '2026-01-03T00:00:00.000Z',
      ),
      fields: anyFields,
    }),
    { selector: ({ customerId }) => customerId, minLength: 1 },
  )
  .map((list) => list.map(({ customerId, modifiedAt, fields }) => member(customerId, modifiedAt, fields)))
const anyOwn = fc.record({ numbers, emails })

test('the order in which customers came makes no difference', () => {
  const shuffled = anyMembers.chain((one) =>
    fc.tuple(fc.constant(one), fc.shuffledSubarray(one, { minLength: one.length })),
  )
  fc.assert(
    fc.property(shuffled, anyOwn, ([one, other], lists) => {
      expect(combineCustomers(other, lists)).toEqual(combineCustomers(one, lists))
    }),
  )
})

test('combining again with what came of it changes nothing', () => {
  fc.assert(
    fc.property(anyMembers, anyOwn, (members, lists) => {
      const { fields } = combineCustomers(members, lists)
      expect(combineCustomers(members, fields).fields).toEqual(fields)
    }),
  )
})

test('nothing is lost: every number and email is there once, and every field that anybody has', () => {
  const keys = (values: string[]) => values.map((value) => value.toLowerCase())
  fc.assert(
    fc.property(anyMembers, anyOwn, (members, lists) => {
      const { fields, provenance } = combineCustomers(members, lists)
      for (const list of ['numbers', 'emails'] as const) {
        const all = [...lists[list], ...members.flatMap((one) => one.fields[list])]
        expect(new Set(keys(fields[list]))).toEqual(new Set(keys(all)))
        expect(new Set(keys(fields[list])).size).toBe(fields[list].length)
        expect(Object.keys(provenance[list]).sort()).toEqual([...fields[list]].sort())
      }
      for (const field of ['name', 'company', 'city', 'favoriteAgentId'] as const) {
        const giver = members.find(({ customerId }) => customerId === provenance[field])
        expect(fields[field] || null).toBe(giver?.fields[field] ?? null)
        expect(giver !== undefined).toBe(members.some((one) => one.fields[field]))
      }
    }),
  )
})

test('one customer alone makes its own contact', () => {
  fc.assert(
    fc.property(anyMembers, ([only]) => {
      if (!only) return
      expect(combineCustomers([only], nobody).fields).toEqual(only.fields)
    }),
  )
})
