import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orderedUnion } from './ordered-union.ts'

test.each<[why: string, leader: string, follower: string, union: string]>([
  ['the same', 'ab', 'ab', 'ab'],
  ['nothing to lead', '', 'ab', 'ab'],
  ['nothing to follow', 'ab', '', 'ab'],
  ['an addition at the end', 'ab', 'abx', 'abx'],
  ['an addition in the middle', 'ab', 'axb', 'axb'],
  ['an addition at the front', 'ab', 'xab', 'xab'],
  ['two additions at one place: the leader’s first', 'axb', 'ayb', 'axyb'],
  ['a contradiction: the leader’s order', 'ab', 'ba', 'ab'],
  ['an addition in a contradiction', 'ab', 'bxa', 'abx'],
  ['repeats', 'aab', 'bb', 'ab'],
])('%s', (_why, leader, follower, union) => {
  expect(orderedUnion([...leader], [...follower]).join('')).toBe(union)
})

test('nothing is lost or repeated, and the leader keeps its order', () => {
  const items = fc.uniqueArray(fc.constantFrom(...'abcdef'))
  fc.assert(
    fc.property(items, items, (leader, follower) => {
      const union = orderedUnion(leader, follower)
      expect([...union].sort()).toEqual([...new Set([...leader, ...follower])].sort())
      expect(union.filter((item) => leader.includes(item))).toEqual(leader)
      expect(orderedUnion(union, follower)).toEqual(union)
    }),
  )
})

test('lists that do not contradict each other both keep their order', () => {
  const items = fc.subarray([...'abcdef'])
  fc.assert(
    fc.property(items, items, (leader, follower) => {
      const union = orderedUnion(leader, follower)
      expect(union.filter((item) => follower.includes(item))).toEqual(follower)
    }),
  )
})
