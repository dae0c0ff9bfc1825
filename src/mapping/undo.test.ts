import { describe, expect, test } from 'vitest'
import { decideUndo, netWrites, type Stands, sameValue } from './undo.ts'
import type { Write } from './write.ts'

const changed = (field: string, before: unknown, after: unknown): Write => ({
  to: 'contact',
  id: '7',
  did: 'changed',
  fields: { [field]: { before, after } },
})
const created: Write = { to: 'contact', id: '7', did: 'created', fields: { name: { after: 'Ann' } } }
const there = (
  fields: Record<string, unknown>,
  against: Extract<Stands, { kind: 'there' }>['against'] = [],
) => ({ kind: 'there', fields, against }) as const

const cases: { label: string; writes: Write[]; stands: Stands; expected: object }[] = [
  {
    label: 'a new record that is as it was made is deleted',
    writes: [created],
    stands: there({ name: 'Ann', zip: null, numbers: [] }),
    expected: { step: { kind: 'delete' }, stays: [] },
  },
  {
    label: 'a new record that somebody has changed stays',
    writes: [created],
    stands: there({ name: 'Ann', zip: '1' }),
    expected: { step: undefined, stays: [{ field: 'zip', why: 'changed' }] },
  },
  {
    label: 'a new record with something against it stays',
    writes: [created],
    stands: there({ name: 'Ann' }, ['referred']),
    expected: { step: undefined, stays: [{ why: 'referred' }] },
  },
  {
    label: 'a new record that the run changed again is deleted',
    writes: [created, changed('zip', null, '1')],
    stands: there({ name: 'Ann', zip: '1' }),
    expected: { step: { kind: 'delete' }, stays: [] },
  },
  {
    label: 'what is gone needs nothing',
    writes: [created],
    stands: { kind: 'gone' },
    expected: { step: { kind: 'gone' }, stays: [] },
  },
  {
    label: 'a changed field gets its earlier value',
    writes: [changed('name', 'Ann', 'Bo'), changed('name', 'Bo', 'Cy')],
    stands: there({ name: 'Cy' }),
    expected: { step: { kind: 'restore', fields: { name: 'Ann' }, held: {} }, stays: [] },
  },
  {
    label: 'a field that has its earlier value already is left alone',
    writes: [changed('name', 'Ann', 'Bo')],
    stands: there({ name: 'Ann' }),
    expected: { step: { kind: 'restore', fields: {}, held: { name: 'Ann' } }, stays: [] },
  },
  {
    label: 'a field that somebody has changed since stays',
    writes: [changed('name', 'Ann', 'Bo')],
    stands: there({ name: 'Di' }),
    expected: { step: undefined, stays: [{ field: 'name', why: 'changed' }] },
  },
  {
    label: 'a field that somebody changed between two writes stays',
    writes: [changed('name', 'Ann', 'Bo'), changed('name', 'Di', 'Cy')],
    stands: there({ name: 'Cy' }),
    expected: { step: undefined, stays: [{ field: 'name', why: 'changed' }] },
  },
  {
    label: 'a field whose earlier value is not known stays',
    writes: [{ to: 'contact', id: '7', did: 'changed', fields: { name: { after: 'Bo' } } }],
    stands: there({ name: 'Bo' }),
    expected: { step: undefined, stays: [{ field: 'name', why: 'unknown' }] },
  },
]

test.each(cases)('$label', ({ writes, stands, expected }) => {
  const [net] = netWrites(writes)
  expect(net && decideUndo(net, stands)).toEqual(expected)
})

describe('values that say the same', () => {
  const pairs: [label: string, one: unknown, other: unknown, same: boolean][] = [
    ['nothing and empty', undefined, [], true],
    ['lists in another order', ['a', 'b'], ['b', 'a'], true],
    [
      'a mark of the vendor',
      [{ phone: '+1', type: 'work' }],
      [{ type: 'work', phone: '+1', verified: true }],
      true,
    ],
    ['another type', [{ phone: '+1', type: 'work' }], [{ phone: '+1', type: 'home' }], false],
    ['a name in other letters', 'ann', 'Ann', false],
    ['an email in other letters', ['Ann@example.com'], ['ann@example.com'], true],
    ['one more', ['a'], ['a', 'b'], false],
    ['another text', 'a', 'b', false],
  ]
  test.each(pairs)('%s', (_label, one, other, same) => {
    expect(sameValue(one, other)).toBe(same)
  })
})
