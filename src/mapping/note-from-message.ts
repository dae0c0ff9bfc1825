import {
  messageDirection,
  messageExternalId,
  messageHeadline,
  messageTime,
} from './conversation-from-message.ts'
import { type NoteLineRule, noteLines, noteOf } from './note-body.ts'
import type { Message } from './records.ts'
import { cloudtalkNumber, customerNumber } from './shown-numbers.ts'
import { filled } from './text.ts'
import type { TimelineNote } from './timeline.ts'

export interface MessageNoteOptions {
  /** Whether this Kustomer takes `subject` and `direction` as keys of a note (requirements §3, last paragraph). */
  literalSubject: boolean
  contactName?: string
}

export type MessageLineRule = NoteLineRule<[message: Message, options: MessageNoteOptions]>

/** Requirements §4: the lines of a message's note, in their order. */
export const messageLineRules: readonly MessageLineRule[] = [
  { label: 'Text', whenEmpty: 'dash', breaks: 'behind label', value: ({ text }) => text },
  { label: 'Agent name', whenEmpty: 'dash', value: ({ agent }) => agent?.name },
  {
    label: 'Contact name',
    whenEmpty: 'dash',
    value: ({ contact }, { contactName }) => contactName || contact?.name,
  },
  { label: 'Group name', whenEmpty: 'leave out', value: ({ groupName }) => groupName },
  { label: 'Customer number', whenEmpty: 'leave out', value: customerNumber },
  { label: 'CloudTalk number', whenEmpty: 'leave out', value: cloudtalkNumber },
  { label: 'Delivery status', whenEmpty: 'leave out', value: ({ deliveryStatus }) => deliveryStatus },
  { label: 'Media', whenEmpty: 'leave out', value: ({ media }) => filled(media).join(' ') },
]

/** The note of an SMS or WhatsApp message. Its body may be longer than one note holds: see `noteParts`. */
export const noteFromMessage = (message: Message, options: MessageNoteOptions): TimelineNote =>
  noteOf(
    {
      externalId: messageExternalId(message),
      subject: messageHeadline(message),
      direction: messageDirection(message),
      createdAt: messageTime(message),
    },
    messageLineRules.flatMap((rule) => noteLines(rule, message, options)),
    options.literalSubject,
  )
