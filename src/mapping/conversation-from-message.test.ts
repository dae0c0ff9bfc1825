import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  conversationFromMessage,
  type MessageType,
  messageExternalId,
  messageHeadline,
  messageType,
  skipMessage,
} from './conversation-from-message.ts'
import type { ReasonCode } from './reasons.ts'
import type { Message } from './records.ts'
import { settingsSchema } from './settings.ts'
import type { TimelineConversation } from './timeline.ts'

const sms: Message = {
  id: '501',
  channel: 'sms',
  direction: 'incoming',
  text: 'Hello',
  externalNumber: '+442071838750',
  internalNumber: '+420603123456',
  media: [],
  at: '2026-11-22T10:03:20Z',
}
const settings = (given: object = {}) => settingsSchema.parse({ sms: given }).sms

test.each<[direction: Message['direction'], deliveryStatus: string | undefined, type: MessageType]>([
  ['incoming', undefined, 'received'],
  ['incoming', 'received', 'received'],
  ['incoming', 'failed', 'received'],
  ['outgoing', undefined, 'sent'],
  ['outgoing', '', 'sent'],
  ['outgoing', 'sent', 'sent'],
  ['outgoing', 'delivered', 'sent'],
  ['outgoing', 'queued', 'sent'],
  ['outgoing', 'fail', 'failed'],
  ['outgoing', 'failed', 'failed'],
  ['outgoing', ' FAILED ', 'failed'],
  ['outgoing', 'Undelivered', 'failed'],
  ['outgoing', 'rejected', 'failed'],
  ['outgoing', 'ERROR', 'failed'],
])('%s, %s is %s', (direction, deliveryStatus, type) => {
  expect(messageType({ ...sms, direction, deliveryStatus })).toBe(type)
})

const at = '2026-11-22T10:03:20.000Z'
const sent = { direction: 'outgoing', deliveryStatus: 'delivered' } as const
const failed = { direction: 'outgoing', deliveryStatus: 'failed' } as const
const whatsapp = { channel: 'whatsapp' } as const

test.each<[change: Partial<Message>, conversation: TimelineConversation]>([
  [{}, { externalId: 'sms-501', name: 'Received SMS', direction: 'in', status: 'open', createdAt: at }],
  [sent, { externalId: 'sms-501', name: 'Sent SMS', direction: 'out', status: 'done', createdAt: at }],
  [failed, { externalId: 'sms-501', name: 'Failed SMS', direction: 'out', status: 'open', createdAt: at }],
  [
    whatsapp,
    { externalId: 'wa-501', name: 'Received WhatsApp', direction: 'in', status: 'open', createdAt: at },
  ],
  [
    { ...whatsapp, ...sent },
    { externalId: 'wa-501', name: 'Sent WhatsApp', direction: 'out', status: 'done', createdAt: at },
  ],
  [
    { ...whatsapp, ...failed },
    { externalId: 'wa-501', name: 'Failed WhatsApp', direction: 'out', status: 'open', createdAt: at },
  ],
])('with the default settings, the whole conversation of %j', (change, conversation) => {
  const message = { ...sms, ...change }
  expect(conversationFromMessage(message, settingsSchema.parse({})[message.channel])).toStrictEqual(
    conversation,
  )
  expect(messageHeadline(message)).toBe(conversation.name)
})

test('the time is written in UTC', () => {
  const message = { ...sms, at: '2026-11-22T11:03:20.250+01:00' }
  expect(conversationFromMessage(message, settings()).createdAt).toBe('2026-11-22T10:03:20.250Z')
})

test.each<[type: MessageType, change: Partial<Message>]>([
  ['received', {}],
  ['sent', sent],
  ['failed', failed],
])('%s: its own setting decides Open or Done, and whether it is logged', (type, change) => {
  const message = { ...sms, ...change }
  const others = { log: true, status: 'done' }
  const base = { received: others, sent: others, failed: others }
  const open = settings({ ...base, [type]: { log: true, status: 'open' } })
  expect(conversationFromMessage(message, settings(base)).status).toBe('done')
  expect(conversationFromMessage(message, open).status).toBe('open')
  expect(skipMessage(message, open)).toBeUndefined()
  expect(skipMessage(message, settings({ ...base, [type]: { log: false } }))).toBe('TYPE_NOT_LOGGED')
})

const sales = { connectedNumbers: ['+420603123456'] }
const onlySupport = { connectedNumbers: ['+442071838751'] }
const noReceived = { received: { log: false } }

test.each<[reason: ReasonCode | undefined, change: Partial<Message>, given: object]>([
  [undefined, {}, {}],
  ['TYPE_NOT_LOGGED', {}, noReceived],
  [undefined, sent, noReceived],
  [undefined, {}, sales],
  [undefined, { ...whatsapp, internalNumber: 'whatsapp:+420603123456' }, sales],
  ['NUMBER_NOT_CONNECTED', {}, onlySupport],
  ['NUMBER_NOT_CONNECTED', { internalNumber: undefined }, sales],
  [undefined, { internalNumber: undefined }, {}],
  ['TYPE_NOT_LOGGED', {}, { ...noReceived, ...onlySupport }],
])('%s: %j with %j', (reason, change, given) => {
  expect(skipMessage({ ...sms, ...change }, settings(given))).toBe(reason)
})

describe('messageExternalId', () => {
  /** With `chat-` before it or `-99` behind it. */
  const ROOM = 256 - 'chat-'.length - '-99'.length

  test('an id that fits stays as it is', () => {
    const id = 'x'.repeat(230)
    expect(messageExternalId({ ...sms, id })).toBe(`sms-${id}`)
  })

  test('never exceeds what Kustomer takes, and two ids stay two', () => {
    const start = fc.constantFrom('', 'x'.repeat(200), 'x'.repeat(400), '👩‍👩‍👧'.repeat(40))
    const id = fc.tuple(start, fc.string({ unit: 'grapheme' })).map((parts) => parts.join(''))
    fc.assert(
      fc.property(id, id, (one, other) => {
        const [first, second] = [one, other].map((each) => messageExternalId({ ...sms, id: each }))
        expect(first?.length).toBeLessThanOrEqual(ROOM)
        expect(first?.isWellFormed()).toBe(true)
        expect(first === second).toBe(one === other)
      }),
    )
  })
})
