import { callDirection, callEnd, callHeadline, callType } from './conversation-from-call.ts'
import {
  messageDirection,
  messageExternalId,
  messageHeadline,
  messageTime,
} from './conversation-from-message.ts'
import { localTime } from './local-time.ts'
import type { Call, Message } from './records.ts'
import { cloudtalkLine } from './shown-numbers.ts'
import { cutAtWord, duration, filled } from './text.ts'
import type { TimelineChat } from './timeline.ts'

const PREVIEW_MAX = 10_240

const chatMessage = (
  about: { externalId: string; direction: 'in' | 'out'; headline: string; at: string },
  details: (string | undefined)[],
  timeZone: string,
): TimelineChat => {
  const { externalId, direction, headline, at } = about
  const parts = filled([headline, ...details, localTime(at, timeZone)])
  return {
    externalId,
    channel: 'chat',
    app: 'cloudtalk',
    direction,
    subject: headline,
    preview: cutAtWord(parts.join(' · '), PREVIEW_MAX).value,
    sentAt: at,
    createdAt: at,
  }
}

/** The chat message of a call: headline, duration, CloudTalk number, time of the end. */
export const chatMessageFromCall = (call: Call, timeZone: string): TimelineChat => {
  // Nobody talked in a missed call; how long the caller waited is what an agent wants to know.
  const seconds = call.talkingTime > 0 ? call.talkingTime : call.waitingTime
  return chatMessage(
    {
      externalId: `call-${call.id}`,
      direction: callDirection(call),
      headline: callHeadline(callType(call)),
      at: callEnd(call),
    },
    [seconds > 0 ? duration(seconds) : undefined, cloudtalkLine(call)],
    timeZone,
  )
}

/** The chat message of an SMS or WhatsApp message: headline, CloudTalk number, time. Its text stands in the note. */
export const chatMessageFromMessage = (message: Message, timeZone: string): TimelineChat =>
  chatMessage(
    {
      externalId: `chat-${messageExternalId(message)}`,
      direction: messageDirection(message),
      headline: messageHeadline(message),
      at: messageTime(message),
    },
    [cloudtalkLine(message)],
    timeZone,
  )
