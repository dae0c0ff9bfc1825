import { orderedUnion } from './ordered-union.ts'
import type { E164 } from './records.ts'
import { type SharedFields, sharedFieldNames } from './shared-fields.ts'

export type Side = 'customer' | 'contact'

export interface ThreeWayInput {
  /** What both sides held when they were last in step. */
  base: SharedFields
  customer: SharedFields
  contact: SharedFields
  /** The side that was edited last; it wins where both changed one field. */
  newer: Side
}

export interface ThreeWayResult {
  fields: SharedFields
  /** Only what the customer does not hold yet. */
  toCustomer: Partial<SharedFields>
  /** Only what the contact does not hold yet. */
  toContact: Partial<SharedFields>
  /** Fields that both sides changed and one side lost. */
  conflicts: (keyof SharedFields)[]
}

type ListField = 'numbers' | 'emails'
type ScalarField = Exclude<keyof SharedFields, ListField>

const isList = (field: keyof SharedFields): field is ListField => field === 'numbers' || field === 'emails'

/** Numbers are E.164, so lower case changes none of them. */
const keyOf = (item: string): string => item.trim().toLowerCase()
const keysOf = (items: readonly string[]): string[] => [...new Set(items.map(keyOf))]
const sameItems = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((key, at) => key === other[at])

const same = (field: keyof SharedFields, one: SharedFields, other: SharedFields): boolean =>
  isList(field) ? sameItems(keysOf(one[field]), keysOf(other[field])) : one[field] === other[field]

interface Settled<T> {
  value: T
  conflict: boolean
}

function settleScalar<F extends ScalarField>(field: F, input: ThreeWayInput): Settled<SharedFields[F]> {
  const base = input.base[field]
  const customer = input.customer[field]
  const contact = input.contact[field]
  if (customer === contact || contact === base) return { value: customer, conflict: false }
  if (customer === base) return { value: contact, conflict: false }
  return { value: input[input.newer][field], conflict: true }
}

/** Whose order stands: the side that moved items which all three hold; the newer if both did; else the customer's. */
function leaderOf(keys: Record<'base' | Side, string[]>, newer: Side): Side {
  const common = (one: string[]) =>
    one.filter((key) => keys.base.includes(key) && keys.customer.includes(key) && keys.contact.includes(key))
  const moved = (side: Side) => !sameItems(common(keys[side]), common(keys.base))
  if (!moved('contact')) return 'customer'
  return moved('customer') ? newer : 'contact'
}

/** Element by element: what either side added is in, what either side removed is out. */
function settleKeys(keys: Record<'base' | Side, string[]>, newer: Side): string[] {
  const base = new Set(keys.base)
  const customer = new Set(keys.customer)
  const contact = new Set(keys.contact)
  const stays = (key: string) => (base.has(key) ? customer.has(key) && contact.has(key) : true)
  const leader = leaderOf(keys, newer)
  const follower = leader === 'customer' ? 'contact' : 'customer'
  return orderedUnion(keys[leader].filter(stays), keys[follower].filter(stays))
}

function settleList<T extends string>(
  lists: Record<'base' | Side, readonly T[]>,
  newer: Side,
  mayBeEmpty: boolean,
): Settled<T[]> {
  const keys = {
    base: keysOf(lists.base),
    customer: keysOf(lists.customer),
    contact: keysOf(lists.contact),
  }
  const settled = settleKeys(keys, newer)
  const both = [...lists.customer, ...lists.contact]
  const conflict = settled.length === 0 && !mayBeEmpty && both.length > 0
  const older = newer === 'customer' ? 'contact' : 'customer'
  const rescued = keys[newer].length > 0 ? keys[newer] : keys[older]
  // The customer's spelling of an email comes first in `both`.
  const value = (conflict ? rescued : settled).flatMap(
    (key) => both.find((item) => keyOf(item) === key) ?? [],
  )
  return { value, conflict }
}

const listsOf = <T>(pick: (fields: SharedFields) => T[], { base, customer, contact }: ThreeWayInput) => ({
  base: pick(base),
  customer: pick(customer),
  contact: pick(contact),
})

/**
 * Brings two sides that may both have changed to one value per field (requirements §2). Lists go element by element;
 * a record never loses its last number, for without one neither side could be synced any more.
 */
export function threeWay(input: ThreeWayInput): ThreeWayResult {
  const { newer } = input
  const numberLists = listsOf(({ numbers }) => numbers, input)
  const emailLists = listsOf(({ emails }) => emails, input)
  const settled: { [F in keyof SharedFields]: Settled<SharedFields[F]> } = {
    name: settleScalar('name', input),
    numbers: settleList<E164>(numberLists, newer, false),
    emails: settleList<string>(emailLists, newer, true),
    website: settleScalar('website', input),
    address: settleScalar('address', input),
    city: settleScalar('city', input),
    zip: settleScalar('zip', input),
    state: settleScalar('state', input),
    countryId: settleScalar('countryId', input),
  }
  const values = sharedFieldNames.map((field) => [field, settled[field].value])
  // `settled` holds a value of the right type for every shared field.
  const fields = Object.fromEntries(values) as SharedFields
  const missingOn = (side: Side): Partial<SharedFields> =>
    Object.fromEntries(
      sharedFieldNames
        .filter((field) => !same(field, fields, input[side]))
        .map((field) => [field, fields[field]]),
    )
  return {
    fields,
    toCustomer: missingOn('customer'),
    toContact: missingOn('contact'),
    conflicts: sharedFieldNames.filter((field) => settled[field].conflict),
  }
}
