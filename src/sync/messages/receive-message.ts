import { createHash } from 'node:crypto'
import type { MessageEvent as CloudTalkMessage } from '../../cloudtalk/index.ts'
import { messageExternalId, messageType } from '../../mapping/conversation-from-message.ts'
import { keepMessage, type MessageTelling, openMessages } from '../../store/messages.ts'
import type { MessageVia, ToldMessage } from '../../store/schema.ts'
import type { SyncContext } from '../context.ts'
import { messageEvent, type RaisedEvent } from '../event.ts'

/** The messages that a round of the inbox looks at. */
const ROUND = 500
/** A message of this moment is still being raised by who received it. */
const SETTLED_SOON_MS = 30_000

/**
 * Takes a message from a webhook: CloudTalk cannot be asked for it again (contract §4), so it is kept before it is
 * raised, and the webhook is answered after both.
 */
export async function receiveMessage(
  context: Pick<SyncContext, 'db' | 'connection' | 'raise' | 'now'>,
  told: CloudTalkMessage,
  via: MessageVia,
): Promise<void> {
  const { db, connection } = context
  const at = told.at ?? context.now().toISOString()
  const content = contentOf(told)
  const { channel = 'sms' } = told
  const message: ToldMessage = { ...told, channel, at, id: told.id ?? fingerprint(content, at) }
  const telling = {
    id: messageExternalId(message),
    identified: told.id !== undefined,
    dated: told.at !== undefined,
    channelKnown: told.channel !== undefined,
    via,
    content,
    message,
  }
  const kept = await keepMessage(db, connection, telling, joinTellings)
  await context.raise([raised(connection, kept, 'webhook')])
}

/** What a message says does not change; what is known about it grows, and a failure is the last word on its delivery. */
function joinTellings(known: ToldMessage, told: MessageTelling, channelKnown: boolean): ToldMessage {
  const { message } = told
  const failed = messageType(known) === 'failed'
  const { deliveryStatus: _status, ...more } = message
  return {
    ...(failed ? more : message),
    ...known,
    id: told.identified ? message.id : known.id,
    channel: channelKnown ? known.channel : message.channel,
    ...(!failed && message.deliveryStatus !== undefined && { deliveryStatus: message.deliveryStatus }),
    media: message.media.length > known.media.length ? message.media : known.media,
  }
}

/** Raises what was kept and never settled: its receiver was killed in between. */
export async function pollMessages(context: SyncContext): Promise<void> {
  const { db, connection } = context
  const before = new Date(context.now().getTime() - SETTLED_SOON_MS)
  const open = await openMessages(db, connection, before, ROUND)
  await context.raise(open.map((message) => raised(connection, message, 'poll')))
}

/** The same for whoever raises it: one that is in the queue, or has been, is not raised again. */
const raised = (
  connection: string,
  { id, version }: { id: string; version: number },
  source: 'webhook' | 'poll',
): RaisedEvent => ({
  event: messageEvent(connection, id, { about: 'message', source }),
  priority: 'live',
  dedupeKey: `${connection}/message/${id}/version/${version}`,
})

/**
 * What two tellings of one message have in common. The two webhook systems may show media differently, so these count
 * only where there is nothing else; and one of them may not name the channel.
 */
const contentOf = ({ direction, externalNumber, internalNumber, text, media }: CloudTalkMessage) =>
  fingerprint(
    JSON.stringify([
      direction,
      externalNumber ?? '',
      internalNumber ?? '',
      text.trim(),
      text.trim() === '' ? media : [],
    ]),
  )

const fingerprint = (...parts: string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 32)
