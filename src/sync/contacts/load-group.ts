import type { Contact } from '../../cloudtalk/index.ts'
import { contactFromCustomer } from '../../mapping/contact-from-customer.ts'
import { baseAfterLostAnswer, type GroupMember, ownOf, ownWithout } from '../../mapping/contact-group.ts'
import { ineligible } from '../../mapping/eligibility.ts'
import { nothingOwn, type OwnFields } from '../../mapping/merge-customers.ts'
import type { ContactFields } from '../../mapping/records.ts'
import { findContact, type StoredContact } from '../../store/contacts.ts'
import { type CustomerVersion, findCustomer } from '../../store/customers.ts'
import { type Link, linksOfContact } from '../../store/links.ts'
import type { LinkOrigin } from '../../store/schema.ts'
import type { SyncContext } from '../context.ts'
import type { EventSource } from '../event.ts'
import { fieldsOfContact } from './contact-fields.ts'
import { type GroupLookups, lookupsFor } from './lookups.ts'
import { showContact } from './show-contact.ts'

/** Contract kustomer §1.7. */
const FIRST_REV = 1

/** What a group is settled for. */
export interface GroupEvent {
  contactId: string
  source: EventSource
  /** The contact, if it has just been read. */
  shown?: Contact | undefined
  /** The event is about a customer, so the contact's own link is not what it asks for. */
  ofCustomer?: boolean
  /** A customer that is to be joined to the contact. */
  joining?: { customer: CustomerVersion; origin: LinkOrigin } | undefined
}

/** A contact with its customers, as both sides are known to be. */
export interface Group {
  stored: StoredContact | undefined
  contact: ContactFields
  contactModifiedAt: string | undefined
  /** What both sides held when they were last in step. */
  base: ContactFields | undefined
  own: OwnFields
  links: Link[]
  members: GroupMember[]
  /** Those that take writes, as the mirror has them. */
  customers: Map<string, CustomerVersion>
  warnings: string[]
}

/** @param shown the contact, if it has just been read. @returns nothing where it is gone. */
export async function loadGroup(
  context: SyncContext,
  { contactId, joining }: GroupEvent,
  lookups: GroupLookups,
  shown: Contact | undefined,
): Promise<Group | undefined> {
  const { db, connection } = context
  const [stored, linked] = await Promise.all([
    findContact(db, connection, contactId),
    linksOfContact(db, connection, contactId),
  ])
  const current = shown ?? (stored?.fields ? undefined : await showContact(context, contactId))
  const contact = current ? fieldsOfContact(current) : stored?.fields
  if (!contact) return undefined
  const links = joining
    ? [...linked.filter(({ customerId }) => customerId !== joining.customer.id), joined(joining)]
    : linked
  const members = await Promise.all(links.map((link) => memberOf(context, link)))
  return {
    stored,
    contact,
    contactModifiedAt: current?.modifiedAt,
    base: baseOf(stored, current && contact) ?? baseOfExport(stored, joining, members.at(-1)?.member),
    own: ownWithout(
      stored?.own ?? ownAtFirst(contact, links, lookups),
      members.map(({ member }, at) => ({ before: links[at]?.base, now: member.fields })),
    ),
    links,
    members: members.map(({ member }) => member),
    customers: new Map(members.flatMap(({ customer }) => (customer ? [[customer.id, customer]] : []))),
    warnings: members.flatMap(({ warnings }) => warnings),
  }
}

const joined = ({ customer, origin }: { customer: CustomerVersion; origin: LinkOrigin }): Link => ({
  customerId: customer.id,
  contactId: undefined,
  origin,
  base: undefined,
  modifiedAt: undefined,
  ownWriteAt: undefined,
  ownWriteRev: undefined,
})

/** @param read what the contact holds, if it has just been read. */
const baseOf = (
  stored: StoredContact | undefined,
  read: ContactFields | undefined,
): ContactFields | undefined =>
  stored?.base && stored.editIntent && read
    ? baseAfterLostAnswer(stored.base, stored.editIntent, read)
    : stored?.base

/**
 * A customer that nobody has touched since we made it from the contact says what the contact held then, whatever has cut
 * the export off: what the contact holds otherwise by now was edited. Its link is still owed to it.
 */
function baseOfExport(
  stored: StoredContact | undefined,
  joining: GroupEvent['joining'],
  member: GroupMember | undefined,
): ContactFields | undefined {
  const asMade =
    stored?.exportIntended && joining?.origin === 'exported' && joining.customer.rev === FIRST_REV
  return asMade && member ? { ...member.fields, externalUrls: [] } : undefined
}

/** Of a contact that its customer was made from, nothing is the contact's own but what the export leaves alone. */
function ownAtFirst(contact: ContactFields, links: readonly Link[], lookups: GroupLookups): OwnFields {
  const { company, favoriteAgentId } = contact
  if (links.some(({ origin }) => origin === 'exported')) return { ...nothingOwn, company, favoriteAgentId }
  if (links.some(({ origin }) => origin === 'created')) return nothingOwn
  return ownOf(contact, lookups)
}

/** A customer that is no longer eligible stands for what was last synced of it (requirements §1). */
async function memberOf(
  context: SyncContext,
  link: Link,
): Promise<{ member: GroupMember; customer?: CustomerVersion; warnings: string[] }> {
  const { db, connection, settings } = context
  const customer = await findCustomer(db, connection, link.customerId)
  const { customerId } = link
  const frozen = !customer || ineligible(customer, settings.defaultCountry) !== undefined
  if (frozen && link.base) {
    const modifiedAt = link.modifiedAt ?? ''
    return { member: { customerId, modifiedAt, fields: link.base, frozen }, warnings: [] }
  }
  if (!customer) throw new Error('a linked customer is neither in the mirror nor was it ever in step')
  const { fields, warnings } = contactFromCustomer(customer, await lookupsFor(context, customer))
  const member = { customerId, modifiedAt: weightOf(customer, link), fields, frozen }
  return frozen ? { member, warnings: [] } : { member, customer, warnings: warnings.map(({ text }) => text) }
}

/** Our own writes move `modifiedAt`, but they do not make a customer the newest of its group. */
const weightOf = (customer: CustomerVersion, link: Link): string =>
  (link.modifiedAt !== undefined && isOwnWrite(customer, link) ? link.modifiedAt : customer.modifiedAt) ?? ''

const isOwnWrite = ({ rev, modifiedAt }: CustomerVersion, { ownWriteAt, ownWriteRev }: Link): boolean =>
  rev === ownWriteRev || (ownWriteAt !== undefined && sameTime(modifiedAt, ownWriteAt))

const sameTime = (one: string | null | undefined, other: string): boolean =>
  Date.parse(one ?? '') === Date.parse(other)
