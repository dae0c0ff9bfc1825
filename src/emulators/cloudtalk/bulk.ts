import { addActivity, BULK_ACTIVITY_KEYS, deleteActivity, editActivity } from './activity.ts'
import { answer, created, done, invalid, notFound, REQUIRED, type Reply } from './answers.ts'
import { type Account, type Handler, idOf } from './api.ts'
import { readContact } from './contact-input.ts'
import { addContact, deleteContact, editContact } from './contact-writes.ts'
import { addNote, deleteNote, editNote, fieldsOf } from './notes.ts'

/** Operations one request may carry (§2.8). */
const MOST = 10

const NOTE_KEYS = ['id', 'contact_id', 'user_id', 'note']

type Data = Record<string, unknown>

const idIn = (data: Data, key = 'id'): number => idOf(String(data[key] ?? ''))

/** One operation's answer, as the single endpoint would have given it. */
const ACTIONS: Readonly<Record<string, (account: Account, data: Data) => Reply>> = {
  add_contact: (account, data) => {
    const read = readContact(account.store, data, {
      nameRequired: true,
      strict: account.switches().strictBodies,
    })
    return read.errors ? invalid(read.errors) : created(addContact(account, read.change).id)
  },
  edit_contact: (account, data) => {
    const contact = account.store.contacts.get(idIn(data))
    if (!contact) return notFound()
    const { strictBodies: strict, editRequiresName: nameRequired } = account.switches()
    const read = readContact(account.store, data, { nameRequired, strict, alsoKnown: ['id'] })
    if (read.errors) return invalid(read.errors)
    editContact(account, contact, read.change)
    return done()
  },
  delete_contact: (account, data) => {
    const contact = account.store.contacts.get(idIn(data))
    if (!contact) return notFound()
    deleteContact(account, contact)
    return done()
  },
  add_activity: (account, data) => addActivity(account, idIn(data, 'contact_id'), data, BULK_ACTIVITY_KEYS),
  edit_activity: (account, data) => editActivity(account, idIn(data), data, BULK_ACTIVITY_KEYS),
  delete_activity: (account, data) => deleteActivity(account, idIn(data)),
  add_note: (account, data) => addNote(account, idIn(data, 'contact_id'), data, NOTE_KEYS),
  edit_note: (account, data) => editNote(account, idIn(data), data, NOTE_KEYS),
  delete_note: (account, data) => deleteNote(account, idIn(data)),
}

/** An operation without action, command or data makes the request as a whole unreadable. */
const commandOf = (item: unknown): { action: string; command: string; data: Data } | undefined => {
  const { action, command_id: command, data } = fieldsOf(item)
  if (typeof action !== 'string' || !(action in ACTIONS)) return undefined
  if (typeof command !== 'string' && typeof command !== 'number') return undefined
  if (typeof data !== 'object' || data === null) return undefined
  return { action, command: String(command), data: fieldsOf(data) }
}

/** What a bulk request takes of the budget, by the switch `bulkCounts`; one that has no operations is one. */
export const bulkCost = (account: Account, body: unknown): number =>
  account.switches().bulkCounts === 'operations' && Array.isArray(body) ? Math.max(1, body.length) : 1

/**
 * POST /bulk/contacts.json (§2.8): up to ten operations, done in order, each answered on its own.
 */
export const bulkContacts: Handler = (account, { body }) => {
  if (!Array.isArray(body)) return invalid()
  if (body.length > MOST && account.switches().bulkOverTen === 'refuse') return invalid()
  const commands = body.map(commandOf).filter((command) => command !== undefined)
  if (commands.length < body.length) return invalid({ action: [REQUIRED] })
  const results = commands.map(({ action, command, data }) => ({
    command_id: command,
    ...(ACTIONS[action]?.(account, data) ?? notFound()).data,
  }))
  return answer({ status: 200, data: results })
}
