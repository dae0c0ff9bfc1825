import { kustomerUserFor } from '../../mapping/agent-map.ts'
import { callHeadline, callType, conversationFromCall } from '../../mapping/conversation-from-call.ts'
import { chatMessageFromCall } from '../../mapping/message-from-call.ts'
import { type CallNote, noteFromCall } from '../../mapping/note-from-call.ts'
import { wireNumber } from '../../mapping/phones.ts'
import type { Call } from '../../mapping/records.ts'
import { type CallProgress, intendCall, type StoredCall, saveCallProgress } from '../../store/calls.ts'
import { findCustomer } from '../../store/customers.ts'
import type { Outcome } from '../../store/outcomes.ts'
import type { SyncContext } from '../context.ts'
import { callEvent } from '../event.ts'
import { type VendorForms, vendorForms } from '../vendor-forms.ts'
import { ensureConversation } from './call-conversation.ts'
import { ensureMessage } from './call-message.ts'
import { ensureNotes, updateNotes } from './call-notes.ts'
import { mirroredOwner } from './find-customer.ts'
import type { CustomerOfCall } from './plan-call.ts'
import { customerFromNumber } from './unknown-caller.ts'

/** Writes conversation, note and message of a call, and then its status. What stands is kept even if a part fails. */
export async function logNewCall(
  context: SyncContext,
  stored: StoredCall,
  plan: { customer: CustomerOfCall; lookFirst: boolean },
): Promise<Outcome> {
  const { db, connection } = context
  const { call } = stored
  if (stored.intentAt === undefined) await intendCall(db, connection, call.id)
  const progress: CallProgress = {}
  try {
    await writeParts(context, stored, plan, progress)
  } finally {
    if (Object.keys(progress).length > 0) await saveCallProgress(db, connection, call.id, progress)
  }
  const unlinked = progress.unlinked === true
  if (unlinked) await raiseIfOwned(context, call)
  const created = plan.customer.kind === 'create-customer'
  return {
    outcome: 'created',
    reason: unlinked ? 'LOGGED_UNLINKED' : created ? 'CUSTOMER_CREATED' : 'LOGGED',
    sentence: `${callHeadline(callType(call))} logged${unlinked ? ', with no customer yet' : ''}.`,
    ...(progress.conversationId !== undefined && { conversationId: progress.conversationId }),
    ...(progress.customerId && !unlinked && { customerId: progress.customerId }),
    ...(call.contact && { contactId: call.contact.id }),
  }
}

/** A customer that came by while the call was being written looked for its calls too early. */
async function raiseIfOwned(context: SyncContext, call: Call): Promise<void> {
  const owner = await mirroredOwner(context, call)
  if (owner === undefined) return
  const { connection } = context
  await context.raise([
    {
      event: callEvent(connection, call.id, { about: 'customer', source: 'follow-up' }),
      priority: 'enrichment',
      dedupeKey: `${connection}/call/${call.id}/owner/${owner}`,
    },
  ])
}

async function writeParts(
  context: SyncContext,
  stored: StoredCall,
  plan: { customer: CustomerOfCall; lookFirst: boolean },
  progress: CallProgress,
): Promise<void> {
  const { settings } = context
  const { call } = stored
  const forms = await vendorForms(context)
  await context.directory.refresh()
  const user = kustomerUserFor(call.agent?.email, settings.agentMap, context.directory.userIdByEmail)
  const wanted = conversationFromCall(call, settings.calls, user)

  const owner = await ownerOf(context, plan.customer, call)
  const conversation = await ensureConversation(context, forms, {
    standing: stored,
    lookFirst: plan.lookFirst,
    body: wanted,
    customerId: owner,
  })
  progress.conversationId = conversation.id
  progress.customerId = conversation.customerId ?? null
  progress.unlinked = owner === undefined

  const contactName = await contactNameOf(context, call, owner)
  const part = { conversationId: conversation.id, lookFirst: plan.lookFirst }
  // Both to their end: a note that is still on its way while the other has failed would be written twice.
  const [notes, message] = await Promise.allSettled([
    ensureNotes(context, forms, part, stored.noteIds, (literal) =>
      noteOf(context, stored, contactName, literal),
    ),
    needsMessage(context, forms)
      ? ensureMessage(context, part, stored.messageId, chatMessageFromCall(call))
      : undefined,
  ])
  if (notes.status === 'fulfilled') {
    progress.noteIds = notes.value.ids
    progress.noteBody = notes.value.body
  }
  const messageId = message.status === 'fulfilled' ? message.value : undefined
  if (messageId !== undefined) progress.messageId = messageId
  for (const part of [notes, message]) if (part.status === 'rejected') throw part.reason

  // An inbound message opens a conversation again (contract kustomer §4).
  if (wanted.status === 'done' && messageId !== undefined && wanted.direction === 'in') {
    await context.vendors.kustomer((kustomer) =>
      kustomer.conversations.update(conversation.id, { status: 'done' }),
    )
  }
  progress.loggedAt = context.now()
}

/** Brings the note of a logged call up to date, and its conversation to the customer that now has the number. */
export async function followCall(
  context: SyncContext,
  stored: StoredCall,
  moveTo: string | undefined,
): Promise<Outcome> {
  const { db, connection, vendors } = context
  const { call, conversationId } = stored
  if (conversationId === undefined) throw new Error(`call ${call.id} is logged without a conversation`)
  const ids = { conversationId, ...(call.contact && { contactId: call.contact.id }) }
  if (moveTo !== undefined) {
    await vendors.kustomer((kustomer) => kustomer.conversations.moveTo(conversationId, moveTo))
    await saveCallProgress(db, connection, call.id, { customerId: moveTo, unlinked: false })
  }
  const customerId = moveTo ?? (stored.unlinked ? undefined : stored.customerId)
  const known = { ...ids, ...(customerId !== undefined && { customerId }) }
  const forms = await vendorForms(context)
  const contactName = await contactNameOf(context, call, customerId)
  const note = noteOf(context, stored, contactName, forms.literal('noteSubject'))
  if (note.body !== stored.noteBody) {
    const noteIds = await updateNotes(context, conversationId, stored, note)
    await saveCallProgress(db, connection, call.id, { noteBody: note.body, noteIds })
  }
  if (moveTo !== undefined) {
    const sentence = 'The conversation moved to the customer that now has the number.'
    return { outcome: 'linked', reason: 'ASSOCIATED', sentence, ...known }
  }
  if (note.body !== stored.noteBody) {
    return {
      outcome: 'updated',
      reason: 'NOTE_UPDATED',
      sentence: 'The note was brought up to date.',
      ...known,
    }
  }
  return {
    outcome: 'unchanged',
    reason: 'NOTHING_CHANGED',
    sentence: 'Conversation and note already say it.',
    ...known,
  }
}

async function ownerOf(
  context: SyncContext,
  customer: CustomerOfCall,
  call: Call,
): Promise<string | undefined> {
  switch (customer.kind) {
    case 'known':
      return customer.id
    case 'leave-unlinked':
      return undefined
    case 'create-customer': {
      const number = wireNumber(call.externalNumber)
      return number === undefined ? undefined : customerFromNumber(context, number)
    }
  }
}

function noteOf(
  context: SyncContext,
  stored: StoredCall,
  contactName: string | undefined,
  literalSubject: boolean,
): CallNote {
  const settings = context.settings.calls
  return noteFromCall(stored.call, stored.detail, {
    settings,
    literalSubject,
    ...(contactName !== undefined && { contactName }),
  })
}

/** A caller without a contact in CloudTalk has the name of the customer. */
async function contactNameOf(
  context: SyncContext,
  call: Call,
  customerId: string | undefined,
): Promise<string | undefined> {
  if (call.contact?.name || customerId === undefined) return call.contact?.name
  const customer = await findCustomer(context.db, context.connection, customerId)
  return customer?.name ?? undefined
}

/** The message is what makes the channel chat where the API takes no channel. */
function needsMessage(context: SyncContext, forms: VendorForms): boolean {
  return context.settings.calls.chatMessage && !forms.literal('conversationChannels')
}
