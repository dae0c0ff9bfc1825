import { afterEach, beforeEach, expect, test } from 'vitest'
import { at, startTestApi, type TestApi } from './test-api.ts'

const LONDON = '+442079460018'
const CALLER = '+393513416607'

let api: TestApi
let now: number
beforeEach(async () => {
  now = Date.parse('2026-07-01T12:00:00.000Z')
  api = await startTestApi({ now: () => now })
  await api.switches({ rateLimit: 10_000 })
})
afterEach(() => api.close())

const emulate = async (call: object = {}) => {
  const answer = await api.control('POST', '/calls', {
    direction: 'incoming',
    outcome: 'answered',
    external_number: CALLER,
    internal_number: LONDON,
    agent_email: 'maya@acme.example',
    ...call,
  })
  return answer.body as { id: number; uuid: string }
}

test('a row of calls/index as on the wire', async () => {
  await api.addContact({
    name: 'Ann & Co',
    ContactNumber: [{ public_number: CALLER }],
    ContactsTag: [{ name: 'VIP' }],
    ExternalUrl: [{ name: 'Kustomer', url: 'u' }],
    ContactAttribute: [{ attribute_id: 10_133, value: 'Gold' }],
    favorite_agent: 493_901,
  })
  const { id } = await emulate({
    talking_time: 21,
    waiting_time: 4,
    notes: ['Call "later"'],
    tags: ['Lead'],
    group: 'Sales',
  })
  const row = at(await api.data('GET', '/calls/index.json'), 'data.0') as Record<string, unknown>
  expect(Object.keys(row)).toEqual([
    'Cdr',
    'Contact',
    'Ratings',
    'BillingCall',
    'Notes',
    'Tags',
    'Agent',
    'CallNumber',
  ])
  expect(row.Cdr).toEqual({
    id: String(id),
    billsec: '21',
    type: 'incoming',
    public_external: CALLER,
    public_internal: LONDON,
    recorded: true,
    is_voicemail: false,
    fax_email: '0',
    is_redirected: '0',
    redirected_from: '',
    transferred_from: '',
    is_local: false,
    user_id: '493901',
    talking_time: '21',
    waiting_time: 4,
    wrapup_time: 3,
    started_at: '2026-07-01T13:59:35+02:00',
    answered_at: '2026-07-01T13:59:39+02:00',
    ended_at: '2026-07-01T14:00:00+02:00',
    recording_link: `https://my.cloudtalk.io/r/play/${id}`,
  })
  expect(row).toMatchObject({
    Contact: {
      name: 'Ann &amp; Co',
      type: 'contact',
      contact_numbers: ['393513416607'],
      tags: [{ id: expect.any(String), name: 'VIP' }],
      external_urls: [{ external_system: 'Kustomer', external_url: 'u' }],
      custom_fields: [{ key: 'Loyalty tier', value: 'Gold' }],
      favorite_agent: { id: '493901', fullname: 'Maya Lindgren' },
    },
    Ratings: [],
    BillingCall: { price: '0.000000' },
    Notes: [{ id: expect.any(String), note: 'Call &quot;later&quot;' }],
    Tags: [{ id: expect.any(String), name: 'Lead' }],
    Agent: { id: '493901', email: 'maya@acme.example', groups: ['Sales'], default_outbound_number: LONDON },
    CallNumber: { caller_id_e164: LONDON, country_code: '44', internal_name: 'London' },
  })
})

test('a missed call of a stranger has an agent and a contact full of nulls', async () => {
  await emulate({ outcome: 'missed', agent_email: undefined })
  const row = at(await api.data('GET', '/calls/index.json'), 'data.0')
  expect(row).toMatchObject({
    Cdr: { talking_time: '0', user_id: null, answered_at: null, recorded: false },
    Agent: { id: null, email: null, groups: [] },
    Contact: { id: null, name: null, tags: [] },
  })
})

test.each([
  ['all', '', 4],
  ['type', 'type=outgoing', 1],
  ['status answered', 'status=answered', 1],
  ['status missed holds voicemail and unanswered', 'status=missed', 3],
  ['external, with plus', `public_external=${encodeURIComponent(CALLER)}`, 3],
  ['external, without plus', 'public_external=442079460099', 1],
  ['internal', `public_internal=${encodeURIComponent(LONDON)}`, 4],
  ['agent', 'user_id=493902', 1],
  ['extension', 'agent_extension=1002', 1],
  ['contact', 'contact_id=5', 0],
  ['from a UTC text', 'date_from=2026-07-01%2011:00:00', 2],
  ['from an ISO text with offset', 'date_from=2026-07-01T13:00:00%2B02:00', 2],
  ['to', 'date_to=2026-07-01T11:00:00Z', 2],
  ['tag', 'tag_id=TAG', 1],
  ['call', 'call_id=CALL', 1],
  ['unknown parameters are ignored', 'dateFrom=2030-01-01', 4],
])('calls/index filter: %s', async (_, query, count) => {
  await emulate({ ended_at: '2026-07-01T10:00:00Z', tags: ['Lead'] })
  await emulate({ ended_at: '2026-07-01T10:30:00Z', outcome: 'voicemail', agent_email: undefined })
  await emulate({ ended_at: '2026-07-01T11:30:00Z', outcome: 'missed', external_number: '+442079460099' })
  const { id } = await emulate({ direction: 'outgoing', outcome: 'missed', agent_email: 'tom@acme.example' })
  const tags = (await api.state('tags')) as { id: number; name: string }[]
  const filled = query
    .replace('TAG', String(tags.find(({ name }) => name === 'Lead')?.id))
    .replace('CALL', String(id))
  expect(at(await api.data('GET', `/calls/index.json?${filled}`), 'itemsCount')).toBe(count)
})

test('newest first, and values that do not fit are refused', async () => {
  await emulate({ ended_at: '2026-07-01T11:00:00Z' })
  await emulate({ ended_at: '2026-07-01T09:00:00Z' })
  const ends = (at(await api.data('GET', '/calls/index.json'), 'data') as unknown[]).map((row) =>
    at(row, 'Cdr.ended_at'),
  )
  expect(ends).toEqual(['2026-07-01T13:00:00+02:00', '2026-07-01T11:00:00+02:00'])
  for (const bad of ['status=voicemail', 'type=sms', 'date_from=yesterday'])
    expect((await api.api('GET', `/calls/index.json?${bad}`)).status).toBe(406)
})

test('recording_link of newer accounts is only there for recorded calls', async () => {
  await api.switches({ recordingLink: 'callDetails' })
  const { id } = await emulate()
  await emulate({ outcome: 'missed' })
  const rows = at(await api.data('GET', '/calls/index.json'), 'data') as unknown[]
  const links = rows.map((row) => at(row, 'Cdr.recording_link'))
  expect(links.sort()).toEqual([`https://analytics.cloudtalk.io/call-details/${id}`, undefined])
})

test('by switch the recording_link is only there once the audio is', async () => {
  await api.switches({ recordingLinkDelayed: true })
  const { id } = await emulate()
  await emulate({ outcome: 'missed' })
  const links = async () => {
    const rows = at(await api.data('GET', '/calls/index.json'), 'data') as unknown[]
    return rows.flatMap((row) => at(row, 'Cdr.recording_link') ?? [])
  }
  expect(await links()).toEqual([])
  now += 1_500
  expect(await links()).toEqual([`https://my.cloudtalk.io/r/play/${id}`])
})

const NOBODY = { id: null, email: null }
const RUNG = { type: 'agent', id: 493_902, status: 'missed', reason: 'not_picked_up' }
test.each<[string, object, object[]]>([
  ['alone', { outcome: 'missed' }, [RUNG]],
  [
    'in its group',
    { outcome: 'missed', group: 'Sales' },
    [{ type: 'queue', name: 'Sales', status: 'missed', agent_calls: [RUNG] }],
  ],
  ['before the voicemail', { outcome: 'voicemail' }, [RUNG, { type: 'voicemail' }]],
])('the agent whom a call rang in vain: in analytics %s, in no row', async (_, call, steps) => {
  await api.switches({ analyticsDelayMs: 0 })
  const { id } = await emulate({ ...call, agent_email: undefined, rung_agent_email: 'Tom@acme.example' })
  const { body } = await api.request('GET', `/analytics/api/calls/${id}`)
  expect(at(body, 'call_steps')).toMatchObject(steps)
  expect(at(await api.data('GET', '/calls/index.json'), 'data.0')).toMatchObject({
    Cdr: { user_id: null },
    Agent: NOBODY,
  })
})

test('analytics knows a call only after a while; then numbers are numbers and texts unescaped', async () => {
  const { id, uuid } = await emulate({
    group: 'Billing & Returns',
    notes: ['a & b'],
    tags: ['Lead'],
    talking_time: 60,
  })
  const path = `/analytics/api/calls/${id}`
  expect(await api.request('GET', path)).toMatchObject({
    status: 404,
    body: {
      statusCode: 404,
      message: `Call with id '${id}' doesn't exist on company '100123'`,
      error: 'Not Found',
    },
  })
  now += 1_000
  const { body } = await api.request('GET', path)
  expect(body).toMatchObject({
    cdr_id: id,
    uuid,
    company_id: 100_123,
    date: '2026-07-01T11:58:55.000Z',
    contact: { id: null, name: null, number: CALLER },
    call_tags: [{ label: 'Lead' }],
    internal_number: { name: 'London', number: LONDON },
    call_times: { talking_time: 60, waiting_time: 5, wrap_up_time: 3, total_time: 68 },
    direction: 'incoming',
    type: 'regular',
    status: 'answered',
    call_steps: [
      {
        type: 'queue',
        name: 'Billing & Returns',
        status: 'answered',
        agent_calls: [{ type: 'agent', id: 493_901, name: 'Maya Lindgren', status: 'answered' }],
      },
    ],
    notes: ['a & b'],
    recorded: true,
    out_of_office: false,
  })
})

test.each([
  [
    'a voicemail counts as missed and has its step',
    { outcome: 'voicemail', agent_email: undefined },
    'missed',
    ['voicemail'],
  ],
  ['a direct call has its agent at the top', {}, 'answered', ['agent']],
  [
    'a missed call of a group',
    { outcome: 'missed', group: 'Sales', agent_email: undefined },
    'missed',
    ['queue'],
  ],
])('analytics: %s', async (_, call, status, steps) => {
  await api.switches({ analyticsDelayMs: 0 })
  const { id } = await emulate(call)
  const { body } = await api.request('GET', `/analytics/api/calls/${id}`)
  expect(at(body, 'status')).toBe(status)
  expect((at(body, 'call_steps') as { type: string }[]).map(({ type }) => type)).toEqual(steps)
})

test('analytics refuses an id that is no number, with a list of messages', async () => {
  expect(await api.request('GET', '/analytics/api/calls/abc')).toMatchObject({
    status: 400,
    body: {
      statusCode: 400,
      message: ['callId must be a number conforming to the specified constraints'],
      error: 'Bad Request',
    },
  })
})

test('ai: summary and transcription of talked calls, after a while', async () => {
  const { id } = await emulate()
  const missed = await emulate({ outcome: 'missed' })
  for (const kind of ['summary', 'transcription'])
    expect(await api.request('GET', `/ai/v1/ai/calls/${id}/${kind}`)).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    })
  now += 1_000
  expect((await api.request('GET', `/ai/v1/ai/calls/${id}/summary`)).body).toEqual({
    callId: id,
    summary: expect.stringContaining('Maya'),
  })
  const { body } = await api.request('GET', `/ai/v1/ai/calls/${id}/transcription?limit=2&offset=1`)
  expect(at(body, 'data.segments')).toHaveLength(2)
  expect(body).toMatchObject({
    data: {
      callId: id,
      callers: [
        { type: 'agent', id: 493_901 },
        { type: 'contact', id: null },
      ],
      language: 'en',
    },
    pagination: { limit: 2, offset: 1, total: 4 },
  })
  expect((await api.request('GET', `/ai/v1/ai/calls/${missed.id}/summary`)).status).toBe(404)
  expect((await api.request('GET', '/ai/v1/ai/calls/x/summary')).body).toMatchObject({ code: 'BAD_REQUEST' })
  expect((await api.request('GET', `/ai/v1/ai/calls/${id}/transcription?limit=0`)).status).toBe(400)
})

test('a recording is 404 until uploaded, then audio, then 410', async () => {
  const { id } = await emulate()
  const missed = await emulate({ outcome: 'missed' })
  const path = `/calls/recording/${id}.json`
  expect((await api.api('GET', path)).status).toBe(404)
  now += 1_500
  const audio = await api.api('GET', path)
  expect([audio.status, audio.headers.get('content-type'), audio.text.slice(0, 4)]).toEqual([
    200,
    'application/octet-stream',
    'RIFF',
  ])
  await api.switches({ recordingContentType: 'audio/x-wav' })
  expect((await api.api('GET', path)).headers.get('content-type')).toBe('audio/x-wav')
  expect((await api.api('GET', `/calls/recording/${missed.id}.json`)).status).toBe(404)
  expect((await api.api('DELETE', `/recordings/delete/${id}.json`)).status).toBe(200)
  expect(await api.api('GET', path)).toMatchObject({
    status: 410,
    body: { responseData: { status: 410, message: 'Recording not found.' } },
  })
  expect((await api.api('DELETE', `/recordings/delete/${id}.json`)).status).toBe(410)
  expect((await api.api('DELETE', '/recordings/delete/1.json')).status).toBe(404)
})

test('seeded calls know the contacts of their numbers', async () => {
  await api.close()
  api = await startTestApi({ customers: 20, contacts: 20, calls: 300, seed: 3 })
  await api.switches({ defaultLimit: 1_000 })
  const rows = at(await api.data('GET', '/calls/index.json'), 'data') as unknown[]
  expect(rows).toHaveLength(300)
  expect(rows.some((row) => at(row, 'Contact.id') !== null)).toBe(true)
  expect(rows.some((row) => (at(row, 'Ratings') as unknown[]).length > 0)).toBe(true)
})

test('controls: a call keeps what it was told', async () => {
  const contact = await api.addContact({ name: 'Ann', ContactNumber: [{ public_number: CALLER }] })
  await emulate({ external_number: CALLER.slice(1), group: 'Support', ended_at: '2026-07-01T10:00:00+02:00' })
  await emulate({ direction: 'internal', external_number: '1003' })
  await emulate({ external_number: '' })
  expect(await api.state('calls')).toMatchObject([
    {
      contact_id: Number(contact),
      group_id: 569,
      public_external: CALLER,
      ended_at: '2026-07-01T08:00:00.000Z',
      talking_time: 30,
    },
    { type: 'internal', public_external: '1003', contact_id: null },
    { public_external: '', contact_id: null },
  ])
})

test('controls: a late edit changes notes and tags', async () => {
  const { id, uuid } = await emulate({ notes: 'one', tags: ['Lead'] })
  expect((await api.control('PATCH', `/calls/${id}`, { notes: ['two', 'three'] })).body).toEqual({ id, uuid })
  expect(await api.state('calls.0')).toMatchObject({
    notes: [{ note: 'two' }, { note: 'three' }],
    tags: ['Lead'],
  })
  await api.control('PATCH', `/calls/${id}`, { tags: [] })
  expect(await api.state('calls.0.tags')).toEqual([])
})

test.each([
  [{ direction: 'sideways' }, 'direction'],
  [{ outcome: 'busy' }, 'outcome'],
  [{ internal_number: '+111' }, 'internal_number'],
  [{ agent_email: 'nobody@acme.example' }, 'agent_email'],
  [{ outcome: 'missed', rung_agent_email: 'nobody@acme.example' }, 'rung_agent_email'],
  [{ rung_agent_email: 'tom@acme.example' }, 'rung_agent_email'],
  [{ direction: 'outgoing', outcome: 'missed', rung_agent_email: 'tom@acme.example' }, 'rung_agent_email'],
  [{ group: 'Chefs' }, 'group'],
  [{ external_number: 'Ann' }, 'external_number'],
  [{ outcome: 'missed', talking_time: 5 }, 'talking_time'],
  [{ direction: 'outgoing', outcome: 'voicemail' }, 'outcome'],
  [{ ended_at: 'now' }, 'ended_at'],
  [{ caller: 'x' }, 'caller'],
])('controls: a call with %j is refused', async (call, field) => {
  expect(at(await emulate(call), 'error')).toContain(field)
  expect(await api.state('calls')).toEqual([])
})

test('controls: editing an unknown call is refused', async () => {
  expect((await api.control('PATCH', '/calls/5', {})).status).toBe(400)
})
