import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ineligible } from './eligibility.ts'
import type { ReasonCode } from './reasons.ts'
import type { Customer } from './records.ts'

const eligible: Customer = {
  id: '5f1f0000000000000000000a',
  name: 'Ann Lee',
  emails: [],
  phones: [{ phone: '+442071838750' }],
  whatsapps: [],
  sharedEmails: [],
  sharedPhones: [],
  sharedWhatsapps: [],
  urls: [],
  locations: [],
}

/** Each exclusion by itself, in order of precedence. */
const exclusions: [reason: ReasonCode, change: Partial<Customer>][] = [
  ['DELETED', { deleted: true }],
  ['SHARED_EMAIL', { sharedEmails: [{ email: 'office@example.com' }] }],
  ['SHARED_PHONE', { sharedPhones: [{ phone: '+442071838751' }] }],
  ['SHARED_WHATSAPP', { sharedWhatsapps: [{ phone: '+442071838751' }] }],
  ['NO_PHONE', { phones: [] }],
]

test.each<[reason: ReasonCode | undefined, change: Partial<Customer>, country?: string]>([
  [undefined, {}],
  [undefined, { deleted: false }],
  [undefined, { phones: [{ phone: 'x' }, { phone: '+442071838750' }] }],
  [undefined, { phones: [{ phone: '020 7183 8750' }] }, 'GB'],
  ...exclusions,
  ['NO_PHONE', { phones: [{ phone: '' }, { phone: '  ' }] }],
  ['NO_PHONE', { phones: [], whatsapps: [{ phone: '+442071838750' }] }],
  ['NO_VALID_PHONE', { phones: [{ phone: '12' }] }],
  ['NO_VALID_PHONE', { phones: [{ phone: '+15555555555' }] }],
  ['NO_VALID_PHONE', { phones: [{ phone: '020 7183 8750' }] }],
  ['NO_VALID_PHONE', { phones: [{ phone: 'x' }], whatsapps: [{ phone: '+442071838750' }] }],
])('%s: %j', (reason, change, country) => {
  expect(ineligible({ ...eligible, ...change }, country)).toBe(reason)
})

test('of several reasons the first in order is given', () => {
  fc.assert(
    fc.property(fc.subarray(exclusions, { minLength: 1 }), (held) => {
      const changes = Object.assign({}, ...held.map(([, change]) => change))
      expect(ineligible({ ...eligible, ...changes })).toBe(held[0]?.[0])
    }),
  )
})
