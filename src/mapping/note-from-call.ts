import { callDirection, callEnd, callHeadline, callType } from './conversation-from-call.ts'
import { type NoteLineRule, noteLines, noteOf } from './note-body.ts'
import type { Call, CallDetail } from './records.ts'
import type { CallSettings } from './settings.ts'
import { cloudtalkNumber, customerNumber } from './shown-numbers.ts'
import { clockTime, duration, filled, oneLine } from './text.ts'
import type { TimelineNote } from './timeline.ts'

export interface NoteOptions {
  settings: CallSettings
  /** Whether this Kustomer takes `subject` and `direction` as keys of a note (requirements §3, last paragraph). */
  literalSubject: boolean
  contactName?: string
}

export interface CallLineRule
  extends NoteLineRule<[call: Call, detail: CallDetail | undefined, options: NoteOptions]> {
  /** The switch that shows the line; without one the line is always on. */
  setting?: keyof CallSettings['lines']
}

/**
 * CloudTalk's page of one call (contract cloudtalk §3.1; from its newer documentation only, so not proven on a live
 * account).
 */
export const callPage = (id: string): string =>
  `https://analytics.cloudtalk.io/call-details/${encodeURIComponent(id)}`

/** `undefined` when it is the very link that the Recording line shows. */
const callLink = ({ id, recordingLink }: Call): string | undefined =>
  callPage(id) === recordingLink ? undefined : callPage(id)

/** One line for each thing said, however the transcription breaks it. */
const transcript = (_call: Call, detail: CallDetail | undefined): string =>
  (detail?.transcript ?? [])
    .map(({ start, speaker, text }) => ({ said: oneLine(text), from: `[${clockTime(start)}] ${speaker}` }))
    .filter(({ said }) => said !== '')
    .map(({ said, from }) => `${from}: ${said}`)
    .join('\n')

/** Requirements §3: the seed's lines in their order, then the extras. */
export const noteLineRules: readonly CallLineRule[] = [
  { label: 'Agent name', whenEmpty: 'dash', value: (call) => call.agent?.name },
  {
    label: 'Contact name',
    whenEmpty: 'dash',
    value: (call, _detail, { contactName }) => contactName || call.contact?.name,
  },
  { label: 'Group name', whenEmpty: 'leave out', value: (_call, detail) => detail?.groupName },
  { label: 'Call duration', whenEmpty: 'dash', value: (call) => duration(call.talkingTime) },
  { label: 'Wait time', whenEmpty: 'dash', value: (call) => duration(call.waitingTime) },
  { label: 'Call notes', whenEmpty: 'dash', value: (call) => filled(call.notes).join(', ') },
  { label: 'Call tags', whenEmpty: 'dash', value: (call) => filled(call.tags).join(', ') },
  { label: 'Customer number', setting: 'customerNumber', whenEmpty: 'leave out', value: customerNumber },
  { label: 'CloudTalk number', setting: 'cloudtalkNumber', whenEmpty: 'leave out', value: cloudtalkNumber },
  {
    label: 'Recording',
    setting: 'recordingLink',
    whenEmpty: 'leave out',
    value: (call) => call.recordingLink,
  },
  {
    label: 'Rating',
    setting: 'rating',
    whenEmpty: 'leave out',
    value: (call) => call.ratings.map(({ type, rating }) => `${type} ${rating}/5`).join(', '),
  },
  {
    label: 'IVR path',
    setting: 'ivrPath',
    whenEmpty: 'leave out',
    value: (_call, detail) => filled(detail?.ivrPath ?? []).join(' > '),
  },
  {
    label: 'AI summary',
    setting: 'aiSummary',
    whenEmpty: 'leave out',
    value: (_call, detail) => detail?.aiSummary,
  },
  {
    label: 'Transcript',
    setting: 'transcript',
    whenEmpty: 'leave out',
    breaks: 'below label',
    value: transcript,
  },
  { label: 'Call link', setting: 'callLink', whenEmpty: 'leave out', value: callLink },
]

/** The note of a call. Its body may be longer than one note holds: see `noteParts`. */
export const noteFromCall = (
  call: Call,
  detail: CallDetail | undefined,
  options: NoteOptions,
): TimelineNote => {
  const shown = noteLineRules.filter(({ setting }) => !setting || options.settings.lines[setting])
  return noteOf(
    {
      externalId: call.id,
      subject: callHeadline(callType(call)),
      direction: callDirection(call),
      createdAt: callEnd(call),
    },
    shown.flatMap((rule) => noteLines(rule, call, detail, options)),
    options.literalSubject,
  )
}
