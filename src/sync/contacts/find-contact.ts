import type { Contact } from '../../cloudtalk/index.ts'
import { emailKey } from '../../mapping/emails.ts'
import {
  decideMatch,
  type MatchCandidate,
  type MatchDecision,
  type MatchedBy,
  matchKeys,
} from '../../mapping/matching.ts'
import { wireNumber } from '../../mapping/phones.ts'
import type { ContactFields } from '../../mapping/records.ts'
import { nameKey } from '../../mapping/text.ts'
import { contactsNamed } from '../../store/contacts.ts'
import { ownersOf } from '../../store/identifiers.ts'
import { apartFrom } from '../../store/links.ts'
import type { SyncContext } from '../context.ts'
import type { EventSource } from '../event.ts'
import { showContact } from './show-contact.ts'

/** Rows of a keyword search: it matches loosely, so more than one may have to be looked at. */
const CANDIDATES = 20

/**
 * The contact that a customer without one belongs to, by the connection's matching (requirements §1). The mirror
 * answers without a request; only what happens live also asks CloudTalk, for a contact made since the last sweep.
 */
export async function findMatch(
  context: SyncContext,
  customerId: string,
  desired: ContactFields,
  source: EventSource,
): Promise<MatchDecision> {
  const { matching } = context.settings
  const keys = matchKeys(desired, matching)
  const isAllowed = await notApart(context, customerId)
  const decide = (candidates: readonly MatchCandidate[]) =>
    decideMatch(candidates.filter(isAllowed), matching)
  const mirrored = (
    await Promise.all([
      ...keys.phones.map((phone) => byIdentifier(context, phone, 'phone')),
      ...keys.emails.map((email) => byIdentifier(context, email, 'email')),
      ...(keys.name === undefined ? [] : [byName(context, keys.name)]),
    ])
  ).flat()
  const decision = decide(mirrored)
  const byValue = decision.kind === 'match' && decision.by !== 'name'
  if (source === 'run' || byValue) return decision
  const asked = (
    await Promise.all([
      ...keys.phones.map((phone) => byKeyword(context, phone, 'phone')),
      ...keys.emails.map((email) => byKeyword(context, email, 'email')),
    ])
  ).flat()
  return asked.length > 0 ? decide([...mirrored, ...asked]) : decision
}

/** Contacts that are known to have a number or an email of a customer, whatever the connection matches by. */
export async function sharingValues(
  context: SyncContext,
  customerId: string,
  { numbers, emails }: ContactFields,
): Promise<MatchCandidate[]> {
  const found = await Promise.all([
    ...numbers.map((number) => byIdentifier(context, number, 'phone')),
    ...emails.map((email) => byIdentifier(context, emailKey(email), 'email')),
  ])
  // By a phone rather than by an email.
  const byContact = new Map(
    found
      .flat()
      .toReversed()
      .map((one) => [one.contactId, one]),
  )
  return [...byContact.values()].filter(await notApart(context, customerId))
}

async function notApart(
  { db, connection }: SyncContext,
  customerId: string,
): Promise<(candidate: MatchCandidate) => boolean> {
  const kept = await apartFrom(db, connection, customerId)
  const apart = new Set(kept.map(({ contactId }) => contactId))
  return ({ contactId }) => !apart.has(contactId)
}

/** Whether a contact is what a customer was matched with: it may have changed since the mirror was filled. */
export function matches(by: MatchedBy, contact: ContactFields, desired: ContactFields): boolean {
  const emails = new Set(desired.emails.map(emailKey))
  switch (by) {
    case 'name':
      return nameKey(contact.name) === nameKey(desired.name)
    case 'phone':
      return desired.numbers.some((number) => contact.numbers.includes(number))
    case 'email':
      return contact.emails.some((email) => emails.has(emailKey(email)))
  }
}

/** The contact that an earlier, interrupted try made for this customer: known by its link to the customer. */
export async function contactOfCustomer(
  context: SyncContext,
  intended: ContactFields,
): Promise<Contact | undefined> {
  const urls = new Set(intended.externalUrls.map(({ url }) => url))
  for (const number of intended.numbers) {
    for (const { contactId } of await byKeyword(context, number, 'phone')) {
      const shown = await showContact(context, contactId)
      if (shown?.externalUrls.some(({ url }) => urls.has(url))) return shown
    }
  }
  return undefined
}

async function byIdentifier(
  context: SyncContext,
  value: string,
  by: 'phone' | 'email',
): Promise<MatchCandidate[]> {
  const owners = await ownersOf(context.db, context.connection, 'contact', value)
  return owners.filter(({ channel }) => channel === by).map(({ recordId }) => ({ contactId: recordId, by }))
}

async function byName(context: SyncContext, key: string): Promise<MatchCandidate[]> {
  const contactIds = await contactsNamed(context.db, context.connection, key)
  return contactIds.map((contactId) => ({ contactId, by: 'name' }))
}

async function byKeyword(
  context: SyncContext,
  value: string,
  by: 'phone' | 'email',
): Promise<MatchCandidate[]> {
  const page = await context.vendors.cloudtalk((cloudtalk) =>
    cloudtalk.contacts.list({ keyword: value, page: 1, limit: CANDIDATES }),
  )
  return page.items
    .filter(({ numbers, emails }) =>
      by === 'phone'
        ? numbers.some((number) => wireNumber(number) === value)
        : emails.some((email) => emailKey(email) === value),
    )
    .map(({ id }) => ({ contactId: id, by }))
}
