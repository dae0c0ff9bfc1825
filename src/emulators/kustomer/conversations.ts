import { z } from 'zod'
import { type ApiKey, rolesFor } from './auth.ts'
import { type Call, created, NO_CONTENT, type Operations, ok } from './call.ts'
import {
  createConversation,
  moveConversation,
  requireBodyCustomer,
  saveConversation,
  updateConversation,
} from './conversation-writes.ts'
import { touchCustomer } from './customer-writes.ts'
import { requireCustomer, showOneOrMany } from './customers.ts'
import { badParameter, notFound } from './errors.ts'
import type { Org } from './org.ts'
import { listPage } from './pages.ts'
import { readBodyAs } from './schema-problems.ts'
import { conversationMove, conversationSchemas } from './schemas/conversation.ts'
import { tag } from './schemas/parts.ts'
import type { Conversation } from './store.ts'
import { tagIds } from './tags.ts'
import { render } from './wire.ts'

const ROLES = rolesFor('conversation')

/** @throws {KustomerError} 404 for an unknown id, and for a deleted one unless the switch shows those. */
export function requireConversation(org: Org, id: string): Conversation {
  const conversation = org.store.conversations.get(id)
  if (!conversation || (conversation.deleted && org.switches().getDeleted === 'notfound'))
    throw notFound('id')
  return conversation
}

/** Takes from the budget of one customer and key; imported records are free (contract §1.4). */
export function takeCreation({ org, key }: Call, customer: string | undefined, importedAt: unknown): void {
  if (importedAt !== undefined) return
  org.limits.take('creationsPerCustomerPerMinute', creationBudget(key, customer))
}

/** Whose budget a new conversation, message or note takes from. */
export const creationBudget = (key: ApiKey, customer: string | undefined): string =>
  `${key.id}:${customer ?? ''}`

function create(call: Call) {
  const { customer, ...body } = readBodyAs(conversationSchemas(call.org.switches()).create, call.body)
  const owner = customer ? requireBodyCustomer(call.org, customer) : undefined
  takeCreation(call, owner, body.importedAt)
  return created({ data: render(createConversation(call.org, call.key, body, owner)) })
}

function write(call: Call, replace: boolean) {
  const { org, key, params, body } = call
  const before = requireConversation(org, params.id ?? '')
  org.limits.take('updatesPerObjectPerMinute', `${key.id}:${before.id}`)
  if (typeof body === 'object' && body !== null && 'customer' in body) {
    const { customer } = readBodyAs(conversationMove, body)
    return ok({ data: render(moveConversation(org, key, before, requireBodyCustomer(org, customer))) })
  }
  const changes = readBodyAs(conversationSchemas(org.switches()).update, body)
  return ok({ data: render(updateConversation(org, key, before, changes, replace)) })
}

/** Adds or removes tags; the body is a bare list of names or ids (contract §3). */
function writeTags({ org, key, params, body }: Call, merge: (had: string[], given: string[]) => string[]) {
  const before = requireConversation(org, params.id ?? '')
  const given = tagIds(org, key, readBodyAs(z.array(tag), body))
  const tags = merge(before.attributes.tags, given)
  if (tags.length > 20) throw badParameter('tags', 'Invalid value', '/maxItems')
  return ok({ data: render(updateConversation(org, key, before, { tags }, false)) })
}

const inOrder = (conversations: Conversation[], { query }: Call): Conversation[] =>
  query.get('sort') === 'desc' ? conversations.toReversed() : conversations

function conversationsOf(call: Call): Conversation[] {
  const { id } = requireCustomer(call.org, call.params.id ?? '')
  const fromDate = call.query.get('fromDate')
  const since = fromDate === null ? Number.NEGATIVE_INFINITY : Date.parse(fromDate)
  if (Number.isNaN(since)) throw badParameter('fromDate', 'Not a date')
  const { conversations, conversationsOfCustomer } = call.org.store
  return conversationsOfCustomer
    .of(id)
    .flatMap((conversation) => conversations.get(conversation) ?? [])
    .filter(({ attributes }) => Date.parse(attributes.createdAt) >= since)
}

const living = (conversation: Conversation | undefined) => (conversation?.deleted ? undefined : conversation)

/** Conversations (contract §4). */
export const conversationOperations: Operations = {
  'GET /conversations': {
    roles: ROLES.read,
    handle: (call) => {
      const conversations = [...call.org.store.conversations.values()].filter(({ deleted }) => !deleted)
      return ok(listPage(call, inOrder(conversations, call), render))
    },
  },
  'POST /conversations': { roles: ROLES.create, handle: create },
  'GET /customers/:id/conversations': {
    roles: ROLES.read,
    handle: (call) => ok(listPage(call, inOrder(conversationsOf(call), call), render)),
  },
  'POST /customers/:id/conversations': {
    roles: ROLES.create,
    handle: (call) => {
      const { id } = requireCustomer(call.org, call.params.id ?? '')
      const body = readBodyAs(conversationSchemas(call.org.switches()).createForCustomer, call.body)
      takeCreation(call, id, body.importedAt)
      return created({ data: render(createConversation(call.org, call.key, body, id)) })
    },
  },
  'GET /conversations/externalId=:externalId': {
    roles: ROLES.read,
    handle: ({ org, params }) => {
      const id = org.store.conversationByExternalId.get(params.externalId ?? '')
      if (id === undefined) throw notFound('externalId')
      return ok({ data: render(requireConversation(org, id)) })
    },
  },
  'GET /conversations/:id': {
    roles: ROLES.read,
    handle: ({ org, params }) =>
      showOneOrMany(
        params.id ?? '',
        (id) => living(org.store.conversations.get(id)),
        (id) => requireConversation(org, id),
      ),
  },
  'PUT /conversations/:id': {
    roles: ROLES.update,
    handle: (call) => write(call, call.query.get('replace') === 'true'),
  },
  'PATCH /conversations/:id': { roles: ROLES.update, handle: (call) => write(call, false) },
  'DELETE /conversations/:id': {
    roles: ROLES.delete,
    handle: ({ org, params }) => {
      const before = org.store.conversations.get(params.id ?? '')
      if (!before || before.deleted) throw notFound('id')
      const attributes = { ...before.attributes, deleted: true, updatedAt: org.timestamp() }
      saveConversation(org, before, { ...before, deleted: true, attributes })
      touchCustomer(org, before.related.customer)
      return NO_CONTENT
    },
  },
  'POST /conversations/:id/tags': {
    roles: ROLES.update,
    handle: (call) => writeTags(call, (had, given) => [...new Set([...had, ...given])]),
  },
  'DELETE /conversations/:id/tags': {
    roles: ['org.permission.conversation.delete', 'org.user.conversation.write'],
    handle: (call) => writeTags(call, (had, given) => had.filter((id) => !given.includes(id))),
  },
}
