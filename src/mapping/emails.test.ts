import { expect, test } from 'vitest'
import { sameEmail, uniqueEmails } from './emails.ts'

test.each([
  ['ann@example.com', 'Ann@Example.COM', true],
  ['ann@example.com', ' ann@example.com ', true],
  ['ann@example.com', 'anne@example.com', false],
])('%s and %s are one: %s', (one, other, same) => {
  expect(sameEmail(one, other)).toBe(same)
})

test('the first spelling stays, blanks go', () => {
  expect(uniqueEmails(['B@x.com', '', ' a@x.com ', 'b@X.com', ' '])).toEqual(['B@x.com', 'a@x.com'])
})
