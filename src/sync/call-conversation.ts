import { KustomerError } from '../kustomer/index.ts'
import type { CallConversation } from '../mapping/conversation-from-call.ts'
import type { SyncContext } from './context.ts'
import type { KustomerForms } from './kustomer-forms.ts'

export interface WantedConversation {
  /** Where it already stands. */
  id: string | undefined
  lookFirst: boolean
  body: CallConversation
  /** Undefined: it belongs to nobody yet. */
  customerId: string | undefined
  /** The customer that stands in where Kustomer wants one. */
  holder(): Promise<string>
}

/** The call's conversation, created once: after a lost answer it is found by its external id. */
export async function ensureConversation(
  context: SyncContext,
  forms: KustomerForms,
  wanted: WantedConversation,
): Promise<{ id: string; customerId?: string | undefined }> {
  if (wanted.id !== undefined) return { id: wanted.id, customerId: wanted.customerId }
  const { externalId } = wanted.body
  const find = () => context.vendors.kustomer((kustomer) => kustomer.conversations.byExternalId(externalId))
  if (wanted.lookFirst) {
    const existing = await find()
    if (existing) return existing
  }
  try {
    return await create(context, forms, wanted)
  } catch (error) {
    if (!(error instanceof KustomerError) || error.failure.kind !== 'conflict') throw error
    const existing = await find()
    if (!existing) throw error
    return existing
  }
}

/** Literally first; each refusal of a literal form takes that form away, so there are at most three tries. */
async function create(
  context: SyncContext,
  forms: KustomerForms,
  wanted: WantedConversation,
): Promise<{ id: string; customerId?: string | undefined }> {
  const channels = forms.literal('conversationChannels')
  const nobody = wanted.customerId === undefined && forms.literal('conversationWithoutCustomer')
  const customer = nobody ? undefined : (wanted.customerId ?? (await wanted.holder()))
  try {
    const conversation = await context.vendors.kustomer((kustomer) =>
      kustomer.conversations.create({
        ...wanted.body,
        ...(customer !== undefined && { customer }),
        ...(channels && { channels: ['chat'] }),
      }),
    )
    if (channels) await forms.accepted('conversationChannels')
    if (nobody) await forms.accepted('conversationWithoutCustomer')
    return { id: conversation.id, customerId: customer }
  } catch (error) {
    const refused =
      (channels && (await forms.refused(error, 'conversationChannels'))) ||
      (nobody && (await forms.refused(error, 'conversationWithoutCustomer')))
    if (!refused) throw error
    return create(context, forms, wanted)
  }
}
