import { allowedAdminFields } from './admin-fields.ts'
import type { ApiKey } from './auth.ts'
import { type ConversationAttributes, statusAttributes } from './conversation-attributes.ts'
import { touchConversation } from './conversation-writes.ts'
import { touchCustomer } from './customer-writes.ts'
import type { Org } from './org.ts'
import type { MessageCreate } from './schemas/message.ts'
import type { Conversation, Message } from './store.ts'

function saveMessage(org: Org, before: Message | undefined, after: Message): Message {
  const { messages, messageByExternalId, messagesOfConversation } = org.store
  messages.set(after.id, after)
  const [old, now] = [before?.attributes.externalId, after.attributes.externalId]
  if (old && old !== now) messageByExternalId.delete(old)
  if (now && !messageByExternalId.has(now)) messageByExternalId.set(now, after.id)
  if (after.related.conversation) messagesOfConversation.add(after.related.conversation, after.id)
  org.written(before, after)
  return after
}

/** Nothing published makes an external id unique among messages; the look-up finds the first (contract §5.2). */
export function createMessage(
  org: Org,
  key: ApiKey,
  body: MessageCreate,
  conversation: Conversation,
): Message {
  const {
    id,
    customer: _c,
    conversation: _v,
    createdAt,
    modifiedAt,
    createdBy,
    modifiedBy,
    ...written
  } = body
  const admin = allowedAdminFields(org, key, { createdAt, modifiedAt, createdBy, modifiedBy })
  const now = org.timestamp()
  const direction = body.direction ?? 'in'
  const { customer } = conversation.related
  const message = saveMessage(org, undefined, {
    type: 'message',
    id: id ?? org.newId(),
    attributes: {
      externalId: null,
      preview: null,
      subject: null,
      status: direction === 'in' ? 'received' : 'sent',
      sentAt: now,
      size: body.preview?.length ?? 0,
      auto: false,
      meta: {},
      attachments: [],
      reactions: [],
      redacted: false,
      assignedUsers: conversation.attributes.assignedUsers,
      assignedTeams: conversation.attributes.assignedTeams,
      createdByTeams: [],
      ...written,
      direction,
      directionType: directionTypeOf(conversation.attributes, direction),
      createdAt: admin.createdAt ?? now,
      modifiedAt: admin.modifiedAt ?? now,
      updatedAt: now,
      rev: 1,
    },
    related: {
      createdBy: admin.createdBy ?? key.userId,
      modifiedBy: admin.modifiedBy ?? key.userId,
      conversation: conversation.id,
      ...(customer ? { customer } : {}),
    },
  })
  const summary = summaryOf(message)
  touchConversation(org, conversation.id, (attributes) => afterMessage(attributes, message, summary, now))
  touchCustomer(org, customer, {
    lastMessageAt: now,
    [direction === 'in' ? 'lastMessageIn' : 'lastMessageOut']: summary,
    preview: { previewAt: now, type: 'message_in', text: body.preview ?? '', subject: body.subject ?? '' },
    lastConversation: { id: conversation.id, channels: [body.channel], tags: conversation.attributes.tags },
  })
  return message
}

const summaryOf = ({ id, attributes }: Message) => ({
  id,
  sentAt: attributes.sentAt,
  createdAt: attributes.createdAt,
  channel: attributes.channel,
  directionType: attributes.directionType,
})

function directionTypeOf({ lastMessageDirection }: ConversationAttributes, direction: 'in' | 'out'): string {
  if (lastMessageDirection === null) return `initial-${direction}`
  return lastMessageDirection === direction ? `followup-${direction}` : `response-${direction}`
}

/** Channels follow from messages, and an inbound one opens the conversation again (contract §4). */
function afterMessage(
  attributes: ConversationAttributes,
  message: Message,
  summary: object,
  now: string,
): Partial<ConversationAttributes> {
  const { channel, direction } = message.attributes
  const inbound = direction === 'in'
  const status = inbound ? 'open' : attributes.status
  return {
    channels: [...new Set([...attributes.channels, channel])],
    messageCount: attributes.messageCount + 1,
    inboundMessageCount: attributes.inboundMessageCount + (inbound ? 1 : 0),
    outboundMessageCount: attributes.outboundMessageCount + (inbound ? 0 : 1),
    lastMessageDirection: direction,
    lastMessageAt: now,
    ...firstAndLast(attributes, inbound ? 'In' : 'Out', summary),
    billingStatus: 'billable',
    status,
    ...statusAttributes(attributes, status, now),
  }
}

function firstAndLast(attributes: ConversationAttributes, side: 'In' | 'Out', summary: object) {
  const first = attributes[`firstMessage${side}`] as object
  return {
    [`lastMessage${side}`]: summary,
    [`firstMessage${side}`]: 'id' in first ? first : summary,
  }
}

export function updateMessage(org: Org, key: ApiKey, before: Message, body: Partial<MessageCreate>): Message {
  const { createdAt, modifiedAt, createdBy, modifiedBy, ...written } = body
  const admin = allowedAdminFields(org, key, { createdAt, modifiedAt, createdBy, modifiedBy })
  const now = org.timestamp()
  const { attributes, related } = before
  return saveMessage(org, before, {
    ...before,
    attributes: {
      ...attributes,
      ...written,
      createdAt: admin.createdAt ?? attributes.createdAt,
      modifiedAt: admin.modifiedAt ?? now,
      updatedAt: now,
      rev: attributes.rev + 1,
    },
    related: {
      ...related,
      createdBy: admin.createdBy ?? related.createdBy,
      modifiedBy: admin.modifiedBy ?? key.userId,
    },
  })
}
