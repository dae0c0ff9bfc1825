import { chatMessageFromCall } from '../../mapping/chat-message.ts'
import { conversationFromCall } from '../../mapping/conversation-from-call.ts'
import { noteFromCall } from '../../mapping/note-from-call.ts'
import { wireNumber } from '../../mapping/phones.ts'
import type { Call } from '../../mapping/records.ts'
import type { StoredCall } from '../../store/calls.ts'
import type { SyncContext } from '../context.ts'
import type { Caller, TimelineItem } from '../timeline/item.ts'

export const callerOf = (call: Call): Caller => ({
  number: wireNumber(call.externalNumber),
  channel: 'phone',
  contact: call.contact,
})

/** An ended call as it is to stand on the timeline. @throws {RangeError} for one that goes on. */
export function callItem({ settings }: SyncContext, { call, detail, standing }: StoredCall): TimelineItem {
  const { calls, timeZone } = settings
  return {
    kind: 'call',
    id: call.id,
    caller: callerOf(call),
    conversation: conversationFromCall(call, calls),
    chat: calls.chatMessage ? chatMessageFromCall(call, timeZone) : undefined,
    noteOf: (literalSubject, contactName) =>
      noteFromCall(call, detail, {
        settings: calls,
        literalSubject,
        ...(contactName !== undefined && { contactName }),
      }),
    standing,
  }
}
