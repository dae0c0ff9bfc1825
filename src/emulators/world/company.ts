import type { Company, Group, OwnNumber, Person } from './world.ts'

/** What every world has, also an empty one: the people of the company, their groups and numbers. */
export const PEOPLE: readonly Person[] = [
  ['Maya', 'Lindgren', '1001', 'number-1'],
  ['Tom', 'Baker', '1002', 'number-1'],
  ['Zuzana', 'Hrušková', '1003', 'number-2'],
  ['Marco', 'De Luca', '1004', 'number-2'],
  ['Priya', 'Nair', '1005', 'number-3'],
  ['Ewan', 'Mac Donald', '1006', 'number-3'],
].map(([firstName = '', lastName = '', extension = '', number = ''], index) => ({
  key: `person-${index + 1}`,
  firstName,
  lastName,
  email: `${firstName.toLowerCase()}@acme.example`,
  extension,
  number,
}))

export const GROUPS: readonly Group[] = [
  { key: 'group-1', name: 'Sales', members: ['person-1', 'person-2'] },
  { key: 'group-2', name: 'Support', members: ['person-3', 'person-4', 'person-5'] },
  { key: 'group-3', name: 'Billing & Returns', members: ['person-5', 'person-6'] },
]

export const NUMBERS: readonly OwnNumber[] = [
  {
    key: 'number-1',
    e164: '+442079460018',
    name: 'London',
    callingCode: '44',
    areaCode: '20',
    group: 'group-1',
  },
  {
    key: 'number-2',
    e164: '+421220510900',
    name: 'Bratislava',
    callingCode: '421',
    areaCode: '2',
    group: 'group-2',
  },
  {
    key: 'number-3',
    e164: '+12125550142',
    name: 'New York',
    callingCode: '1',
    areaCode: '212',
    group: 'group-3',
  },
]

/** CloudTalk keeps call tags and contact tags in one list (contract §4). */
export const TAGS: readonly string[] = ['VIP', 'Lead', 'Refund', 'Complaint', 'Callback', 'Wrong number']

const TRADES = ['Logistics', 'Bakery', 'Software', 'Textiles', 'Optics', 'Garden', 'Cycles', 'Print & Paper']
const PLACES = ['Northern', 'Harbour', 'Alpine', 'Old Town', 'Riverside', 'Green']

/** The companies that customers belong to; the last one's name is longer than CloudTalk's 100 characters. */
export const COMPANIES: readonly Company[] = [
  ...PLACES.flatMap((place) => TRADES.map((trade) => `${place} ${trade}`)),
  'International Association of Independent Manufacturers, Distributors and Repairers of Professional Kitchen Equipment',
].map((name, index) => ({ key: `company-${index + 1}`, name }))
