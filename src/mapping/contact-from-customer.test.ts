import { describe, expect, test } from 'vitest'
import {
  type ContactLookups,
  contactFieldRules,
  contactFromCustomer,
  notMappedContactFields,
} from './contact-from-customer.ts'
import { countryLookup } from './countries.ts'
import type { ContactFields, Customer } from './records.ts'

const lookups: ContactLookups = {
  org: 'acme',
  companyName: (id) => ({ 'co-1': 'Lee & Sons', 'co-long': `Company ${'of words '.repeat(20)}` })[id],
  countryId: countryLookup([{ id: '235', name: 'United Kingdom', countryCode: 'GB', iso3: 'GBR' }]),
  agentIdOfUser: (id) => (id === 'user-1' ? '99' : undefined),
}

const bare: Customer = {
  id: '5f1f0000000000000000000a',
  emails: [],
  phones: [],
  whatsapps: [],
  sharedEmails: [],
  sharedPhones: [],
  sharedWhatsapps: [],
  urls: [],
  locations: [],
}

const full: Customer = {
  ...bare,
  name: ' Ann Lee ',
  displayName: 'Annie',
  emails: [
    { email: 'Ann@Example.com', type: 'work' },
    { email: 'ann@example.com' },
    { email: 'b@example.com' },
  ],
  phones: [
    { phone: '+44 20 7183 8750' },
    { phone: 'whatsapp:+442071838750' },
    { phone: '442071838751', type: 'home' },
  ],
  whatsapps: [{ phone: 'whatsapp:+447400123456' }],
  urls: [
    { url: 'https://blog.example.com', type: 'blog' },
    { url: 'https://untyped.example.com' },
    { url: 'https://example.com', type: 'website' },
  ],
  locations: [
    { type: 'home', address: '1 Home Lane', cityName: 'Leeds', countryCode: 'FR' },
    {
      type: 'work',
      address: '10 Work Road',
      address2: 'Floor 2',
      cityName: 'London',
      zipCode: 'N1 9GU',
      regionName: 'Greater London',
      regionCode: 'LN',
      countryCode: 'GB',
    },
    { type: 'work', address: '99 Second Office', cityName: 'York' },
  ],
  companyId: 'co-1',
  createdById: 'user-1',
}

test('a whole customer makes a whole contact', () => {
  expect(contactFromCustomer(full, lookups)).toEqual({
    fields: {
      name: 'Ann Lee',
      externalUrls: [
        { name: 'Kustomer', url: 'https://acme.kustomerapp.com/app/customers/5f1f0000000000000000000a' },
      ],
      numbers: ['+442071838750', '+442071838751'],
      emails: ['Ann@Example.com', 'b@example.com'],
      company: 'Lee & Sons',
      website: 'https://example.com',
      address: '10 Work Road, Floor 2',
      city: 'London',
      zip: 'N1 9GU',
      state: 'Greater London',
      countryId: '235',
      favoriteAgentId: '99',
    },
    warnings: [],
  })
})

test('a customer with nothing but a phone makes a contact named by it', () => {
  expect(contactFromCustomer({ ...bare, phones: [{ phone: '+442071838750' }] }, lookups)).toEqual({
    fields: {
      name: '+442071838750',
      externalUrls: [
        { name: 'Kustomer', url: 'https://acme.kustomerapp.com/app/customers/5f1f0000000000000000000a' },
      ],
      numbers: ['+442071838750'],
      emails: [],
      company: null,
      website: null,
      address: null,
      city: null,
      zip: null,
      state: null,
      countryId: null,
      favoriteAgentId: null,
    },
    warnings: [],
  })
})

const phones = [{ phone: 'none' }, { phone: '+44 20 7183 8750' }]
const work = (location: object) => ({ locations: [{ type: 'work', ...location }] })
const cases: {
  [F in keyof ContactFields]: [change: Partial<Customer>, expected: ContactFields[F], why: string][]
} = {
  name: [
    [{ name: 'Ann', displayName: 'Annie' }, 'Ann', 'its name'],
    [{ name: ' ', displayName: 'Annie', emails: [{ email: 'a@example.com' }] }, 'Annie', 'display name'],
    [{ name: null, emails: [{ email: ' ' }, { email: 'a@example.com' }], phones }, 'a@example.com', 'email'],
    [{ phones }, '+442071838750', 'the first valid phone, as E.164'],
    [{ name: 'Ann\n Lee\u0000' }, 'Ann Lee', 'one line, no control characters'],
    [{}, '', 'nothing to be named by'],
  ],
  externalUrls: [
    [
      { id: 'a/b' },
      [{ name: 'Kustomer', url: 'https://acme.kustomerapp.com/app/customers/a%2Fb' }],
      'an id is a part of the address, whatever is in it',
    ],
  ],
  numbers: [
    [{ phones }, ['+442071838750'], 'valid ones only'],
    [{ phones: [...phones, ...phones] }, ['+442071838750'], 'no repeats'],
    [
      { phones: [{ phone: '+442071838751' }, { phone: '+442071838750' }] },
      ['+442071838751', '+442071838750'],
      'in their order',
    ],
    [{ whatsapps: [{ phone: '+447400123456' }] }, [], 'a WhatsApp number is not a phone'],
    [{ sharedPhones: [{ phone: '+447400123456' }] }, [], 'a shared phone is not the customer’s'],
  ],
  emails: [
    [{ emails: [{ email: 'b@x.com' }, { email: 'a@x.com' }] }, ['b@x.com', 'a@x.com'], 'in their order'],
    [{ emails: [{ email: 'B@x.com' }, { email: ' b@X.com ' }, { email: '' }] }, ['B@x.com'], 'no repeats'],
  ],
  company: [
    [{ companyId: 'co-1' }, 'Lee & Sons', 'the linked company'],
    [{ companyId: 'co-unknown' }, null, 'a company that cannot be read'],
    [{ companyId: null }, null, 'no company'],
  ],
  website: [
    [{ urls: full.urls }, 'https://example.com', 'type website goes before an earlier untyped one'],
    [{ urls: full.urls.slice(0, 2) }, 'https://untyped.example.com', 'untyped'],
    [{ urls: [{ url: 'https://a.com', type: null }] }, 'https://a.com', 'type null is untyped'],
    [
      {
        urls: [
          { url: 'https://b.com', type: 'blog' },
          { url: 'c.com', type: 'other' },
        ],
      },
      null,
      'never these',
    ],
    [
      {
        urls: [
          { url: ' ', type: 'website' },
          { url: 'd.com', type: 'website' },
        ],
      },
      'd.com',
      'not a blank one',
    ],
  ],
  address: [
    [work({ address: ' 1 Road ', address2: 'Floor 2' }), '1 Road, Floor 2', 'both lines'],
    [work({ address: '1 Road', address2: '' }), '1 Road', 'line 1 only'],
    [work({ address: null, address2: 'Floor 2' }), 'Floor 2', 'line 2 only'],
    [work({ address: '1 Road\nBack door' }), '1 Road Back door', 'newlines fold'],
    [{ locations: [{ type: 'home', address: '1 Home' }, { address: '2 Untyped' }] }, null, 'work only'],
    [{ locations: [{ type: 'work' }, { type: 'work', address: '2 Road' }] }, null, 'the first work one only'],
  ],
  city: [[work({ cityName: 'London' }), 'London', 'its city']],
  zip: [[work({ zipCode: 'N1 9GU' }), 'N1 9GU', 'its zip']],
  state: [
    [work({ regionName: 'Texas', regionCode: 'TX' }), 'Texas', 'the name'],
    [work({ regionName: ' ', regionCode: 'TX' }), 'TX', 'else the code'],
  ],
  countryId: [
    [work({ countryCode: 'GB' }), '235', 'by code'],
    [work({ countryName: 'Great Britain' }), '235', 'by name'],
    [{ locations: [{ type: 'home', countryCode: 'GB' }] }, null, 'work only'],
  ],
  favoriteAgentId: [
    [{ createdById: 'user-1' }, '99', 'the agent with the user’s email'],
    [{ createdById: 'machine-user' }, null, 'nobody for a machine user'],
    [{ createdById: null }, null, 'nobody'],
  ],
}

test.each(
  Object.entries(cases).flatMap(([field, list]) =>
    list.map(([change, expected, why]) => ({ field: field as keyof ContactFields, change, expected, why })),
  ),
)('$field: $why', ({ field, change, expected }) => {
  expect(contactFromCustomer({ ...bare, ...change }, lookups).fields[field]).toEqual(expected)
})

test('national numbers are read with the default country', () => {
  const customer = { ...bare, phones: [{ phone: '020 7183 8750' }] }
  expect(contactFromCustomer(customer, lookups).fields.numbers).toEqual([])
  const { fields } = contactFromCustomer(customer, { ...lookups, defaultCountry: 'GB' })
  expect(fields).toMatchObject({ name: '+442071838750', numbers: ['+442071838750'] })
})

describe('warnings', () => {
  const words = 'word '.repeat(100)
  const tooLong: [field: keyof ContactFields, max: number, change: Partial<Customer>, last: string][] = [
    ['name', 150, { name: words }, 'word…'],
    ['company', 100, { companyId: 'co-long' }, 'words…'],
    ['website', 100, { urls: [{ url: `https://example.com/${'x'.repeat(200)}`, type: 'website' }] }, 'x…'],
    ['address', 255, work({ address: words.slice(0, 200), address2: words.slice(0, 200) }), 'word…'],
    ['city', 255, work({ cityName: words }), 'word…'],
    ['zip', 15, work({ zipCode: 'ABC 123 DEF 456' + ' GHI' }), 'DEF…'],
    ['state', 255, work({ regionName: words }), 'word…'],
  ]

  test.each(tooLong)('%s over %i is cut and said', (field, max, change, last) => {
    const { fields, warnings } = contactFromCustomer({ ...bare, ...change }, lookups)
    const value = String(fields[field])
    expect(value.length).toBeLessThanOrEqual(max)
    expect(value.endsWith(last)).toBe(true)
    const label = contactFieldRules.find((rule) => rule.field === field)?.label
    const text = `${label} has more than ${max} characters and was cut.`
    expect(warnings).toEqual([{ field, code: 'TOO_LONG', text }])
  })

  test('a value of just the limit is left as it is', () => {
    const result = contactFromCustomer({ ...bare, name: 'n'.repeat(150) }, lookups)
    expect(result).toMatchObject({ fields: { name: 'n'.repeat(150) }, warnings: [] })
  })

  test('each invalid phone is named by its place, never by its digits', () => {
    const list = ['+442071838750', '12345', '', '+15555555555'].map((phone) => ({ phone }))
    const { fields, warnings } = contactFromCustomer({ ...bare, phones: list }, lookups)
    expect(fields.numbers).toEqual(['+442071838750'])
    expect(warnings).toEqual([
      { field: 'numbers', code: 'INVALID_PHONE', text: 'Phone 2 is not valid; left out.' },
      { field: 'numbers', code: 'INVALID_PHONE', text: 'Phone 4 is not valid; left out.' },
    ])
  })

  test('a country that CloudTalk does not have is left empty and said', () => {
    const { fields, warnings } = contactFromCustomer({ ...bare, ...work({ countryCode: 'XX' }) }, lookups)
    expect(fields.countryId).toBeNull()
    const text = 'Country "XX" is not in CloudTalk\'s list; left empty.'
    expect(warnings).toEqual([{ field: 'countryId', code: 'UNKNOWN_COUNTRY', text }])
  })
})

test('the table of the requirements, as documentation reads it', () => {
  expect(contactFieldRules.map(({ label, maxLength }) => [label, maxLength])).toEqual([
    ['Name', 150],
    ['Contact link', undefined],
    ['Phones', undefined],
    ['Emails', undefined],
    ['Company', 100],
    ['Website', 100],
    ['Address', 255],
    ['City', 255],
    ['Zip', 15],
    ['State', 255],
    ['Country', undefined],
    ['Favorite agent', undefined],
  ])
  expect(notMappedContactFields.map(({ label }) => label)).toEqual([
    'Tags',
    'Title',
    'Industry',
    'Custom attributes',
  ])
})
