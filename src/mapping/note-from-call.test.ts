import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CallNote, type NoteOptions, noteFromCall, noteLineRules, noteParts } from './note-from-call.ts'
import type { Call, CallDetail } from './records.ts'
import { callSettings } from './settings.ts'

const answered: Call = {
  id: '1002',
  type: 'incoming',
  externalNumber: '+442071838750',
  internalNumber: '+420603123456',
  numberName: 'Sales line',
  isVoicemail: false,
  talkingTime: 192,
  waitingTime: 8,
  startedAt: '2026-11-22T10:00:00Z',
  answeredAt: '2026-11-22T10:00:08Z',
  endedAt: '2026-11-22T10:03:20Z',
  recordingLink: 'https://my.cloudtalk.io/r/play/1002',
  contact: { id: '7', name: 'Ann Lee' },
  agent: { id: '99', name: 'Bob Agent', email: 'bob@example.com' },
  notes: ['Wants a refund', 'Call back\nMonday'],
  tags: ['refund', 'vip'],
  ratings: [
    { type: 'contact', rating: 5 },
    { type: 'agent', rating: 4 },
  ],
}
const unanswered = {
  ...answered,
  answeredAt: undefined,
  recordingLink: undefined,
  talkingTime: 0,
  notes: [],
  tags: [],
}
const calls: Record<'answered' | 'missed' | 'unanswered' | 'voicemail', Call> = {
  answered,
  missed: { ...unanswered, agent: undefined, contact: undefined },
  unanswered: { ...unanswered, type: 'outgoing', waitingTime: 31 },
  voicemail: { ...answered, isVoicemail: true, agent: undefined, talkingTime: 25, notes: [], tags: [] },
}
const detail: CallDetail = { groupName: 'Support', ivrPath: ['1', '3'] }
const allLines = callSettings.parse({ lines: { rating: true, ivrPath: true, callLink: true } })
const options = (more: Partial<NoteOptions> = {}): NoteOptions => ({
  settings: callSettings.parse({}),
  literalSubject: true,
  ...more,
})

const golden: [call: keyof typeof calls, subject: string, direction: 'in' | 'out', lines: string[]][] = [
  [
    'answered',
    'Answered Call',
    'in',
    [
      'Agent name: Bob Agent',
      'Contact name: Ann Lee',
      'Group name: Support',
      'Call duration: 3m 12s',
      'Wait time: 8s',
      'Call notes: Wants a refund, Call back Monday',
      'Call tags: refund, vip',
      'Customer number: +442071838750',
      'CloudTalk number: +420603123456 (Sales line)',
      'Recording: https://my.cloudtalk.io/r/play/1002',
      'Rating: contact 5/5, agent 4/5',
      'IVR path: 1 > 3',
      'Call link: https://analytics.cloudtalk.io/call-details/1002',
    ],
  ],
  [
    'missed',
    'Missed Call',
    'in',
    [
      'Agent name: –',
      'Contact name: –',
      'Group name: Support',
      'Call duration: 0s',
      'Wait time: 8s',
      'Call notes: –',
      'Call tags: –',
      'Customer number: +442071838750',
      'CloudTalk number: +420603123456 (Sales line)',
      'Rating: contact 5/5, agent 4/5',
      'IVR path: 1 > 3',
      'Call link: https://analytics.cloudtalk.io/call-details/1002',
    ],
  ],
  [
    'unanswered',
    'Unanswered Call',
    'out',
    [
      'Agent name: Bob Agent',
      'Contact name: Ann Lee',
      'Group name: Support',
      'Call duration: 0s',
      'Wait time: 31s',
      'Call notes: –',
      'Call tags: –',
      'Customer number: +442071838750',
      'CloudTalk number: +420603123456 (Sales line)',
      'Rating: contact 5/5, agent 4/5',
      'IVR path: 1 > 3',
      'Call link: https://analytics.cloudtalk.io/call-details/1002',
    ],
  ],
  [
    'voicemail',
    'Voicemail',
    'in',
    [
      'Agent name: –',
      'Contact name: Ann Lee',
      'Group name: Support',
      'Call duration: 25s',
      'Wait time: 8s',
      'Call notes: –',
      'Call tags: –',
      'Customer number: +442071838750',
      'CloudTalk number: +420603123456 (Sales line)',
      'Recording: https://my.cloudtalk.io/r/play/1002',
      'Rating: contact 5/5, agent 4/5',
      'IVR path: 1 > 3',
      'Call link: https://analytics.cloudtalk.io/call-details/1002',
    ],
  ],
]

describe.each(golden)('the whole note of a call: %s', (name, subject, direction, lines) => {
  const common = { externalId: '1002', createdAt: '2026-11-22T10:03:20.000Z' }

  test('with every line, subject and direction as keys', () => {
    const note = noteFromCall(calls[name], detail, options({ settings: allLines }))
    expect(note).toStrictEqual<CallNote>({ ...common, subject, direction, body: lines.join('\n') })
  })

  test('with every line, subject and direction as the first two lines', () => {
    const note = noteFromCall(calls[name], detail, options({ settings: allLines, literalSubject: false }))
    const body = [`Subject: ${subject}`, `Direction: ${direction}`, ...lines].join('\n')
    expect(note).toStrictEqual<CallNote>({ ...common, body })
  })

  test('with the default lines, before the detail has arrived', () => {
    const off = /^(Group name|Rating|IVR path|Call link):/
    const { body } = noteFromCall(calls[name], undefined, options())
    expect(body).toBe(lines.filter((line) => !off.test(line)).join('\n'))
  })
})

test('the lines are in the order of the requirements', () => {
  expect(noteLineRules.map(({ label, setting }) => [label, setting])).toEqual([
    ['Agent name', undefined],
    ['Contact name', undefined],
    ['Group name', undefined],
    ['Call duration', undefined],
    ['Wait time', undefined],
    ['Call notes', undefined],
    ['Call tags', undefined],
    ['Customer number', 'customerNumber'],
    ['CloudTalk number', 'cloudtalkNumber'],
    ['Recording', 'recordingLink'],
    ['Rating', 'rating'],
    ['IVR path', 'ivrPath'],
    ['Call link', 'callLink'],
  ])
})

const linesOf = (call: Partial<Call>, more?: Partial<NoteOptions>, about: CallDetail | undefined = detail) =>
  noteFromCall({ ...answered, ...call }, about, options({ settings: allLines, ...more })).body.split('\n')

const withLine = (line: string) => ({ settings: callSettings.parse({ lines: { [line]: true } }) })
const withoutLine = (line: string) => ({ settings: callSettings.parse({ lines: { [line]: false } }) })

test.each([
  ['customerNumber', 'Customer number'],
  ['cloudtalkNumber', 'CloudTalk number'],
  ['recordingLink', 'Recording'],
  ['rating', 'Rating'],
  ['ivrPath', 'IVR path'],
  ['callLink', 'Call link'],
])('%s switches its own line on and off', (setting, label) => {
  const has = (more: Partial<NoteOptions>) => linesOf({}, more).some((line) => line.startsWith(`${label}: `))
  expect([has(withLine(setting)), has(withoutLine(setting))]).toEqual([true, false])
})

test.each<[label: string, call: Partial<Call>, about?: CallDetail]>([
  ['Group name', {}, {}],
  ['Group name', {}, { groupName: ' ' }],
  ['Customer number', { externalNumber: undefined }],
  ['CloudTalk number', { internalNumber: undefined, numberName: undefined }],
  ['Recording', { recordingLink: undefined }],
  ['Rating', { ratings: [] }],
  ['IVR path', {}, { groupName: 'Support', ivrPath: [] }],
  ['IVR path', {}, {}],
  ['Call link', { recordingLink: 'https://analytics.cloudtalk.io/call-details/1002' }],
])('%s is left out when there is nothing to say', (label, call, about) => {
  expect(linesOf(call, {}, about).some((line) => line.startsWith(`${label}:`))).toBe(false)
})

test.each<[line: string, call: Partial<Call>, more?: Partial<NoteOptions>]>([
  ['Contact name: Lee, Ann', {}, { contactName: 'Lee, Ann' }],
  ['Contact name: Ann Lee', {}, { contactName: '' }],
  ['Agent name: –', { agent: { id: '99', name: ' ' } }],
  ['Agent name: –', { agent: { id: '99' } }],
  ['Call notes: one, two', { notes: ['one', ' ', 'two'] }],
  ['Call notes: Subject: fake Direction: out', { notes: ['Subject: fake\r\nDirection: out'] }],
  ['Call notes: <script>alert("x")</script> & more', { notes: ['<script>alert("x")</script> & more'] }],
  ['Call notes: a bell', { notes: ['a \u0007bell\u0000'] }],
  ['Call tags: –', { tags: ['', '\n'] }],
  ['Customer number: +442071838750', { externalNumber: '442071838750' }],
  ['Customer number: anonymous', { externalNumber: 'anonymous' }],
  ['CloudTalk number: +420603123456', { numberName: undefined }],
  ['CloudTalk number: Sales line', { internalNumber: undefined }],
  ['Call duration: 1h 2m 3s', { talkingTime: 3723 }],
])('%s', (line, call, more) => {
  expect(linesOf(call, more)).toContain(line)
})

test('whatever people wrote, the note has one line per field', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 40 })
  fc.assert(
    fc.property(anything, fc.array(anything), fc.array(anything), (name, notes, tags) => {
      const lines = linesOf({ notes, tags }, { contactName: `a${name}` })
      expect(lines.map((line) => line.slice(0, line.indexOf(':')))).toEqual(
        noteLineRules.map(({ label }) => label),
      )
    }),
    { numRuns: 50 },
  )
})

describe('noteParts', () => {
  test.each<[why: string, body: string, max: number, parts: string[]]>([
    ['a body that fits is one part', 'one\ntwo', 7, ['one\ntwo']],
    ['an empty body is one part', '', 7, ['']],
    ['at a line', 'first\nsecond\nthird', 13, ['first\nsecond\n', 'third']],
    ['at a word, when the line is too early', 'a: b\nword word word', 15, ['a: b\nword word ', 'word']],
    ['hard, when there is no boundary', 'uninterrupted', 5, ['unint', 'errup', 'ted']],
    ['hard, but between whole characters', 'abc😀😀', 4, ['abc', '😀😀']],
  ])('%s', (_why, body, max, parts) => {
    expect(noteParts(body, max)).toEqual(parts)
  })

  test('the limit is Kustomer’s', () => {
    const lines = noteParts(`Call notes: ${'word '.repeat(100).trim()}\n`.repeat(50))
    expect(lines.map((part) => part.endsWith('word\n'))).toEqual([true, true, true])
    expect(noteParts('x'.repeat(10_240))).toHaveLength(1)
    expect(noteParts('x'.repeat(10_241))).toHaveLength(2)
  })

  test('every part fits, no character is lost, none is split, and the parts are few', () => {
    const pieces = fc.constantFrom(
      'word',
      ' ',
      '\n',
      '👩‍👩‍👧',
      '🇨🇿',
      'e\u0301',
      'x'.repeat(40),
      '\u0301',
      '\r\n',
    )
    const bodies = fc.array(pieces, { maxLength: 80 }).map((list) => list.join(''))
    fc.assert(
      fc.property(bodies, fc.integer({ min: 40, max: 90 }), (body, max) => {
        const parts = noteParts(body, max)
        expect(parts.join('')).toBe(body)
        expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(max)
        expect(parts.every((part) => part.isWellFormed())).toBe(true)
        expect(parts.length).toBeLessThanOrEqual(Math.ceil(body.length / (max / 4)) + 1)
      }),
    )
  })

  test('one endless character does not stop it', () => {
    const body = `a${'\u0301'.repeat(25)}`
    expect(noteParts(body, 10).join('')).toBe(body)
  })
})
