import { type Assignment, assignmentSentence } from '../../mapping/assignment.ts'
import { changesOf } from '../../mapping/write.ts'
import type { Outcome } from '../../store/outcomes.ts'
import type { Progress } from '../../store/timeline.ts'
import type { SyncContext } from '../context.ts'
import { givenUp } from '../given-up.ts'
import { lockOf } from '../locks.ts'
import { wrote } from '../meter.ts'
import { type VendorForms, vendorForms } from '../vendor-forms.ts'
import { assigneesOf } from './assign.ts'
import { ensureChat } from './chat.ts'
import { ensureConversation, isHolders, setStatus } from './conversation.ts'
import { contactNameOf, mirroredOwner } from './find-customer.ts'
import type { TimelineItem } from './item.ts'
import { ensureNotes } from './notes.ts'
import type { PlannedCustomer } from './plan.ts'
import { raiseAssociation } from './raise-unlinked.ts'
import { intend, save, withoutDeleted } from './standing.ts'
import { customerFromNumber } from './unknown-caller.ts'

export interface ToLog {
  customer: PlannedCustomer
  lookFirst: boolean
  /** `later` = it hangs on what is learned later. */
  assignment: Assignment | 'later' | undefined
  /** Tries before this one. */
  attempt: number
}

/**
 * Writes conversation, note and chat message, and then the status. What stands is kept even if a part fails.
 *
 * @throws {Busy} while another connection of the same org writes the same.
 */
export async function logItem(context: SyncContext, item: TimelineItem, plan: ToLog): Promise<Outcome> {
  if (!context.sharesOrg()) return logAlone(context, item, plan)
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
  const owner = moved ?? (await ownerOf(context, plan, item))
  const given = plan.assignment === 'later' ? undefined : plan.assignment
  const conversation = await ensureConversation(context, forms, {
    standing,
    lookFirst: plan.lookFirst,
    body: { ...item.conversation, ...assigneesOf(given) },
    customerId: owner,
  })
  // One that was found may have been moved by a person, and then it stays there.
  const unlinked = owner === undefined && (!conversation.found || (await isHolders(context, conversation)))
  progress.conversationId = conversation.id
  progress.customerId = conversation.customerId ?? null
  progress.unlinked = unlinked
  // What an earlier try has called it; it is called what it is now at the end.
  progress.headline = standing.headline ?? item.conversation.name
  if (plan.assignment !== undefined) progress.assigned = plan.assignment

  const stoodWith = unlinked ? undefined : conversation.customerId
  const contactName = await contactNameOf(context, item.caller, owner ?? stoodWith)
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
  const failed = [notes, chat].flatMap((part) => (part.status === 'rejected' ? [part.reason] : []))
  if (failed.length > 0) throw failed.find(givenUp) ?? failed[0]

  const { name, status, direction } = item.conversation
  // An inbound message opens a conversation again (contract kustomer §4).
  const opened = status === 'done' && chatId !== undefined && direction === 'in'
  if (progress.headline !== name) {
    await context.vendors.kustomer(({ conversations }) =>
      conversations.update(conversation.id, { name, status }),
    )
    const fields = { ...changesOf({ name: progress.headline }, { name }), status: { after: status } }
    wrote({ to: 'conversation', id: conversation.id, did: 'changed', fields })
    progress.headline = name
  } else if (opened) await setStatus(context, conversation.id, status, 'open')
  progress.loggedAt = context.now()
}

/** The customer that the plan names; of a stranger's number, a new one if the settings say so. */
async function ownerOf(
  context: SyncContext,
  { customer, attempt }: ToLog,
  { caller: { number, channel } }: TimelineItem,
): Promise<string | undefined> {
  switch (customer.kind) {
    case 'known':
      return customer.id
    case 'leave-unlinked':
      return undefined
    case 'create-customer':
      return number === undefined ? undefined : customerFromNumber(context, { number, channel }, attempt)
  }
}

/** The message is what makes the channel chat, unless the API is known to take a channel. */
const wantsChat = (forms: VendorForms): boolean =>
  !forms.known('conversationChannels') || !forms.literal('conversationChannels')
