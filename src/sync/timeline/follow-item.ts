import { changesOf } from '../../mapping/write.ts'
import { loadConnection } from '../../store/connections.ts'
import type { Outcome } from '../../store/outcomes.ts'
import { conversationGone } from '../../store/timeline-conversations.ts'
import type { SyncContext } from '../context.ts'
import { wrote } from '../meter.ts'
import { vendorForms } from '../vendor-forms.ts'
import { customerGone, refusesCustomer } from './conversation.ts'
import { contactNameOf } from './find-customer.ts'
import { ifThere } from './if-there.ts'
import type { TimelineItem } from './item.ts'
import { saysTheSame, updateNotes } from './notes.ts'
import { save } from './standing.ts'

/** Brings the note of what is logged up to date, and its conversation to the customer that now has the number. */
export async function followItem(
  context: SyncContext,
  item: TimelineItem,
  moveTo: string | undefined,
): Promise<Outcome> {
  const { conversationId, unlinked, customerId: stoodWith } = item.standing
  if (conversationId === undefined)
    throw new Error(`${item.kind} ${item.id} is logged without a conversation`)
  const moved = moveTo === undefined ? undefined : await move(context, item, conversationId, moveTo)
  if (moved === 'gone') {
    const sentence = 'Somebody deleted the conversation in Kustomer, so there is nothing to move.'
    return { outcome: 'unchanged', reason: 'NOTHING_CHANGED', sentence, conversationId }
  }
  const movedTo = moved?.to
  const customerId = movedTo ?? (unlinked ? undefined : stoodWith)
  const forms = await vendorForms(context)
  const contactName = await contactNameOf(context, item.caller, customerId)
  const followNote = async (): Promise<boolean> => {
    const note = item.noteOf(forms.literal('noteSubject'), contactName)
    if (saysTheSame(item.standing, note)) return false
    const noteIds = await updateNotes(context, conversationId, item.standing, note)
    await save(context, item, { noteBody: note.body, noteIds })
    return true
  }
  const noteChanged = await followNote().catch(async (error: unknown) => {
    // Another process has made the note, and has learned what this one has not.
    if (!(await forms.refused(error, 'noteSubject'))) throw error
    return followNote()
  })
  const ids = {
    conversationId,
    ...(item.caller.contact && { contactId: item.caller.contact.id }),
    ...(customerId !== undefined && { customerId }),
  }
  if (movedTo !== undefined) {
    const sentence =
      movedTo === moveTo
        ? 'The conversation moved to the customer that now has the number.'
        : 'Somebody in Kustomer had moved the conversation already.'
    return { outcome: 'linked', reason: 'ASSOCIATED', sentence, ...ids }
  }
  return noteChanged
    ? { outcome: 'updated', reason: 'NOTE_UPDATED', sentence: 'The note was brought up to date.', ...ids }
    : {
        outcome: 'unchanged',
        reason: 'NOTHING_CHANGED',
        sentence: 'Conversation and note already say it.',
        ...ids,
      }
}

export interface HeadlineChange {
  name?: string
  status?: 'open' | 'done'
}

/** Has the conversation called what its call or message turns out to be: not missed but a voicemail, not sent but failed. */
export async function followHeadline(
  context: SyncContext,
  item: TimelineItem,
  changeOf: () => Promise<HeadlineChange>,
): Promise<void> {
  const { conversationId, headline } = item.standing
  const { name } = item.conversation
  if (conversationId === undefined || headline === undefined || headline === name) return
  const change = await changeOf()
  if (Object.keys(change).length > 0) {
    const renamed = await ifThere(
      context.vendors.kustomer(({ conversations }) => conversations.update(conversationId, change)),
    )
    if (renamed) {
      const { name: called, status } = change
      const fields = {
        ...changesOf({ name: headline }, { name: called }),
        ...(status && { status: { after: status } }),
      }
      wrote({ to: 'conversation', id: conversationId, did: 'changed', fields })
    }
  }
  await save(context, item, { headline: name })
}

/** Moves the conversation out of the holder's hands; one that a person has moved stays where it is. */
async function move(
  context: SyncContext,
  item: TimelineItem,
  conversationId: string,
  owner: string,
): Promise<{ to: string } | 'gone'> {
  const { vendors, db, connection } = context
  const stands = await ifThere(vendors.kustomer(({ conversations }) => conversations.get(conversationId)))
  if (!stands) {
    await conversationGone(db, connection, conversationId)
    return 'gone'
  }
  const { customerId } = stands
  const { holderCustomerId } = await loadConnection(db, connection)
  const holders = [holderCustomerId, item.standing.customerId]
  const movedByOthers = customerId !== undefined && !holders.includes(customerId)
  if (!movedByOthers) {
    try {
      await vendors.kustomer(({ conversations }) => conversations.moveTo(conversationId, owner))
      const fields = changesOf({ customer: customerId }, { customer: owner })
      wrote({ to: 'conversation', id: conversationId, did: 'changed', fields })
    } catch (error) {
      if (!refusesCustomer(error)) throw error
      throw await customerGone(context, owner, false)
    }
  }
  const to = movedByOthers ? customerId : owner
  await save(context, item, { customerId: to, unlinked: false })
  return { to }
}
