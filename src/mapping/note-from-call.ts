import { callDirection, callEnd, callHeadline, callType } from './conversation-from-call.ts'
import { wireNumber } from './phones.ts'
import type { Call, CallDetail } from './records.ts'
import type { CallSettings } from './settings.ts'
import { duration, filled, oneLine, wholeCharacters } from './text.ts'

export interface NoteOptions {
  settings: CallSettings
  /** Whether this Kustomer takes `subject` and `direction` as keys of a note (requirements §3, last paragraph). */
  literalSubject: boolean
  contactName?: string
}

/** Kustomer's note of a call, in its own keys. */
export interface CallNote {
  externalId: string
  subject?: string
  direction?: 'in' | 'out'
  body: string
  createdAt: string
}

export interface NoteLineRule {
  label: string
  /** The switch that shows the line; without one the line is always on. */
  setting?: keyof CallSettings['lines']
  /** A line without a value: shown with a dash, or left out. */
  whenEmpty: 'dash' | 'leave out'
  value: (call: Call, detail: CallDetail | undefined, options: NoteOptions) => string | undefined
}

/**
 * CloudTalk's page of one call (contract cloudtalk §3.1; from its newer documentation only, so not proven on a live
 * account). `undefined` when it is the very link that the Recording line shows.
 */
const callLink = ({ id, recordingLink }: Call): string | undefined => {
  const link = `https://analytics.cloudtalk.io/call-details/${encodeURIComponent(id)}`
  return link === recordingLink ? undefined : link
}

const cloudtalkNumber = ({ internalNumber, numberName }: Call): string | undefined => {
  const number = wireNumber(internalNumber) ?? internalNumber
  return number && numberName ? `${number} (${numberName})` : (number ?? numberName)
}

/** Requirements §3: the seed's lines in their order, then the extras. */
export const noteLineRules: readonly NoteLineRule[] = [
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
  {
    label: 'Customer number',
    setting: 'customerNumber',
    whenEmpty: 'leave out',
    value: (call) => wireNumber(call.externalNumber) ?? call.externalNumber,
  },
  {
    label: 'CloudTalk number',
    setting: 'cloudtalkNumber',
    whenEmpty: 'leave out',
    value: cloudtalkNumber,
  },
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
  { label: 'Call link', setting: 'callLink', whenEmpty: 'leave out', value: callLink },
]

/** The note of a call. Its body may be longer than one note holds: see {@link noteParts}. */
export const noteFromCall = (call: Call, detail: CallDetail | undefined, options: NoteOptions): CallNote => {
  const subject = callHeadline(callType(call))
  const direction = callDirection(call)
  const lines = noteLineRules.flatMap(({ label, setting, whenEmpty, value }) => {
    if (setting && !options.settings.lines[setting]) return []
    const text = oneLine(value(call, detail, options) ?? '')
    if (text === '' && whenEmpty === 'leave out') return []
    return `${label}: ${text || '–'}`
  })
  const common = { externalId: call.id, createdAt: callEnd(call) }
  return options.literalSubject
    ? { ...common, subject, direction, body: lines.join('\n') }
    : { ...common, body: [`Subject: ${subject}`, `Direction: ${direction}`, ...lines].join('\n') }
}

/** Kustomer's limit of a note's body (contract kustomer §5.1). */
export const NOTE_BODY_MAX = 10_240

/** Where to end a part: after its last line, else its last word, else its last whole character. */
const partEnd = (text: string, max: number): number => {
  const ends = [text.lastIndexOf('\n', max - 1) + 1, text.slice(0, max).search(/\s\S*$/) + 1]
  // A part that would be less than half full is not worth its boundary: a value of one huge line would make many.
  const end = ends.find((at) => at > max / 2) ?? max
  const whole = wholeCharacters(text, end)
  return whole > 0 ? whole : end
}

/**
 * Splits a body into parts that each fit one note; joined again they are the body. Give a smaller `max` to leave room
 * for numbering them.
 */
export const noteParts = (body: string, max: number = NOTE_BODY_MAX): string[] => {
  const parts: string[] = []
  let rest = body
  while (rest.length > max) {
    const end = partEnd(rest, max)
    parts.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  return [...parts, rest]
}
