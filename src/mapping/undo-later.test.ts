import { expect, test } from 'vitest'
import type { SharedFields } from './shared-fields.ts'
import { baseAfterUndo, decideUndo, netWrites, withLater } from './undo.ts'
import type { Write } from './write.ts'

const shared = (more: Partial<SharedFields>): SharedFields => ({
  name: 'Ann',
  numbers: [],
  emails: [],
  website: null,
  address: null,
  city: null,
  zip: null,
  state: null,
  countryId: null,
  ...more,
})

const bases = [
  {
    label: 'what does not follow from the undo stays as it was last in step',
    base: shared({ city: 'York', website: 'https://old.example' }),
    before: shared({ city: null, website: 'https://new.example' }),
    after: shared({ city: 'York', website: 'https://new.example' }),
    expected: { city: null },
  },
  {
    label: 'of a list, only what the run had added goes',
    base: shared({ emails: ['run@example.com', 'other@example.com'] }),
    before: shared({ emails: ['edited@example.com'] }),
    after: shared({ emails: ['edited@example.com', 'Run@example.com'] }),
    expected: { emails: ['other@example.com'] },
  },
  {
    label: 'what the run had taken off a list is in it again',
    base: shared({ numbers: ['+1'] }),
    before: shared({ numbers: ['+1', '+2'] }),
    after: shared({ numbers: ['+1'] }),
    expected: { numbers: ['+1', '+2'] },
  },
]

test.each(bases)('$label', ({ base, before, after, expected }) => {
  expect(baseAfterUndo(base, { before, after })).toEqual(expected)
})

const written: Write = {
  to: 'contact',
  id: '1',
  did: 'changed',
  fields: { city: { before: null, after: 'York' }, zip: { before: null, after: 'YO1' } },
}
const later = (more: Partial<Write>, byPerson = false) => [
  { ...written, fields: { city: { before: null, after: 'York' } }, ...more, byPerson },
]

test('a field that was written again since stays, though it says the same', () => {
  const [net] = netWrites([written]).map((write) => withLater(write, later({})))
  const stands = { kind: 'there' as const, fields: { city: 'York', zip: 'YO1' }, against: [] }
  expect(net && decideUndo(net, stands)).toEqual({
    step: { kind: 'restore', fields: { zip: null }, held: {} },
    stays: [{ field: 'city', why: 'changed' }],
  })
})

test('what was written to another record since is no reason', () => {
  const [net] = netWrites([written])
  expect(net && withLater(net, later({ id: '2' }))).toEqual(net)
})

test('a conversation that a person has moved stays', () => {
  const made: Write = { to: 'conversation', id: 'c', did: 'created', fields: {} }
  const stands = { kind: 'there' as const, fields: { customer: 'k' }, against: [] }
  const decided = (byPerson: boolean) =>
    netWrites([made]).map((write) =>
      decideUndo(withLater(write, later({ to: 'conversation', id: 'c' }, byPerson)), stands),
    )
  expect(decided(false)).toEqual([{ step: { kind: 'delete' }, stays: [] }])
  expect(decided(true)).toEqual([{ step: undefined, stays: [{ why: 'written' }] }])
})
