import { idToWire } from './wire.ts'

/**
 * A contact to write. Undefined is not sent and stays as it is; null or '' clears; a list replaces the whole
 * set (contract §2.4).
 */
export type ContactWrite = {
  /** At most 150 characters. */
  name?: string
  /** At most 255. */
  title?: string | null
  /** At most 100. */
  company?: string | null
  /** At most 100. */
  industry?: string | null
  /** At most 100. */
  website?: string | null
  /** At most 255. */
  address?: string | null
  /** At most 255. */
  city?: string | null
  /** At most 15. */
  zip?: string | null
  /** At most 255. */
  state?: string | null
  countryId?: string | null
  favoriteAgentId?: string | null
  /** At most 3; a name has at most 30 characters. */
  externalUrls?: { name: string; url: string }[] | null
  /** E.164 with '+'. */
  numbers?: string[] | null
  emails?: string[] | null
  /** Names; unknown ones are created on the fly. */
  tags?: string[] | null
  /** A value has at most 255 characters. */
  attributes?: { id: string; value: string }[] | null
}

/** The body of contacts/add, contacts/edit and the bulk operations (contract §2.3). */
export function contactToWire(contact: ContactWrite): Record<string, unknown> {
  const wire: Record<string, unknown> = {
    name: contact.name,
    title: cleared(contact.title),
    company: cleared(contact.company),
    industry: cleared(contact.industry),
    website: cleared(contact.website),
    address: cleared(contact.address),
    city: cleared(contact.city),
    zip: cleared(contact.zip),
    state: cleared(contact.state),
    country_id: idOrCleared(contact.countryId),
    favorite_agent: idOrCleared(contact.favoriteAgentId),
    // The '' that clears is published for the four sets below only (§2.4), so links are cleared as a list.
    ExternalUrl: contact.externalUrls === null ? [] : contact.externalUrls,
    ContactNumber: set(contact.numbers, (value) => ({ public_number: value })),
    ContactEmail: set(contact.emails, (value) => ({ email: value })),
    ContactsTag: set(contact.tags, (value) => ({ name: value })),
    ContactAttribute: set(contact.attributes, ({ id, value }) => ({ attribute_id: idToWire(id), value })),
  }
  return Object.fromEntries(Object.entries(wire).filter(([, value]) => value !== undefined))
}

const cleared = (value: string | null | undefined): string | undefined => (value === null ? '' : value)

const idOrCleared = (value: string | null | undefined): string | number | undefined =>
  value === undefined ? undefined : idToWire(value ?? '')

const set = <T>(values: T[] | null | undefined, row: (value: T) => object): object[] | '' | undefined => {
  if (values === undefined) return undefined
  return values === null || values.length === 0 ? '' : values.map(row)
}
