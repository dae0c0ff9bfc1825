import { expect, test } from 'vitest'
import { kustomerUserFor } from './agent-map.ts'

const users = new Map([
  ['ann@example.com', 'user-ann'],
  ['team@example.com', 'user-team'],
])
const userIdByEmail = (email: string) => users.get(email)

test.each<
  [why: string, email: string | undefined, map: Record<string, string | null>, user: string | undefined]
>([
  ['the same email', 'ann@example.com', {}, 'user-ann'],
  ['the same email in other case', ' Ann@Example.com', {}, 'user-ann'],
  ['an email that Kustomer does not know', 'bob@example.com', {}, undefined],
  ['no agent', undefined, {}, undefined],
  ['no email', '', {}, undefined],
  ['mapped', 'bob@example.com', { 'Bob@Example.com': 'Team@Example.com' }, 'user-team'],
  [
    'the map goes before the same email',
    'ann@example.com',
    { 'ann@example.com': 'team@example.com' },
    'user-team',
  ],
  ['mapped to nobody', 'ann@example.com', { 'ANN@example.com': null }, undefined],
  ['mapped to an unknown user: nobody', 'ann@example.com', { 'ann@example.com': 'x@example.com' }, undefined],
])('%s', (_why, email, map, user) => {
  expect(kustomerUserFor(email, map, userIdByEmail)).toBe(user)
})
