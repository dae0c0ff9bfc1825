import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { E164 } from './records.ts'
import { type SharedFields, sharedFieldNames } from './shared-fields.ts'
import { type Side, type ThreeWayInput, type ThreeWayResult, threeWay } from './three-way.ts'

const base: SharedFields = {
  name: 'Ann Lee',
  numbers: ['+442071838750', '+442071838751'],
  emails: ['ann@example.com', 'b@example.com'],
  website: null,
  address: '10 Work Road',
  city: 'London',
  zip: 'N1 9GU',
  state: null,
  countryId: '235',
}
const [first, second, third, fourth] = [
  '+442071838750',
  '+442071838751',
  '+442071838752',
  '+442071838753',
] as [E164, E164, E164, E164]

interface Case {
  why: string
  customer?: Partial<SharedFields>
  contact?: Partial<SharedFields>
  newer?: Side
  base?: Partial<SharedFields>
  toCustomer?: Partial<SharedFields>
  toContact?: Partial<SharedFields>
  conflicts?: (keyof SharedFields)[]
}

const run = (cases: Case[]) =>
  test.each(cases)('$why', (one) => {
    const was = { ...base, ...one.base }
    const [customer, contact] = [
      { ...was, ...one.customer },
      { ...was, ...one.contact },
    ]
    const result = threeWay({ base: was, customer, contact, newer: one.newer ?? 'customer' })
    expect(result.toCustomer).toEqual(one.toCustomer ?? {})
    expect(result.toContact).toEqual(one.toContact ?? {})
    expect(result.conflicts).toEqual(one.conflicts ?? [])
  })

describe('a single value', () => {
  run([
    { why: 'nothing changed' },
    { why: 'the customer changed', customer: { city: 'Leeds' }, toContact: { city: 'Leeds' } },
    {
      why: 'the contact changed',
      contact: { city: 'Leeds' },
      newer: 'customer',
      toCustomer: { city: 'Leeds' },
    },
    { why: 'the customer emptied it', customer: { zip: null }, toContact: { zip: null } },
    { why: 'the contact emptied it', contact: { zip: null }, toCustomer: { zip: null } },
    { why: 'both changed to the same', customer: { city: 'Leeds' }, contact: { city: 'Leeds' } },
    {
      why: 'both changed, the customer later',
      customer: { city: 'Leeds' },
      contact: { city: 'York' },
      newer: 'customer',
      toContact: { city: 'Leeds' },
      conflicts: ['city'],
    },
    {
      why: 'both changed, the contact later',
      customer: { city: 'Leeds' },
      contact: { city: null },
      newer: 'contact',
      toCustomer: { city: null },
      conflicts: ['city'],
    },
    {
      why: 'each changed another field',
      customer: { name: 'Ann' },
      contact: { countryId: '61' },
      toContact: { name: 'Ann' },
      toCustomer: { countryId: '61' },
    },
  ])
})

describe('numbers', () => {
  run([
    {
      why: 'one more on the customer',
      customer: { numbers: [first, second, third] },
      toContact: { numbers: [first, second, third] },
    },
    {
      why: 'one more on the contact, in front: the contact is not written for the order',
      contact: { numbers: [third, first, second] },
      toCustomer: { numbers: [third, first, second] },
    },
    {
      why: 'one more on each',
      customer: { numbers: [first, second, third] },
      contact: { numbers: [first, second, fourth] },
      toCustomer: { numbers: [first, second, third, fourth] },
      toContact: { numbers: [first, second, third, fourth] },
    },
    {
      why: 'the same one more on each',
      customer: { numbers: [first, second, third] },
      contact: { numbers: [first, second, third] },
    },
    { why: 'one less on the customer', customer: { numbers: [second] }, toContact: { numbers: [second] } },
    {
      why: 'one replaced on the contact, one more on the customer',
      customer: { numbers: [first, second, third] },
      contact: { numbers: [fourth, second] },
      toCustomer: { numbers: [fourth, second, third] },
      toContact: { numbers: [fourth, second, third] },
    },
    {
      why: 'moved on the customer',
      customer: { numbers: [second, first] },
      toContact: { numbers: [second, first] },
    },
    {
      why: 'moved on the contact',
      contact: { numbers: [second, first] },
      toCustomer: { numbers: [second, first] },
    },
    {
      why: 'each lost the other’s last: the newer side’s stay',
      customer: { numbers: [first] },
      contact: { numbers: [second] },
      newer: 'contact',
      toCustomer: { numbers: [second] },
      conflicts: ['numbers'],
    },
    {
      why: 'the newer side lost all: the other side’s stay',
      contact: { numbers: [] },
      newer: 'contact',
      toContact: { numbers: [first, second] },
      conflicts: ['numbers'],
    },
    { why: 'none anywhere', base: { numbers: [] } },
  ])
})

describe('emails', () => {
  run([
    { why: 'another case is no change', customer: { emails: ['ANN@example.com', 'b@Example.com'] } },
    {
      why: 'the customer’s spelling goes on',
      customer: { emails: ['ANN@example.com', 'b@example.com', 'c@example.com'] },
      toContact: { emails: ['ANN@example.com', 'b@example.com', 'c@example.com'] },
    },
    { why: 'the last ones removed', contact: { emails: [] }, toCustomer: { emails: [] } },
    {
      why: 'one more on the customer while the contact removed one',
      customer: { emails: ['ann@example.com', 'b@example.com', 'C@example.com'] },
      contact: { emails: ['b@example.com'] },
      toCustomer: { emails: ['b@example.com', 'C@example.com'] },
      toContact: { emails: ['b@example.com', 'C@example.com'] },
    },
  ])
})

const text = fc.option(fc.constantFrom('a', 'b', 'c'))
const numbers = fc.uniqueArray(fc.constantFrom(first, second, third, fourth))
const email = fc.constantFrom('a@example.com', 'A@Example.com', 'b@example.com', 'c@example.com')
const emails = fc.uniqueArray(email, { selector: (one) => one.toLowerCase() })
const fieldsWith = (lists: { numbers: fc.Arbitrary<E164[]>; emails: fc.Arbitrary<string[]> }) =>
  fc.record<SharedFields>({
    name: fc.constantFrom('a', 'b', 'c'),
    website: text,
    address: text,
    city: text,
    zip: text,
    state: text,
    countryId: text,
    ...lists,
  })
const inputWith = (fields: fc.Arbitrary<SharedFields>): fc.Arbitrary<ThreeWayInput> =>
  fc.record({
    base: fields,
    customer: fields,
    contact: fields,
    newer: fc.constantFrom<Side>('customer', 'contact'),
  })
const anyInput = inputWith(fieldsWith({ numbers, emails }))

test('each side with what is sent to it holds the result, and running again changes nothing', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const result = threeWay(input)
      const customer = { ...input.customer, ...result.toCustomer }
      const contact = { ...input.contact, ...result.toContact }
      const lower = (fields: SharedFields) => ({
        ...fields,
        emails: fields.emails.map((one) => one.toLowerCase()),
      })
      expect(lower(customer)).toEqual(lower(result.fields))
      expect(lower(contact)).toEqual(lower(result.fields))
      // With the new base as with the old one: a base that could not be saved makes no second write.
      for (const known of [result.fields, input.base]) {
        const again = threeWay({ base: known, customer, contact, newer: input.newer })
        expect([again.toCustomer, again.toContact, again.conflicts]).toEqual([{}, {}, []])
      }
    }),
  )
})

test('a value that only one side changed is never lost', () => {
  fc.assert(
    fc.property(anyInput, ({ base: was, customer, newer }) => {
      const result = threeWay({ base: was, customer, contact: was, newer })
      for (const field of sharedFieldNames) {
        if (field === 'emails' || (field === 'numbers' && customer.numbers.length === 0)) continue
        expect(result.fields[field]).toEqual(customer[field])
      }
      expect(result.fields.emails.map((one) => one.toLowerCase())).toEqual(
        customer.emails.map((one) => one.toLowerCase()),
      )
      expect(result.toCustomer).toEqual(
        customer.numbers.length === 0 && was.numbers.length > 0 ? { numbers: was.numbers } : {},
      )
    }),
  )
})

test('of a single value, the one side that changed it wins; of two the newer', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { fields, conflicts } = threeWay(input)
      for (const field of sharedFieldNames) {
        if (field === 'numbers' || field === 'emails') continue
        const changed = (['customer', 'contact'] as const).filter(
          (side) => input[side][field] !== input.base[field],
        )
        const both = changed.length === 2
        const winner = both ? input.newer : (changed[0] ?? 'customer')
        expect(fields[field]).toBe(input[winner][field])
        expect(conflicts.includes(field)).toBe(both && input.customer[field] !== input.contact[field])
      }
    }),
  )
})

test('in lists, what one side added is in and what one side removed is out', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { fields, conflicts } = threeWay(input)
      for (const field of ['numbers', 'emails'] as const) {
        if (conflicts.includes(field)) continue
        const [was, customer, contact, now] = [input.base, input.customer, input.contact, fields].map(
          (one) => new Set<string>(one[field].map((item) => item.toLowerCase())),
        ) as [Set<string>, Set<string>, Set<string>, Set<string>]
        const added = customer.union(contact).difference(was)
        const removed = was.difference(customer.intersection(contact))
        expect(now).toEqual(was.union(added).difference(removed))
        expect(now.size).toBe(fields[field].length)
      }
      const had = input.customer.numbers.length + input.contact.numbers.length > 0
      expect(fields.numbers.length > 0).toBe(had)
    }),
  )
})

test('swapping the sides mirrors the result', () => {
  // In one order everywhere; where orders contradict each other without a base, the customer's stands.
  const sorted = fieldsWith({
    numbers: fc.subarray([first, second, third, fourth]),
    emails: fc.subarray(['a@example.com', 'b@example.com', 'c@example.com']),
  })
  const asSets = (fields: Partial<SharedFields>) => ({
    ...fields,
    ...(fields.numbers && { numbers: new Set(fields.numbers) }),
    ...(fields.emails && { emails: new Set(fields.emails) }),
  })
  const shape = (result: ThreeWayResult) => ({
    fields: asSets(result.fields),
    toCustomer: asSets(result.toCustomer),
    toContact: asSets(result.toContact),
    conflicts: result.conflicts,
  })
  fc.assert(
    fc.property(inputWith(sorted), ({ base: was, customer, contact, newer }) => {
      const one = shape(threeWay({ base: was, customer, contact, newer }))
      const other = shape(
        threeWay({
          base: was,
          customer: contact,
          contact: customer,
          newer: newer === 'customer' ? 'contact' : 'customer',
        }),
      )
      expect(other).toEqual({ ...one, toCustomer: one.toContact, toContact: one.toCustomer })
    }),
  )
})
