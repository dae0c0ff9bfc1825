import { contactChanges, mergeIntoExisting } from '../mapping/contact-changes.ts'
import type { ReasonCode } from '../mapping/reasons.ts'
import type { ContactFields } from '../mapping/records.ts'
import type { Link } from '../store/links.ts'

/** What importing one customer will do; decided without I/O, so that a preview and a run cannot differ. */
export type ContactPlan =
  | { kind: 'skip'; reason: ReasonCode; contactId?: string }
  | { kind: 'unlink'; contactId: string | undefined }
  /** `intended`: an earlier try left no word of its end, so a contact with these fields may already be there. */
  | { kind: 'create'; fields: ContactFields; intended: ContactFields | undefined }
  | { kind: 'adopt'; contactId: string; by: 'phone' | 'name'; fields: ContactFields }
  /** `base` is what the customer says, `fields` what the contact then holds, `changes` what is sent. */
  | {
      kind: 'update'
      contactId: string
      changes: Partial<ContactFields>
      fields: ContactFields
      base: ContactFields
    }
  /** `base` is there where the customer's own values moved although the contact already holds them. */
  | { kind: 'none'; contactId: string; fields: ContactFields; base: ContactFields | undefined }

export interface ContactFacts {
  ineligible: ReasonCode | undefined
  link: Link | undefined
  /** Mapped fields of the customer; not asked for where the customer is ineligible. */
  desired: ContactFields | undefined
  /** A contact that nobody is linked to, found for a customer without a contact. */
  match: { contactId: string; by: 'phone' | 'name' } | undefined
}

export function planContact(facts: ContactFacts): ContactPlan {
  const { ineligible, link, desired, match } = facts
  const contactId = link?.contactId
  if (ineligible === 'DELETED' && link) return { kind: 'unlink', contactId }
  if (ineligible !== undefined || desired === undefined) {
    return { kind: 'skip', reason: ineligible ?? 'NO_PHONE', ...(contactId !== undefined && { contactId }) }
  }
  if (contactId !== undefined) {
    const { synced } = link ?? {}
    const fields = synced ? carriedOver(desired, link?.base, synced) : desired
    const changes = contactChanges(fields, synced)
    if (Object.keys(changes).length > 0) return { kind: 'update', contactId, changes, fields, base: desired }
    const moved = Object.keys(contactChanges(desired, link?.base)).length > 0
    return { kind: 'none', contactId, fields, base: moved ? desired : undefined }
  }
  if (link) return { kind: 'create', fields: desired, intended: link.base ?? desired }
  if (match) return { kind: 'adopt', ...match, fields: desired }
  return { kind: 'create', fields: desired, intended: undefined }
}

/**
 * What the contact should hold now: fields that changed on the customer since the last sync, on top of what stands
 * there. In lists only the customer's own entries come and go; a number that somebody else put there stays.
 */
export function carriedOver(
  desired: ContactFields,
  base: ContactFields | undefined,
  synced: ContactFields,
): ContactFields {
  const changed = contactChanges(desired, base)
  const list = <T>(field: 'numbers' | 'emails' | 'externalUrls', keyOf: (item: T) => string): T[] => {
    const standing = synced[field] as T[]
    if (changed[field] === undefined) return standing
    const wanted = desired[field] as T[]
    const kept = new Set([...((base?.[field] ?? []) as T[]), ...wanted].map(keyOf))
    return [...wanted, ...standing.filter((item) => !kept.has(keyOf(item)))]
  }
  return {
    ...synced,
    ...changed,
    numbers: list('numbers', (number: ContactFields['numbers'][number]) => number),
    emails: list('emails', (email: string) => email.toLowerCase()),
    externalUrls: list('externalUrls', (link: ContactFields['externalUrls'][number]) => link.url),
  }
}

/** CloudTalk keeps at most this many links on a contact (contract cloudtalk §2.3). */
const MAX_LINKS = 3

/**
 * The fields of a contact that is adopted: the customer's where it has any, else what stands there; numbers, emails
 * and links of both.
 */
export function adoptedFields(existing: ContactFields, desired: ContactFields): ContactFields {
  const { numbers, emails } = mergeIntoExisting(existing, desired)
  const ours = desired.externalUrls
  const others = existing.externalUrls.filter(({ url }) => !ours.some((link) => link.url === url))
  return {
    name: desired.name,
    company: desired.company ?? existing.company,
    website: desired.website ?? existing.website,
    address: desired.address ?? existing.address,
    city: desired.city ?? existing.city,
    zip: desired.zip ?? existing.zip,
    state: desired.state ?? existing.state,
    countryId: desired.countryId ?? existing.countryId,
    favoriteAgentId: desired.favoriteAgentId ?? existing.favoriteAgentId,
    numbers,
    emails,
    externalUrls: [...others.slice(0, MAX_LINKS - ours.length), ...ours],
  }
}
