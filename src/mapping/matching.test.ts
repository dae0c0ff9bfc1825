import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decideMatch,
  type MatchCandidate,
  type MatchDecision,
  type Matching,
  type MatchKeys,
  matchingSettings,
  matchKeys,
  needsBoth,
} from './matching.ts'
import type { E164 } from './records.ts'

const ann = {
  name: ' Ánn  LEE ',
  numbers: ['+442071838750', '+442071838751', '+442071838750'] as E164[],
  emails: [' Ann@Example.com', 'ann@example.com', ' '],
}
const phones: E164[] = ['+442071838750', '+442071838751']
const emails = ['ann@example.com']

test.each<[matching: Matching, keys: MatchKeys]>([
  ['phone-or-name', { phones, emails: [], name: 'ann lee' }],
  ['phone', { phones, emails: [] }],
  ['email', { phones: [], emails }],
  ['phone-and-email', { phones, emails }],
  ['none', { phones: [], emails: [] }],
])('%s looks for', (matching, keys) => {
  expect(matchKeys(ann, matching)).toEqual(keys)
})

test.each(['', 'Unknown', 'ANONYMOUS', '+44 20 7183 8750', 'ann@example.com'])(
  'the placeholder %j is no name',
  (name) => {
    expect(matchKeys({ ...ann, name }, 'phone-or-name')).not.toHaveProperty('name')
  },
)

test('only phone-and-email needs both', () => {
  expect(matchingSettings.filter(needsBoth)).toEqual(['phone-and-email'])
})

const of = (by: MatchCandidate['by'], ...ids: string[]): MatchCandidate[] =>
  ids.map((contactId) => ({ contactId, by }))
const none: MatchDecision = { kind: 'none' }

describe('the decision', () => {
  test.each<[why: string, matching: Matching, found: MatchCandidate[], decision: MatchDecision]>([
    ['nothing found', 'phone-or-name', [], none],
    ['by phone', 'phone-or-name', of('phone', '7'), { kind: 'match', contactId: '7', by: 'phone' }],
    [
      'phone before name',
      'phone-or-name',
      [...of('name', '1', '2'), ...of('phone', '7')],
      { kind: 'match', contactId: '7', by: 'phone' },
    ],
    [
      'of two with the phone the oldest',
      'phone',
      of('phone', '10', '9'),
      { kind: 'match', contactId: '9', by: 'phone' },
    ],
    [
      'one with the name',
      'phone-or-name',
      of('name', '7', '7'),
      { kind: 'match', contactId: '7', by: 'name' },
    ],
    [
      'two with the name',
      'phone-or-name',
      of('name', '10', '9'),
      { kind: 'ambiguous-name', contactIds: ['9', '10'] },
    ],
    ['a name where names do not count', 'phone', of('name', '7'), none],
    ['by email', 'email', of('email', '7'), { kind: 'match', contactId: '7', by: 'email' }],
    ['a phone where only emails count', 'email', of('phone', '7'), none],
    [
      'both of one',
      'phone-and-email',
      [...of('phone', '7', '8'), ...of('email', '8')],
      { kind: 'match', contactId: '8', by: 'phone' },
    ],
    ['one of each', 'phone-and-email', [...of('phone', '7'), ...of('email', '8')], none],
    ['only the phone where both must agree', 'phone-and-email', of('phone', '7'), none],
    ['nothing is matched', 'none', [...of('phone', '7'), ...of('email', '7'), ...of('name', '7')], none],
  ])('%s', (_why, matching, found, decision) => {
    expect(decideMatch(found, matching)).toEqual(decision)
  })

  test('does not depend on what was found first', () => {
    const candidate = fc.record({
      contactId: fc.constantFrom('1', '2', '9', '10'),
      by: fc.constantFrom('phone', 'email', 'name'),
    })
    const shuffled = fc
      .array(candidate)
      .chain((found) => fc.tuple(fc.constant(found), fc.shuffledSubarray(found, { minLength: found.length })))
    fc.assert(
      fc.property(shuffled, fc.constantFrom(...matchingSettings), ([one, other], matching) => {
        expect(decideMatch(other, matching)).toEqual(decideMatch(one, matching))
      }),
    )
  })
})
