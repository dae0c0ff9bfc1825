import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { CloudTalkError, parseAccountWebhook, parseWorkflowEvent, verifyAccountWebhook } from './index.ts'
import { payload } from './local-server.ts'

describe('workflow automation', () => {
  test('a call that ended', () => {
    expect(parseWorkflowEvent(payload('workflow-call-ended'))).toEqual({
      callUuid: '0b6f6a1e-0000-4000-8000-000000009001',
      externalNumber: '+420601000001',
      internalNumber: '+420210000001',
      agentId: '493900',
      rest: { '# of attempts': 15 },
    })
  })

  test('a recording', () => {
    expect(parseWorkflowEvent(payload('workflow-recording'))).toEqual({
      callId: '1002226167',
      externalNumber: '+420601000001',
      internalNumber: '+420210000001',
      rest: { recording_url: 'https://my.cloudtalk.example/pub/r/a/b.wav' },
    })
  })

  test.each([null, '', 0, '{{ event.properties.contacts[0].id }}', {}, 'null'])('%j is no id', (value) => {
    expect(parseWorkflowEvent({ contact_id: value, message_id: value }).contactId).toBeUndefined()
  })

  test.each([[[]], ['text'], [null], [7]])('%j is no event', (value) => {
    expect(() => parseWorkflowEvent(value)).toThrow(CloudTalkError)
  })
})

describe('account webhook', () => {
  const key = Buffer.from('a signing secret of the endpoint')
  const secret = `whsec_${key.toString('base64')}`
  const rawBody = JSON.stringify(payload('account-call-ended'))
  const now = Date.UTC(2026, 5, 1, 8, 1, 6)
  const sentAt = String(now / 1000)
  const sign = (id: string, at: string, body: string) =>
    `v1,${createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`
  const good = {
    'svix-id': 'msg_1',
    'svix-timestamp': sentAt,
    'svix-signature': sign('msg_1', sentAt, rawBody),
  }
  const late = String(now / 1000 - 301)

  test.each([
    { label: 'good', headers: good, expected: { verified: true, id: 'msg_1' } },
    {
      label: 'good among others',
      headers: { ...good, 'svix-signature': `v1,AAAA v2,x ${good['svix-signature']}` },
      expected: { verified: true, id: 'msg_1' },
    },
    {
      label: 'by the neutral header names',
      headers: {
        'webhook-id': 'msg_1',
        'webhook-timestamp': sentAt,
        'webhook-signature': good['svix-signature'],
      },
      expected: { verified: true, id: 'msg_1' },
    },
    { label: 'no headers', headers: {}, expected: { verified: false, reason: 'missing-headers' } },
    {
      label: 'forged',
      headers: { ...good, 'svix-signature': 'v1,AAAA' },
      expected: { verified: false, reason: 'bad-signature' },
    },
    {
      label: 'another id under the same signature',
      headers: { ...good, 'svix-id': 'msg_2' },
      expected: { verified: false, reason: 'bad-signature' },
    },
    {
      label: 'replayed later',
      headers: { ...good, 'svix-timestamp': late, 'svix-signature': sign('msg_1', late, rawBody) },
      expected: { verified: false, reason: 'stale' },
    },
    {
      label: 'a time that is none',
      headers: { ...good, 'svix-timestamp': 'soon' },
      expected: { verified: false, reason: 'stale' },
    },
  ])('$label', ({ headers, expected }) => {
    expect(verifyAccountWebhook({ rawBody, headers, secret, now })).toEqual(expected)
  })

  test('a changed body is refused, a broken secret is named', () => {
    expect(verifyAccountWebhook({ rawBody: `${rawBody} `, headers: good, secret, now })).toMatchObject({
      reason: 'bad-signature',
    })
    expect(verifyAccountWebhook({ rawBody, headers: good, secret: 'whsec_***', now })).toMatchObject({
      reason: 'bad-secret',
    })
  })

  test('call.ended', () => {
    expect(parseAccountWebhook(payload('account-call-ended'))).toEqual({
      eventId: 'evt_1',
      occurredAt: '2026-06-01T08:01:05.000Z',
      companyId: '100123',
      type: 'call.ended',
      data: {
        callUuid: '0b6f6a1e-0000-4000-8000-000000009001',
        callId: '9001',
        direction: 'incoming',
        externalNumber: '+420601000001',
        internalNumber: '+420210000001',
        startedAt: '2026-06-01T08:00:00.000Z',
        endedAt: '2026-06-01T08:01:04.000Z',
        talkingTime: 60,
        waitingTime: 4,
        isVoicemail: false,
      },
    })
  })

  test('message.received', () => {
    expect(parseAccountWebhook(payload('account-message-received'))).toMatchObject({
      type: 'message.received',
      data: { id: 'msg_1', channel: 'whatsapp', text: 'hi & bye', externalNumber: '+420601000001' },
    })
  })

  test.each(['call.recording_ready', 'transcript.ready', 'cidata.ready'])('%s names its call', (type) => {
    const event = parseAccountWebhook({ event_id: 'e', type, data: { call_uuid: 'u' } })
    expect(event).toMatchObject({ type, data: { callUuid: 'u' } })
  })

  test('an unknown type is named, not refused', () => {
    expect(parseAccountWebhook({ event_id: 'e', type: 'contact.created', data: {} })).toMatchObject({
      type: 'other',
      wireType: 'contact.created',
    })
  })

  test('an event without its data is unreadable', () => {
    expect(() => parseAccountWebhook({ event_id: 'e', type: 'call.ended', data: null })).toThrow(
      CloudTalkError,
    )
  })
})
