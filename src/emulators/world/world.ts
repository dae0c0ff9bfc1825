/**
 * The seeded world: one company's people, numbers, customers and calls, in plain words that belong to neither
 * vendor. Each emulator loads it in its own shapes and makes its own ids. Times are ISO UTC, phones E.164 unless
 * the variant says otherwise, `key` is unique within its list and used by the others to refer to it.
 */
export type World = {
  people: Person[]
  groups: Group[]
  numbers: OwnNumber[]
  tags: string[]
  countries: Country[]
  companies: Company[]
  customers: WorldCustomer[]
  contacts: WorldContact[]
  calls: WorldCall[]
}

/** A CloudTalk agent and a Kustomer user, with the same email in both. */
export type Person = {
  key: string
  firstName: string
  lastName: string
  email: string
  /** CloudTalk extension, 1000–9999. */
  extension: string
  /** Key of the number the person calls from. */
  number: string
  /** Whether the Kustomer user was deactivated. */
  deactivated?: boolean
}

/** A CloudTalk group and a Kustomer team. */
export type Group = { key: string; name: string; members: string[] }

/** A number of the company, in CloudTalk. */
export type OwnNumber = {
  key: string
  e164: string
  name: string
  callingCode: string
  areaCode: string
  /** Key of the group it rings. */
  group: string
}

export type Country = {
  /** CloudTalk `country_id`. */
  id: number
  name: string
  alpha2: string
  alpha3: string
  /** Without `+`. */
  callingCode: string
}

export type Company = { key: string; name: string }

/** A Kustomer customer, made for a purpose that `variant` names. */
export type WorldCustomer = {
  key: string
  variant: CustomerVariant
  name: string
  phones: { phone: string; type?: 'mobile' | 'home' | 'work' | 'fax' | 'other' }[]
  emails: { email: string; type?: 'home' | 'work' | 'other' }[]
  /** As Kustomer stores them: `whatsapp:+E164`. */
  whatsapps: { phone: string; type?: 'mobile' }[]
  sharedPhones: { phone: string; type?: 'mobile' | 'work' }[]
  sharedEmails: { email: string; type?: 'home' | 'work' }[]
  sharedWhatsapps: { phone: string; type?: 'mobile' }[]
  urls: { url: string; type?: 'website' | 'blog' | 'other' }[]
  locations: WorldLocation[]
  /** Key of a company. */
  company?: string
  /** Key of a person, or the machine user of the API key. */
  createdBy: string | 'machine'
  createdAt: string
  modifiedAt: string
  /** Key of the customer with the same name. */
  sameNameAs?: string
}

export type CustomerVariant =
  | 'clean'
  | 'no-phone'
  | 'invalid-phones'
  | 'some-invalid-phones'
  | 'whatsapp-only'
  | 'shared-email'
  | 'shared-phone'
  | 'shared-whatsapp'
  | 'long-name'
  | 'long-fields'
  | 'empty-name'
  | 'same-name'
  | 'same-name-no-phone'
  | 'ampersand'
  | 'bare-phone'
  | 'repeated-phone'

export type WorldLocation = {
  type: 'home' | 'work' | 'other'
  address?: string
  address2?: string
  cityName?: string
  zipCode?: string
  regionName?: string
  /** Two letters. */
  regionCode?: string
  countryName?: string
  countryCode?: string
}

/** A CloudTalk contact that Kustomer has never seen. */
export type WorldContact = {
  key: string
  variant: ContactVariant
  name: string
  title: string
  company: string
  industry: string
  website: string
  address: string
  city: string
  zip: string
  state: string
  /** Alpha-2, or empty. */
  country: string
  /** Key of a person. */
  favoriteAgent?: string
  numbers: string[]
  emails: string[]
  tags: string[]
  createdAt: string
  modifiedAt: string
  /** Key of the customer that already owns its first number or its email. */
  matches?: string
}

export type ContactVariant =
  | 'clean'
  | 'no-number'
  | 'invalid-number'
  | 'some-invalid-numbers'
  | 'phone-of-customer'
  | 'email-of-customer'
  | 'ampersand'

/** A CloudTalk call that has ended. */
export type WorldCall = {
  key: string
  direction: 'incoming' | 'outgoing' | 'internal'
  /** An outgoing `missed` call is one that nobody picked up. */
  outcome: 'answered' | 'missed' | 'voicemail'
  /** The other party; for internal calls an extension. */
  external: string
  /** Key of the own number. */
  number: string
  /** Key of the person who answered or dialled. */
  person?: string
  /** Key of the group that it rang. */
  group?: string
  startedAt: string
  answeredAt?: string
  endedAt: string
  /** Seconds. */
  talkingTime: number
  /** Seconds. */
  waitingTime: number
  /** Seconds. */
  wrapupTime: number
  notes: string[]
  tags: string[]
  /** 1 to 5. */
  rating?: number
  recorded: boolean
  /** Key of the customer or contact that owns the external number; absent for strangers. */
  with?: string
}
