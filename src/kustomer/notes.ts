import { z } from 'zod'
import { ask, idPath } from './requests.ts'
import type { Transport } from './transport.ts'
import { type Page, type PageRequest, paged, resource, rev, single, text } from './wire.ts'

export const noteSchema = resource(
  z.object({
    rev,
    body: text,
    subject: text,
    direction: text,
    externalId: text,
    createdAt: text,
    updatedAt: text,
    modifiedAt: text,
  }),
)

export type Note = z.output<typeof noteSchema>

/** What a note takes (§5.1). */
export type NoteWrite = {
  /** 1 to 10,240 characters. */
  body: string
  externalId?: string
  /** Needs org.admin, as `modifiedAt`. */
  createdAt?: string
  modifiedAt?: string
  importedAt?: string
  /** Neither is in the published API; refused with 400 unless that has changed. */
  subject?: string
  direction?: 'in' | 'out'
}

export const createNotes = (transport: Transport) => {
  const one = single(noteSchema)
  return {
    create: (conversationId: string, body: NoteWrite): Promise<Note> =>
      ask(transport, one, {
        method: 'POST',
        route: '/conversations/:id/notes',
        path: idPath('/conversations', conversationId, '/notes'),
        body,
      }),

    update: (id: string, body: Partial<NoteWrite>): Promise<Note> =>
      ask(transport, one, { method: 'PATCH', route: '/notes/:id', path: idPath('/notes', id), body }),

    get: (id: string): Promise<Note> =>
      ask(transport, one, { method: 'GET', route: '/notes/:id', path: idPath('/notes', id) }),

    /** The way to find a note by its external id: there is no look-up for it (§5.1). */
    list: (conversationId: string, { page, pageSize }: PageRequest = {}): Promise<Page<Note>> =>
      ask(transport, paged(noteSchema), {
        method: 'GET',
        route: '/conversations/:id/notes',
        path: idPath('/conversations', conversationId, '/notes'),
        query: { page, pageSize },
      }),

    delete: async (id: string): Promise<void> => {
      await transport({ method: 'DELETE', route: '/notes/:id', path: idPath('/notes', id) })
    },
  }
}
