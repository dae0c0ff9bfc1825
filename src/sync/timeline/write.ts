import { KustomerError } from '../../kustomer/index.ts'
import { type Assignment, assignmentSentence } from '../../mapping/assignment.ts'
import { loadConnection } from '../../store/connections.ts'
import { findCustomer } from '../../store/customers.ts'
import type { Outcome } from '../../store/outcomes.ts'
import {
  conversationGone,
  forgetStanding,
  intendTimeline,
  nothingStands,
  type Progress,
  saveProgress,
} from '../../store/timeline.ts'
import type { SyncContext } from '../context.ts'
import { lockOf } from '../locks.ts'
import { type VendorForms, vendorForms } from '../vendor-forms.ts'
import { ensureChat } from './chat.ts'
import { ensureConversation } from './conversation.ts'
import { mirroredOwner } from './find-customer.ts'
import { isImport } from './import.ts'
import type { TimelineItem } from './item.ts'
import { ensureNotes, updateNotes } from './notes.ts'
import type { PlannedCustomer } from './plan.ts'
import { raiseAssociation } from './raise-unlinked.ts'
import { customerFromNumber } from './unknown-caller.ts'

export interface ToLog {
  customer: PlannedCustomer
  lookFirst: boolean
  /** `later` = it hangs on what is learned later. */
  assignment: Assignment | 'later' | undefined
}

/**
 * Writes conversation, note and chat message, and then the status. What stands is kept even if a part fails.
 *
 * @throws {Busy} while another connection of the same org writes the same.
 */
export async function logItem(context: SyncContext, item: TimelineItem, plan: ToLog): Promise<Outcome> {
  if (!context.sharesOrg) return logAlone(context, item, plan)
  const key = lockOf.conversation(item.conversation.externalId)
  return context.locks.hold(`kustomer:${context.org}`, [key], () => logAlone(context, item, plan))
}

async function logAlone(context: SyncContext, item: TimelineItem, plan: ToLog): Promise<Outcome> {
  const progress: Progress = {}
  await intend(context, item)
  try {
    await writeParts(context, item, plan, progress)
  } catch (error) {
    await save(context, item, progress)
    const anew = await withoutDeleted(context, item, error)
    if (!anew) throw error
    return logAlone(context, anew, plan)
  }
  await save(context, item, progress)
  return loggedOutcome(context, item, plan, progress)
}

/**
 * Of an item whose conversation somebody deleted before all of it was written, the same with nothing standing yet;
 * nothing where the error is another one.
 */
export async function withoutDeleted(
  context: SyncContext,
  item: TimelineItem,
  error: unknown,
): Promise<TimelineItem | undefined> {
  const { db, connection } = context
  const { conversationId, intentAt } = item.standing
  if (conversationId === undefined) return undefined
  if (!(error instanceof KustomerError) || error.failure.kind !== 'notFound') return undefined
  await conversationGone(db, connection, conversationId)
  await forgetStanding(db, { connection, kind: item.kind, id: item.id })
  return { ...item, standing: { ...nothingStands, intentAt } }
}

/** Notes, before the first request, that something is about to be created. */
export async function intend(context: SyncContext, item: TimelineItem): Promise<void> {
  const { db, connection } = context
  if (item.standing.intentAt !== undefined) return
  await intendTimeline(db, { connection, kind: item.kind, id: item.id, externalNumber: item.caller.number })
}

/** Keeps what now stands; nothing given, nothing asked of the database. */
export async function save(context: SyncContext, item: TimelineItem, progress: Progress): Promise<void> {
  const { db, connection } = context
  if (Object.keys(progress).length === 0) return
  await saveProgress(db, { connection, kind: item.kind, id: item.id, progress })
}

/** What became of an item that has just been logged. */
export async function loggedOutcome(
  context: SyncContext,
  item: TimelineItem,
  plan: Pick<ToLog, 'customer'>,
  { conversationId, customerId, unlinked, assigned }: Progress,
): Promise<Outcome> {
  if (unlinked) await raiseIfOwned(context, item)
  const created = plan.customer.kind === 'create-customer'
  const given = assigned === 'later' ? undefined : assigned
  const parts = [
    `${item.conversation.name} logged`,
    ...(unlinked ? ['with no customer yet'] : []),
    ...(given ? [assignmentSentence(given)] : []),
  ]
  return {
    outcome: 'created',
    reason: unlinked ? 'LOGGED_UNLINKED' : created ? 'CUSTOMER_CREATED' : 'LOGGED',
    sentence: `${parts.join(', ')}.`,
    ...(given && { details: { assigned: given } }),
    ...(conversationId !== undefined && { conversationId }),
    ...(customerId && !unlinked && { customerId }),
    ...(item.caller.contact && { contactId: item.caller.contact.id }),
  }
}

/** A customer that came by while it was being written looked for its conversations too early. */
async function raiseIfOwned(context: SyncContext, item: TimelineItem): Promise<void> {
  const owner = await mirroredOwner(context, item.caller)
  if (owner !== undefined) await raiseAssociation(context, [item], `owner/${owner}`)
}

async function writeParts(
  context: SyncContext,
  item: TimelineItem,
  plan: ToLog,
  progress: Progress,
): Promise<void> {
  const { standing } = item
  const forms = await vendorForms(context)
  // Somebody may have moved what an earlier try has begun.
  const moved = standing.conversationId !== undefined && !standing.unlinked ? standing.customerId : undefined
  const owner = moved ?? (await ownerOf(context, plan.customer, item))
  const given = plan.assignment === 'later' ? undefined : plan.assignment
  const conversation = await ensureConversation(context, forms, {
    standing,
    lookFirst: plan.lookFirst,
    body: { ...item.conversation, ...assigneesOf(given) },
    customerId: owner,
  })
  progress.conversationId = conversation.id
  progress.customerId = conversation.customerId ?? null
  progress.unlinked = owner === undefined
  // What an earlier try has called it; it is called what it is now at the end.
  progress.headline = standing.headline ?? item.conversation.name
  if (plan.assignment !== undefined) progress.assigned = plan.assignment

  const contactName = await contactNameOf(context, item, owner)
  const lookFirst = plan.lookFirst || conversation.found === true
  const part = { conversationId: conversation.id, lookFirst }
  // Both to their end: a note that is still on its way while the other has failed would be written twice.
  const [notes, chat] = await Promise.allSettled([
    ensureNotes(context, forms, part, standing, (literal) => item.noteOf(literal, contactName)),
    item.chat && wantsChat(forms) ? ensureChat(context, part, standing.chatId, item.chat) : undefined,
  ])
  if (notes.status === 'fulfilled') {
    progress.noteIds = notes.value.ids
    progress.noteBody = notes.value.body
  }
  const chatId = chat.status === 'fulfilled' ? chat.value : undefined
  if (chatId !== undefined) progress.chatId = chatId
  for (const part of [notes, chat]) if (part.status === 'rejected') throw part.reason

  const { name, status, direction } = item.conversation
  // An inbound message opens a conversation again (contract kustomer §4).
  const opened = status === 'done' && chatId !== undefined && direction === 'in'
  if (progress.headline !== name) {
    await context.vendors.kustomer(({ conversations }) =>
      conversations.update(conversation.id, { name, status }),
    )
    progress.headline = name
  } else if (opened) await setStatus(context, conversation.id, status)
  progress.loggedAt = context.now()
}

/** Closes or opens a conversation as the settings say. */
export async function setStatus(
  context: SyncContext,
  conversationId: string,
  status: 'open' | 'done',
): Promise<void> {
  if (isImport()) await context.bulkWriter.update('conversations', conversationId, { status })
  else await context.vendors.kustomer(({ conversations }) => conversations.update(conversationId, { status }))
}

/** Brings the note of what is logged up to date, and its conversation to the customer that now has the number. */
export async function followItem(
  context: SyncContext,
  item: TimelineItem,
  moveTo: string | undefined,
): Promise<Outcome> {
  const { conversationId, unlinked, customerId: stoodWith, noteBody } = item.standing
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
  const contactName = await contactNameOf(context, item, customerId)
  const note = item.noteOf(forms.literal('noteSubject'), contactName)
  const noteChanged = note.body !== noteBody
  if (noteChanged) {
    const noteIds = await updateNotes(context, conversationId, item.standing, note)
    await save(context, item, { noteBody: note.body, noteIds })
  }
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
    await ifThere(
      context.vendors.kustomer(({ conversations }) => conversations.update(conversationId, change)),
    )
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
    await vendors.kustomer(({ conversations }) => conversations.moveTo(conversationId, owner))
  }
  const to = movedByOthers ? customerId : owner
  await save(context, item, { customerId: to, unlinked: false })
  return { to }
}

/** Of a conversation that somebody may have deleted in Kustomer, what the request answers; else nothing. */
export async function ifThere<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    if (error instanceof KustomerError && error.failure.kind === 'notFound') return undefined
    throw error
  }
}

/** Gives a logged conversation to somebody, unless a person has done so. */
export async function assignLater(
  context: SyncContext,
  item: TimelineItem,
  assignment: Assignment | undefined,
): Promise<Assignment | undefined> {
  const { conversationId } = item.standing
  if (conversationId === undefined || item.standing.assigned !== 'later' || !assignment) return undefined
  const { vendors } = context
  const conversation = await ifThere(
    vendors.kustomer(({ conversations }) => conversations.get(conversationId)),
  )
  if (!conversation) return undefined
  const assignees = [...conversation.assignedUsers, ...conversation.assignedTeams]
  const { userId, teamId } = assignment
  // An earlier try, whose answer was lost, has given it to them.
  const ours = assignees.every((id) => id === userId || id === teamId)
  const taken = assignees.length > 0 && !ours
  if (assignees.length === 0) {
    await vendors.kustomer(({ conversations }) =>
      conversations.update(conversationId, {
        ...assigneesOf(assignment),
        ...(conversation.rev !== undefined && { rev: conversation.rev }),
      }),
    )
  }
  // What a person has decided is not looked at again.
  await save(context, item, { assigned: assignment })
  return taken ? undefined : assignment
}

/** The outcome of a settle that has also given the conversation to somebody. */
export const withAssignment = (outcome: Outcome, assigned: Assignment): Outcome => ({
  ...outcome,
  ...(outcome.outcome === 'unchanged' && { outcome: 'updated', reason: 'ASSIGNED' }),
  sentence: `The conversation was ${assignmentSentence(assigned)}.`,
  details: { ...outcome.details, assigned },
})

const assigneesOf = (
  assignment: Assignment | undefined,
): { assignedUsers?: string[]; assignedTeams?: string[] } => ({
  ...(assignment?.userId !== undefined && { assignedUsers: [assignment.userId] }),
  ...(assignment?.teamId !== undefined && { assignedTeams: [assignment.teamId] }),
})

/** The customer that the plan names; of a stranger's number, a new one if the settings say so. */
async function ownerOf(
  context: SyncContext,
  customer: PlannedCustomer,
  { caller }: TimelineItem,
): Promise<string | undefined> {
  switch (customer.kind) {
    case 'known':
      return customer.id
    case 'leave-unlinked':
      return undefined
    case 'create-customer':
      return caller.number === undefined
        ? undefined
        : customerFromNumber(context, caller.number, caller.channel)
  }
}

/** A caller without a contact in CloudTalk has the name of the customer. */
export async function contactNameOf(
  context: SyncContext,
  { caller }: TimelineItem,
  customerId: string | undefined,
): Promise<string | undefined> {
  if (caller.contact?.name || customerId === undefined) return caller.contact?.name
  const customer = await findCustomer(context.db, context.connection, customerId)
  return customer?.name ?? undefined
}

/** The message is what makes the channel chat where the API takes no channel. */
const wantsChat = (forms: VendorForms): boolean => !forms.literal('conversationChannels')
