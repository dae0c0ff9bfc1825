import type { World, WorldCustomer } from '../world/world.ts'
import { NEW_CUSTOMER, withDerived } from './customer-attributes.ts'
import { rekey } from './customer-keys.ts'
import { idOfKey } from './ids.ts'
import type { Org } from './org.ts'
import type { Resource } from './resource.ts'
import { storeMachineUser, userAttributes } from './users.ts'

/** How long ago the things were made that carry no time of their own. */
const AGE_MS = 500 * 24 * 3_600_000

/** Replaces everything by a seeded world, silently: no webhook, no lag of the index, no uniqueness check. */
export function loadWorld(org: Org, world: World): void {
  org.clear()
  const { store } = org
  const madeAt = new Date(org.clock.now() - AGE_MS).toISOString()
  const times = { createdAt: madeAt, updatedAt: madeAt, modifiedAt: madeAt }
  const admin = { createdBy: idOfKey('person', 'person-1'), modifiedBy: idOfKey('person', 'person-1') }

  for (const { key, firstName, lastName, email, deactivated } of world.people) {
    const id = idOfKey('person', key)
    const attributes = {
      ...userAttributes(`${firstName} ${lastName}`, email, madeAt),
      deletedAt: deactivated ? madeAt : null,
    }
    store.users.set(id, { type: 'user', id, attributes, related: admin })
  }
  for (const key of org.keys.all()) storeMachineUser(org, key)

  for (const { key, name, members } of world.groups) {
    const id = idOfKey('group', key)
    const attributes = {
      name,
      displayName: name,
      icon: null,
      externalId: null,
      members: members.map((member) => idOfKey('person', member)),
      ...times,
    }
    store.teams.set(id, { type: 'team', id, attributes, related: admin })
  }
  for (const name of world.tags) {
    const id = idOfKey('tag', name)
    const attributes = { name, color: null, deleted: false, deletedAt: null, ...times }
    store.tags.set(id, { type: 'tag', id, attributes, related: admin })
    store.tagByName.set(name, id)
  }
  for (const { key, name } of world.companies) {
    const id = idOfKey('company', key)
    const attributes = {
      externalId: null,
      emails: [],
      phones: [],
      whatsapps: [],
      socials: [],
      urls: [],
      tags: [],
      name,
      ...times,
      rev: 1,
    }
    const company = { type: 'company' as const, id, attributes, related: admin }
    store.companies.set(id, company)
    org.searchIndex.load(company)
  }
  for (const customer of world.customers) loadCustomer(org, customer)
}

function loadCustomer(org: Org, customer: WorldCustomer): void {
  const id = idOfKey('customer', customer.key)
  const author = authorOf(org, customer.createdBy)
  const company = customer.company === undefined ? undefined : idOfKey('company', customer.company)
  const companyName =
    company === undefined ? null : (org.store.companies.get(company)?.attributes.name ?? null)
  const verified = false
  const attributes = withDerived(
    {
      ...NEW_CUSTOMER,
      displayName: '',
      name: customer.name,
      emails: customer.emails.map((item) => ({ type: 'home', verified, externalVerified: false, ...item })),
      phones: customer.phones.map((item) => ({ type: 'mobile', verified, ...item })),
      whatsapps: customer.whatsapps.map((item) => ({ type: 'mobile', verified, ...item })),
      sharedEmails: customer.sharedEmails.map((item) => ({ type: 'home', verified, ...item })),
      sharedPhones: customer.sharedPhones.map((item) => ({ type: 'mobile', verified, ...item })),
      sharedWhatsapps: customer.sharedWhatsapps.map((item) => ({ type: 'mobile', verified, ...item })),
      urls: customer.urls,
      locations: customer.locations.map((location) => ({ ...location })),
      createdAt: customer.createdAt,
      updatedAt: customer.modifiedAt,
      modifiedAt: customer.modifiedAt,
      lastActivityAt: customer.modifiedAt,
      recentLocation: { updatedAt: customer.createdAt },
      rev: 1,
    },
    companyName,
  )
  const stored = {
    type: 'customer' as const,
    id,
    attributes,
    related: { createdBy: author, modifiedBy: author, ...(company ? { company } : {}) },
  }
  org.store.customers.set(id, stored)
  rekey(org.store, undefined, stored)
  org.searchIndex.load(stored satisfies Resource)
}

/** A person of the world, or the machine user of the standing API key. */
function authorOf(org: Org, createdBy: string): string {
  const [standing] = org.keys.all()
  return createdBy === 'machine' && standing ? standing.userId : idOfKey('person', createdBy)
}
