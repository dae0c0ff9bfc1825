import type { ApiKey } from './auth.ts'
import {
  type ConversationAttributes,
  historyAfter,
  NEW_CONVERSATION,
  statusAttributes,
} from './conversation-attributes.ts'
import { requireRev, touchCustomer } from './customer-writes.ts'
import { badParameter, conflict } from './errors.ts'
import { authorship, type Org } from './org.ts'
import type { ConversationCreate, ConversationUpdate } from './schemas/conversation.ts'
import type { Conversation } from './store.ts'
import { tagIds } from './tags.ts'

/** Stores a conversation and keeps its look-ups right. */
export function saveConversation(
  org: Org,
  before: Conversation | undefined,
  after: Conversation,
): Conversation {
  const { conversations, conversationByExternalId, conversationsOfCustomer } = org.store
  conversations.set(after.id, after)
  const [old, now] = [before?.attributes.externalId, after.attributes.externalId]
  if (old && (old !== now || after.deleted)) conversationByExternalId.delete(old)
  if (now && !after.deleted) conversationByExternalId.set(now, after.id)
  if (before?.related.customer && (before.related.customer !== after.related.customer || after.deleted)) {
    conversationsOfCustomer.remove(before.related.customer, after.id)
  }
  if (after.related.customer && !after.deleted) conversationsOfCustomer.add(after.related.customer, after.id)
  count(org, before, -1)
  count(org, after, 1)
  org.written(before, after)
  return after
}

function count(org: Org, conversation: Conversation | undefined, by: 1 | -1): void {
  const customer = conversation?.related.customer
  if (!customer || conversation.deleted) return
  const { conversationCounts } = org.store
  const counts = conversationCounts.get(customer) ?? { done: 0, open: 0, snoozed: 0, all: 0 }
  const { status } = conversation.attributes
  conversationCounts.set(customer, { ...counts, [status]: counts[status] + by, all: counts.all + by })
}

export function createConversation(
  org: Org,
  key: ApiKey,
  { id, campaign: _campaign, ...body }: ConversationCreate,
  customer: string | undefined,
): Conversation {
  requireFreeExternalId(org, body.externalId, undefined)
  if (id !== undefined && org.store.conversations.has(id)) {
    throw conflict('id', 'duplicate id', org.switches().duplicateStatus)
  }
  const now = org.timestamp()
  const conversation = saveConversation(org, undefined, {
    type: 'conversation',
    id: id ?? org.newId(),
    attributes: {
      ...NEW_CONVERSATION,
      createdAt: now,
      open: { statusAt: now },
      ...body,
      tags: tagIds(org, key, body.tags ?? []),
      ...statusAttributes(NEW_CONVERSATION, body.status ?? 'open', now, key.userId),
      lastActivityAt: now,
      updatedAt: now,
      modifiedAt: now,
      rev: 1,
    },
    related: { ...authorship(key), ...(customer ? { customer } : {}) },
  })
  touchCustomer(org, customer)
  return conversation
}

export function updateConversation(
  org: Org,
  key: ApiKey,
  before: Conversation,
  { rev, tags, deleted, ...body }: ConversationUpdate,
  replace: boolean,
): Conversation {
  requireRev(before, rev)
  requireFreeExternalId(org, body.externalId, before.id)
  const now = org.timestamp()
  const { attributes } = before
  const base = replace ? clearedAttributes(attributes) : attributes
  const written = { ...body, ...(tags ? { tags: tagIds(org, key, tags) } : {}) }
  const after = saveConversation(org, before, {
    ...before,
    ...(deleted === true ? { deleted } : {}),
    attributes: {
      ...base,
      ...written,
      ...statusAttributes(attributes, body.status ?? base.status, now, key.userId),
      modificationHistory: historyAfter(attributes, written, now),
      deleted: deleted === true,
      lastActivityAt: now,
      updatedAt: now,
      modifiedAt: now,
      rev: attributes.rev + 1,
    },
    related: { ...before.related, modifiedBy: key.userId },
  })
  touchCustomer(org, after.related.customer)
  return after
}

/** A full update clears what it does not mention (contract §2.2). */
const clearedAttributes = (attributes: ConversationAttributes): ConversationAttributes => ({
  ...attributes,
  name: null,
  externalId: null,
  tags: [],
  assignedUsers: [],
  assignedTeams: [],
  custom: {},
  priority: NEW_CONVERSATION.priority,
  subStatus: null,
  defaultLang: null,
})

/** To another customer, with its messages and notes (contract §4). */
export function moveConversation(
  org: Org,
  key: ApiKey,
  before: Conversation,
  customer: string,
): Conversation {
  const now = org.timestamp()
  const after = saveConversation(org, before, {
    ...before,
    attributes: { ...before.attributes, updatedAt: now, modifiedAt: now, rev: before.attributes.rev + 1 },
    related: { ...before.related, customer, modifiedBy: key.userId },
  })
  const { messages, notes, messagesOfConversation, notesOfConversation } = org.store
  for (const id of messagesOfConversation.of(after.id)) {
    const message = messages.get(id)
    if (message) messages.set(id, { ...message, related: { ...message.related, customer } })
  }
  for (const id of notesOfConversation.of(after.id)) {
    const note = notes.get(id)
    if (note) notes.set(id, { ...note, related: { ...note.related, customer } })
  }
  touchCustomer(org, before.related.customer)
  touchCustomer(org, customer)
  return after
}

/** Activity in a conversation: counts and times move, `modifiedAt` does not. */
export function touchConversation(
  org: Org,
  id: string,
  change: (attributes: ConversationAttributes) => Partial<ConversationAttributes>,
): Conversation | undefined {
  const before = org.store.conversations.get(id)
  if (!before || before.deleted) return undefined
  const now = org.timestamp()
  const { attributes } = before
  return saveConversation(org, before, {
    ...before,
    attributes: {
      ...attributes,
      ...change(attributes),
      lastActivityAt: now,
      updatedAt: now,
      rev: attributes.rev + 1,
    },
  })
}

function requireFreeExternalId(
  org: Org,
  externalId: string | null | undefined,
  self: string | undefined,
): void {
  if (!externalId) return
  const owner = org.store.conversationByExternalId.get(externalId)
  if (owner !== undefined && owner !== self) {
    throw conflict('externalId', 'duplicate externalId', org.switches().duplicateStatus)
  }
}

/** The customer that a body names. @throws {KustomerError} 400 when there is no such one. */
export function requireBodyCustomer(org: Org, id: string): string {
  const customer = org.store.customers.get(id)
  if (!customer || customer.deleted)
    throw badParameter('customer', 'No such customer', '/properties/customer')
  return id
}
