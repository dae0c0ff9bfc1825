import { KustomerError, type MessageWrite } from '../../kustomer/index.ts'
import type { TimelineChat } from '../../mapping/timeline.ts'
import type { SyncContext } from '../context.ts'
import { createImported, isImport } from './import.ts'

/** The one chat message of a conversation, created once. */
export async function ensureChat(
  context: SyncContext,
  part: { conversationId: string; lookFirst: boolean },
  standing: string | undefined,
  chat: TimelineChat,
): Promise<string> {
  if (standing !== undefined) return standing
  const find = () => context.vendors.kustomer((kustomer) => kustomer.messages.byExternalId(chat.externalId))
  if (part.lookFirst) {
    const existing = await find()
    if (existing) return existing.id
  }
  try {
    const { id } = await send(context, part.conversationId, chat)
    return id
  } catch (error) {
    if (!(error instanceof KustomerError) || error.failure.kind !== 'conflict') throw error
    const existing = await find()
    if (!existing) throw error
    return existing.id
  }
}

const send = (context: SyncContext, conversation: string, chat: TimelineChat): Promise<{ id: string }> => {
  const alone = (body: MessageWrite) =>
    context.vendors.kustomer((kustomer) => kustomer.messages.create(conversation, body))
  if (!isImport()) return alone(chat)
  return createImported(
    context,
    'messages',
    { ...chat, conversation },
    { alone: ({ conversation: _in, ...body }) => alone(body), shared: true },
  )
}
