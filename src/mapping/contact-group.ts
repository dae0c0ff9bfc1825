import { isDeepStrictEqual } from 'node:util'
import type { ContactLookups } from './contact-from-customer.ts'
import { contactAsCustomer, keepUnshared } from './contact-view.ts'
import type { CustomerLookups } from './customer-record.ts'
import { sameEmail } from './emails.ts'
import {
  type Combined,
  combineCustomers,
  customerForEdit,
  FROM_CONTACT,
  type MergeMember,
  newestFirst,
  type OwnFields,
  type Provenance,
  scalarFields,
} from './merge-customers.ts'
import type { ContactFields } from './records.ts'
import { type SharedFields, sharedFieldNames, sharedPart } from './shared-fields.ts'
import { type Side, threeWay } from './three-way.ts'

/**
 * A *group* is a contact with the customers that it is linked to, mostly one. Everything that syncs contacts brings one
 * group to one state: what its customers say together on one side, what the contact holds on the other, and `base`,
 * what both held when they were last in step.
 */

/** A customer of the group, with the contact that it would make alone. */
export interface GroupMember extends MergeMember {
  /** It is no longer eligible: it stands for what was last synced of it, and takes no writes. */
  frozen: boolean
}

export interface GroupFacts {
  contact: ContactFields
  /** ISO UTC, where it was told. */
  contactModifiedAt?: string | undefined
  members: readonly GroupMember[]
  /** Undefined where they were never in step: nothing goes to the customers then. */
  base: ContactFields | undefined
  own: OwnFields
  directions: { import: boolean; export: boolean }
  /** Whether a link of the contact is one that a sync has put there. */
  isCustomerLink: (url: string) => boolean
  lookups: CustomerLookups & Pick<ContactLookups, 'countryId'>
}

export interface GroupPlan {
  /** What is sent to the contact; empty when it already holds all of it. */
  toContact: Partial<ContactFields>
  /** What the contact holds then. */
  fields: ContactFields
  /** What each customer is to say of these fields. */
  toCustomers: { customerId: string; changes: Partial<SharedFields> }[]
  conflicts: { field: string; kept: Side }[]
  provenance: Provenance
  /** @param after the customers as they are after the writes, each with the contact that it would make. */
  next: (after: readonly MergeMember[]) => { base: ContactFields; own: OwnFields }
}

/** Contract cloudtalk §2.3. */
const MAX_LINKS = 3

type Link = ContactFields['externalUrls'][number]
type ListField = 'numbers' | 'emails'
type ScalarField = (typeof scalarFields)[number]
type ScalarSharedField = Exclude<keyof SharedFields, ListField>

/** Only ever from the customers to the contact (requirements §2: not mapped). */
const importOnly = ['company', 'favoriteAgentId'] as const

const isList = (field: keyof SharedFields): field is ListField => field === 'numbers' || field === 'emails'

const sameItem = (field: ListField, one: string, other: string): boolean =>
  field === 'emails' ? sameEmail(one, other) : one === other

const has = (field: ListField, items: readonly string[], item: string): boolean =>
  items.some((one) => sameItem(field, one, item))

const sameLinks = (one: readonly Link[], other: readonly Link[]): boolean =>
  one.length === other.length && one.every((link) => other.some((two) => isDeepStrictEqual(link, two)))

/** Decides what both sides of a group are to hold (requirements §1 merging, §2 three-way). */
export const planGroup = (facts: GroupFacts): GroupPlan => {
  const { contact, members, base, own, directions, lookups } = facts
  const combined = combineCustomers(members, own)
  const several = members.length > 1 || own.numbers.length + own.emails.length > 0
  const inOrder = (fields: SharedFields, known: SharedFields | undefined) =>
    several && known ? inKnownOrder(fields, known) : fields
  const says = inOrder(sharedPart(combined.fields), base)
  const seen = contactAsCustomer(contact, [says, ...(base ? [base] : [])], lookups)
  const known: SharedFields = base ? sharedPart(base) : seen
  const newer = newerSide(facts)
  const settled = threeWay({ base: known, customer: says, contact: seen, newer })
  const open = openOf(members)
  const mayImport = directions.import && open.length > 0
  const toContact = mayImport
    ? { ...keepUnshared(settled.toContact, contact, seen), ...importedOnly(facts, combined) }
    : {}
  const fields: ContactFields = { ...contact, ...toContact }
  const toCustomers = directions.export ? distribute(settled, combined, open) : []
  const written = new Set<string>(toCustomers.flatMap(({ changes }) => Object.keys(changes)))
  const holds: ContactFields = { ...fields, ...seen, ...(mayImport && settled.toContact) }
  const isOwn = (field: ScalarField): boolean => combined.provenance[field] === FROM_CONTACT
  const ownNow = ownAfter(own, holds, (field) => !written.has(field) && (!mayImport || isOwn(field)))
  const sharedBase = <F extends keyof SharedFields>(field: F, said: SharedFields): SharedFields[F] => {
    const heldFromContact = field in settled.toContact && !mayImport
    const heldFromCustomers = field in settled.toCustomer && !written.has(field)
    if (isList(field)) {
      if (heldFromContact || heldFromCustomers) return stillKnown(field, known, said, holds)
    } else if (heldFromContact || (heldFromCustomers && !isOwn(field))) {
      return known[field]
    }
    return written.has(field) ? taken(field, settled.fields, says, said) : settled.fields[field]
  }
  const importedBase = (field: (typeof importOnly)[number]): string | null => {
    if (!mayImport) return (base ?? contact)[field]
    return isOwn(field) ? holds[field] : combined.fields[field]
  }
  return {
    toContact,
    fields,
    toCustomers,
    conflicts: settled.conflicts
      .filter((field) => field in toContact || written.has(field))
      .map((field) => {
        const kept = isDeepStrictEqual(settled.fields[field], says[field]) ? 'customer' : 'contact'
        return { field, kept }
      }),
    provenance: combined.provenance,
    next: (after) => {
      const said = inOrder(combineCustomers(after, ownNow).fields, settled.fields)
      const shared = sharedFieldNames.map((field) => [field, sharedBase(field, said)])
      return {
        base: {
          // sharedFieldNames are all the keys of SharedFields.
          ...(Object.fromEntries(shared) as SharedFields),
          company: importedBase('company'),
          favoriteAgentId: importedBase('favoriteAgentId'),
          externalUrls: mayImport ? combined.fields.externalUrls : (base?.externalUrls ?? []),
        },
        own: ownNow,
      }
    },
  }
}

/**
 * What both sides held when they were last in step, where an edit of ours had no answer: of what it was about to write,
 * what the contact holds now was written by it. It is the customers' word then, and no edit of the contact.
 */
export const baseAfterLostAnswer = (
  base: ContactFields,
  edit: Partial<ContactFields>,
  contact: ContactFields,
): ContactFields => {
  const done = sharedFieldNames.filter(
    (field) => field in edit && isDeepStrictEqual(edit[field], contact[field]),
  )
  return { ...base, ...Object.fromEntries(done.map((field) => [field, contact[field]])) }
}

const openOf = (members: readonly GroupMember[]): GroupMember[] => members.filter(({ frozen }) => !frozen)

/** Who of several is the newest, and what is the contact's own, is no reason to move numbers and emails about. */
const inKnownOrder = (fields: SharedFields, known: SharedFields): SharedFields => {
  const ordered = <T extends string>(items: readonly T[], like: readonly string[]): T[] => {
    const byKey = new Map(items.map((item) => [item.toLowerCase(), item]))
    const standing = like.map((item) => item.toLowerCase()).filter((key) => byKey.has(key))
    return [...new Set([...standing, ...byKey.keys()])].flatMap((key) => byKey.get(key) ?? [])
  }
  return {
    ...fields,
    numbers: ordered(fields.numbers, known.numbers),
    emails: ordered(fields.emails, known.emails),
  }
}

/** Of a direction that is switched off, the other side always has the last word. */
const newerSide = ({ contactModifiedAt, members, directions }: GroupFacts): Side => {
  if (!directions.export) return 'customer'
  if (!directions.import) return 'contact'
  const [newest] = newestFirst(openOf(members))
  const contactAt = Date.parse(contactModifiedAt ?? '')
  const customerAt = Date.parse(newest?.modifiedAt ?? '')
  return contactAt > customerAt || Number.isNaN(customerAt) ? 'contact' : 'customer'
}

/** What the export does not own, and what changed of it on the customers since. */
const importedOnly = (
  { contact, base, isCustomerLink }: GroupFacts,
  { fields }: Combined,
): Partial<ContactFields> => {
  const last = base ?? contact
  const scalars = importOnly.filter(
    (field) => fields[field] !== last[field] && fields[field] !== contact[field],
  )
  const others = contact.externalUrls.filter(({ url }) => !isCustomerLink(url))
  // Links that are not ours are never taken away, so with three of them there is no room.
  const links = [...others, ...fields.externalUrls.slice(0, Math.max(0, MAX_LINKS - others.length))]
  const moved = !sameLinks(fields.externalUrls, base?.externalUrls ?? [])
  return {
    ...Object.fromEntries(scalars.map((field) => [field, fields[field]])),
    ...(moved && !sameLinks(links, contact.externalUrls) && { externalUrls: links }),
  }
}

/**
 * Each edit of the contact, to the customer that the value came from; what is new, to the newest (requirements §2).
 * An emptied value is emptied wherever one stands, or an older customer's would come up in its place.
 */
const distribute = (
  { fields, toCustomer }: { fields: SharedFields; toCustomer: Partial<SharedFields> },
  { fields: said, provenance }: Combined,
  open: readonly GroupMember[],
): GroupPlan['toCustomers'] => {
  const newest = newestFirst(open)[0]?.customerId
  return open.flatMap((member) => {
    const goesHere = (field: ScalarSharedField): boolean =>
      fields[field]
        ? customerForEdit(provenance, field, open) === member.customerId &&
          member.fields[field] !== fields[field]
        : Boolean(member.fields[field])
    const listHere = (field: ListField): string[] | undefined => {
      const mine: readonly string[] = member.fields[field]
      const wanted = fields[field].filter(
        (item) => has(field, mine, item) || (member.customerId === newest && !has(field, said[field], item)),
      )
      const same =
        wanted.length === mine.length &&
        wanted.every((item, at) =>
          open.length === 1 ? sameItem(field, item, mine[at] ?? '') : has(field, mine, item),
        )
      // Without a number the customer could not be synced any more.
      return same || (field === 'numbers' && wanted.length === 0) ? undefined : wanted
    }
    const changes = sharedFieldNames
      .filter((field) => field in toCustomer)
      .flatMap((field): [string, unknown][] => {
        if (!isList(field)) return goesHere(field) ? [[field, fields[field]]] : []
        const wanted = listHere(field)
        return wanted ? [[field, wanted]] : []
      })
    // Each value is of its own field.
    const typed = Object.fromEntries(changes) as Partial<SharedFields>
    return changes.length > 0 ? [{ customerId: member.customerId, changes: typed }] : []
  })
}

/**
 * What was written to a customer counts as it then stands there, so that what it could not take never looks as if
 * somebody had removed it; what somebody else added meanwhile is still news. A name and a removed website count as
 * settled: a stand-in name moves with the emails, and the next URL that shows is a new one.
 */
const taken = <F extends keyof SharedFields>(
  field: F,
  settled: SharedFields,
  says: SharedFields,
  said: SharedFields,
): SharedFields[F] => {
  if (field === 'name' || (field === 'website' && settled.website === null)) return settled[field]
  if (!isList(field)) return said[field]
  const items: readonly string[] = said[field]
  return items.filter(
    (item) => has(field, settled[field], item) || has(field, says[field], item),
  ) as SharedFields[F]
}

/**
 * Of a list that was not carried over, what both sides agree on is known, and what is held back stays known. So does the
 * order: a move that is held back is still to come, and none of the other side.
 */
const stillKnown = <F extends ListField>(
  field: F,
  known: SharedFields,
  said: SharedFields,
  holds: SharedFields,
): SharedFields[F] => {
  const items: readonly string[] = said[field]
  const before = known[field].filter(
    (item) => has(field, said[field], item) || has(field, holds[field], item),
  )
  const agreed = items.filter((item) => has(field, holds[field], item) && !has(field, known[field], item))
  return [...before, ...agreed] as SharedFields[F]
}

/** The contact's own values follow its edits until a customer gives them. */
const ownAfter = (
  own: OwnFields,
  holds: ContactFields,
  ownsStill: (field: ScalarField) => boolean,
): OwnFields => ({
  numbers: own.numbers.filter((number) => holds.numbers.includes(number)),
  emails: own.emails.filter((email) => has('emails', holds.emails, email)),
  ...Object.fromEntries(
    scalarFields
      .filter((field) => own[field] && holds[field] && ownsStill(field))
      .map((field) => [field, holds[field]]),
  ),
})

/** What a contact holds when the first customer is joined to it: from then on it counts where no customer says more. */
export const ownOf = (contact: ContactFields, lookups: GroupFacts['lookups']): OwnFields => {
  const { numbers, emails, ...scalars } = contactAsCustomer(contact, [contact], lookups)
  return { ...scalars, company: contact.company, favoriteAgentId: contact.favoriteAgentId, numbers, emails }
}

/** What is left of the contact's own when a customer has given up a number or email that both held. */
export const ownWithout = (
  own: OwnFields,
  members: readonly { before: ContactFields | undefined; now: ContactFields }[],
): OwnFields => {
  const givenUp = (field: ListField, item: string): boolean =>
    members.some(
      ({ before, now }) =>
        before !== undefined && has(field, before[field], item) && !has(field, now[field], item),
    )
  return {
    ...own,
    numbers: own.numbers.filter((number) => !givenUp('numbers', number)),
    emails: own.emails.filter((email) => !givenUp('emails', email)),
  }
}

/** What is the contact's own once a customer is gone that had these fields: the contact keeps what it gave. */
export const ownWith = (own: OwnFields, fields: ContactFields): OwnFields => {
  const { externalUrls: _links, ...values } = combineCustomers(
    [{ customerId: '', modifiedAt: '', fields }],
    own,
  ).fields
  return values
}
