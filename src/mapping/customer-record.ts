import type { Warning } from './contact-from-customer.ts'
import type { Customer, CustomerLocation } from './records.ts'

/** A location with what is not mapped, so that it can be sent back as it was read (contract kustomer §2.3). */
export interface LocationRecord extends CustomerLocation {
  name?: string | null
  address3?: string | null
  latitude?: number | null
  longitude?: number | null
  areaCode?: string | null
}

/** A customer with everything that a write of its lists must give back. */
export interface CustomerRecord extends Customer {
  emails: { email: string; type?: string | null; verified?: boolean }[]
  phones: { phone: string; type?: string | null; verified?: boolean }[]
  locations: LocationRecord[]
}

/** What a write sends; lists replace lists, and leaving out `company` unlinks it (contract kustomer §2.2). */
export interface CustomerBody {
  name?: string
  externalId?: string
  company?: string
  phones?: { phone: string; type?: string; verified?: boolean }[]
  emails?: { email: string; type?: string; verified?: boolean }[]
  urls?: { url: string; type?: string }[]
  locations?: LocationRecord[]
}

export interface CustomerWarning extends Omit<Warning, 'code'> {
  code: Warning['code'] | 'INVALID_EMAIL' | 'INVALID_URL' | 'TOO_MANY'
}

/** The attributes that a rule changes, and what people should know about it. */
export interface Written {
  part: Partial<Pick<CustomerRecord, 'name' | 'externalId' | 'phones' | 'emails' | 'urls' | 'locations'>>
  warnings: CustomerWarning[]
}

/** What a contact's record alone does not say. */
export interface CustomerLookups {
  countryOf: (countryId: string) => { code: string; name: string } | undefined
  /** ISO country of numbers that Kustomer holds without a country code. */
  defaultCountry?: string
}

/** A customer that holds nothing yet: a new one is an update of it. */
export const emptyCustomer: CustomerRecord = {
  id: '',
  emails: [],
  phones: [],
  whatsapps: [],
  sharedEmails: [],
  sharedPhones: [],
  sharedWhatsapps: [],
  urls: [],
  locations: [],
}
