import { ORG_ID } from './ids.ts'
import type { Resource, ResourceType } from './resource.ts'

/** The path of each kind under /v1. */
const PATHS: Record<ResourceType, string> = {
  customer: 'customers',
  conversation: 'conversations',
  message: 'messages',
  note: 'notes',
  user: 'users',
  company: 'companies',
  team: 'teams',
  tag: 'tags',
  outbound_webhook: 'outbound-webhooks',
  bulk: 'bulk',
  bulk_batch: 'bulk',
  customer_merge: 'customers/merges',
}

type Relation = { data?: { type: string; id: string }; links: { self: string } }

const relation = (type: string, path: string, id: string): Relation => ({
  data: { type, id },
  links: { self: `/v1/${path}/${id}` },
})

const ORG = relation('org', 'orgs', ORG_ID)

/** A record as the API shows it: JSON:API with flat attributes (contract §1.3). */
export function render(resource: Resource) {
  const { type, id, attributes } = resource
  const self = `/v1/${PATHS[type]}/${id}`
  return { type, id, attributes, relationships: relationshipsOf(resource, self), links: { self } }
}

function relationshipsOf({ type, related }: Resource, self: string): Record<string, Relation> {
  const relations: Record<string, Relation> = { org: ORG }
  if (type === 'customer' || type === 'conversation') {
    relations.messages = { links: { self: `${self}/messages` } }
  }
  if (related.createdBy) relations.createdBy = relation('user', 'users', related.createdBy)
  if (related.modifiedBy) relations.modifiedBy = relation('user', 'users', related.modifiedBy)
  if (related.user) relations.user = relation('user', 'users', related.user)
  if (related.company) relations.company = relation('company', 'companies', related.company)
  if (related.conversation) {
    relations.conversation = relation('conversation', 'conversations', related.conversation)
  }
  if (related.customer) {
    // Seen in real webhook bodies: only a message calls its customer by the plural (contract §1.3).
    relations.customer = relation(
      type === 'message' ? 'customers' : 'customer',
      'customers',
      related.customer,
    )
  }
  if (related.source) relations.source = relation('customer', 'customers', related.source)
  if (related.target) relations.target = relation('customer', 'customers', related.target)
  return relations
}
