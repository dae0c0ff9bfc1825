import { createHash } from 'node:crypto'
import type { ReasonCode } from './reasons.ts'
import type { Message } from './records.ts'
import type { MessageSettings } from './settings.ts'
import { isConnected } from './shown-numbers.ts'
import { wholeCharacters } from './text.ts'
import type { TimelineConversation } from './timeline.ts'

export type MessageType = 'received' | 'sent' | 'failed'

/** CloudTalk documents no list of these; they are what it and its carriers are known to say of what did not arrive. */
const failures = new Set(['fail', 'failed', 'undelivered', 'rejected', 'error'])

/** What came in has arrived, whatever its delivery status says. */
export const messageType = ({ direction, deliveryStatus }: Message): MessageType => {
  if (direction === 'incoming') return 'received'
  return failures.has(deliveryStatus?.trim().toLowerCase() ?? '') ? 'failed' : 'sent'
}

const typeWords = {
  received: 'Received',
  sent: 'Sent',
  failed: 'Failed',
} as const satisfies Record<MessageType, string>

const channelWords = {
  sms: { name: 'SMS', idPrefix: 'sms' },
  whatsapp: { name: 'WhatsApp', idPrefix: 'wa' },
} as const satisfies Record<Message['channel'], object>

/** The conversation's name and the note's subject. */
export const messageHeadline = (message: Message): string =>
  `${typeWords[messageType(message)]} ${channelWords[message.channel].name}`

/** Below Kustomer's 256, for the chat message puts `chat-` before it and a note's further parts `-2` behind it. */
const EXTERNAL_ID_MAX = 240

/**
 * `sms-<id>` or `wa-<id>`. What CloudTalk's ids look like is not known; a longer one is cut and ends in its own
 * fingerprint, so that two which begin alike stay two.
 */
export const messageExternalId = ({ channel, id }: Message): string => {
  const whole = `${channelWords[channel].idPrefix}-${id}`.toWellFormed()
  if (whole.length <= EXTERNAL_ID_MAX) return whole
  const ending = `-${createHash('sha256').update(whole).digest('hex')}`
  return whole.slice(0, wholeCharacters(whole, EXTERNAL_ID_MAX - ending.length)) + ending
}

export const messageDirection = ({ direction }: Message): 'in' | 'out' =>
  direction === 'incoming' ? 'in' : 'out'

/** When the message was sent or received, as Kustomer writes dates. */
export const messageTime = ({ at }: Message): string => new Date(at).toISOString()

/** The conversation of a message, with the settings of its channel. */
export const conversationFromMessage = (
  message: Message,
  settings: MessageSettings,
): TimelineConversation => ({
  externalId: messageExternalId(message),
  name: messageHeadline(message),
  direction: messageDirection(message),
  status: settings[messageType(message)].status,
  createdAt: messageTime(message),
})

/** Why the settings leave a message out; nothing when it is to be logged. */
export const skipMessage = (message: Message, settings: MessageSettings): ReasonCode | undefined => {
  if (!settings[messageType(message)].log) return 'TYPE_NOT_LOGGED'
  return isConnected(message, settings) ? undefined : 'NUMBER_NOT_CONNECTED'
}
