import { created, done, type FieldErrors, invalid, notFound, REQUIRED, type Reply } from './answers.ts'
import { type Account, type Handler, idOf } from './api.ts'
import { page } from './pages.ts'
import type { Note } from './store.ts'
import { numeric, offsetDate } from './wire.ts'

type Input = Record<string, unknown>

/** The fields of a body; anything that is not an object has none. */
export const fieldsOf = (body: unknown): Input =>
  typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Input) : {}

/** Newlines become spaces and emoji go (§1.6, seen). */
const flattened = (text: string): string =>
  text
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\p{Extended_Pictographic}/gu, '')
    .trim()

type Read =
  | { note: Pick<Note, 'note' | 'user_id'>; errors?: undefined }
  | { note?: undefined; errors: FieldErrors }

const readNote = ({ store, switches }: Account, body: unknown, known: readonly string[]): Read => {
  const input = fieldsOf(body)
  const errors: FieldErrors = {}
  const note = typeof input.note === 'string' ? flattened(input.note) : ''
  if (note === '') errors.note = [REQUIRED]
  const agent = input.user_id === undefined || input.user_id === '' ? null : Number(input.user_id)
  if (agent !== null && !store.agents.some(({ id }) => id === agent))
    errors.user_id = ['Please supply a valid agent.']
  if (switches().strictBodies)
    for (const key of Object.keys(input)) if (!known.includes(key)) errors[key] = ['Unknown field.']
  return Object.keys(errors).length > 0 ? { errors } : { note: { note, user_id: agent } }
}

/** GET /notes/index.json (§2.9): notes of contacts, not of calls. */
export const indexNotes: Handler = (account, request) => {
  const { query } = request
  const [contactId, userId, keyword] = ['contact_id', 'user_id', 'keyword'].map(
    (name) => query.get(name) ?? '',
  )
  const notes = [...account.store.notes.values()]
    .filter(
      (note) =>
        (contactId === '' || note.contact_id === idOf(contactId)) &&
        (userId === '' || note.user_id === idOf(userId)) &&
        note.note.toLowerCase().includes((keyword ?? '').toLowerCase()),
    )
    .reverse()
  return page(account, request, notes, ({ id, contact_id, user_id, note, created: at }) => ({
    ContactNote: {
      id: String(id),
      contact_id: String(contact_id),
      user_id: numeric(user_id),
      note,
      created: offsetDate(at),
    },
  }))
}

/** Writes of notes, shared by the single endpoints and bulk; `known` = the keys the body may have. */
export const addNote = (
  account: Account,
  contactId: number,
  body: unknown,
  known = ['note', 'user_id'],
): Reply => {
  if (!account.store.contacts.get(contactId)) return notFound()
  const read = readNote(account, body, known)
  if (read.errors) return invalid(read.errors)
  const id = account.store.nextId()
  const at = new Date(account.clock.now()).toISOString()
  account.store.notes.set(id, { id, contact_id: contactId, ...read.note, created: at })
  return created(id)
}

export const editNote = (
  account: Account,
  noteId: number,
  body: unknown,
  known = ['note', 'user_id', 'contact_id'],
): Reply => {
  const note = account.store.notes.get(noteId)
  if (!note) return notFound()
  const contactId = idOf(String(fieldsOf(body).contact_id ?? ''))
  if (Number.isNaN(contactId)) return invalid({ contact_id: [REQUIRED] })
  const read = readNote(account, body, known)
  if (read.errors) return invalid(read.errors)
  if (!account.store.contacts.get(contactId)) return notFound()
  account.store.notes.set(noteId, { ...note, ...read.note, contact_id: contactId })
  return done()
}

export const deleteNote = ({ store }: Account, noteId: number): Reply =>
  store.notes.delete(noteId) ? done() : notFound()

export const addNoteHandler: Handler = (account, { params, body }) => addNote(account, idOf(params.id), body)
export const editNoteHandler: Handler = (account, { params, body }) =>
  editNote(account, idOf(params.id), body)
export const deleteNoteHandler: Handler = (account, { params }) => deleteNote(account, idOf(params.id))
