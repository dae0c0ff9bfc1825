import type { ContactFields } from './records.ts'

/** The fields that go both ways; company, favorite agent and links only go from the customer to the contact. */
export type SharedFields = Pick<
  ContactFields,
  'name' | 'numbers' | 'emails' | 'website' | 'address' | 'city' | 'zip' | 'state' | 'countryId'
>

export const sharedFieldNames = [
  'name',
  'numbers',
  'emails',
  'website',
  'address',
  'city',
  'zip',
  'state',
  'countryId',
] as const satisfies readonly (keyof SharedFields)[]

export const sharedPart = (fields: SharedFields): SharedFields => ({
  name: fields.name,
  numbers: fields.numbers,
  emails: fields.emails,
  website: fields.website,
  address: fields.address,
  city: fields.city,
  zip: fields.zip,
  state: fields.state,
  countryId: fields.countryId,
})
