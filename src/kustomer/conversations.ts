import { z } from 'zod'
import { ask, find, idPath } from './requests.ts'
import { type SearchQuery, search } from './search.ts'
import type { Transport } from './transport.ts'
import {
  flag,
  list,
  number,
  type Page,
  type PageRequest,
  paged,
  resource,
  rev,
  single,
  text,
} from './wire.ts'

export const conversationSchema = resource(
  z.object({
    rev,
    name: text,
    externalId: text,
    status: text,
    direction: text,
    channels: list(z.string()),
    assignedUsers: list(z.string()),
    assignedTeams: list(z.string()),
    tags: list(z.string()),
    messageCount: number,
    noteCount: number,
    deleted: flag,
    createdAt: text,
    updatedAt: text,
    modifiedAt: text,
    /** Set on what was brought over from elsewhere (§1.4). */
    importedAt: text,
  }),
)

export type Conversation = z.output<typeof conversationSchema>

/** What a new conversation takes (§4). */
export type ConversationCreate = {
  /** Customer id. The published API wants one; leaving it out is answered 400 unless that has changed. */
  customer?: string
  externalId?: string
  name?: string
  status?: 'open' | 'done'
  direction?: 'in' | 'out'
  /** Not in the published API, which derives channels from messages; refused with 400 unless that has changed. */
  channels?: string[]
  assignedUsers?: string[]
  assignedTeams?: string[]
  tags?: string[]
  createdAt?: string
  importedAt?: string
}

/** What an edit takes (§4); lists replace lists. */
export type ConversationUpdate = {
  externalId?: string | null
  name?: string | null
  status?: 'open' | 'snoozed' | 'done'
  direction?: 'in' | 'out'
  assignedUsers?: string[]
  assignedTeams?: string[]
  tags?: string[]
  rev?: number
}

const one = single(conversationSchema)
const many = paged(conversationSchema)

export const createConversations = (transport: Transport) => {
  const patch = (id: string, body: ConversationUpdate | { customer: string }): Promise<Conversation> =>
    ask(transport, one, {
      method: 'PATCH',
      route: '/conversations/:id',
      path: idPath('/conversations', id),
      body,
    })

  return {
    create: (body: ConversationCreate): Promise<Conversation> =>
      ask(transport, one, { method: 'POST', route: '/conversations', path: '/conversations', body }),

    get: (id: string): Promise<Conversation> =>
      ask(transport, one, { method: 'GET', route: '/conversations/:id', path: idPath('/conversations', id) }),

    byExternalId: (externalId: string): Promise<Conversation | undefined> =>
      find(transport, one, {
        method: 'GET',
        route: '/conversations/externalId=:externalId',
        path: `/conversations/externalId=${encodeURIComponent(externalId)}`,
      }),

    update: (id: string, body: ConversationUpdate): Promise<Conversation> => patch(id, body),

    /** A request of its own: `customer` goes with no other field (§4). */
    moveTo: (id: string, customerId: string): Promise<Conversation> => patch(id, { customer: customerId }),

    delete: async (id: string): Promise<void> => {
      await transport({ method: 'DELETE', route: '/conversations/:id', path: idPath('/conversations', id) })
    },

    forCustomer: (customerId: string, { page, pageSize }: PageRequest = {}): Promise<Page<Conversation>> =>
      ask(transport, many, {
        method: 'GET',
        route: '/customers/:id/conversations',
        path: idPath('/customers', customerId, '/conversations'),
        query: { page, pageSize },
      }),

    /** By `conversation_…` attributes; the external id is not among them: look that up by key (§2.6). */
    search: (query: SearchQuery, page: PageRequest = {}): Promise<Page<Conversation>> =>
      search(transport, '/customers/search', 'conversation', conversationSchema, query, page),
  }
}
