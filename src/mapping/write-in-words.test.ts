import { expect, test } from 'vitest'
import { changesOf, newFields, type Write, writesOf } from './write.ts'
import { fieldOnOneLine, writeInWords } from './write-in-words.ts'

const cases: { label: string; write: Write; expected: string[] }[] = [
  {
    label: 'a change',
    write: {
      to: 'contact',
      id: '7',
      did: 'changed',
      fields: changesOf(
        { name: 'Ann', numbers: ['+1'], zip: '1', city: 'B' },
        { name: 'Bo', numbers: [], zip: null },
      ),
    },
    expected: ['Changed contact 7', 'Name: Ann → Bo', 'Numbers: +1 → empty', 'Zip: 1 → empty'],
  },
  {
    label: 'a new record',
    write: {
      to: 'customer',
      id: 'c',
      did: 'created',
      fields: newFields({ name: 'Ann', emails: [], phones: [{ phone: '+1', type: 'work', verified: true }] }),
    },
    expected: ['Created customer c', 'Name: Ann', 'Phones: +1 (work)'],
  },
  {
    label: 'a list of records',
    write: {
      to: 'customer',
      id: 'c',
      did: 'changed',
      fields: {
        locations: {
          before: [],
          after: [{ type: 'work', address: '1 High St', address2: null, cityName: 'York' }],
        },
      },
    },
    expected: ['Changed customer c', 'Locations: empty → 1 High St, York (work)'],
  },
  {
    label: 'what was not known',
    write: { to: 'conversation', id: 'k', did: 'changed', fields: { status: { after: 'done' } } },
    expected: ['Changed conversation k', 'Status: done (what it was before is not known)'],
  },
  {
    label: 'a link',
    write: { to: 'link', id: 'c', did: 'created', fields: { contact: { after: '7' } } },
    expected: ['Linked customer c and contact 7'],
  },
]

test.each(cases)('$label reads in plain words', ({ write, expected }) => {
  const { title, fields } = writeInWords(write)
  expect([title, ...fields.map(fieldOnOneLine)]).toEqual(expected)
})

test('an outcome of before writes were kept shows what was sent', () => {
  const writes = writesOf({ written: { name: 'Bo' }, writtenToCustomers: { c: { name: 'Bo' } } }, '7')
  expect(writes.map(writeInWords).map(({ title }) => title)).toEqual([
    'Changed customer c',
    'Changed contact 7',
  ])
  expect(writes.every(({ fields }) => fields.name?.before === undefined)).toBe(true)
})
