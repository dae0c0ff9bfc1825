import { KustomerError } from '../../kustomer/index.ts'
import { type CallNote, noteParts } from '../../mapping/note-from-call.ts'
import type { SyncContext } from '../context.ts'
import type { VendorForms } from '../vendor-forms.ts'

const NOTES_PAGE = 100

/**
 * The call's note, created once; a body over Kustomer's limit goes on in further notes. There is no look-up of a note
 * by its external id (contract kustomer §5.1), so after a lost answer the conversation's notes are listed.
 */
export async function ensureNotes(
  context: SyncContext,
  forms: VendorForms,
  part: { conversationId: string; lookFirst: boolean },
  standing: readonly string[],
  noteOf: (literalSubject: boolean) => CallNote,
): Promise<{ ids: string[]; body: string }> {
  const literal = forms.literal('noteSubject')
  const note = noteOf(literal)
  if (standing.length > 0) return { ids: [...standing], body: note.body }
  try {
    const ids = await createParts(context, part, note, [])
    if (literal) await forms.accepted('noteSubject')
    return { ids, body: note.body }
  } catch (error) {
    if (!literal || !(await forms.refused(error, 'noteSubject'))) throw error
    const plain = noteOf(false)
    return { ids: await createParts(context, part, plain, []), body: plain.body }
  }
}

/** Changes the same notes; a body that has grown over the limit gets its further notes now. */
export async function updateNotes(
  context: SyncContext,
  conversationId: string,
  standing: { noteIds: readonly string[]; noteBody: string | undefined },
  note: CallNote,
): Promise<string[]> {
  const before = noteParts(standing.noteBody ?? '')
  const parts = noteParts(note.body)
  for (const [index, id] of standing.noteIds.entries()) {
    // A note that is no longer needed says so: deleting it would take away what somebody may have answered to.
    const body = parts[index] ?? '–'
    if (body === before[index]) continue
    await updateNote(context, id, body)
  }
  return createParts(context, { conversationId, lookFirst: true }, note, standing.noteIds)
}

/** A note that somebody deleted stays deleted. */
async function updateNote(context: SyncContext, id: string, body: string): Promise<void> {
  try {
    await context.vendors.kustomer((kustomer) => kustomer.notes.update(id, { body }))
  } catch (error) {
    if (!(error instanceof KustomerError) || error.failure.kind !== 'notFound') throw error
  }
}

/** Creates the parts beyond those that stand, looking first where an earlier try may have made them. */
async function createParts(
  context: SyncContext,
  part: { conversationId: string; lookFirst: boolean },
  note: CallNote,
  standing: readonly string[],
): Promise<string[]> {
  const bodies = noteParts(note.body)
  const ids = [...standing]
  if (ids.length >= bodies.length) return ids
  const existing = part.lookFirst ? await notesByExternalId(context, part.conversationId) : new Map()
  for (const [index, body] of bodies.entries()) {
    if (index < standing.length) continue
    const externalId = index === 0 ? note.externalId : `${note.externalId}-${index + 1}`
    const { body: _whole, ...head } = note
    const found = existing.get(externalId)
    const created =
      found ??
      (await context.vendors.kustomer((kustomer) =>
        kustomer.notes.create(part.conversationId, { ...head, externalId, body }),
      ))
    ids.push(created.id)
  }
  return ids
}

async function notesByExternalId(
  context: SyncContext,
  conversationId: string,
): Promise<Map<string, { id: string }>> {
  const byExternalId = new Map<string, { id: string }>()
  for (let page = 1; ; page++) {
    const batch = await context.vendors.kustomer((kustomer) =>
      kustomer.notes.list(conversationId, { page, pageSize: NOTES_PAGE }),
    )
    for (const note of batch.items) if (note.externalId) byExternalId.set(note.externalId, note)
    if (batch.next === undefined) return byExternalId
  }
}
