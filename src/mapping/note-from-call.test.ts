import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type NoteOptions, noteFromCall, noteLineRules } from './note-from-call.ts'
import type { Call, CallDetail } from './records.ts'
import { callSettings } from './settings.ts'
import type { TimelineNote } from './timeline.ts'

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
const detail: CallDetail = {
  groupName: 'Support',
  ivrPath: ['1', '3'],
  lastAgentEmail: 'bob@example.com',
  aiSummary: 'Ann wants her money back.\nBob calls again on Monday.',
  transcript: [
    { start: 0.4, speaker: 'Agent', text: 'Support,\nBob speaking.' },
    { start: 65.9, speaker: 'Contact', text: 'I want a refund.' },
  ],
}
const allLines = callSettings.parse({
  lines: { rating: true, ivrPath: true, aiSummary: true, transcript: true, callLink: true },
})
const options = (more: Partial<NoteOptions> = {}): NoteOptions => ({
  settings: callSettings.parse({}),
  literalSubject: true,
  ...more,
})

interface Golden {
  name: keyof typeof calls
  subject: string
  direction: 'in' | 'out'
  /** What the body begins with where Kustomer takes no subject and direction. */
  nearest: string[]
  byDefault: string[]
  all: string[]
}

const golden: Golden[] = [
  {
    name: 'answered',
    subject: 'Answered Call',
    direction: 'in',
    nearest: ['Subject: Answered Call', 'Direction: in'],
    byDefault: [
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
    ],
    all: [
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
      'AI summary: Ann wants her money back. Bob calls again on Monday.',
      'Transcript:',
      '[0:00] Agent: Support, Bob speaking.',
      '[1:05] Contact: I want a refund.',
      'Call link: https://analytics.cloudtalk.io/call-details/1002',
    ],
  },
  {
    name: 'missed',
    subject: 'Missed Call',
    direction: 'in',
    nearest: ['Subject: Missed Call', 'Direction: in'],
    byDefault: [
      'Agent name: –',
      'Contact name: –',
      'Group name: Support',
      'Call duration: 0s',
      'Wait time: 8s',
      'Call notes: –',
      'Call tags: –',
      'Customer number: +442071838750',
      'CloudTalk number: +420603123456 (Sales line)',
    ],
    all: [
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
      'AI summary: Ann wants her money back. Bob calls again on Monday.',
      'Transcript:',
      '[0:00] Agent: Support, Bob speaking.',
      '[1:05] Contact: I want a refund.',
      'Call link: https://analytics.cloudtalk.io/call-details/1002',
    ],
  },
  {
    name: 'unanswered',
    subject: 'Unanswered Call',
    direction: 'out',
    nearest: ['Subject: Unanswered Call', 'Direction: out'],
    byDefault: [
      'Agent name: Bob Agent',
      'Contact name: Ann Lee',
      'Group name: Support',
      'Call duration: 0s',
      'Wait time: 31s',
      'Call notes: –',
      'Call tags: –',
      'Customer number: +442071838750',
      'CloudTalk number: +420603123456 (Sales line)',
    ],
    all: [
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
      'AI summary: Ann wants her money back. Bob calls again on Monday.',
      'Transcript:',
      '[0:00] Agent: Support, Bob speaking.',
      '[1:05] Contact: I want a refund.',
      'Call link: https://analytics.cloudtalk.io/call-details/1002',
    ],
  },
  {
    name: 'voicemail',
    subject: 'Voicemail',
    direction: 'in',
    nearest: ['Subject: Voicemail', 'Direction: in'],
    byDefault: [
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
    ],
    all: [
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
      'AI summary: Ann wants her money back. Bob calls again on Monday.',
      'Transcript:',
      '[0:00] Agent: Support, Bob speaking.',
      '[1:05] Contact: I want a refund.',
      'Call link: https://analytics.cloudtalk.io/call-details/1002',
    ],
  },
]

describe.each(golden)(
  'the whole note of a call: $name',
  ({ name, subject, direction, nearest, byDefault, all }) => {
    const common = { externalId: '1002', createdAt: '2026-11-22T10:03:20.000Z' }

    test.each<[which: string, settings: NoteOptions['settings'], lines: string[]]>([
      ['the default lines', callSettings.parse({}), byDefault],
      ['every line', allLines, all],
    ])('with %s, subject and direction as keys or as the first two lines', (_which, settings, lines) => {
      const note = (literalSubject: boolean) =>
        noteFromCall(calls[name], detail, options({ settings, literalSubject }))
      expect(note(true)).toStrictEqual<TimelineNote>({
        ...common,
        subject,
        direction,
        body: lines.join('\n'),
      })
      expect(note(false)).toStrictEqual<TimelineNote>({ ...common, body: [...nearest, ...lines].join('\n') })
    })

    test('before the detail has arrived', () => {
      const withoutGroup = byDefault.filter((line) => line !== 'Group name: Support')
      expect(noteFromCall(calls[name], undefined, options()).body).toBe(withoutGroup.join('\n'))
    })
  },
)

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
    ['AI summary', 'aiSummary'],
    ['Transcript', 'transcript'],
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
  ['aiSummary', 'AI summary'],
  ['transcript', 'Transcript'],
  ['callLink', 'Call link'],
])('%s switches its own line on and off', (setting, label) => {
  const has = (more: Partial<NoteOptions>) => linesOf({}, more).some((line) => line.startsWith(`${label}:`))
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
  ['AI summary', {}, {}],
  ['AI summary', {}, { aiSummary: ' \n' }],
  ['Transcript', {}, {}],
  ['Transcript', {}, { transcript: [] }],
  ['Transcript', {}, { transcript: [{ start: 1, speaker: 'Agent', text: ' ' }] }],
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
  ['CloudTalk number: +420603123456', { numberName: ' ' }],
  ['Call duration: 1h 2m 3s', { talkingTime: 3723 }],
])('%s', (line, call, more) => {
  expect(linesOf(call, more)).toContain(line)
})

test('the transcript has one line for each thing said, and hours from the first on', () => {
  const transcript: CallDetail['transcript'] = [
    { start: 9, speaker: 'Contact', text: 'Hello?\r\nCall tags: fake' },
    { start: 61, speaker: 'Agent', text: '' },
    { start: 3605.2, speaker: 'Agent', text: 'Goodbye.' },
  ]
  const lines = linesOf({}, {}, { transcript })
  const from = lines.indexOf('Transcript:')
  expect(lines.slice(from, from + 4)).toEqual([
    'Transcript:',
    '[0:09] Contact: Hello? Call tags: fake',
    '[1:00:05] Agent: Goodbye.',
    'Call link: https://analytics.cloudtalk.io/call-details/1002',
  ])
})

test('whatever people wrote, the note has one line per field', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 40 })
  const labels = noteLineRules.map(({ label }) => label).filter((label) => label !== 'Transcript')
  fc.assert(
    fc.property(anything, fc.array(anything), fc.array(anything), (text, notes, tags) => {
      const about = { ...detail, aiSummary: `a${text}`, transcript: [] }
      const lines = linesOf({ notes, tags }, { contactName: `a${text}` }, about)
      expect(lines.map((line) => line.slice(0, line.indexOf(':')))).toEqual(labels)
    }),
    { numRuns: 50 },
  )
})
