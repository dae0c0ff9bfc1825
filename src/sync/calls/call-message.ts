import { KustomerError } from '../../kustomer/index.ts'
import type { CallMessage } from '../../mapping/message-from-call.ts'
import type { SyncContext } from '../context.ts'

/** The one chat message of a call, created once. */
export async function ensureMessage(
  context: SyncContext,
  part: { conversationId: string; lookFirst: boolean },
  standing: string | undefined,
  message: CallMessage,
): Promise<string> {
  if (standing !== undefined) return standing
  const find = () =>
    context.vendors.kustomer((kustomer) => kustomer.messages.byExternalId(message.externalId))
  if (part.lookFirst) {
    const existing = await find()
    if (existing) return existing.id
  }
  try {
    const created = await context.vendors.kustomer((kustomer) =>
      kustomer.messages.create(part.conversationId, { ...message }),
    )
    return created.id
  } catch (error) {
    if (!(error instanceof KustomerError) || error.failure.kind !== 'conflict') throw error
    const existing = await find()
    if (!existing) throw error
    return existing.id
  }
}
