import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MessageNoteOptions, messageLineRules, noteFromMessage } from './note-from-message.ts'
import type { Message } from './records.ts'
import type { TimelineNote } from './timeline.ts'

/** A message that says nothing but what every message says. */
const bare = { id: '501', text: '', media: [], at: '2026-11-22T10:03:20Z' }
const full = {
  ...bare,
  text: 'Hello,\r\nwhere is my order?\r\n',
  externalNumber: '442071838750',
  internalNumber: '+420603123456',
  numberName: 'Sales line',
  agent: { id: '99', name: 'Bob Agent', email: 'bob@example.com' },
  contact: { id: '7', name: 'Ann Lee' },
  groupName: 'Support',
  media: ['https://media.example.com/1.jpg', 'https://media.example.com/2.pdf'],
}

interface Golden {
  kind: Pick<Message, 'channel' | 'direction' | 'deliveryStatus'>
  externalId: string
  subject: string
  direction: 'in' | 'out'
  /** What the body begins with where Kustomer takes no subject and direction. */
  nearest: string[]
  full: string[]
  bare: string[]
}

const golden: Golden[] = [
  {
    kind: { channel: 'sms', direction: 'incoming' },
    externalId: 'sms-501',
    subject: 'Received SMS',
    direction: 'in',
    nearest: ['Subject: Received SMS', 'Direction: in'],
    full: [
      'Text: Hello,',
      'where is my order?',
      'Agent name: Bob Agent',
      'Contact name: Ann Lee',
      'Group name: Support',
      'Customer number: +442071838750',
      'CloudTalk number: +420603123456 (Sales line)',
      'Media: https://media.example.com/1.jpg https://media.example.com/2.pdf',
    ],
    bare: ['Text: –', 'Agent name: –', 'Contact name: –'],
  },
  {
    kind: { channel: 'sms', direction: 'outgoing', deliveryStatus: 'delivered' },
    externalId: 'sms-501',
    subject: 'Sent SMS',
    direction: 'out',
    nearest: ['Subject: Sent SMS', 'Direction: out'],
    full: [
      'Text: Hello,',
      'where is my order?',
      'Agent name: Bob Agent',
      'Contact name: Ann Lee',
      'Group name: Support',
      'Customer number: +442071838750',
      'CloudTalk number: +420603123456 (Sales line)',
      'Delivery status: delivered',
      'Media: https://media.example.com/1.jpg https://media.example.com/2.pdf',
    ],
    bare: ['Text: –', 'Agent name: –', 'Contact name: –', 'Delivery status: delivered'],
  },
  {
    kind: { channel: 'sms', direction: 'outgoing', deliveryStatus: 'failed' },
    externalId: 'sms-501',
    subject: 'Failed SMS',
    direction: 'out',
    nearest: ['Subject: Failed SMS', 'Direction: out'],
    full: [
      'Text: Hello,',
      'where is my order?',
      'Agent name: Bob Agent',
      'Contact name: Ann Lee',
      'Group name: Support',
      'Customer number: +442071838750',
      'CloudTalk number: +420603123456 (Sales line)',
      'Delivery status: failed',
      'Media: https://media.example.com/1.jpg https://media.example.com/2.pdf',
    ],
    bare: ['Text: –', 'Agent name: –', 'Contact name: –', 'Delivery status: failed'],
  },
  {
    kind: { channel: 'whatsapp', direction: 'incoming' },
    externalId: 'wa-501',
    subject: 'Received WhatsApp',
    direction: 'in',
    nearest: ['Subject: Received WhatsApp', 'Direction: in'],
    full: [
      'Text: Hello,',
      'where is my order?',
      'Agent name: Bob Agent',
      'Contact name: Ann Lee',
      'Group name: Support',
      'Customer number: +442071838750',
      'CloudTalk number: +420603123456 (Sales line)',
      'Media: https://media.example.com/1.jpg https://media.example.com/2.pdf',
    ],
    bare: ['Text: –', 'Agent name: –', 'Contact name: –'],
  },
  {
    kind: { channel: 'whatsapp', direction: 'outgoing', deliveryStatus: 'delivered' },
    externalId: 'wa-501',
    subject: 'Sent WhatsApp',
    direction: 'out',
    nearest: ['Subject: Sent WhatsApp', 'Direction: out'],
    full: [
      'Text: Hello,',
      'where is my order?',
      'Agent name: Bob Agent',
      'Contact name: Ann Lee',
      'Group name: Support',
      'Customer number: +442071838750',
      'CloudTalk number: +420603123456 (Sales line)',
      'Delivery status: delivered',
      'Media: https://media.example.com/1.jpg https://media.example.com/2.pdf',
    ],
    bare: ['Text: –', 'Agent name: –', 'Contact name: –', 'Delivery status: delivered'],
  },
  {
    kind: { channel: 'whatsapp', direction: 'outgoing', deliveryStatus: 'failed' },
    externalId: 'wa-501',
    subject: 'Failed WhatsApp',
    direction: 'out',
    nearest: ['Subject: Failed WhatsApp', 'Direction: out'],
    full: [
      'Text: Hello,',
      'where is my order?',
      'Agent name: Bob Agent',
      'Contact name: Ann Lee',
      'Group name: Support',
      'Customer number: +442071838750',
      'CloudTalk number: +420603123456 (Sales line)',
      'Delivery status: failed',
      'Media: https://media.example.com/1.jpg https://media.example.com/2.pdf',
    ],
    bare: ['Text: –', 'Agent name: –', 'Contact name: –', 'Delivery status: failed'],
  },
]

describe.each(golden)('the whole note of a message: $subject', (expected) => {
  const { kind, externalId, subject, direction, nearest } = expected
  const common = { externalId, createdAt: '2026-11-22T10:03:20.000Z' }

  test.each<[which: string, message: Message, lines: string[]]>([
    ['everything that there can be', { ...full, ...kind }, expected.full],
    ['nothing but itself', { ...bare, ...kind }, expected.bare],
  ])('with %s, subject and direction as keys or as the first two lines', (_which, message, lines) => {
    expect(noteFromMessage(message, { literalSubject: true })).toStrictEqual<TimelineNote>({
      ...common,
      subject,
      direction,
      body: lines.join('\n'),
    })
    expect(noteFromMessage(message, { literalSubject: false })).toStrictEqual<TimelineNote>({
      ...common,
      body: [...nearest, ...lines].join('\n'),
    })
  })
})

test('the lines are in the order of the requirements', () => {
  expect(messageLineRules.map(({ label, whenEmpty }) => [label, whenEmpty])).toEqual([
    ['Text', 'dash'],
    ['Agent name', 'dash'],
    ['Contact name', 'dash'],
    ['Group name', 'leave out'],
    ['Customer number', 'leave out'],
    ['CloudTalk number', 'leave out'],
    ['Delivery status', 'leave out'],
    ['Media', 'leave out'],
  ])
})

const message: Message = { ...full, channel: 'sms', direction: 'outgoing', deliveryStatus: 'delivered' }
const bodyOf = (change: Partial<Message>, options: Partial<MessageNoteOptions> = {}) =>
  noteFromMessage({ ...message, ...change }, { literalSubject: true, ...options }).body

test.each<[line: string, change: Partial<Message>, options?: Partial<MessageNoteOptions>]>([
  ['Text: one line', { text: 'one line\n \t' }],
  ['Text: a bell', { text: 'a \u0007bell\u0000' }],
  ['Text: half \ufffd pair', { text: 'half \ud83d pair' }],
  ['Text: –', { text: ' \r\n ' }],
  ['Text: <b>as typed</b> & more', { text: '<b>as typed</b> & more' }],
  ['Agent name: –', { agent: { id: '99', name: ' ' } }],
  ['Agent name: Bob Agent', { agent: { id: '99', name: 'Bob\nAgent' } }],
  ['Contact name: Lee, Ann', {}, { contactName: 'Lee, Ann' }],
  ['Contact name: Ann Lee', {}, { contactName: '' }],
  ['Contact name: Lee, Ann', { contact: undefined }, { contactName: 'Lee, Ann' }],
  ['Customer number: +442071838750', { externalNumber: 'whatsapp:+442071838750' }],
  ['Customer number: ACME', { externalNumber: 'ACME' }],
  ['CloudTalk number: +420603123456', { numberName: undefined }],
  ['CloudTalk number: Sales line', { internalNumber: undefined }],
  ['Delivery status: failed', { deliveryStatus: 'failed' }],
  ['Media: https://media.example.com/1.jpg', { media: ['https://media.example.com/1.jpg', ' '] }],
])('%s', (line, change, options) => {
  expect(bodyOf(change, options).split('\n')).toContain(line)
})

test.each<[label: string, change: Partial<Message>]>([
  ['Group name', { groupName: ' ' }],
  ['Customer number', { externalNumber: undefined }],
  ['CloudTalk number', { internalNumber: undefined, numberName: undefined }],
  ['Delivery status', { deliveryStatus: '' }],
  ['Media', { media: ['', ' '] }],
])('%s is left out when there is nothing to say', (label, change) => {
  expect(bodyOf(change)).not.toContain(`${label}:`)
})

test('the text keeps its lines', () => {
  expect(bodyOf({ text: 'one\r\n\r\ntwo\rthree\u2028four' })).toMatch(
    /^Text: one\n\ntwo\nthree\nfour\nAgent name: Bob Agent\n/,
  )
})

test('whatever people wrote, all but the text has one line per field', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 40 })
  fc.assert(
    fc.property(anything, fc.array(anything), (text, media) => {
      const some = `a${text}`
      const body = bodyOf({
        text: 'Hello',
        agent: { id: '99', name: some },
        groupName: some,
        externalNumber: some,
        numberName: some,
        deliveryStatus: some,
        media: ['a', ...media],
      })
      expect(body.split('\n').map((line) => line.slice(0, line.indexOf(':')))).toEqual(
        messageLineRules.map(({ label }) => label),
      )
    }),
    { numRuns: 50 },
  )
})
