import { sameEmail, uniqueEmails } from './emails.ts'
import { wireNumber } from './phones.ts'
import type { ContactFields, E164 } from './records.ts'
import type { SharedFields } from './shared-fields.ts'

/** A customer that shares its contact with others, and the contact it would make alone. */
export interface MergeMember {
  customerId: string
  /** ISO UTC. */
  modifiedAt: string
  fields: ContactFields
}

type ListField = 'numbers' | 'emails' | 'externalUrls'
type ScalarField = Exclude<keyof ContactFields, ListField>

/** What the contact held before any customer was joined to it: single values count where no customer has one. */
export type OwnFields = Pick<ContactFields, 'numbers' | 'emails'> & Partial<Pick<ContactFields, ScalarField>>

/** Of a contact that was made for its customer. */
export const nothingOwn: OwnFields = { numbers: [], emails: [] }

/** In a provenance, stands for the contact itself. */
export const FROM_CONTACT = 'contact'

/**
 * Who gave each value: for a single value the customer's id or `contact`, absent where it is empty; for numbers, emails and links
 * (by address) the ids of all who hold it, `contact` for the contact's own.
 */
export type Provenance = { [F in ScalarField]?: string } & { [F in ListField]: Record<string, string[]> }

export interface Combined {
  fields: ContactFields
  provenance: Provenance
}

/** Contract cloudtalk §2.3. */
const MAX_LINKS = 3

const timeOf = ({ modifiedAt }: MergeMember): number => {
  const time = Date.parse(modifiedAt)
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time
}

/** Newest first, of two at one moment the larger id: whatever order they came in, one order. */
export const newestFirst = <M extends MergeMember>(members: readonly M[]): M[] =>
  members.toSorted((one, other) => {
    const [time, otherTime] = [timeOf(one), timeOf(other)]
    if (time !== otherTime) return time > otherTime ? -1 : 1
    return one.customerId > other.customerId ? -1 : one.customerId < other.customerId ? 1 : 0
  })

/** Whether the customer has no name, so that its email or phone stands in (requirements §1). */
const isStandIn = ({ name, numbers, emails }: ContactFields): boolean => {
  const number = wireNumber(name)
  return emails.some((email) => sameEmail(email, name)) || (number !== undefined && numbers.includes(number))
}

/** The newest that has a value; a name that only stands in is no value while somebody has a real one. */
const giverOf = (
  field: ScalarField,
  members: readonly MergeMember[],
  own: OwnFields,
): { id: string; value: string } | undefined => {
  const having = members.flatMap(({ customerId, fields }) => {
    const value = fields[field]
    return value ? [{ id: customerId, value, standsIn: field === 'name' && isStandIn(fields) }] : []
  })
  const ownValue = own[field]
  if (ownValue) having.push({ id: FROM_CONTACT, value: ownValue, standsIn: false })
  return having.find(({ standsIn }) => !standsIn) ?? having[0]
}

const holders = (
  values: readonly string[],
  members: readonly MergeMember[],
  holds: (fields: Pick<ContactFields, ListField>, value: string) => boolean,
  own: OwnFields,
): Record<string, string[]> =>
  Object.fromEntries(
    values.map((value) => {
      const ids = members.filter(({ fields }) => holds(fields, value)).map(({ customerId }) => customerId)
      return [
        value,
        holds({ numbers: own.numbers, emails: own.emails, externalUrls: [] }, value)
          ? [FROM_CONTACT, ...ids]
          : ids,
      ]
    }),
  )

/** The newest customers' links, by the names that requirements §1 gives them. */
const linksOf = (members: readonly MergeMember[]): ContactFields['externalUrls'] => {
  const urls = members.flatMap(({ fields }) => fields.externalUrls.map(({ url }) => url))
  return [...new Set(urls)]
    .slice(0, MAX_LINKS)
    .map((url, at) => ({ name: at === 0 ? 'Kustomer' : `Kustomer ${at + 1}`, url }))
}

/** The fields of one value. */
export const scalarFields = [
  'name',
  'company',
  'website',
  'address',
  'city',
  'zip',
  'state',
  'countryId',
  'favoriteAgentId',
] as const satisfies readonly ScalarField[]

/** The one contact that several customers make (requirements §1, Merging), whatever order they came in. */
export const combineCustomers = (members: readonly MergeMember[], own: OwnFields): Combined => {
  const sorted = newestFirst(members)
  const numbers: E164[] = [...new Set([...own.numbers, ...sorted.flatMap(({ fields }) => fields.numbers)])]
  const emails = uniqueEmails([...own.emails, ...sorted.flatMap(({ fields }) => fields.emails)])
  const externalUrls = linksOf(sorted)
  const givers = scalarFields.map((field) => [field, giverOf(field, sorted, own)] as const)
  const scalars = Object.fromEntries(
    givers.map(([field, giver]) => [field, giver?.value ?? (field === 'name' ? '' : null)]),
  )
  return {
    // scalarFields and the three lists are all the keys of ContactFields.
    fields: { ...scalars, numbers, emails, externalUrls } as ContactFields,
    provenance: {
      ...Object.fromEntries(givers.flatMap(([field, giver]) => (giver ? [[field, giver.id]] : []))),
      numbers: holders(numbers, sorted, (fields, value) => fields.numbers.includes(value as E164), own),
      emails: holders(
        emails,
        sorted,
        (fields, value) => fields.emails.some((one) => sameEmail(one, value)),
        own,
      ),
      externalUrls: holders(
        externalUrls.map(({ url }) => url),
        sorted,
        (fields, value) => fields.externalUrls.some(({ url }) => url === value),
        own,
      ),
    },
  }
}

/**
 * The customer that an edit of the contact goes to (requirements §2): the one that the value came from, else the
 * newest; a new number or email goes to the newest. Nothing where nobody is merged.
 */
export const customerForEdit = (
  provenance: Provenance,
  field: keyof SharedFields,
  members: readonly MergeMember[],
): string | undefined => {
  const giver = field === 'numbers' || field === 'emails' ? undefined : provenance[field]
  const known = members.some(({ customerId }) => customerId === giver)
  return known ? giver : newestFirst(members)[0]?.customerId
}
