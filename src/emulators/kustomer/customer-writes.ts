import type { ApiKey } from './auth.ts'
import {
  type CustomerAttributes,
  NEW_CUSTOMER,
  replacedCustomer,
  withDerived,
  writtenAttributes,
} from './customer-attributes.ts'
import { rekey, requireUnique } from './customer-keys.ts'
import { badParameter, conflict } from './errors.ts'
import { authorship, type Org } from './org.ts'
import type { CustomerWrite } from './schemas/customer.ts'
import type { Customer } from './store.ts'
import { tagIds } from './tags.ts'

/** Stores a customer and everything that follows from it. */
export function saveCustomer(org: Org, before: Customer | undefined, after: Customer): Customer {
  org.store.customers.set(after.id, after)
  rekey(org.store, before, after)
  org.written(before, after)
  return after
}

export function createCustomer(org: Org, key: ApiKey, body: CustomerWrite): Customer {
  const now = org.timestamp()
  const company = requireCompany(org, body.company)
  const attributes = withDerived(
    {
      ...NEW_CUSTOMER,
      displayName: '',
      createdAt: now,
      lastActivityAt: now,
      recentLocation: { updatedAt: now },
      ...writtenAttributes(body, NEW_CUSTOMER, org.switches()),
      tags: body.tags ? tagIds(org, key, body.tags) : [],
      updatedAt: now,
      modifiedAt: now,
      rev: 1,
    },
    companyName(org, company),
  )
  requireUnique(org.store, attributes, undefined, org.switches())
  return saveCustomer(org, undefined, {
    type: 'customer',
    id: org.newId(),
    attributes,
    related: { ...authorship(key), ...(company ? { company } : {}) },
  })
}

export function updateCustomer(
  org: Org,
  key: ApiKey,
  before: Customer,
  body: CustomerWrite,
  replace: boolean,
): Customer {
  requireRev(before, body.rev)
  const now = org.timestamp()
  const base = replace ? replacedCustomer(before.attributes) : before.attributes
  const company = companyAfter(org, before, body, replace)
  const attributes: CustomerAttributes = withDerived(
    {
      ...base,
      ...writtenAttributes(body, base, org.switches()),
      ...(body.tags ? { tags: tagIds(org, key, body.tags) } : {}),
      updatedAt: now,
      modifiedAt: now,
      rev: before.attributes.rev + 1,
    },
    companyName(org, company),
  )
  requireUnique(org.store, attributes, before.id, org.switches())
  const { company: _unlinked, ...related } = before.related
  return saveCustomer(org, before, {
    ...before,
    attributes,
    related: { ...related, modifiedBy: key.userId, ...(company ? { company } : {}) },
  })
}

/** "If you omit the company, the customer will no longer be linked to the company" (contract §2.2). */
function companyAfter(org: Org, before: Customer, body: CustomerWrite, replace: boolean) {
  if (body.company !== undefined) return requireCompany(org, body.company)
  return replace || org.switches().dropOmittedCompany ? undefined : before.related.company
}

function requireCompany(org: Org, id: string | null | undefined): string | undefined {
  if (id === undefined || id === null) return undefined
  if (!org.store.companies.has(id)) throw badParameter('company', 'No such company', '/properties/company')
  return id
}

const companyName = (org: Org, id: string | undefined): string | null =>
  id === undefined ? null : (org.store.companies.get(id)?.attributes.name ?? null)

/** A write that names an older revision than the stored one is refused (contract §1.7). */
export function requireRev(before: { attributes: { rev: number } }, rev: number | undefined): void {
  if (rev !== undefined && rev !== before.attributes.rev) throw conflict('rev', 'stale revision')
}

/** Activity: a new conversation, message or note moves `updatedAt`, not `modifiedAt` (contract §1.7). */
export function touchCustomer(
  org: Org,
  id: string | undefined,
  changes: Partial<CustomerAttributes> = {},
): void {
  const before = id === undefined ? undefined : org.store.customers.get(id)
  if (!before || before.deleted) return
  const now = org.timestamp()
  saveCustomer(org, before, {
    ...before,
    attributes: {
      ...before.attributes,
      conversationCounts: org.store.conversationCounts.get(before.id) ?? before.attributes.conversationCounts,
      ...changes,
      updatedAt: now,
      lastActivityAt: now,
      rev: before.attributes.rev + 1,
    },
  })
}
