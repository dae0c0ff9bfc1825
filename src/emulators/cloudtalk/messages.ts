import type { Account } from './api.ts'
import type { Message } from './store.ts'

/** Keeps a message; the API itself has no way to read it again (§4). */
export const storeMessage = ({ store }: Account, message: Omit<Message, 'id' | 'contact_id'>): Message => {
  const contact_id = store.contacts.byNumber(message.external_number)?.id ?? null
  const stored = { ...message, id: store.nextId(), contact_id }
  store.messages.push(stored)
  return stored
}
