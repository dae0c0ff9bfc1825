import { z } from 'zod'
import { createdAnswer } from './created.ts'
import { type PageQuery, readPage } from './page.ts'
import { type NoteWrite, noteToWire } from './timeline-write.ts'
import type { Transport } from './transport.ts'
import { id, idToWire, optionalDate, optionalId, text } from './wire.ts'

const noteRow = z
  .object({
    ContactNote: z.object({ id, contact_id: id, user_id: optionalId, note: text, created: optionalDate }),
  })
  .transform(({ ContactNote }) => ({
    id: ContactNote.id,
    contactId: ContactNote.contact_id,
    userId: ContactNote.user_id,
    note: ContactNote.note,
    createdAt: ContactNote.created,
  }))

/** A note on a contact; notes of a call come with the call and cannot be written (contract §4). */
export type ContactNote = z.output<typeof noteRow>

export function notes(transport: Transport) {
  return {
    list: ({ page, limit, contactId, userId, keyword }: NoteListQuery) =>
      readPage(
        transport,
        '/notes/index.json',
        { page, limit, contact_id: contactId, user_id: userId, keyword },
        noteRow,
      ),
    /** CloudTalk stores it on one line and without emoji (contract §1.6). */
    add: (contactId: string, note: NoteWrite) =>
      transport.json(
        { method: 'PUT', path: '/notes/add/:id.json', id: contactId, body: noteToWire(note) },
        createdAnswer,
      ),
    edit: (noteId: string, { contactId, ...note }: NoteWrite & { contactId: string }) =>
      transport.done({
        method: 'POST',
        path: '/notes/edit/:id.json',
        id: noteId,
        body: { contact_id: idToWire(contactId), ...noteToWire(note) },
      }),
    delete: (noteId: string) =>
      transport.done({ method: 'DELETE', path: '/notes/delete/:id.json', id: noteId }),
  }
}

export type NoteListQuery = PageQuery & { contactId?: string; userId?: string; keyword?: string }
