import { countryLookup } from '../../src/mapping/countries.ts'
import type { ContactFields, E164 } from '../../src/mapping/records.ts'

/** What the cases and the properties of groups begin with. */

const countries = [
  { id: '235', name: 'United Kingdom', countryCode: 'GB' },
  { id: '61', name: 'Denmark', countryCode: 'DK' },
]
export const lookups = {
  countryOf: (id: string) =>
    countries
      .map(({ countryCode, ...rest }) => ({ ...rest, code: countryCode }))
      .find((one) => one.id === id),
  countryId: countryLookup(countries),
  org: 'acme',
  companyName: (id: string) => id,
  agentIdOfUser: (id: string) => id,
}
export const linkOf = (id: string) => ({
  name: 'Kustomer',
  url: `https://acme.kustomerapp.com/app/customers/${id}`,
})
export const isCustomerLink = (url: string) => url.startsWith('https://acme.kustomerapp.com/app/customers/')

export const [first, second, third, fourth] = [
  '+442071838750',
  '+442071838751',
  '+442071838752',
  '+442071838753',
] as [E164, E164, E164, E164]

/** Both sides of each table's start: in step, unless a case says otherwise. */
export const inStep: ContactFields = {
  name: 'Ann Lee',
  company: null,
  website: null,
  address: '10 Work Road',
  city: 'London',
  zip: 'N1 9GU',
  state: null,
  countryId: '235',
  favoriteAgentId: null,
  numbers: [first, second],
  emails: ['ann@example.com'],
  externalUrls: [linkOf('a')],
}

export const day = (number: number) => `2026-01-${String(number).padStart(2, '0')}T00:00:00.000Z`
