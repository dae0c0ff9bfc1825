import { type ConversationCreate, KustomerError } from '../../kustomer/index.ts'
import type { TimelineConversation } from '../../mapping/timeline.ts'
import { changesOf, newFields } from '../../mapping/write.ts'
import { forgetHolderCustomer } from '../../store/connections.ts'
import { markCustomerDeleted } from '../../store/customers.ts'
import { findLink } from '../../store/links.ts'
import { unlinkDeleted } from '../contacts/unlink-customer.ts'
import type { SyncContext } from '../context.ts'
import { lockOf } from '../locks.ts'
import { wrote } from '../meter.ts'
import { NotYet } from '../not-yet.ts'
import type { VendorForms } from '../vendor-forms.ts'
import type { assigneesOf } from './assign.ts'
import { createImported, isImport } from './import.ts'
import { holderCustomer, holderIfAny } from './unknown-caller.ts'

export interface WantedConversation {
  /** What an earlier try has left. */
  standing: { conversationId: string | undefined; customerId: string | undefined }
  lookFirst: boolean
  body: TimelineConversation & ReturnType<typeof assigneesOf>
  /** Undefined: it belongs to nobody yet. */
  customerId: string | undefined
}

interface Conversation {
  id: string
  customerId?: string | undefined
  /** It was there before, so its notes may be as well. */
  found?: boolean
}

/** The conversation of a call or message, created once, with the customer it belongs to now. */
export async function ensureConversation(
  context: SyncContext,
  forms: VendorForms,
  wanted: WantedConversation,
): Promise<Conversation> {
  const { conversationId, customerId } = wanted.standing
  const conversation =
    conversationId === undefined
      ? await findOrCreate(context, forms, wanted)
      : { id: conversationId, customerId }
  const owner = wanted.customerId
  if (owner === undefined || conversation.customerId === owner) return conversation
  if (conversation.found && !(await isHolders(context, conversation))) return conversation
  // An earlier try left it with the holder; meanwhile the caller is known.
  await context.vendors.kustomer((kustomer) => kustomer.conversations.moveTo(conversation.id, owner))
  const fields = changesOf({ customer: conversation.customerId }, { customer: owner })
  wrote({ to: 'conversation', id: conversation.id, did: 'changed', fields })
  return { ...conversation, customerId: owner }
}

/** Whether it belongs to nobody yet: a person may have moved it before it was found. */
export async function isHolders(context: SyncContext, { customerId }: Conversation): Promise<boolean> {
  return customerId === undefined || customerId === (await holderIfAny(context))
}

/** After a lost answer it is found by its external id. */
async function findOrCreate(
  context: SyncContext,
  forms: VendorForms,
  wanted: WantedConversation,
): Promise<Conversation> {
  const { externalId } = wanted.body
  const find = () => context.vendors.kustomer((kustomer) => kustomer.conversations.byExternalId(externalId))
  if (wanted.lookFirst) {
    const existing = await find()
    if (existing) {
      // An earlier try of ours has made it; in a shared org it may have been another connection's.
      if (!context.sharesOrg()) noteCreated(existing.id, wanted.body, existing.customerId)
      return { ...existing, found: true }
    }
  }
  try {
    const createOne = () => forms.firstAlone('conversationChannels', () => create(context, forms, wanted))
    if (wanted.customerId !== undefined) return await createOne()
    return await forms.firstAlone('conversationWithoutCustomer', createOne)
  } catch (error) {
    if (!(error instanceof KustomerError) || error.failure.kind !== 'conflict') throw error
    const existing = await find()
    if (!existing) throw error
    return { ...existing, found: true }
  }
}

/** Literally first; each refusal of a literal form takes that form away, so there are at most three tries. */
async function create(
  context: SyncContext,
  forms: VendorForms,
  wanted: WantedConversation,
): Promise<Conversation> {
  const channels = forms.literal('conversationChannels')
  const nobody = wanted.customerId === undefined && forms.literal('conversationWithoutCustomer')
  const customer = nobody ? undefined : (wanted.customerId ?? (await holderCustomer(context)))
  try {
    const body = {
      ...wanted.body,
      ...(customer !== undefined && { customer }),
      ...(channels && { channels: ['chat'] }),
    }
    const trying =
      (channels && !forms.known('conversationChannels')) ||
      (nobody && !forms.known('conversationWithoutCustomer'))
    const { id } = await send(context, body, !trying)
    noteCreated(id, wanted.body, customer)
    if (channels) await forms.accepted('conversationChannels')
    if (nobody) await forms.accepted('conversationWithoutCustomer')
    return { id, customerId: customer }
  } catch (error) {
    const refused =
      (channels && (await forms.refused(error, 'conversationChannels'))) ||
      (nobody && (await forms.refused(error, 'conversationWithoutCustomer')))
    if (refused) return create(context, forms, wanted)
    if (customer === undefined || !refusesCustomer(error)) throw error
    throw await customerGone(context, customer, wanted.customerId === undefined)
  }
}

const noteCreated = (id: string, body: WantedConversation['body'], customer: string | undefined): void =>
  wrote({ to: 'conversation', id, did: 'created', fields: newFields({ ...body, customer }) })

const send = (context: SyncContext, body: ConversationCreate, shared: boolean): Promise<{ id: string }> => {
  const alone = (whole: ConversationCreate) =>
    context.vendors.kustomer((kustomer) => kustomer.conversations.create(whole))
  return isImport() ? createImported(context, 'conversations', body, { alone, shared }) : alone(body)
}

/** Whether Kustomer says that there is no such customer. */
export const refusesCustomer = (error: unknown): boolean =>
  error instanceof KustomerError &&
  (error.failure.kind === 'notFound' ||
    (error.failure.kind === 'rejected' && error.failure.fields.includes('customer')))

/** Some tries, in which it is looked at anew: its customer was deleted, or the holder was. */
const LOOKS_FOR_A_CUSTOMER = 5

/** Forgets a customer that Kustomer no longer has. @returns what to throw: the record is looked at anew. */
export async function customerGone(
  context: SyncContext,
  customer: string,
  isHolder: boolean,
): Promise<NotYet> {
  const { db, connection } = context
  if (isHolder) await forgetHolderCustomer(db, connection, customer)
  else {
    await markCustomerDeleted(db, connection, customer)
    const link = await findLink(db, connection, customer)
    const keys = link?.contactId === undefined ? [] : [lockOf.contact(link.contactId)]
    if (link) await context.locks.hold(connection, keys, () => unlinkDeleted(context, link))
  }
  const sentence = 'Its customer was deleted in Kustomer a moment ago.'
  return new NotYet({ outcome: 'waiting', reason: 'NOT_FOUND', sentence }, LOOKS_FOR_A_CUSTOMER, {
    outcome: 'failed',
    reason: 'NOT_FOUND',
    sentence: 'Kustomer refuses its customer, as if it were deleted.',
  })
}

/**
 * Closes or opens a conversation as the settings say.
 * @param before its status until now, where that is known.
 */
export async function setStatus(
  context: SyncContext,
  conversationId: string,
  status: 'open' | 'done',
  before?: 'open' | 'done',
): Promise<void> {
  if (isImport()) await context.bulkWriter.update('conversations', conversationId, { status })
  else await context.vendors.kustomer(({ conversations }) => conversations.update(conversationId, { status }))
  const change = { ...(before && { before }), after: status }
  wrote({ to: 'conversation', id: conversationId, did: 'changed', fields: { status: change } })
}
