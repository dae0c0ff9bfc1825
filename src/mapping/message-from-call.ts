import { callDirection, callEnd, callHeadline, callType } from './conversation-from-call.ts'
import { wireNumber } from './phones.ts'
import type { Call } from './records.ts'
import { cutAtWord, duration, filled } from './text.ts'

/** Kustomer's message, in its own keys (contract kustomer §5.2). */
export interface CallMessage {
  externalId: string
  channel: 'chat'
  app: 'cloudtalk'
  direction: 'in' | 'out'
  subject: string
  preview: string
  sentAt: string
  createdAt: string
}

const PREVIEW_MAX = 10_240

/** The one chat message of a call, which makes its conversation's channel Chat: headline, time, CloudTalk number. */
export const chatMessageFromCall = (call: Call): CallMessage => {
  const subject = callHeadline(callType(call))
  // Nobody talked in a missed call; how long the caller waited is what an agent wants to know.
  const seconds = call.talkingTime > 0 ? call.talkingTime : call.waitingTime
  const line = call.numberName || wireNumber(call.internalNumber)
  const parts = filled([subject, seconds > 0 ? duration(seconds) : '', line])
  const at = callEnd(call)
  return {
    externalId: `call-${call.id}`,
    channel: 'chat',
    app: 'cloudtalk',
    direction: callDirection(call),
    subject,
    preview: cutAtWord(parts.join(' · '), PREVIEW_MAX).value,
    sentAt: at,
    createdAt: at,
  }
}
