import { parsePhone } from './phones.ts'
import type { ReasonCode } from './reasons.ts'
import type { Customer } from './records.ts'

/** In order of precedence: the first that holds is the reason shown. */
const exclusions: readonly {
  reason: ReasonCode
  holds: (customer: Customer, defaultCountry?: string) => boolean
}[] = [
  { reason: 'DELETED', holds: (customer) => customer.deleted === true },
  { reason: 'SHARED_EMAIL', holds: (customer) => customer.sharedEmails.length > 0 },
  { reason: 'SHARED_PHONE', holds: (customer) => customer.sharedPhones.length > 0 },
  { reason: 'SHARED_WHATSAPP', holds: (customer) => customer.sharedWhatsapps.length > 0 },
  { reason: 'NO_PHONE', holds: (customer) => customer.phones.every(({ phone }) => phone.trim() === '') },
  {
    reason: 'NO_VALID_PHONE',
    holds: (customer, defaultCountry) =>
      customer.phones.every(({ phone }) => parsePhone(phone, defaultCountry) === undefined),
  },
]

/** Why a customer is never imported, on create and on update; nothing when it may be. */
export const ineligible = (customer: Customer, defaultCountry?: string): ReasonCode | undefined =>
  exclusions.find(({ holds }) => holds(customer, defaultCountry))?.reason
