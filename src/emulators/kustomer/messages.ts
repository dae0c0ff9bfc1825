import { rolesFor } from './auth.ts'
import { type Call, created, type Operations, ok } from './call.ts'
import { createConversation } from './conversation-writes.ts'
import { requireConversation, takeCreation } from './conversations.ts'
import { requireCustomer } from './customers.ts'
import { badParameter, notFound } from './errors.ts'
import { createMessage, updateMessage } from './message-writes.ts'
import type { Org } from './org.ts'
import { listPage } from './pages.ts'
import type { Attributes } from './resource.ts'
import { readBodyAs } from './schema-problems.ts'
import type { Channel } from './schemas/conversation.ts'
import { messageCreate, messageCreateByCustomer, messageUpdate } from './schemas/message.ts'
import type { Message } from './store.ts'
import { render } from './wire.ts'

export type MessageAttributes = Attributes & {
  channel: Channel
  app: string
  direction: 'in' | 'out'
  externalId: string | null
  preview: string | null
  sentAt: string
  createdAt: string
  updatedAt: string
  modifiedAt: string
  rev: number
}

const ROLES = rolesFor('message')

function requireMessage(org: Org, id: string): Message {
  const message = org.store.messages.get(id)
  if (!message) throw notFound('id')
  return message
}

function createIn(call: Call, conversationId: string | undefined) {
  const body = readBodyAs(messageCreate, call.body)
  const named = conversationId ?? body.conversation
  if (named === undefined) throw badParameter('conversation', 'Missing required property', '/required')
  const conversation = requireConversation(call.org, named)
  takeCreation(call, conversation.related.customer, body.importedAt)
  return created({ data: render(createMessage(call.org, call.key, body, conversation)) })
}

/** Without a conversation it begins one (contract §5.2). */
function createForCustomer(call: Call) {
  const { org, key } = call
  const { id: customer } = requireCustomer(org, call.params.id ?? '')
  const body = readBodyAs(messageCreateByCustomer, call.body)
  takeCreation(call, customer, body.importedAt)
  const conversation = body.conversation
    ? requireConversation(org, body.conversation)
    : createConversation(
        org,
        key,
        { direction: body.direction ?? 'in', name: body.subject, importedAt: body.importedAt },
        customer,
      )
  return created({ data: render(createMessage(org, key, body, conversation)) })
}

function update({ org, key, params, body }: Call) {
  const before = requireMessage(org, params.id ?? '')
  org.limits.take('updatesPerObjectPerMinute', `${key.id}:${before.id}`)
  return ok({ data: render(updateMessage(org, key, before, readBodyAs(messageUpdate, body))) })
}

const messagesOf = (org: Org, conversationId: string): Message[] =>
  org.store.messagesOfConversation.of(conversationId).flatMap((id) => org.store.messages.get(id) ?? [])

/** Messages: recorded, not delivered (contract §5.2). There is no way to delete one. */
export const messageOperations: Operations = {
  'GET /messages': {
    roles: ROLES.read,
    handle: (call) => ok(listPage(call, [...call.org.store.messages.values()], render)),
  },
  'POST /messages': { roles: ROLES.create, handle: (call) => createIn(call, undefined) },
  'GET /conversations/:id/messages': {
    roles: ROLES.read,
    handle: (call) => {
      const { id } = requireConversation(call.org, call.params.id ?? '')
      return ok(listPage(call, messagesOf(call.org, id), render))
    },
  },
  'POST /conversations/:id/messages': {
    roles: ROLES.create,
    handle: (call) => createIn(call, call.params.id ?? ''),
  },
  'GET /customers/:id/messages': {
    roles: ROLES.read,
    handle: (call) => {
      const { id } = requireCustomer(call.org, call.params.id ?? '')
      const conversations = call.org.store.conversationsOfCustomer.of(id)
      const messages = conversations.flatMap((conversation) => messagesOf(call.org, conversation))
      return ok(listPage(call, messages, render))
    },
  },
  'POST /customers/:id/messages': { roles: ROLES.create, handle: createForCustomer },
  'GET /messages/externalid=:externalId': {
    roles: ROLES.read,
    handle: ({ org, params }) => {
      const id = org.store.messageByExternalId.get(params.externalId ?? '')
      if (id === undefined) throw notFound('externalId')
      return ok({ data: render(requireMessage(org, id)) })
    },
  },
  'GET /messages/:id': {
    roles: ROLES.read,
    handle: ({ org, params }) => ok({ data: render(requireMessage(org, params.id ?? '')) }),
  },
  'PUT /messages/:id': { roles: ROLES.update, handle: update },
  'PATCH /messages/:id': { roles: ROLES.update, handle: update },
}
