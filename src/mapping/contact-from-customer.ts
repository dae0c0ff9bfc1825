import type { LocationCountry } from './countries.ts'
import {
  emailsOf,
  firstFilled,
  invalidPhonePositions,
  numbersOf,
  websiteOf,
  workLocation,
} from './customer-values.ts'
import type { ContactFields, Customer } from './records.ts'
import { cutAtWord, filled } from './text.ts'

/** What a customer's record alone does not say. */
export interface ContactLookups {
  /** The Kustomer org's sign-in subdomain. */
  org: string
  companyName: (companyId: string) => string | undefined
  countryId: (location: LocationCountry) => string | null
  agentIdOfUser: (userId: string) => string | undefined
  defaultCountry?: string
}

export interface Warning {
  field: string
  code: 'TOO_LONG' | 'INVALID_PHONE' | 'UNKNOWN_COUNTRY'
  /** For people; names no phone number and no email. */
  text: string
}

interface FieldRule<F extends keyof ContactFields> {
  field: F
  /** CloudTalk's label. */
  label: string
  /** Kustomer's words. */
  from: string
  rule: string
  /** The limit of contract cloudtalk §2.3; a longer text is cut at a word. */
  maxLength?: number
  value: (customer: Customer, lookups: ContactLookups) => ContactFields[F]
  warnings?: (customer: Customer, lookups: ContactLookups) => Warning[]
}

type FieldRules = { [F in keyof ContactFields]: FieldRule<F> }

export type ContactFieldRule = FieldRules[keyof FieldRules]

const invalidPhones = (customer: Customer, { defaultCountry }: ContactLookups): Warning[] =>
  invalidPhonePositions(customer, defaultCountry).map((position) => {
    return { field: 'numbers', code: 'INVALID_PHONE', text: `Phone ${position} is not valid; left out.` }
  })

const unknownCountry = (customer: Customer, { countryId }: ContactLookups): Warning[] => {
  const location = workLocation(customer)
  const said = firstFilled(location.countryName, location.countryCode)
  if (said === null || countryId(location) !== null) return []
  const text = `Country "${said}" is not in CloudTalk's list; left empty.`
  return [{ field: 'countryId', code: 'UNKNOWN_COUNTRY', text }]
}

const fieldRules: FieldRules = {
  name: {
    field: 'name',
    label: 'Name',
    from: 'name',
    rule: 'empty: display name, else first email, else first valid phone',
    maxLength: 150,
    value: (customer, { defaultCountry }) =>
      firstFilled(customer.name, customer.displayName) ??
      emailsOf(customer)[0] ??
      numbersOf(customer, defaultCountry)[0] ??
      '',
  },
  externalUrls: {
    field: 'externalUrls',
    label: 'Contact link',
    from: 'link of the customer',
    rule: 'named Kustomer: https://{org}.kustomerapp.com/app/customers/{id}',
    value: ({ id }, { org }) => [
      { name: 'Kustomer', url: `https://${org}.kustomerapp.com/app/customers/${encodeURIComponent(id)}` },
    ],
  },
  numbers: {
    field: 'numbers',
    label: 'Phones',
    from: 'phones',
    rule: 'each valid number as E.164, in order, no repeats',
    value: (customer, { defaultCountry }) => numbersOf(customer, defaultCountry),
    warnings: invalidPhones,
  },
  emails: {
    field: 'emails',
    label: 'Emails',
    from: 'emails',
    rule: 'in order, no repeats whatever their case',
    value: emailsOf,
  },
  company: {
    field: 'company',
    label: 'Company',
    from: 'name of the linked company',
    rule: 'as it is',
    maxLength: 100,
    value: ({ companyId }, { companyName }) => firstFilled(companyId ? companyName(companyId) : undefined),
  },
  website: {
    field: 'website',
    label: 'Website',
    from: 'urls',
    rule: 'first of type website, else first without a type',
    maxLength: 100,
    value: websiteOf,
  },
  address: {
    field: 'address',
    label: 'Address',
    from: 'first work location, address + address2',
    rule: 'the two lines joined with ", "',
    maxLength: 255,
    value: (customer) => {
      const { address, address2 } = workLocation(customer)
      return filled([address, address2]).join(', ') || null
    },
  },
  city: {
    field: 'city',
    label: 'City',
    from: 'first work location, cityName',
    rule: 'as it is',
    maxLength: 255,
    value: (customer) => firstFilled(workLocation(customer).cityName),
  },
  zip: {
    field: 'zip',
    label: 'Zip',
    from: 'first work location, zipCode',
    rule: 'as it is',
    maxLength: 15,
    value: (customer) => firstFilled(workLocation(customer).zipCode),
  },
  state: {
    field: 'state',
    label: 'State',
    from: 'first work location, regionName',
    rule: 'empty: regionCode',
    maxLength: 255,
    value: (customer) => firstFilled(workLocation(customer).regionName, workLocation(customer).regionCode),
  },
  countryId: {
    field: 'countryId',
    label: 'Country',
    from: 'first work location, countryCode or countryName',
    rule: 'the ISO code or the name, as CloudTalk’s country',
    value: (customer, { countryId }) => countryId(workLocation(customer)),
    warnings: unknownCountry,
  },
  favoriteAgentId: {
    field: 'favoriteAgentId',
    label: 'Favorite agent',
    from: '"Created by" user',
    rule: 'the agent with the user’s email; nobody for an API key',
    value: ({ createdById }, { agentIdOfUser }) => (createdById && agentIdOfUser(createdById)) || null,
  },
}

/** Requirements §1 as data, in the order of its table. */
export const contactFieldRules: readonly ContactFieldRule[] = Object.values(fieldRules)

/** The table's rows that are never written and never cleared. */
export const notMappedContactFields: readonly Pick<ContactFieldRule, 'label' | 'from' | 'rule'>[] = [
  { label: 'Tags', from: 'not mapped', rule: 'left alone; only the connection’s contact tag is added' },
  { label: 'Title', from: 'not mapped', rule: 'left alone' },
  { label: 'Industry', from: 'not mapped', rule: 'left alone' },
  { label: 'Custom attributes', from: 'not mapped', rule: 'left alone' },
]

/** A rule's value within CloudTalk's limit, and what people should know about it. */
const applied = (rule: ContactFieldRule, customer: Customer, lookups: ContactLookups) => {
  const value = rule.value(customer, lookups)
  const warnings = rule.warnings?.(customer, lookups) ?? []
  const short = typeof value === 'string' && rule.maxLength ? cutAtWord(value, rule.maxLength) : undefined
  if (!short?.cut) return { value, warnings }
  const text = `${rule.label} has more than ${rule.maxLength} characters and was cut.`
  const tooLong: Warning = { field: rule.field, code: 'TOO_LONG', text }
  return { value: short.value, warnings: [...warnings, tooLong] }
}

/** The contact that a customer makes. Nothing is left out for one bad value; it is reported as a warning. */
export const contactFromCustomer = (
  customer: Customer,
  lookups: ContactLookups,
): { fields: ContactFields; warnings: Warning[] } => {
  const results = contactFieldRules.map((rule) => ({ rule, ...applied(rule, customer, lookups) }))
  const values = Object.fromEntries(results.map(({ rule, value }) => [rule.field, value]))
  // FieldRules has a rule of the right type for every key of ContactFields.
  const fields = values as unknown as ContactFields
  return { fields, warnings: results.flatMap(({ warnings }) => warnings) }
}
