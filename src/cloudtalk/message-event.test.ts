import { describe, expect, test } from 'vitest'
import { CloudTalkError, parseAccountWebhook, parseWorkflowMessage } from './index.ts'
import { payload } from './local-server.ts'

const EXTERNAL = '+420601000001'
const INTERNAL = '+420210000001'

/** The least that says something, so that the tables below are about one thing each. */
const hi = { text: 'hi' }

test('a message with everything', () => {
  expect(parseWorkflowMessage(payload('workflow-message-received'), 'Received')).toEqual({
    id: '1450000009',
    channel: 'sms',
    direction: 'incoming',
    text: 'Hi & hello\nwhere is my parcel?',
    externalNumber: EXTERNAL,
    internalNumber: INTERNAL,
    contactId: '1450000001',
    contactName: 'Marta & Sons',
    deliveryStatus: 'received',
    media: ['https://media.cloudtalk.example/1.png', 'https://media.cloudtalk.example/2.png'],
    at: '2026-06-01T08:01:05.000Z',
  })
})

type Case = [body: object, action: 'Sent' | 'Received', expected: object]

const cases: Case[] = [
  [hi, 'Sent', { direction: 'outgoing', text: 'hi', media: [] }],
  [hi, 'Received', { direction: 'incoming' }],

  [{ body: 'hi' }, 'Sent', { text: 'hi' }],
  [{ message: 'hi' }, 'Sent', { text: 'hi' }],
  [{ text: null, body: '', message: 'hi' }, 'Sent', { text: 'hi' }],
  [{ text: 4711 }, 'Sent', { text: '4711' }],
  [{ text: '&amp;amp; &lt;b&gt;\r\n  two ' }, 'Sent', { text: '&amp; <b>\r\n  two ' }],
  [{ text: 'https://a.example/?x=1&copy=2' }, 'Sent', { text: 'https://a.example/?x=1&copy=2' }],
  [{ text: 'Dear {{name}}, hi' }, 'Sent', { text: 'Dear {{name}}, hi' }],
  [{ text: '{{ event.properties.text }}', from: 1234 }, 'Sent', { text: '' }],
  [{ text: 'null', from: 1234 }, 'Sent', { text: '' }],

  [{ ...hi, id: 7 }, 'Sent', { id: '7' }],
  [{ ...hi, id: '{{ event.properties.id }}', message_id: 'm-7' }, 'Sent', { id: 'm-7' }],
  [{ ...hi, id: 0 }, 'Sent', { id: undefined }],
  [{ ...hi, id: 'null' }, 'Sent', { id: undefined }],

  [{ ...hi, channel: 'WhatsApp' }, 'Sent', { channel: 'whatsapp' }],
  [{ ...hi, channel: 'mms' }, 'Sent', { channel: 'sms' }],
  [{ ...hi, message_type: 'whatsapp' }, 'Sent', { channel: 'whatsapp' }],
  [{ external_number: `whatsapp:${EXTERNAL}` }, 'Sent', { channel: 'whatsapp', externalNumber: EXTERNAL }],
  [
    { channel: 'sms', to: `whatsapp:${INTERNAL}`, from: 420601000001 },
    'Received',
    { channel: 'whatsapp', externalNumber: EXTERNAL, internalNumber: INTERNAL },
  ],

  [
    { from: 420601000001, to: 420210000001 },
    'Received',
    { externalNumber: EXTERNAL, internalNumber: INTERNAL },
  ],
  [{ from: INTERNAL, to: EXTERNAL }, 'Sent', { externalNumber: EXTERNAL, internalNumber: INTERNAL }],
  [
    { from_e164: EXTERNAL, to_e164: '+420 210 000 001' },
    'Received',
    { externalNumber: EXTERNAL, internalNumber: INTERNAL },
  ],
  [{ external_number: EXTERNAL, from: INTERNAL, to: '' }, 'Received', { externalNumber: EXTERNAL }],
  [{ ...hi, from: 'ACME' }, 'Received', { externalNumber: undefined }],

  [{ ...hi, agent_id: 493900 }, 'Sent', { agentId: '493900', agentName: undefined }],
  [{ ...hi, agent_first_name: 'Ida', agent_last_name: 'Novak' }, 'Sent', { agentName: 'Ida Novak' }],
  [{ ...hi, agent_first_name: null, agent_last_name: 'Novak' }, 'Sent', { agentName: 'Novak' }],
  [{ ...hi, agent_name: 'Ida Novak' }, 'Sent', { agentName: 'Ida Novak' }],
  [{ ...hi, agent_email: 'ida@example.org' }, 'Sent', { agentEmail: 'ida@example.org' }],
  [{ ...hi, contact_id: '' }, 'Sent', { contactId: undefined }],
  [{ ...hi, contact_id: 'x'.repeat(256) }, 'Sent', { contactId: undefined }],
  [{ ...hi, contacts: [{ id: 9, name: 'Marta' }] }, 'Sent', { contactId: '9', contactName: 'Marta' }],
  [
    { ...hi, 'contacts[0].id': 9, 'contacts[0].name': 'Marta' },
    'Sent',
    { contactId: '9', contactName: 'Marta' },
  ],
  [{ ...hi, delivery_status: 'failed' }, 'Sent', { deliveryStatus: 'failed' }],
]

test.each(cases)('%j, %s', (body, action, expected) => {
  expect(parseWorkflowMessage(body, action)).toMatchObject(expected)
})

const A = 'https://a.example/1.png'
const B = 'http://b.example/2.png?x=1&y=2'

test.each<[value: unknown, media: string[]]>([
  [
    [A, B],
    [A, B],
  ],
  [`${A},${B}`, [A, B]],
  [`${A}, ${B}\n`, [A, B]],
  [`${A} ${B}`, [A, B]],
  [JSON.stringify([A, B]), [A, B]],
  [JSON.stringify([{ url: A }]), [A]],
  [[{ url: A }], [A]],
  [B.replace('&', '&amp;'), [B]],
  [`${A},${A}`, [A]],
  [`${A},ftp://c.example/3,javascript:x,file.png`, [A]],
  ['[object Object]', []],
  [`[${A}`, []],
  ['{{ event.properties.media }}', []],
  [null, []],
  [7, []],
])('media of %j', (value, media) => {
  expect(parseWorkflowMessage({ ...hi, media: value }, 'Received').media).toEqual(media)
})

test.each<[fields: object, at: string | undefined]>([
  [{ received_at: '2026-06-01T10:01:05+02:00' }, '2026-06-01T08:01:05.000Z'],
  [{ received_at: null, sent_at: '2026-06-01T08:01:05.123Z' }, '2026-06-01T08:01:05.123Z'],
  [{ at: '2026-06-01 08:01:05' }, '2026-06-01T08:01:05.000Z'],
  [{ received_at: 'just now', occurred_at: '2026-06-01T08:01:05' }, '2026-06-01T08:01:05.000Z'],
  [{ sent_at: 'yesterday' }, undefined],
  [{ sent_at: { a: 1 } }, undefined],
  [{}, undefined],
])('the time of %j', (fields, at) => {
  expect(parseWorkflowMessage({ ...hi, ...fields }, 'Sent').at).toBe(at)
})

test.each([
  [[]],
  ['text'],
  [null],
  [{}],
  [{ id: 5, agent_id: 7, status: 'sent', media: 'none' }],
  [{ text: ' ', from: 'withheld' }],
])('%j is no message', (body) => {
  const read = () => parseWorkflowMessage(body, 'Received')
  expect(read).toThrow(CloudTalkError)
  expect(read).toThrow(/expected record|no text, no media and no number/)
})

describe('account webhooks tell the same', () => {
  const told = (type: string, data: object, occurred_at: unknown = '2026-06-01T08:01:05.000Z') => {
    const event = parseAccountWebhook({ event_id: 'e', type, occurred_at, data })
    if (event.type !== 'message.sent' && event.type !== 'message.received') throw new Error(event.type)
    return event.data
  }

  test('a recorded one', () => {
    expect(parseAccountWebhook(payload('account-message-received'))).toMatchObject({
      type: 'message.received',
      data: {
        id: 'msg_1',
        channel: 'whatsapp',
        direction: 'incoming',
        text: 'hi & bye',
        externalNumber: EXTERNAL,
        internalNumber: INTERNAL,
        media: [],
        at: '2026-06-01T08:01:05.000Z',
      },
    })
  })

  test.each<[type: string, data: object, expected: object]>([
    ['message.sent', { body: 'hi', channel: 'mms' }, { direction: 'outgoing', channel: 'sms' }],
    [
      'message.received',
      { body: 'hi', received_at: '2026-06-01T07:00:00Z' },
      { at: '2026-06-01T07:00:00.000Z' },
    ],
    ['message.received', { body: 'hi', received_at: 'soon' }, { at: '2026-06-01T08:01:05.000Z' }],
    [
      'message.sent',
      {
        body: '',
        internal_number: INTERNAL,
        agent: { id: 5, firstname: 'Ida', lastname: 'Novak', email: 'i@x.example' },
      },
      { agentId: '5', agentName: 'Ida Novak', agentEmail: 'i@x.example' },
    ],
    [
      'message.received',
      { media_urls: [A], contact: { id: 9, name: 'Marta' }, status: 'received' },
      { text: '', media: [A], contactId: '9', contactName: 'Marta', deliveryStatus: 'received' },
    ],
  ])('%s of %j', (type, data, expected) => {
    expect(told(type, data)).toMatchObject(expected)
  })

  test('a time that cannot be read is none', () => {
    expect(told('message.sent', { body: 'hi' }, 'soon').at).toBeUndefined()
  })

  test('one that says nothing is unreadable', () => {
    expect(() => told('message.sent', { id: 'm', channel: 'sms' })).toThrow(CloudTalkError)
  })
})
