import type { CompanyAttributes } from './companies.ts'
import type { ConversationAttributes } from './conversation-attributes.ts'
import type { ConversationCounts, CustomerAttributes } from './customer-attributes.ts'
import type { MessageAttributes } from './messages.ts'
import type { NoteAttributes } from './notes.ts'
import type { WebhookAttributes } from './outbound-webhooks.ts'
import type { Resource } from './resource.ts'
import type { TagAttributes } from './tags.ts'

export type Customer = Resource<CustomerAttributes>
export type Conversation = Resource<ConversationAttributes>
export type Message = Resource<MessageAttributes>
export type Note = Resource<NoteAttributes>
export type Company = Resource<CompanyAttributes>
export type Tag = Resource<TagAttributes>
export type OutboundWebhook = Resource<WebhookAttributes>

/** Ids by the id they belong to, in order of creation. */
type Children = {
  add: (parent: string, child: string) => void
  remove: (parent: string, child: string) => void
  of: (parent: string) => string[]
}

const createChildren = (): Children => {
  const lists = new Map<string, Set<string>>()
  return {
    add: (parent, child) => {
      const list = lists.get(parent)
      if (list) list.add(child)
      else lists.set(parent, new Set([child]))
    },
    remove: (parent, child) => {
      lists.get(parent)?.delete(child)
    },
    of: (parent) => [...(lists.get(parent) ?? [])],
  }
}

/** Everything the org has, with an index for every look-up the API offers. */
export const createStore = () => ({
  customers: new Map<string, Customer>(),
  conversations: new Map<string, Conversation>(),
  messages: new Map<string, Message>(),
  notes: new Map<string, Note>(),
  companies: new Map<string, Company>(),
  users: new Map<string, Resource>(),
  teams: new Map<string, Resource>(),
  tags: new Map<string, Tag>(),
  webhooks: new Map<string, OutboundWebhook>(),
  bulks: new Map<string, Resource>(),
  batches: new Map<string, Resource>(),
  merges: new Map<string, Resource>(),

  /** `phone:+420…`, `email:…`, `externalId:…` → customer id; see customer-keys.ts. */
  customerByKey: new Map<string, string>(),
  conversationByExternalId: new Map<string, string>(),
  messageByExternalId: new Map<string, string>(),
  tagByName: new Map<string, string>(),
  conversationsOfCustomer: createChildren(),
  /** By status; counted as they change, since one customer may hold thousands. */
  conversationCounts: new Map<string, ConversationCounts>(),
  messagesOfConversation: createChildren(),
  notesOfConversation: createChildren(),
})

export type Store = ReturnType<typeof createStore>
