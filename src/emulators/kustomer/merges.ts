import type { ApiKey } from './auth.ts'
import { created, type Operations, ok } from './call.ts'
import { moveConversation } from './conversation-writes.ts'
import type { CustomerAttributes } from './customer-attributes.ts'
import { withDerived } from './customer-attributes.ts'
import { saveCustomer } from './customer-writes.ts'
import { deleteCustomer, requireCustomer } from './customers.ts'
import { badParameter, notFound } from './errors.ts'
import { authorship, type Org } from './org.ts'
import { listPage } from './pages.ts'
import type { Resource } from './resource.ts'
import { readBodyAs } from './schema-problems.ts'
import { customerMerge } from './schemas/customer.ts'
import type { Customer } from './store.ts'
import { render } from './wire.ts'

const READ = ['org.permission.customer_merge.read', 'org.user.customer.read']
const CREATE = [
  'org.permission.customer_merge.create',
  'org.user.customer.write',
  'org.admin.customer.merge.write',
]

function startMerge(org: Org, key: ApiKey, source: Customer, target: Customer): Resource {
  const now = org.timestamp()
  const merge: Resource = {
    type: 'customer_merge',
    id: org.newId(),
    attributes: { status: 'queued', createdAt: now, updatedAt: now },
    related: { createdBy: key.userId, source: source.id, target: target.id },
  }
  org.store.merges.set(merge.id, merge)
  org.later.run(org.switches().mergeDelayMs, () => finishMerge(org, key, merge))
  return merge
}

function finishMerge(org: Org, key: ApiKey, merge: Resource): void {
  const { customers } = org.store
  const source = customers.get(merge.related.source ?? '')
  const target = customers.get(merge.related.target ?? '')
  const possible = source && target && !source.deleted && !target.deleted
  if (possible) mergeInto(org, key, source, target)
  const attributes = {
    ...merge.attributes,
    status: possible ? 'complete' : 'error',
    updatedAt: org.timestamp(),
  }
  org.store.merges.set(merge.id, { ...merge, attributes })
}

/** The source goes, with no event of its own; the target takes its conversations and values (contract §2.7). */
function mergeInto(org: Org, key: ApiKey, source: Customer, target: Customer): void {
  deleteCustomer(org, source.id)
  const now = org.timestamp()
  const attributes = mergedAttributes(source.attributes, target.attributes)
  const company = target.related.company ?? source.related.company
  saveCustomer(org, target, {
    ...target,
    attributes: {
      ...withDerived(attributes, String(attributes.companyName ?? '') || null),
      updatedAt: now,
      modifiedAt: now,
      rev: target.attributes.rev + 1,
    },
    related: { ...target.related, ...authorship(key), createdBy: target.related.createdBy, company },
  })
  for (const id of org.store.conversationsOfCustomer.of(source.id)) {
    const conversation = org.store.conversations.get(id)
    if (conversation) moveConversation(org, key, conversation, target.id)
  }
}

/** Lists are united, single values are the target's where it has one, the older birth counts (contract §2.7). */
function mergedAttributes(source: CustomerAttributes, target: CustomerAttributes): CustomerAttributes {
  const merged: Record<string, unknown> = { ...target }
  for (const name of [
    'emails',
    'phones',
    'whatsapps',
    'socials',
    'externalIds',
    'locations',
    'watchers',
    'urls',
    'tags',
  ]) {
    merged[name] = united((target[name] ?? []) as unknown[], (source[name] ?? []) as unknown[])
  }
  for (const name of [
    'name',
    'externalId',
    'username',
    'avatarUrl',
    'locale',
    'timeZone',
    'birthdayAt',
    'gender',
  ]) {
    merged[name] = target[name] || source[name]
  }
  merged.companyName = target.companyName || source.companyName
  merged.createdAt = source.createdAt < target.createdAt ? source.createdAt : target.createdAt
  return merged as CustomerAttributes
}

const united = (first: unknown[], second: unknown[]): unknown[] => [
  ...new Map([...first, ...second].map((item) => [JSON.stringify(item), item])).values(),
]

/** Merges of customers: asynchronous and irreversible (contract §2.7). */
export const mergeOperations: Operations = {
  'POST /customers/merges': {
    roles: CREATE,
    handle: ({ org, key, body }) => {
      const { source, target } = readBodyAs(customerMerge, body)
      if (source === target) throw badParameter('target', 'Cannot merge a customer into itself')
      const [from, into] = [requireCustomer(org, source, 'source'), requireCustomer(org, target, 'target')]
      return created({ data: render(startMerge(org, key, from, into)) })
    },
  },
  'GET /customers/merges/:id': {
    roles: READ,
    handle: ({ org, params }) => {
      const merge = org.store.merges.get(params.id ?? '')
      if (!merge) throw notFound('id')
      return ok({ data: render(merge) })
    },
  },
  'GET /customers/:id/merges': {
    roles: READ,
    handle: (call) => {
      const id = call.params.id ?? ''
      const merges = [...call.org.store.merges.values()]
      const own = merges.filter(({ related }) => related.source === id || related.target === id)
      return ok(listPage(call, own, render))
    },
  },
}
