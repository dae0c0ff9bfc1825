import { KustomerError, type MessageWrite } from '../../kustomer/index.ts'
import type { TimelineChat } from '../../mapping/timeline.ts'
import { newFields } from '../../mapping/write.ts'
import type { SyncContext } from '../context.ts'
import { wrote } from '../meter.ts'
import { createImported, isImport } from './import.ts'

/** The one chat message of a conversation, created once. */
export async function ensureChat(
  context: SyncContext,
  part: { conversationId: string; lookFirst: boolean },
  standing: string | undefined,
  chat: TimelineChat,
): Promise<string> {
  if (standing !== undefined) return standing
  const find = () => findIn(context, part.conversationId, chat.externalId)
  if (part.lookFirst) {
    const existing = await find()
    if (existing === 'elsewhere') return createAnew(context, part, chat)
    if (existing) return existing
  }
  try {
    const { id } = await send(context, part.conversationId, chat)
    return id
  } catch (error) {
    if (!(error instanceof KustomerError) || error.failure.kind !== 'conflict') throw error
    const existing = await find()
    if (existing === 'elsewhere') return createAnew(context, part, chat)
    if (!existing) throw error
    return existing
  }
}

/** `elsewhere`: in a conversation that somebody deleted, where this one stands in for it. */
async function findIn(
  { vendors }: SyncContext,
  conversationId: string,
  externalId: string,
): Promise<string | 'elsewhere' | undefined> {
  const found = await vendors.kustomer((kustomer) => kustomer.messages.byExternalId(externalId))
  if (!found) return undefined
  const here = found.conversationId === undefined || found.conversationId === conversationId
  return here ? found.id : 'elsewhere'
}

/** By a name of its own, for the first one has the name: messages cannot be deleted (contract kustomer §5.2). */
async function createAnew(
  context: SyncContext,
  part: { conversationId: string; lookFirst: boolean },
  chat: TimelineChat,
): Promise<string> {
  const externalId = `${chat.externalId}-${part.conversationId}`
  const existing = await findIn(context, part.conversationId, externalId)
  if (existing && existing !== 'elsewhere') return existing
  return (await send(context, part.conversationId, { ...chat, externalId })).id
}

async function send(context: SyncContext, conversation: string, chat: TimelineChat): Promise<{ id: string }> {
  const alone = (body: MessageWrite) =>
    context.vendors.kustomer((kustomer) => kustomer.messages.create(conversation, body))
  const created = isImport()
    ? await createImported(
        context,
        'messages',
        { ...chat, conversation },
        { alone: ({ conversation: _in, ...body }) => alone(body), shared: true },
      )
    : await alone(chat)
  const { preview, direction } = chat
  const fields = newFields({ direction, preview })
  wrote({ to: 'message', id: created.id, did: 'created', conversationId: conversation, fields })
  return created
}
