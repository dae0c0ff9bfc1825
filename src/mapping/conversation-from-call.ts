import type { ReasonCode } from './reasons.ts'
import type { Call } from './records.ts'
import type { CallSettings } from './settings.ts'
import { isConnected } from './shown-numbers.ts'
import type { TimelineConversation } from './timeline.ts'

export type CallType = 'answered' | 'missed' | 'unanswered' | 'voicemail' | 'internal'

/** Requirements §3: the voicemail flag counts before an answer, for a mailbox answers too. */
export const callType = (call: Call): CallType => {
  if (call.type === 'internal') return 'internal'
  if (call.isVoicemail) return 'voicemail'
  if (call.answeredAt || call.talkingTime > 0) return 'answered'
  return call.type === 'incoming' ? 'missed' : 'unanswered'
}

const headlines = {
  answered: 'Answered Call',
  missed: 'Missed Call',
  unanswered: 'Unanswered Call',
  voicemail: 'Voicemail',
  internal: 'Internal Call',
} as const satisfies Record<CallType, string>

/** The conversation's name and the note's subject. */
export const callHeadline = (type: CallType): string => headlines[type]

export const callDirection = (call: Call): 'in' | 'out' => (call.type === 'incoming' ? 'in' : 'out')

/** When the call ended, as Kustomer writes dates. */
export const callEnd = (call: Call): string => {
  if (!call.endedAt) throw new RangeError(`Call ${call.id} has not ended; it is logged after its end`)
  return new Date(call.endedAt).toISOString()
}

const typeSettings = (call: Call, settings: CallSettings) => {
  const type = callType(call)
  return type === 'internal' ? { log: false, status: 'done' as const } : settings[type]
}

/** The conversation of a call; who it is assigned to is decided apart (assignment.ts). */
export const conversationFromCall = (call: Call, settings: CallSettings): TimelineConversation => ({
  externalId: call.id,
  name: callHeadline(callType(call)),
  direction: callDirection(call),
  status: typeSettings(call, settings).status,
  createdAt: callEnd(call),
})

/** Why the settings leave a call out; nothing when it is to be logged. */
export const skipCall = (call: Call, settings: CallSettings): ReasonCode | undefined => {
  if (call.type === 'internal') return 'INTERNAL_CALL'
  if (!typeSettings(call, settings).log) return 'TYPE_NOT_LOGGED'
  return isConnected(call, settings) ? undefined : 'NUMBER_NOT_CONNECTED'
}
