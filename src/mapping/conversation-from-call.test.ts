import { expect, test } from 'vitest'
import {
  type CallType,
  callDirection,
  callEnd,
  callHeadline,
  callType,
  conversationFromCall,
  skipCall,
} from './conversation-from-call.ts'
import type { ReasonCode } from './reasons.ts'
import type { Call } from './records.ts'
import { callSettings } from './settings.ts'

const call: Call = {
  id: '1002',
  type: 'incoming',
  externalNumber: '+442071838750',
  internalNumber: '+420603123456',
  isVoicemail: false,
  talkingTime: 0,
  waitingTime: 20,
  startedAt: '2026-11-22T10:00:00.000Z',
  endedAt: '2026-11-22T10:05:00Z',
  notes: [],
  tags: [],
  ratings: [],
}
const answeredAt = '2026-11-22T10:00:20Z'

test.each<[change: Partial<Call>, type: CallType, headline: string]>([
  [{ answeredAt }, 'answered', 'Answered Call'],
  [{ talkingTime: 1 }, 'answered', 'Answered Call'],
  [{ type: 'outgoing', answeredAt }, 'answered', 'Answered Call'],
  [{ type: 'outgoing', talkingTime: 9 }, 'answered', 'Answered Call'],
  [{}, 'missed', 'Missed Call'],
  [{ answeredAt: '' }, 'missed', 'Missed Call'],
  [{ type: 'outgoing' }, 'unanswered', 'Unanswered Call'],
  [{ isVoicemail: true }, 'voicemail', 'Voicemail'],
  [{ isVoicemail: true, answeredAt, talkingTime: 12 }, 'voicemail', 'Voicemail'],
  [{ isVoicemail: true, type: 'outgoing' }, 'voicemail', 'Voicemail'],
  [{ type: 'internal' }, 'internal', 'Internal Call'],
  [{ type: 'internal', isVoicemail: true, answeredAt }, 'internal', 'Internal Call'],
])('%j is %s: %s', (change, type, headline) => {
  expect(callType({ ...call, ...change })).toBe(type)
  expect(callHeadline(type)).toBe(headline)
})

test.each([
  ['incoming', 'in'],
  ['outgoing', 'out'],
] as const)('%s is %s', (type, direction) => {
  expect(callDirection({ ...call, type })).toBe(direction)
})

test.each([
  ['2026-11-22T10:05:00Z', '2026-11-22T10:05:00.000Z'],
  ['2026-11-22T10:05:00.250Z', '2026-11-22T10:05:00.250Z'],
  ['2026-11-22T11:05:00+01:00', '2026-11-22T10:05:00.000Z'],
])('an end of %s is %s', (endedAt, expected) => {
  expect(callEnd({ ...call, endedAt })).toBe(expected)
})

test('a call that has not ended has no end to write', () => {
  expect(() => callEnd({ ...call, endedAt: undefined })).toThrow('Call 1002 has not ended')
})

test.each<[change: Partial<Call>, name: string, direction: string, status: string]>([
  [{ answeredAt }, 'Answered Call', 'in', 'done'],
  [{}, 'Missed Call', 'in', 'open'],
  [{ type: 'outgoing' }, 'Unanswered Call', 'out', 'done'],
  [{ isVoicemail: true }, 'Voicemail', 'in', 'open'],
])('with the default settings, %j is %s, %s, %s', (change, name, direction, status) => {
  expect(conversationFromCall({ ...call, ...change }, callSettings.parse({}))).toStrictEqual({
    externalId: '1002',
    name,
    direction,
    status,
    createdAt: '2026-11-22T10:05:00.000Z',
  })
})

test.each<[type: 'answered' | 'missed' | 'unanswered' | 'voicemail', change: Partial<Call>]>([
  ['answered', { answeredAt }],
  ['missed', {}],
  ['unanswered', { type: 'outgoing' }],
  ['voicemail', { isVoicemail: true }],
])('%s: its own setting decides Open or Done, and whether it is logged', (type, change) => {
  const [is, others] = [
    { ...call, ...change },
    { log: true, status: 'done' as const },
  ]
  const base = { answered: others, missed: others, unanswered: others, voicemail: others }
  const open = callSettings.parse({ ...base, [type]: { log: true, status: 'open' } })
  expect(conversationFromCall(is, callSettings.parse(base)).status).toBe('done')
  expect(conversationFromCall(is, open).status).toBe('open')
  expect(skipCall(is, open)).toBeUndefined()
  expect(skipCall(is, callSettings.parse({ ...base, [type]: { log: false } }))).toBe('TYPE_NOT_LOGGED')
})

const sales = { connectedNumbers: ['+420603123456'] }
const onlySupport = { connectedNumbers: ['+442071838751'] }
const noMissed = { missed: { log: false } }

test.each<[reason: ReasonCode | undefined, change: Partial<Call>, settings: object]>([
  [undefined, {}, {}],
  ['INTERNAL_CALL', { type: 'internal' }, {}],
  ['TYPE_NOT_LOGGED', {}, noMissed],
  [undefined, { answeredAt }, noMissed],
  ['NUMBER_NOT_CONNECTED', {}, onlySupport],
  [undefined, {}, sales],
  [undefined, { internalNumber: '420603123456' }, sales],
  ['NUMBER_NOT_CONNECTED', { internalNumber: undefined }, sales],
  [undefined, { internalNumber: undefined }, {}],
  ['INTERNAL_CALL', { type: 'internal' }, { ...noMissed, ...onlySupport }],
  ['TYPE_NOT_LOGGED', {}, { ...noMissed, ...onlySupport }],
])('%s: %j with %j', (reason, change, settings) => {
  expect(skipCall({ ...call, ...change }, callSettings.parse(settings))).toBe(reason)
})
