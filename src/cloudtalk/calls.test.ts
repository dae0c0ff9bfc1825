import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalServer, payload, startLocalServer } from './local-server.ts'

let server: LocalServer
beforeAll(async () => {
  server = await startLocalServer()
})
afterAll(() => server.close())

test('the three forms of a call: answered, missed by nobody, voicemail without contact', async () => {
  server.answer({ json: payload('calls-index') })
  const { items } = await server.client.calls.list({ page: 1, limit: 100 })
  expect(items).toEqual([
    {
      id: '9001',
      type: 'incoming',
      externalNumber: '+420601000001',
      internalNumber: '+420210000001',
      isVoicemail: false,
      recorded: true,
      billsec: 64,
      talkingTime: 60,
      waitingTime: 4,
      wrapupTime: 5,
      startedAt: '2026-06-01T08:00:00.000Z',
      answeredAt: '2026-06-01T08:00:04.000Z',
      endedAt: '2026-06-01T08:01:04.000Z',
      recordingLink: 'https://my.cloudtalk.example/r/play/9001',
      userId: '493900',
      contact: {
        id: '7001',
        name: 'Marta & Sons',
        company: 'Quillworks',
        numbers: ['+420601000001'],
        emails: ['marta@example.org'],
        tags: ['vip'],
        externalUrls: [{ name: 'Kustomer', url: 'https://acme.kustomerapp.example/app/customers/1' }],
        favoriteAgent: { id: '493900', email: 'ida@example.org' },
      },
      agent: { id: '493900', name: 'Ida Novak', email: 'ida@example.org' },
      numberName: 'Sales',
      price: 0.02,
      notes: ['Call later'],
      tags: ['Lead'],
      ratings: [{ type: 'contact', rating: 5 }],
    },
    {
      id: '9002',
      type: 'incoming',
      externalNumber: '+420601000009',
      internalNumber: '+420210000001',
      isVoicemail: false,
      recorded: false,
      billsec: 0,
      talkingTime: 0,
      waitingTime: 21,
      wrapupTime: 0,
      startedAt: '2026-06-01T08:10:00.000Z',
      price: 0.5,
      notes: ['Left no name'],
      tags: [],
      ratings: [],
    },
    {
      id: '9003',
      type: 'outgoing',
      internalNumber: '+420210000001',
      isVoicemail: true,
      recorded: true,
      billsec: 3,
      talkingTime: 0,
      waitingTime: 0,
      wrapupTime: 0,
      startedAt: '2026-06-01T08:20:00.000Z',
      endedAt: '2026-06-01T08:20:03.000Z',
      notes: [],
      tags: [],
      ratings: [],
    },
  ])
})

test('filters go in the published form, dates as UTC without a zone', async () => {
  server.answer({ json: payload('calls-index') })
  await server.client.calls.list({
    page: 2,
    limit: 1000,
    dateFrom: Date.UTC(2026, 5, 1, 8, 0, 0),
    dateTo: '2026-06-01T12:00:00+02:00',
    callId: '9001',
    publicExternal: '+420601000001',
    contactId: '7001',
    type: 'incoming',
    status: 'missed',
    tagId: '5',
    userId: '493900',
  })
  const query = Object.fromEntries(new URL(server.sent[0]?.url ?? '', server.url).searchParams)
  expect(query).toEqual({
    page: '2',
    limit: '1000',
    date_from: '2026-06-01 08:00:00',
    date_to: '2026-06-01 10:00:00',
    call_id: '9001',
    public_external: '+420601000001',
    contact_id: '7001',
    type: 'incoming',
    status: 'missed',
    tag_id: '5',
    user_id: '493900',
  })
})

test.each(['application/octet-stream', 'audio/x-wav'])('a recording comes as bytes (%s)', async (type) => {
  server.answer({ raw: new Uint8Array([82, 73, 70, 70, 0, 255]), headers: { 'content-type': type } })
  expect([...(await server.client.calls.recording('9001'))]).toEqual([82, 73, 70, 70, 0, 255])
})

test('the detail of a call, with the group that answered', async () => {
  server.answer({ json: payload('analytics-call') })
  const detail = await server.client.analytics.call('9001')
  expect(server.sent[0]?.url).toBe('/analytics/api/calls/9001')
  expect(detail).toMatchObject({
    cdrId: '9001',
    uuid: '0b6f6a1e-0000-4000-8000-000000009001',
    status: 'answered',
    direction: 'incoming',
    type: 'regular',
    contact: { id: '7001', number: '+420601000001' },
    internalNumber: { id: '31', name: 'Sales', number: '+420210000001' },
    callTimes: { total: 80, talking: 60, wrapUp: 10, ringing: 10, waiting: 20 },
    groupName: 'Second line',
    tags: ['Lead'],
    notes: ['Call later'],
    rating: 3,
    recorded: true,
    outOfOffice: false,
  })
  expect(detail?.steps.map((step) => step.type)).toEqual([
    'ivr',
    'playback',
    'queue',
    'queue',
    'transfer',
    'voicemail',
    'other',
  ])
  expect(detail?.steps[3]).toMatchObject({ agentCalls: [{ name: 'Ida Novak', status: 'answered' }] })
})

test('agents along the way: alone, and inside a queue', async () => {
  const agent = (id: number, name: string) => ({
    type: 'agent',
    id,
    name,
    status: 'missed',
    reason: 'not_picked_up',
  })
  const call_steps = [agent(12, 'Ida Novak'), { type: 'queue', agent_calls: [agent(13, 'Ota Kral')] }]
  server.answer({ json: { cdr_id: 1, call_steps } })
  expect((await server.client.analytics.call('1'))?.steps).toMatchObject([
    { type: 'agent', id: '12', name: 'Ida Novak', status: 'missed', reason: 'not_picked_up' },
    { type: 'queue', agentCalls: [{ type: 'agent', id: '13', name: 'Ota Kral', status: 'missed' }] },
  ])
})

const groups = [
  { label: 'none', steps: [], expected: undefined },
  {
    label: 'the first, when none answered',
    steps: [
      ['A', 'missed'],
      ['B', 'missed'],
    ],
    expected: 'A',
  },
  {
    label: 'the one that answered',
    steps: [
      ['A', 'missed'],
      ['B', 'answered'],
    ],
    expected: 'B',
  },
]
test.each(groups)('group name: $label', async ({ steps, expected }) => {
  const call_steps = steps.map(([name, status]) => ({ type: 'queue', name, status }))
  server.answer({ json: { cdr_id: 1, call_steps } })
  expect((await server.client.analytics.call('1'))?.groupName).toBe(expected)
})

test('what is not there yet is undefined', async () => {
  server.answer({ status: 404, json: { statusCode: 404, message: 'no', error: 'Not Found' } })
  expect(await server.client.analytics.call('1')).toBeUndefined()
  expect(await server.client.ai.summary('1')).toBeUndefined()
  expect(await server.client.ai.transcription('1')).toBeUndefined()
})
