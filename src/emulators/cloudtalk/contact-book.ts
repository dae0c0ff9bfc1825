import type { Contact } from './store.ts'

/** The contacts, findable by number without reading all of them. */
export type ContactBook = {
  get: (id: number) => Contact | undefined
  all: () => Iterable<Contact>
  /** Adds, or replaces the one of the same id. */
  put: (contact: Contact) => void
  delete: (id: number) => boolean
  /** The oldest contact that has the number; `+` or not makes no difference. */
  byNumber: (number: string) => Contact | undefined
}

const bare = (number: string): string => number.replace(/^\+/, '')

export const createContactBook = (): ContactBook => {
  const contacts = new Map<number, Contact>()
  const owners = new Map<string, Set<number>>()

  const forget = (contact: Contact) => {
    for (const number of contact.numbers) owners.get(bare(number))?.delete(contact.id)
  }

  return {
    get: (id) => contacts.get(id),
    all: () => contacts.values(),
    put: (contact) => {
      const before = contacts.get(contact.id)
      if (before) forget(before)
      contacts.set(contact.id, contact)
      for (const number of contact.numbers) {
        const set = owners.get(bare(number)) ?? new Set()
        owners.set(bare(number), set.add(contact.id))
      }
    },
    delete: (id) => {
      const contact = contacts.get(id)
      if (contact) forget(contact)
      return contacts.delete(id)
    },
    byNumber: (number) => {
      const ids = owners.get(bare(number))
      return ids && ids.size > 0 ? contacts.get(Math.min(...ids)) : undefined
    },
  }
}
