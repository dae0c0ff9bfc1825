import { describe, expect, test } from 'vitest'
import { chatMessageFromCall, chatMessageFromMessage } from './chat-message.ts'
import type { Call, Message } from './records.ts'
import type { TimelineChat } from './timeline.ts'

const call: Call = {
  id: '1002',
  type: 'incoming',
  internalNumber: '420603123456',
  numberName: 'Sales line',
  isVoicemail: false,
  talkingTime: 192,
  waitingTime: 8,
  answeredAt: '2026-11-22T10:00:08Z',
  endedAt: '2026-11-22T10:03:20Z',
  notes: [],
  tags: [],
  ratings: [],
}
const unanswered = { answeredAt: undefined, talkingTime: 0 }

const sms: Message = {
  id: '501',
  channel: 'sms',
  direction: 'incoming',
  text: 'Hello',
  internalNumber: '+420603123456',
  numberName: 'Sales line',
  media: [],
  at: '2026-11-22T10:03:20Z',
}
const sent = { direction: 'outgoing', deliveryStatus: 'delivered' } as const
const failed = { direction: 'outgoing', deliveryStatus: 'failed' } as const
const whatsapp = { channel: 'whatsapp', internalNumber: 'whatsapp:+420603123456' } as const

const zone = 'Europe/Bratislava'
const time = '22 Nov 2026, 11:03 GMT+1'
const whole = (
  externalId: string,
  direction: 'in' | 'out',
  subject: string,
  preview: string,
): TimelineChat => ({
  externalId,
  channel: 'chat',
  app: 'cloudtalk',
  direction,
  subject,
  preview,
  sentAt: '2026-11-22T10:03:20.000Z',
  createdAt: '2026-11-22T10:03:20.000Z',
})

describe('the whole message, in the keys that Kustomer takes', () => {
  test.each<[change: Partial<Call>, direction: 'in' | 'out', subject: string, preview: string]>([
    [{}, 'in', 'Answered Call', `Answered Call · 3m 12s · Sales line · ${time}`],
    [{ type: 'outgoing' }, 'out', 'Answered Call', `Answered Call · 3m 12s · Sales line · ${time}`],
    [unanswered, 'in', 'Missed Call', `Missed Call · 8s · Sales line · ${time}`],
    [
      { ...unanswered, type: 'outgoing', waitingTime: 31 },
      'out',
      'Unanswered Call',
      `Unanswered Call · 31s · Sales line · ${time}`,
    ],
    [{ isVoicemail: true, talkingTime: 25 }, 'in', 'Voicemail', `Voicemail · 25s · Sales line · ${time}`],
  ])('of a call with %j', (change, direction, subject, preview) => {
    expect(chatMessageFromCall({ ...call, ...change }, zone)).toStrictEqual(
      whole('call-1002', direction, subject, preview),
    )
  })

  test.each<[change: Partial<Message>, id: string, direction: 'in' | 'out', subject: string]>([
    [{}, 'chat-sms-501', 'in', 'Received SMS'],
    [sent, 'chat-sms-501', 'out', 'Sent SMS'],
    [failed, 'chat-sms-501', 'out', 'Failed SMS'],
    [whatsapp, 'chat-wa-501', 'in', 'Received WhatsApp'],
    [{ ...whatsapp, ...sent }, 'chat-wa-501', 'out', 'Sent WhatsApp'],
    [{ ...whatsapp, ...failed }, 'chat-wa-501', 'out', 'Failed WhatsApp'],
  ])('of a message with %j', (change, id, direction, subject) => {
    expect(chatMessageFromMessage({ ...sms, ...change }, zone)).toStrictEqual(
      whole(id, direction, subject, `${subject} · Sales line · ${time}`),
    )
  })
})

test.each<[change: Partial<Call>, preview: string]>([
  [{ ...unanswered, waitingTime: 0 }, `Missed Call · Sales line · ${time}`],
  [{ numberName: undefined }, `Answered Call · 3m 12s · +420603123456 · ${time}`],
  [{ numberName: undefined, internalNumber: undefined }, `Answered Call · 3m 12s · ${time}`],
  [{ numberName: 'Sales\nline' }, `Answered Call · 3m 12s · Sales line · ${time}`],
])('a call with %j: %s', (change, preview) => {
  expect(chatMessageFromCall({ ...call, ...change }, zone).preview).toBe(preview)
})

test.each<[change: Partial<Message>, preview: string]>([
  [{ numberName: undefined }, `Received SMS · +420603123456 · ${time}`],
  [{ ...whatsapp, numberName: undefined }, `Received WhatsApp · +420603123456 · ${time}`],
  [{ numberName: undefined, internalNumber: undefined }, `Received SMS · ${time}`],
])('a message with %j: %s', (change, preview) => {
  expect(chatMessageFromMessage({ ...sms, ...change }, zone).preview).toBe(preview)
})

test('a message’s time is written in UTC, whatever zone it came in', () => {
  const { sentAt, createdAt } = chatMessageFromMessage({ ...sms, at: '2026-11-22T12:03:20+02:00' }, zone)
  expect([sentAt, createdAt]).toEqual(['2026-11-22T10:03:20.000Z', '2026-11-22T10:03:20.000Z'])
})

test('the text is never longer than Kustomer takes', () => {
  const { preview } = chatMessageFromCall({ ...call, numberName: 'line '.repeat(5_000) }, zone)
  expect(preview.length).toBeLessThanOrEqual(10_240)
  expect(preview.endsWith(' line…')).toBe(true)
})
