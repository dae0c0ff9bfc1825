import type { CustomerAttributes } from './customer-attributes.ts'
import { conflict } from './errors.ts'
import type { Customer, Store } from './store.ts'
import type { KustomerSwitches } from './switches.ts'

type Key = { parameter: string; key: string }

/** The values no two customers may share: shared lists are not among them (contract §2.4). */
function keysOf(attributes: CustomerAttributes): Key[] {
  const { emails, phones, whatsapps, socials, externalIds } = attributes
  return [
    ...emails.map(({ email }) => ({ parameter: 'email', key: emailKey(email) })),
    ...phones.map(({ phone }) => ({ parameter: 'phone', key: phoneKey(phone) })),
    ...whatsapps.map(({ phone }) => ({ parameter: 'whatsapp', key: `whatsapp:${phone}` })),
    ...socials.map(({ type, username }) => ({ parameter: 'social', key: `social:${type}:${username}` })),
    ...externalIds.map(({ externalId }) => ({ parameter: 'externalId', key: externalIdKey(externalId) })),
  ]
}

export const emailKey = (email: string): string => `email:${email.toLowerCase()}`
export const phoneKey = (phone: string): string => `phone:${phone}`
export const externalIdKey = (externalId: string): string => `externalId:${externalId}`

/** @throws {KustomerError} When another customer has one of the values. */
export function requireUnique(
  store: Store,
  attributes: CustomerAttributes,
  self: string | undefined,
  switches: KustomerSwitches,
): void {
  for (const { parameter, key } of keysOf(attributes)) {
    const owner = store.customerByKey.get(key)
    if (owner !== undefined && owner !== self) {
      throw conflict(parameter, `duplicate ${parameter}`, switches.duplicateStatus)
    }
  }
}

const KEYED = ['emails', 'phones', 'whatsapps', 'socials', 'externalIds'] as const

/** Moves the keys of a customer from what it had to what it has. */
export function rekey(store: Store, before: Customer | undefined, after: Customer): void {
  // Most writes are activity, which carries the lists over as they are.
  const same = before && KEYED.every((name) => before.attributes[name] === after.attributes[name])
  if (same && !after.deleted) return
  for (const { key } of before ? keysOf(before.attributes) : []) {
    if (store.customerByKey.get(key) === after.id) store.customerByKey.delete(key)
  }
  if (after.deleted) return
  for (const { key } of keysOf(after.attributes)) {
    // A seeded world may hold what the API would refuse; the first owner then stays the one that is found.
    if (!store.customerByKey.has(key)) store.customerByKey.set(key, after.id)
  }
}
