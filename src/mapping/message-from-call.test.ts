import { expect, test } from 'vitest'
import { chatMessageFromCall } from './message-from-call.ts'
import type { Call } from './records.ts'

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

test('the whole message, in the keys that Kustomer takes', () => {
  expect(chatMessageFromCall(call)).toStrictEqual({
    externalId: 'call-1002',
    channel: 'chat',
    app: 'cloudtalk',
    direction: 'in',
    subject: 'Answered Call',
    preview: 'Answered Call · 3m 12s · Sales line',
    sentAt: '2026-11-22T10:03:20.000Z',
    createdAt: '2026-11-22T10:03:20.000Z',
  })
})

test.each<[change: Partial<Call>, direction: 'in' | 'out', preview: string]>([
  [unanswered, 'in', 'Missed Call · 8s · Sales line'],
  [{ ...unanswered, type: 'outgoing', waitingTime: 31 }, 'out', 'Unanswered Call · 31s · Sales line'],
  [{ isVoicemail: true, talkingTime: 25 }, 'in', 'Voicemail · 25s · Sales line'],
  [{ type: 'outgoing' }, 'out', 'Answered Call · 3m 12s · Sales line'],
  [{ ...unanswered, waitingTime: 0 }, 'in', 'Missed Call · Sales line'],
  [{ numberName: undefined }, 'in', 'Answered Call · 3m 12s · +420603123456'],
  [{ numberName: undefined, internalNumber: undefined }, 'in', 'Answered Call · 3m 12s'],
  [{ numberName: 'Sales\nline' }, 'in', 'Answered Call · 3m 12s · Sales line'],
])('%j says %s: %s', (change, direction, preview) => {
  expect(chatMessageFromCall({ ...call, ...change })).toMatchObject({
    direction,
    preview,
    subject: preview.split(' · ')[0],
  })
})

test('the text is never longer than Kustomer takes', () => {
  const { preview } = chatMessageFromCall({ ...call, numberName: 'line '.repeat(5_000) })
  expect(preview.length).toBeLessThanOrEqual(10_240)
  expect(preview.endsWith(' line…')).toBe(true)
})
