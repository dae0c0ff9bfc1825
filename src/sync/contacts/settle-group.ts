import { isDeepStrictEqual } from 'node:util'
import { CloudTalkError, type Contact } from '../../cloudtalk/index.ts'
import { contactFromCustomer } from '../../mapping/contact-from-customer.ts'
import {
  type GroupFacts,
  type GroupMember,
  type GroupPlan,
  ownOf,
  ownWithout,
  planGroup,
} from '../../mapping/contact-group.ts'
import { ineligible } from '../../mapping/eligibility.ts'
import { nothingOwn, type OwnFields, type Provenance } from '../../mapping/merge-customers.ts'
import type { ContactFields } from '../../mapping/records.ts'
import {
  expectEcho,
  findContact,
  forgetContact,
  type StoredContact,
  unexpectEcho,
} from '../../store/contacts.ts'
import { type CustomerVersion, findCustomer } from '../../store/customers.ts'
import { dropLinksOfContact, type Link, linksOfContact, saveGroup } from '../../store/links.ts'
import type { Outcome } from '../../store/outcomes.ts'
import type { LinkOrigin, OutcomeDetails } from '../../store/schema.ts'
import type { SyncContext } from '../context.ts'
import type { EventSource } from '../event.ts'
import { Busy } from '../locks.ts'
import { raiseUnlinkedOfContact } from '../timeline/raise-unlinked.ts'
import { type VendorForms, vendorForms } from '../vendor-forms.ts'
import { fieldsOfContact } from './contact-fields.ts'
import { knownFields } from './known-contact.ts'
import { type GroupLookups, groupLookups, isCustomerLink, lookupsFor } from './lookups.ts'
import { showContact } from './show-contact.ts'
import { newerCustomers, writeToCustomers } from './write-to-customers.ts'

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

/** What settling a group came to. */
export type SettledGroup =
  | { kind: 'gone' }
  | {
      kind: 'settled'
      toContact: Partial<ContactFields>
      toCustomers: Record<string, Record<string, unknown>>
      conflicts: GroupPlan['conflicts']
      /** Who gave each value, where several customers share the contact. */
      provenance: Provenance | undefined
      warnings: string[]
      /** Customers of the contact besides the one that joined. */
      others: number
    }

/** Somebody may edit both sides while we look: after this many looks the settle is left to the next event. */
const LOOKS = 3

/**
 * Brings a contact and its customers to one state, and records it. The caller holds the lock of the contact.
 *
 * Customers are written first: a stale revision shows there before anything is written anywhere.
 */
export async function settleGroup(context: SyncContext, event: GroupEvent): Promise<SettledGroup> {
  const lookups = await groupLookups(context)
  const forms = await vendorForms(context)
  let shown = event.shown
  for (let look = 1; ; look++) {
    const group = await loadGroup(context, event, lookups, shown)
    if (!group) return gone(context, event.contactId)
    const plan = withoutLateLink(event, group, decide(context, group, lookups))
    if (!shown && needsLook(context, event, group, plan, forms)) {
      shown = await showContact(context, event.contactId)
      if (!shown) return gone(context, event.contactId)
      continue
    }
    if (plan.toCustomers.length > 0 && event.source !== 'run' && look < LOOKS) {
      if (await newerCustomers(context, group.customers, plan.toCustomers)) continue
    }
    if (event.joining && Object.keys(plan.toContact).length > 0) await intendJoin(context, event, group)
    const written = await writeToCustomers(context, group.customers, plan.toCustomers, lookups)
    if (written.kind === 'stale') {
      if (look < LOOKS) continue
      throw new Busy()
    }
    const edited = await writeToContact(context, event.contactId, plan, forms).catch(
      async (error: unknown) => {
        // What stands on the customers stands: else their next edit would look like one of the contact.
        const halfway = decide(context, group, lookups, { import: false, export: context.settings.export })
        if (written.after.size > 0) await save(context, event, group, halfway, written.after, false)
        throw error
      },
    )
    if (edited === 'gone') return gone(context, event.contactId)
    if (edited === 'nameless') continue
    await save(context, event, group, plan, written.after, shown !== undefined)
    if (event.joining) await raiseUnlinkedOfContact(context, event.contactId, event.joining.customer.id)
    return {
      kind: 'settled',
      toContact: plan.toContact,
      toCustomers: written.sent,
      conflicts: plan.conflicts,
      provenance: group.links.length > 1 ? plan.provenance : undefined,
      warnings: [...group.warnings, ...written.warnings],
      others: group.links.filter(({ customerId }) => customerId !== event.joining?.customer.id).length,
    }
  }
}

interface Group {
  stored: StoredContact | undefined
  contact: ContactFields
  contactModifiedAt: string | undefined
  own: OwnFields
  links: Link[]
  members: GroupMember[]
  /** Those that take writes, as the mirror has them. */
  customers: Map<string, CustomerVersion>
  warnings: string[]
}

async function loadGroup(
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

const decide = (
  context: SyncContext,
  group: Group,
  lookups: GroupLookups,
  directions: GroupFacts['directions'] = context.settings,
): GroupPlan =>
  planGroup({
    contact: group.contact,
    contactModifiedAt: group.contactModifiedAt,
    members: group.members,
    base: group.stored?.base,
    own: group.own,
    directions,
    isCustomerLink: isCustomerLink(context),
    lookups,
  })

/**
 * A link alone is no reason for a run to write: the contact that a customer was just made from gets it when it is next
 * looked at, so that a first sync costs no second write for each export. Kustomer's word of the new customer, which
 * follows, is no look at the contact either.
 */
function withoutLateLink(event: GroupEvent, { stored, contact }: Group, plan: GroupPlan): GroupPlan {
  const onlyLink = Object.keys(plan.toContact).every((field) => field === 'externalUrls')
  const exported = event.joining?.origin === 'exported'
  const owed = stored?.base?.externalUrls.length === 0
  const mayWait = event.source === 'run' ? exported || !event.joining : event.ofCustomer && owed
  if (!mayWait || !onlyLink || !plan.toContact.externalUrls) return plan
  const { externalUrls: _late, ...toContact } = plan.toContact
  return {
    ...plan,
    toContact,
    fields: { ...plan.fields, externalUrls: contact.externalUrls },
    next: (after) => {
      const { base, own } = plan.next(after)
      return { base: { ...base, externalUrls: stored?.base?.externalUrls ?? [] }, own }
    },
  }
}

/** Within one run; longer ago somebody may have added to a list what the index does not show. */
const LIST_FRESH_MS = 10 * 60_000

/**
 * Whether the contact is looked at before it is written. A list is written whole (contract cloudtalk §2.4), so what
 * somebody added to it counts; so does what the index has shown to be new, who edited last where both sides did, and the
 * name where the account wants it in every edit.
 */
function needsLook(
  context: SyncContext,
  { source }: GroupEvent,
  { stored }: Group,
  { toContact, conflicts }: GroupPlan,
  forms: VendorForms,
): boolean {
  const { name, numbers, emails, externalUrls } = toContact
  const edits = Object.keys(toContact).length > 0
  if (conflicts.length > 0 || (edits && stored?.stale)) return true
  if (knownFields(context, source, stored, LIST_FRESH_MS)) return false
  if (numbers || emails || externalUrls) return true
  return edits && name === undefined && !forms.literal('contactEditWithoutName')
}

/** @returns `nameless` where the account turns out to want the name in every edit. */
async function writeToContact(
  context: SyncContext,
  contactId: string,
  { toContact, fields }: GroupPlan,
  forms: VendorForms,
): Promise<'done' | 'gone' | 'nameless'> {
  if (Object.keys(toContact).length === 0) return 'done'
  const named = !forms.literal('contactEditWithoutName')
  await expectEcho(context.db, context.connection, contactId)
  try {
    await context.contactWriter.edit(contactId, { ...(named && { name: fields.name }), ...toContact })
    return 'done'
  } catch (error) {
    await unexpectEcho(context.db, context.connection, contactId)
    if (error instanceof CloudTalkError && error.failure.kind === 'notFound') return 'gone'
    if (!named && (await forms.refused(error, 'contactEditWithoutName'))) return 'nameless'
    throw error
  }
}

async function gone(context: SyncContext, contactId: string): Promise<SettledGroup> {
  await dropLinksOfContact(context.db, context.connection, contactId)
  await forgetContact(context.db, context.connection, contactId)
  return { kind: 'gone' }
}

async function save(
  context: SyncContext,
  event: GroupEvent,
  group: Group,
  plan: GroupPlan,
  written: ReadonlyMap<string, CustomerVersion>,
  read: boolean,
): Promise<void> {
  const after = await Promise.all(
    group.members.map(async (member) => {
      const customer = written.get(member.customerId)
      if (!customer) return member
      return { ...member, fields: contactFromCustomer(customer, await lookupsFor(context, customer)).fields }
    }),
  )
  const { base, own } = plan.next(after)
  const { fields } = plan
  const members = group.links.map((link, at) => ({
    ...link,
    contactId: event.contactId,
    base: after[at]?.fields,
    modifiedAt: after[at]?.modifiedAt || undefined,
    ownWriteAt: ownWriteOf(link, written.get(link.customerId), group.customers.get(link.customerId)),
  }))
  const { stored, links } = group
  const now = { fields, base, own, members }
  const before = { fields: stored?.fields, base: stored?.base, own: stored?.own, members: links }
  if (!read && isDeepStrictEqual(plain(now), plain(before))) return
  await saveGroup(context.db, {
    connection: context.connection,
    contactId: event.contactId,
    ...now,
    provenance: members.length > 1 ? plan.provenance : undefined,
    echoes: 0,
    read,
  })
}

/** When our last write modified the customer; one whose answer did not come shows by its revision. */
function ownWriteOf(
  link: Link,
  written: CustomerVersion | undefined,
  customer: CustomerVersion | undefined,
): string | undefined {
  if (written) return written.modifiedAt ?? undefined
  return customer && customer.rev === link.ownWriteRev ? (customer.modifiedAt ?? undefined) : link.ownWriteAt
}

/** As the database gives it back: without what is undefined. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/**
 * Notes who is joined, and what was the contact's own before: if the answer to the write is lost, what it did is known as
 * the customer's, and not taken for an edit of the contact.
 */
async function intendJoin(context: SyncContext, event: GroupEvent, group: Group): Promise<void> {
  await saveGroup(context.db, {
    connection: context.connection,
    contactId: event.contactId,
    fields: group.contact,
    base: group.stored?.base,
    own: group.own,
    provenance: undefined,
    members: group.links.map((link) => ({ ...link, contactId: event.contactId })),
    echoes: 0,
    read: false,
  })
}

/** What people are told of a group that was brought in step. */
export function groupOutcome(
  contactId: string,
  settled: Extract<SettledGroup, { kind: 'settled' }>,
): Outcome {
  const { toContact, toCustomers, conflicts, provenance, warnings } = settled
  const onContact = Object.keys(toContact)
  const onCustomers = [...new Set(Object.values(toCustomers).flatMap((body) => Object.keys(body)))]
  const details: OutcomeDetails = {
    ...(onContact.length > 0 && { written: toContact }),
    ...(onCustomers.length > 0 && { writtenToCustomers: toCustomers }),
    ...(conflicts.length > 0 && { conflicts }),
    ...(provenance && { provenance }),
    ...(warnings.length > 0 && { warnings }),
  }
  if (onContact.length === 0 && onCustomers.length === 0) {
    const sentence = 'Both sides already say the same.'
    return { outcome: 'unchanged', reason: 'NOTHING_CHANGED', sentence, contactId, details }
  }
  const sentence = [
    onContact.length > 0 && `Changed on the contact: ${onContact.join(', ')}.`,
    onCustomers.length > 0 && `Changed on the customer: ${onCustomers.join(', ')}.`,
    ...conflicts.map(
      ({ field, kept }) => `Both sides had changed ${field}; the ${kept}’s value, the newer one, stays.`,
    ),
  ]
    .filter((part) => part !== false)
    .join(' ')
  return { outcome: 'updated', reason: 'FIELDS_CHANGED', sentence, contactId, details }
}
