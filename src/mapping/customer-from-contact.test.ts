import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { customerWrite } from '../emulators/kustomer/schemas/customer.ts'
import { countryLookup } from './countries.ts'
import {
  type CustomerBody,
  type CustomerLookups,
  type CustomerRecord,
  customerFieldRules,
  customerFromContact,
  customerPatch,
  exportSkip,
  notMappedCustomerFields,
  sharedFromCustomer,
} from './customer-from-contact.ts'
import type { E164 } from './records.ts'
import type { SharedFields } from './shared-fields.ts'

const countries = [
  { id: '235', name: 'United Kingdom', countryCode: 'GB', iso3: 'GBR' },
  { id: '61', name: 'Denmark', countryCode: 'DK', iso3: 'DNK' },
]
const lookups: CustomerLookups = {
  countryOf: (id) =>
    ({ '235': { code: 'GB', name: 'United Kingdom' }, '9': { code: '', name: 'Kosovo' } })[id] ??
    (id === '61' ? { code: 'DK', name: 'Denmark' } : undefined),
}

const nothing: SharedFields & { id: string } = {
  id: '1001',
  name: 'Ann Lee',
  numbers: [],
  emails: [],
  website: null,
  address: null,
  city: null,
  zip: null,
  state: null,
  countryId: null,
}
const whole = {
  ...nothing,
  numbers: ['+442071838750', '+442071838751'] as E164[],
  emails: ['Ann@Example.com', 'ann@example.com', 'b@example.com'],
  website: 'example.com/about',
  address: '10 Work Road',
  city: 'London',
  zip: 'N1 9GU',
  state: 'Greater London',
  countryId: '235',
}

test('a whole contact makes a whole customer', () => {
  expect(customerFromContact(whole, lookups)).toEqual({
    body: {
      name: 'Ann Lee',
      externalId: '1001',
      phones: [
        { phone: '+442071838750', type: 'work' },
        { phone: '+442071838751', type: 'work' },
      ],
      emails: [
        { email: 'Ann@Example.com', type: 'work' },
        { email: 'b@example.com', type: 'work' },
      ],
      urls: [{ url: 'https://example.com/about', type: 'website' }],
      locations: [
        {
          type: 'work',
          address: '10 Work Road',
          cityName: 'London',
          zipCode: 'N1 9GU',
          regionName: 'Greater London',
          countryCode: 'GB',
        },
      ],
    },
    warnings: [],
  })
})

test('a contact with nothing but a name sends nothing empty', () => {
  expect(customerFromContact(nothing, lookups)).toEqual({
    body: { name: 'Ann Lee', externalId: '1001' },
    warnings: [],
  })
  expect(customerFromContact({ ...nothing, name: ' ' }, lookups).body).toEqual({ externalId: '1001' })
})

describe('a value that Kustomer would refuse', () => {
  const long = 'word '.repeat(60).trim()
  test.each<[why: string, change: Partial<SharedFields>, body: CustomerBody, codes: string[]]>([
    [
      'an invalid number is left out',
      { numbers: ['+442071838750', '+44999'] },
      { phones: [{ phone: '+442071838750', type: 'work' }] },
      ['INVALID_PHONE'],
    ],
    [
      'the eleventh number is left out',
      { numbers: Array.from({ length: 11 }, (_, at): E164 => `+4420718387${50 + at}`) },
      { phones: Array.from({ length: 10 }, (_, at) => ({ phone: `+4420718387${50 + at}`, type: 'work' })) },
      ['TOO_MANY'],
    ],
    [
      'an email that is none is left out',
      { emails: ['n/a', 'a@example.com', ''] },
      { emails: [{ email: 'a@example.com', type: 'work' }] },
      ['INVALID_EMAIL'],
    ],
    ['a website that is none is left out', { website: 'ask Ann' }, {}, ['INVALID_URL']],
    ['so is one without a dot', { website: 'n/a' }, {}, ['INVALID_URL']],
    [
      'http stays http',
      { website: 'HTTP://a.example' },
      { urls: [{ url: 'HTTP://a.example', type: 'website' }] },
      [],
    ],
    [
      'a port is no scheme',
      { website: 'a.example:80' },
      { urls: [{ url: 'https://a.example:80', type: 'website' }] },
      [],
    ],
    ['a name is cut', { name: long }, { name: `${'word '.repeat(51).trim()}…` }, ['TOO_LONG']],
    [
      'a city is cut',
      { city: long },
      { locations: [{ type: 'work', cityName: `${'word '.repeat(25).trim()}…` }] },
      ['TOO_LONG'],
    ],
    [
      'a zip is cut',
      { zip: long },
      { locations: [{ type: 'work', zipCode: 'word word word word word word…' }] },
      ['TOO_LONG'],
    ],
    ['an unknown country is left out', { countryId: '777' }, {}, ['UNKNOWN_COUNTRY']],
    [
      'a country without an ISO code goes by its name',
      { countryId: '9' },
      { locations: [{ type: 'work', countryName: 'Kosovo' }] },
      [],
    ],
  ])('%s', (_why, change, body, codes) => {
    const result = customerFromContact({ ...nothing, ...change }, lookups)
    expect(result.body).toEqual({ name: 'Ann Lee', externalId: '1001', ...body })
    expect(result.warnings.map(({ code }) => code)).toEqual(codes)
    expect(result.warnings.map(({ field }) => field)).toEqual(codes.map(() => Object.keys(change)[0]))
  })

  test('warnings name no number and no email', () => {
    const { warnings } = customerFromContact({ ...nothing, numbers: ['+44999'], emails: ['x y@z'] }, lookups)
    expect(warnings.map(({ text }) => text)).toEqual([
      'Phone 1 is not valid; left out.',
      'Email 1 is not an email address; left out.',
    ])
  })
})

test.each<[numbers: string[], reason: string | undefined]>([
  [[], undefined],
  [['+442071838750'], undefined],
  [['+44999', '+442071838750'], undefined],
  [['+44999'], 'NO_VALID_PHONE'],
  // A national number has no country here, so it is not E.164.
  [['02071838750', 'none'], 'NO_VALID_PHONE'],
])('the export of %j is skipped: %s', (numbers, reason) => {
  expect(exportSkip({ numbers })).toBe(reason)
})

const home = { type: 'home', address: '1 Home Lane', latitude: 1.5 }
const office = {
  type: 'work',
  name: 'HQ',
  address: '10 Work Road',
  address2: 'Floor 2',
  cityName: 'London',
  regionName: 'Greater London',
  regionCode: 'LN',
  countryCode: 'GB',
  countryName: 'United Kingdom',
}
const branch = { type: 'work', address: '99 Second Office' }
const current: CustomerRecord = {
  id: '5f1f0000000000000000000a',
  name: 'Ann Lee',
  externalId: 'crm-7',
  companyId: 'co-1',
  phones: [
    { phone: '442071838750', type: 'home', verified: true },
    { phone: 'ext. 12', type: 'fax' },
    { phone: '+44 20 7183 8751', type: null },
  ],
  emails: [
    { email: 'Ann@Example.com', type: 'home', verified: false },
    { email: 'b@example.com', type: 'other' },
  ],
  whatsapps: [{ phone: 'whatsapp:+447400123456' }],
  sharedEmails: [],
  sharedPhones: [],
  sharedWhatsapps: [],
  urls: [
    { url: 'https://blog.example', type: 'blog' },
    { url: 'https://untyped.example' },
    { url: 'https://a.example', type: 'website' },
    { url: 'https://b.example', type: 'website' },
  ],
  locations: [home, office, branch],
}

describe('an update', () => {
  const [kept, invalid, spaced] = [
    { phone: '442071838750', type: 'home', verified: true },
    { phone: 'ext. 12', type: 'fax' },
    { phone: '+44 20 7183 8751' },
  ]
  const work = (change: object) => ({ locations: [home, { ...office, ...change }, branch] })
  const urls = (...at: (number | string)[]) => ({
    urls: at.map((one) => {
      const { url, type } = (typeof one === 'number' && current.urls[one]) || {
        url: String(one),
        type: 'website',
      }
      return { url, ...(type && { type }) }
    }),
  })

  test.each<[why: string, changes: Partial<SharedFields>, body: CustomerBody]>([
    ['the name', { name: 'Ann B. Lee' }, { name: 'Ann B. Lee' }],
    [
      'a new number is of type work, the others keep theirs',
      { numbers: ['+442071838750', '+442071838751', '+442071838752'] },
      { phones: [kept, invalid, spaced, { phone: '+442071838752', type: 'work' }] },
    ],
    ['a number less: what is no number stays', { numbers: ['+442071838751'] }, { phones: [invalid, spaced] }],
    ['another order', { numbers: ['+442071838751', '+442071838750'] }, { phones: [spaced, kept, invalid] }],
    [
      'a new email is of type work, another case is no change',
      { emails: ['c@example.com', 'ann@example.com', 'B@example.com'] },
      {
        emails: [
          { email: 'c@example.com', type: 'work' },
          ...current.emails.map((one) => ({ ...one, type: one.type ?? '' })),
        ],
      },
    ],
    ['no email any more', { emails: [] }, { emails: [] }],
    ['the website in its place', { website: 'new.example' }, urls(0, 1, 'https://new.example', 3)],
    ['the website that stands there twice then', { website: 'https://b.example' }, urls(0, 1, 3)],
    ['no website', { website: null }, urls(0, 1, 3)],
    ['the address on line 1', { address: '12 New Road' }, work({ address: '12 New Road', address2: null })],
    ['no address', { address: null }, work({ address: null, address2: null })],
    ['the city', { city: 'Leeds' }, work({ cityName: 'Leeds' })],
    ['the zip', { zip: 'LS1' }, work({ zipCode: 'LS1' })],
    ['the state, by name only', { state: 'Yorkshire' }, work({ regionName: 'Yorkshire', regionCode: null })],
    ['no state', { state: null }, work({ regionName: null, regionCode: null })],
    ['the country with its name', { countryId: '61' }, work({ countryCode: 'DK', countryName: 'Denmark' })],
    ['no country', { countryId: null }, work({ countryCode: null, countryName: null })],
    ['several lines', { city: 'Leeds', zip: 'LS1' }, work({ cityName: 'Leeds', zipCode: 'LS1' })],
  ])('%s', (_why, changes, body) => {
    expect(customerPatch(current, changes, lookups)).toEqual({
      body: { ...body, company: 'co-1' },
      warnings: [],
    })
  })

  test('of what the customer already holds sends nothing, not even the company', () => {
    const held: SharedFields = {
      name: 'Ann Lee',
      numbers: ['+442071838750', '+442071838751'],
      emails: ['ann@example.com', 'B@EXAMPLE.com'],
      website: 'https://a.example',
      address: '10 Work Road, Floor 2',
      city: 'London',
      zip: null,
      state: 'Greater London',
      countryId: '235',
    }
    expect(customerPatch(current, held, lookups)).toEqual({ body: {}, warnings: [] })
  })

  test('of a customer without a company sends none', () => {
    expect(customerPatch({ ...current, companyId: null }, { name: 'Ann' }, lookups).body).toEqual({
      name: 'Ann',
    })
  })

  test('knows a national number by the default country', () => {
    const national = { ...current, phones: [{ phone: '020 7183 8750', type: 'home' }] }
    const changes = { numbers: ['+442071838750'] as E164[] }
    expect(customerPatch(national, changes, { ...lookups, defaultCountry: 'GB' }).body).toEqual({})
  })

  test('without a website changes the first URL without a type', () => {
    const untyped = { ...current, urls: current.urls.slice(0, 2) }
    expect(customerPatch(untyped, { website: 'new.example' }, lookups).body.urls).toEqual([
      current.urls[0],
      { url: 'https://new.example' },
    ])
  })

  test('adds a website and a work location where there is none, behind the others', () => {
    const bare = { ...current, urls: current.urls.slice(0, 1), locations: [home] }
    expect(customerPatch(bare, { website: 'new.example', city: 'Leeds', zip: null }, lookups).body).toEqual({
      urls: [current.urls[0], { url: 'https://new.example', type: 'website' }],
      locations: [home, { type: 'work', cityName: 'Leeds' }],
      company: 'co-1',
    })
  })

  test('adds nothing to a full list and says so', () => {
    const full: CustomerRecord = {
      ...current,
      phones: Array.from({ length: 10 }, (_, at) => ({ phone: `+4420718387${50 + at}` })),
      urls: Array.from({ length: 10 }, (_, at) => ({ url: `https://${at}.example`, type: 'blog' })),
      locations: Array.from({ length: 10 }, () => home),
    }
    const numbers = [...full.phones.map(({ phone }) => phone as E164), '+442071838770' as const]
    const { body, warnings } = customerPatch(full, { numbers, website: 'a.example', city: 'Leeds' }, lookups)
    expect(body).toEqual({})
    expect(warnings.map(({ field, code }) => [field, code])).toEqual([
      ['numbers', 'TOO_MANY'],
      ['website', 'TOO_MANY'],
      ['city', 'TOO_MANY'],
    ])
  })

  test('with a value that Kustomer would refuse leaves the old one there', () => {
    const { body, warnings } = customerPatch(current, { website: 'ask Ann', countryId: '777' }, lookups)
    expect(body).toEqual({})
    expect(warnings.map(({ code }) => code)).toEqual(['INVALID_URL', 'UNKNOWN_COUNTRY'])
  })
})

test('the customer’s shared fields are those that the import reads', () => {
  expect(sharedFromCustomer(current, { countryId: countryLookup(countries) })).toEqual({
    name: 'Ann Lee',
    numbers: ['+442071838750', '+442071838751'],
    emails: ['Ann@Example.com', 'b@example.com'],
    website: 'https://a.example',
    address: '10 Work Road, Floor 2',
    city: 'London',
    zip: null,
    state: 'Greater London',
    countryId: '235',
  })
})

const text = fc.option(
  fc.oneof(fc.constantFrom('a.example', 'https://b.example', 'x y'), fc.string({ maxLength: 300 })),
)
const anyContact: fc.Arbitrary<SharedFields> = fc.record({
  name: fc.string({ minLength: 1, maxLength: 300 }),
  numbers: fc.uniqueArray(
    fc.constantFrom<E164>('+442071838750', '+442071838751', '+442071838752', '+442071838753', '+44999'),
  ),
  emails: fc.array(
    fc.constantFrom('a@example.com', 'A@Example.com', 'b@example.com', 'n/a', 'c@example.com'),
  ),
  website: text,
  address: text,
  city: text,
  zip: text,
  state: text,
  countryId: fc.constantFrom(null, '235', '61', '9', '777'),
})
const recordOf = (body: CustomerBody): CustomerRecord => ({
  ...current,
  ...{ phones: [], emails: [], urls: [], locations: [] },
  ...body,
})

test('every body fits Kustomer’s published schema', () => {
  // Of the sample record, without the phone that Kustomer itself would not hold.
  const valid = { ...current, phones: [{ phone: '442071838750', type: 'home' }] }
  fc.assert(
    fc.property(anyContact, (contact) => {
      const created = customerFromContact({ ...contact, id: '1001' }, lookups).body
      const patched = customerPatch(valid, contact, lookups).body
      expect(customerWrite.safeParse(created).error).toBeUndefined()
      expect(customerWrite.safeParse(patched).error).toBeUndefined()
    }),
  )
})

test('an update sent once is not sent again, and the customer then says what the contact says', () => {
  const countryId = countryLookup(countries)
  fc.assert(
    fc.property(anyContact, anyContact, (was, contact) => {
      const before = recordOf(customerFromContact({ ...was, id: '1001' }, lookups).body)
      const after = { ...before, ...customerPatch(before, contact, lookups).body }
      expect(customerPatch(after, contact, lookups).body).toEqual({})
      const { city, state, numbers } = sharedFromCustomer(after, { countryId })
      const fresh = recordOf(customerFromContact({ ...contact, id: '1001' }, lookups).body)
      const wanted = sharedFromCustomer(fresh, { countryId })
      expect({ city, state, numbers }).toEqual({
        city: wanted.city,
        state: wanted.state,
        numbers: wanted.numbers,
      })
    }),
  )
})

test('the rules are the rows of the table, in its order', () => {
  expect(customerFieldRules.map(({ label, to }) => `${label} → ${to}`)).toEqual([
    'Name → name',
    'Contact ID → externalId',
    'Phones → phones of type work',
    'Emails → emails of type work',
    'Website → urls, the first of type website',
    'Address → first work location, address',
    'City → first work location, cityName',
    'Zip → first work location, zipCode',
    'State → first work location, regionName',
    'Country → first work location, countryCode',
  ])
  expect(notMappedCustomerFields.map(({ label }) => label)).toEqual([
    'Tags',
    'Title',
    'Company',
    'Industry',
    'Favorite agent',
  ])
})
