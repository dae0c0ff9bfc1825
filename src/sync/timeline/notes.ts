import type { Note, NoteWrite } from '../../kustomer/index.ts'
import { noteParts } from '../../mapping/note-body.ts'
import type { TimelineNote } from '../../mapping/timeline.ts'
import { newFields } from '../../mapping/write.ts'
import type { SyncContext } from '../context.ts'
import { wrote } from '../meter.ts'
import type { VendorForms } from '../vendor-forms.ts'
import { ifThere } from './if-there.ts'
import { createImported, isImport } from './import.ts'

const NOTES_PAGE = 100

/** What an earlier settle has written. */
export interface StandingNotes {
  noteIds: readonly string[]
  noteBody: string | undefined
  /** Their subject, where they have one. */
  headline: string | undefined
}

/**
 * The note of a call or message, created once; a body over Kustomer's limit goes on in further notes. There is no
 * look-up of a note by its external id (contract kustomer §5.1), so after a lost answer the conversation's notes are
 * listed.
 */
export async function ensureNotes(
  context: SyncContext,
  forms: VendorForms,
  part: { conversationId: string; lookFirst: boolean },
  standing: StandingNotes,
  noteOf: (literalSubject: boolean) => TimelineNote,
): Promise<{ ids: string[]; body: string }> {
  if (standing.noteIds.length > 0) {
    const note = noteOf(forms.literal('noteSubject'))
    return { ids: await updateNotes(context, part.conversationId, standing, note), body: note.body }
  }
  return forms.firstAlone('noteSubject', () => createNotes(context, forms, part, noteOf))
}

async function createNotes(
  context: SyncContext,
  forms: VendorForms,
  part: { conversationId: string; lookFirst: boolean },
  noteOf: (literalSubject: boolean) => TimelineNote,
): Promise<{ ids: string[]; body: string }> {
  const literal = forms.literal('noteSubject')
  const note = noteOf(literal)
  try {
    const shared = !literal || forms.known('noteSubject')
    const ids = await createParts(context, { ...part, shared }, note, [])
    if (literal) await forms.accepted('noteSubject')
    return { ids, body: note.body }
  } catch (error) {
    if (!literal || !(await forms.refused(error, 'noteSubject'))) throw error
    return createNotes(context, forms, part, noteOf)
  }
}

/** A note that is no longer needed says so: deleting it would take away what somebody may have answered to. */
export const NOTHING_LEFT = '–'

/** Whether the notes already say it. */
export const saysTheSame = (standing: StandingNotes, note: TimelineNote): boolean =>
  note.body === standing.noteBody && !isRetitled(standing, note)

const isRetitled = ({ headline }: StandingNotes, { subject }: TimelineNote): boolean =>
  subject !== undefined && headline !== undefined && subject !== headline

/** Changes the same notes; a body that has grown over the limit gets its further notes now. */
export async function updateNotes(
  context: SyncContext,
  conversationId: string,
  standing: StandingNotes,
  note: TimelineNote,
): Promise<string[]> {
  const { noteBody = '', headline: subject } = standing
  const before = noteParts(noteBody)
  const parts = noteParts(note.body)
  const retitled = isRetitled(standing, note)
  for (const [index, id] of standing.noteIds.entries()) {
    const body = parts[index] ?? NOTHING_LEFT
    if (body === (before[index] ?? NOTHING_LEFT) && !retitled) continue
    const change = { body, ...(note.subject !== undefined && { subject: note.subject }) }
    await updateNote(context, conversationId, id, change, { body: before[index], subject })
  }
  return createParts(context, { conversationId, lookFirst: true, shared: true }, note, standing.noteIds)
}

/** A note that somebody deleted stays deleted. */
async function updateNote(
  { vendors }: SyncContext,
  conversationId: string,
  id: string,
  change: { body: string; subject?: string },
  before: Pick<Note, 'body' | 'subject'>,
): Promise<void> {
  const updated = await ifThere(vendors.kustomer((kustomer) => kustomer.notes.update(id, change)))
  if (!updated) return
  const held: Record<string, string | undefined> = before
  const fields = Object.fromEntries(
    Object.entries(change)
      .filter(([field, after]) => held[field] !== after)
      .map(([field, after]) => [field, { ...(held[field] !== undefined && { before: held[field] }), after }]),
  )
  wrote({ to: 'note', id, did: 'changed', conversationId, fields })
}

/** Creates the parts beyond those that stand, looking first where an earlier try may have made them. */
async function createParts(
  context: SyncContext,
  part: { conversationId: string; lookFirst: boolean; shared: boolean },
  note: TimelineNote,
  standing: readonly string[],
): Promise<string[]> {
  const bodies = noteParts(note.body)
  const ids = [...standing]
  if (ids.length >= bodies.length) return ids
  const existing = part.lookFirst
    ? await notesByExternalId(context, part.conversationId)
    : new Map<string, Note>()
  for (const [index, body] of bodies.entries()) {
    if (index < standing.length) continue
    const externalId = index === 0 ? note.externalId : `${note.externalId}-${index + 1}`
    const { body: _whole, ...head } = note
    const found = existing.get(externalId)
    const { id } =
      found ?? (await send(context, part.conversationId, { ...head, externalId, body }, part.shared))
    // An earlier try may have known less than this one.
    const change = { body, ...(head.subject !== undefined && { subject: head.subject }) }
    if (found && (found.body !== body || (head.subject !== undefined && found.subject !== head.subject))) {
      await updateNote(context, part.conversationId, id, change, found)
    }
    ids.push(id)
  }
  return ids
}

async function notesByExternalId(context: SyncContext, conversationId: string): Promise<Map<string, Note>> {
  const byExternalId = new Map<string, Note>()
  for (let page = 1; ; page++) {
    const batch = await context.vendors.kustomer((kustomer) =>
      kustomer.notes.list(conversationId, { page, pageSize: NOTES_PAGE }),
    )
    for (const note of batch.items) if (note.externalId) byExternalId.set(note.externalId, note)
    if (batch.next === undefined) return byExternalId
  }
}

async function send(
  context: SyncContext,
  conversation: string,
  note: TimelineNote,
  shared: boolean,
): Promise<{ id: string }> {
  const alone = (body: NoteWrite) =>
    context.vendors.kustomer((kustomer) => kustomer.notes.create(conversation, body))
  const created = isImport()
    ? await createImported(
        context,
        'notes',
        { ...note, conversation },
        { alone: ({ conversation: _in, ...body }) => alone(body), shared },
      )
    : await alone(note)
  const { body, subject } = note
  const fields = newFields({ subject, body })
  wrote({ to: 'note', id: created.id, did: 'created', conversationId: conversation, fields })
  return created
}
