import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contactAsCustomer, keepUnshared, syncedBase } from './contact-view.ts'
import { countryLookup } from './countries.ts'
import {
  type CustomerRecord,
  customerFromContact,
  customerPatch,
  sharedFromCustomer,
} from './customer-from-contact.ts'
import type { E164 } from './records.ts'
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

const bare: CustomerRecord = {
  id: 'c1',
  companyId: 'co-1',
  phones: [],
  emails: [],
  whatsapps: [],
  sharedEmails: [],
  sharedPhones: [],
  sharedWhatsapps: [],
  urls: [],
  locations: [],
}
const number = fc.constantFrom<E164>('+442071838750', '+442071838751', '+442071838752', '+442071838753')
const email = fc.constantFrom(...Array.from({ length: 12 }, (_, at) => `${at}@example.com`), 'n/a')
const text = fc.option(
  fc.constantFrom('a.example', 'https://b.example', 'two\nlines', ' x ', 'word '.repeat(60)),
)
const country = fc.constantFrom(null, '235', '777')
const some = <T>(values: fc.Arbitrary<T>) => fc.uniqueArray(values, { minLength: 1, maxLength: 12 })
const edits = fc.record<Partial<SharedFields>>(
  {
    name: fc.constantFrom('Ann', 'Bea', 'a@example.com'),
    numbers: some(fc.oneof(number, fc.constantFrom<E164>('+44999', '+44998'))),
    emails: some(email),
    website: text,
    address: text,
    city: text,
    zip: text,
    state: text,
    countryId: country,
  },
  { requiredKeys: [] },
)
const location = fc.record({
  type: fc.constantFrom('work', 'home'),
  address: text,
  address2: text,
  regionName: text,
  regionCode: fc.constantFrom(null, 'CA'),
  countryName: fc.constantFrom(null, 'Great Britain', 'Nowhere'),
})
const recordEdits = fc.record<Partial<CustomerRecord>>(
  {
    name: fc.constantFrom(null, 'Ann', 'Cid'),
    phones: some(number).map((list) => list.map((phone) => ({ phone, type: 'mobile' }))),
    emails: some(email)
      .map((list) => list.filter((one) => one !== 'n/a').slice(0, 10))
      .map((list) => list.map((one) => ({ email: one, type: 'home' }))),
    urls: fc.array(
      fc.record({
        url: fc.constantFrom('https://c.example', 'd'),
        type: fc.constantFrom(null, 'website', 'blog'),
      }),
      { maxLength: 10 },
    ),
    locations: fc.array(location, { maxLength: 10 }),
  },
  { requiredKeys: [] },
)
const rounds = fc.array(
  fc.record({
    contact: edits,
    customer: recordEdits,
    newer: fc.constantFrom<'contact' | 'customer'>('contact', 'customer'),
  }),
  { minLength: 1, maxLength: 8 },
)

test('however both sides are edited, two exchanges bring them in step; numbers that do not exist stay on the contact', () => {
  const exchange = (
    state: { base: SharedFields; customer: CustomerRecord; contact: SharedFields },
    newer: 'contact' | 'customer',
  ) => {
    const says = sharedFromCustomer(state.customer, lookups)
    const shown = contactAsCustomer(state.contact, [says, state.base], lookups)
    const { fields, toCustomer, toContact } = threeWay({
      base: state.base,
      customer: says,
      contact: shown,
      newer,
    })
    const { body } = customerPatch(state.customer, toCustomer, lookups)
    const customer = { ...state.customer, ...body }
    const written = keepUnshared(toContact, state.contact, shown)
    return {
      writes: Object.keys(body).length + Object.keys(written).length,
      base: syncedBase(fields, sharedFromCustomer(customer, lookups)),
      customer,
      contact: { ...state.contact, ...written },
    }
  }
  fc.assert(
    fc.property(edits, rounds, (first, list) => {
      const contactAtFirst = { ...contact, ...first }
      const customerAtFirst = {
        ...bare,
        ...customerFromContact({ ...contactAtFirst, id: '1' }, lookups).body,
      }
      let state = {
        base: sharedFromCustomer(customerAtFirst, lookups),
        customer: customerAtFirst,
        contact: contactAtFirst,
      }
      for (const { contact: edit, customer: recordEdit, newer } of list) {
        const edited = {
          ...state,
          contact: { ...state.contact, ...edit },
          customer: { ...state.customer, ...recordEdit },
        }
        const after = exchange(exchange(edited, newer), newer)
        const settled = exchange(after, newer)
        expect(settled.writes).toBe(0)
        const invalid = edited.contact.numbers.filter((one) => one.startsWith('+4499'))
        expect(after.contact.numbers).toEqual(expect.arrayContaining(invalid))
        state = settled
      }
    }),
    { numRuns: 100 },
  )
})
