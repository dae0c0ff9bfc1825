import { emailsWith, limited, locationsWith, phonesWith, urlsWith } from './customer-parts.ts'
import type { CustomerLookups, CustomerRecord, LocationRecord, Written } from './customer-record.ts'
import { firstFilled } from './customer-values.ts'
import type { SharedFields } from './shared-fields.ts'
import { filled } from './text.ts'

/** The contact that an export reads. */
export type ContactSource = SharedFields & { id: string }

interface FieldRule<F extends keyof ContactSource> {
  field: F
  /** CloudTalk's label. */
  label: string
  /** Kustomer's words. */
  to: string
  rule: string
  write: (record: CustomerRecord, value: ContactSource[F], lookups: CustomerLookups) => Written
}

type FieldRules = { [F in keyof ContactSource]: FieldRule<F> }

export type CustomerFieldRule = FieldRules[keyof FieldRules]

/** A rule for one text of the first work location. */
const locationRule = <F extends 'address' | 'city' | 'zip' | 'state'>(
  words: Pick<FieldRule<F>, 'field' | 'label' | 'to' | 'rule'>,
  /** Contract kustomer §2.3; a longer text is cut at a word. */
  maxLength: number,
  /** What the import reads there: a text that already shows is not written again in other lines. */
  shows: (location: LocationRecord) => string | null,
  linesOf: (value: string | null) => LocationRecord,
): FieldRule<F> => ({
  ...words,
  write: (record, raw) => {
    const { value, warnings } = limited(words.field, words.label, raw, maxLength)
    const { part, warnings: more } = locationsWith(record, words.field, (location) =>
      shows(location) === value ? {} : linesOf(value),
    )
    return { part, warnings: [...warnings, ...more] }
  },
})

const country = (
  record: CustomerRecord,
  countryId: string | null,
  { countryOf }: CustomerLookups,
): Written => {
  const found = countryId === null ? { code: null, name: null } : countryOf(countryId)
  if (!found) {
    const text = 'The contact’s country is not in CloudTalk’s list; left out.'
    return { part: {}, warnings: [{ field: 'countryId', code: 'UNKNOWN_COUNTRY', text }] }
  }
  // Kustomer takes codes of two letters only; by its name the country is found again all the same.
  const code = found.code?.length === 2 ? found.code : null
  return locationsWith(record, 'countryId', ({ countryCode, countryName }) => {
    if (code !== null && countryCode?.toUpperCase() === code.toUpperCase()) return {}
    const name = found.name === null ? null : limited('countryId', 'Country', found.name, 64).value
    return { countryCode: code, ...((code === null || countryName) && { countryName: name }) }
  })
}

const fieldRules: FieldRules = {
  name: {
    field: 'name',
    label: 'Name',
    to: 'name',
    rule: 'as it is',
    write: (record, raw) => {
      const { value, warnings } = limited('name', 'Name', raw, 256)
      return { part: value === null || value === record.name ? {} : { name: value }, warnings }
    },
  },
  id: {
    field: 'id',
    label: 'Contact ID',
    to: 'externalId',
    rule: 'of a customer that the export creates',
    write: (_record, id) => ({ part: { externalId: id }, warnings: [] }),
  },
  numbers: {
    field: 'numbers',
    label: 'Phones',
    to: 'phones of type work',
    rule: 'each truly valid number as E.164; numbers already there keep their type',
    write: (record, numbers, { defaultCountry }) => phonesWith(record, numbers, defaultCountry),
  },
  emails: {
    field: 'emails',
    label: 'Emails',
    to: 'emails of type work',
    rule: 'no repeats whatever their case; emails already there keep their type',
    write: emailsWith,
  },
  website: {
    field: 'website',
    label: 'Website',
    to: 'urls, the first of type website',
    rule: 'with https:// where it has no scheme; other URLs stay',
    write: urlsWith,
  },
  address: locationRule(
    {
      field: 'address',
      label: 'Address',
      to: 'first work location, address',
      rule: 'as line 1, with line 2 emptied; other locations stay',
    },
    256,
    ({ address, address2 }) => filled([address, address2]).join(', ') || null,
    (address) => ({ address, address2: null }),
  ),
  city: locationRule(
    { field: 'city', label: 'City', to: 'first work location, cityName', rule: 'as it is' },
    128,
    ({ cityName }) => firstFilled(cityName),
    (cityName) => ({ cityName }),
  ),
  zip: locationRule(
    { field: 'zip', label: 'Zip', to: 'first work location, zipCode', rule: 'as it is' },
    30,
    ({ zipCode }) => firstFilled(zipCode),
    (zipCode) => ({ zipCode }),
  ),
  state: locationRule(
    {
      field: 'state',
      label: 'State',
      to: 'first work location, regionName',
      rule: 'as it is, with regionCode emptied',
    },
    128,
    ({ regionName, regionCode }) => firstFilled(regionName, regionCode),
    (regionName) => ({ regionName, regionCode: null }),
  ),
  countryId: {
    field: 'countryId',
    label: 'Country',
    to: 'first work location, countryCode',
    rule: 'CloudTalk’s country as its ISO code',
    write: country,
  },
}

/** Requirements §2 as data, in the order of its table. */
export const customerFieldRules: readonly CustomerFieldRule[] = Object.values(fieldRules)

/** The table's rows that are never written and never cleared. */
export const notMappedCustomerFields: readonly Pick<CustomerFieldRule, 'label' | 'to' | 'rule'>[] = [
  { label: 'Tags', to: 'not mapped', rule: 'left alone' },
  { label: 'Title', to: 'not mapped', rule: 'left alone' },
  { label: 'Company', to: 'not mapped', rule: 'left alone; the customer keeps its company' },
  { label: 'Industry', to: 'not mapped', rule: 'left alone' },
  { label: 'Favorite agent', to: 'not mapped', rule: 'left alone' },
]
