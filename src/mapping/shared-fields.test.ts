import { expect, test } from 'vitest'
import type { ContactFields } from './records.ts'
import { sharedFieldNames, sharedPart } from './shared-fields.ts'

const contact: ContactFields = {
  name: 'Ann Lee',
  company: 'Lee & Sons',
  website: 'https://example.com',
  address: '10 Work Road',
  city: 'London',
  zip: 'N1 9GU',
  state: null,
  countryId: '235',
  favoriteAgentId: '99',
  numbers: ['+442071838750'],
  emails: ['ann@example.com'],
  externalUrls: [{ name: 'Kustomer', url: 'https://acme.kustomerapp.com/app/customers/1' }],
}

test('company, favorite agent and links are not shared, everything else is', () => {
  const { company: _company, favoriteAgentId: _agent, externalUrls: _links, ...shared } = contact
  expect(sharedPart(contact)).toEqual(shared)
  expect(Object.keys(sharedPart(contact))).toEqual(sharedFieldNames)
})
