import { z } from 'zod'
import { ask, find, idPath } from './requests.ts'
import type { Transport } from './transport.ts'
import { optional, type Page, type PageRequest, paged, resource, rev, single, text } from './wire.ts'

export const messageSchema = resource(
  z.object({
    rev,
    channel: text,
    app: text,
    direction: text,
    preview: text,
    subject: text,
    status: text,
    externalId: text,
    meta: optional(z.record(z.string(), z.unknown())),
    sentAt: text,
    createdAt: text,
    updatedAt: text,
    modifiedAt: text,
  }),
)

export type Message = z.output<typeof messageSchema>

/** What a message takes (§5.2): it is recorded, not delivered. */
export type MessageWrite = {
  channel: 'email' | 'sms' | 'chat' | 'facebook' | 'voice' | 'instagram' | 'whatsapp'
  /** Our integration's name, always the same. */
  app: string
  /** The text, up to 10,240 characters; there is no `body`. */
  preview?: string
  subject?: string
  direction?: 'in' | 'out'
  status?: 'sent' | 'received' | 'error'
  externalId?: string
  meta?: Record<string, unknown>
  sentAt?: string
  /** Needs org.admin. */
  createdAt?: string
  importedAt?: string
}

export const createMessages = (transport: Transport) => {
  const one = single(messageSchema)
  return {
    create: (conversationId: string, body: MessageWrite): Promise<Message> =>
      ask(transport, one, {
        method: 'POST',
        route: '/conversations/:id/messages',
        path: idPath('/conversations', conversationId, '/messages'),
        body,
      }),

    /** The key is lower case in the published path (§5.2). */
    byExternalId: (externalId: string): Promise<Message | undefined> =>
      find(transport, one, {
        method: 'GET',
        route: '/messages/externalid=:externalId',
        path: `/messages/externalid=${encodeURIComponent(externalId)}`,
      }),

    update: (id: string, body: Partial<MessageWrite>): Promise<Message> =>
      ask(transport, one, { method: 'PATCH', route: '/messages/:id', path: idPath('/messages', id), body }),

    list: (conversationId: string, { page, pageSize }: PageRequest = {}): Promise<Page<Message>> =>
      ask(transport, paged(messageSchema), {
        method: 'GET',
        route: '/conversations/:id/messages',
        path: idPath('/conversations', conversationId, '/messages'),
        query: { page, pageSize },
      }),
  }
}
