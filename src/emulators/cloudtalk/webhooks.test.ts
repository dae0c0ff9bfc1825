import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startReceiver } from '../test-receiver.ts'
import { at, startTestApi, type TestApi } from './test-api.ts'

const LONDON = '+442079460018'
const CALLER = '+393513416607'
const SECRET = `whsec_${Buffer.from('an account webhook secret').toString('base64')}`

let api: TestApi
let receiver: Awaited<ReturnType<typeof startReceiver>>
beforeEach(async () => {
  receiver = await startReceiver()
  api = await startTestApi({ minuteMs: 200 })
  await api.switches({ recordingDelayMs: 0, analyticsDelayMs: 0, rateLimit: 10_000 })
})
afterEach(async () => {
  await api.close()
  await receiver.close()
})

const workflow = (object: string, action: string, values: object[], more: object = {}) => ({
  name: `${object} ${action}`,
  trigger: { object, action },
  url: receiver.url,
  method: 'POST',
  headers: { 'X-Secret': 's3cret' },
  values,
  ...more,
})
const value = (key: string, property: string, format?: string) => ({
  key,
  value: `{{ event.properties.${property} }}`,
  ...(format && { format }),
})
const put = (...workflows: object[]) => api.control('PUT', '/workflows', workflows)
const arrived = async () => {
  await api.emulator.webhooksIdle()
  return receiver.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
}
const call = (more: object = {}) =>
  api.control('POST', '/calls', {
    direction: 'incoming',
    outcome: 'answered',
    external_number: CALLER,
    internal_number: LONDON,
    agent_email: 'maya@acme.example',
    ...more,
  })

test('Call Ended: one flat object in the order of its keys, with the habits of the wire', async () => {
  await put(
    workflow('Call', 'Ended', [
      value('call_uuid', 'call_uuid', 'String'),
      value('call_id', 'call_id', 'Number'),
      value('external', 'external_number'),
      value('internal', 'internal_number', 'String'),
      value('direction', 'direction', 'String'),
      value('contact_id', 'contacts[0].id', 'Number'),
      value('contact_name', 'contacts[0].name', 'String'),
      value('agent_id', 'agent_id', 'Number'),
      value('talking_time', 'talking_time', 'Number'),
      value('ended_at', 'ended_at', 'String'),
      value('is_voicemail', 'is_voicemail'),
      value('notes', 'notes', 'String'),
      value('tags', 'tags', 'String'),
      value('nothing', 'no_such_thing', 'String'),
      { key: 'fixed', value: 'call.ended', format: 'String' },
      {
        key: 'mixed',
        value: 'call {{ event.properties.call_id }} {{event.properties.direction}}',
        format: 'String',
      },
    ]),
  )
  const { id, uuid } = (await call({ talking_time: 22, tags: ['Lead', 'VIP'] })).body as {
    id: number
    uuid: string
  }
  await api.emulator.webhooksIdle()
  const [{ body, headers, method } = { body: '', headers: {}, method: '' }] = receiver.received
  expect(body).toBe(
    JSON.stringify({
      call_uuid: uuid,
      call_id: id,
      external: 393513416607,
      internal: '442079460018',
      direction: 'incoming',
      contact_id: null,
      contact_name: null,
      agent_id: 493_901,
      talking_time: 22,
      ended_at: null,
      is_voicemail: null,
      notes: null,
      tags: 'Lead,VIP',
      nothing: null,
      fixed: 'call.ended',
      mixed: `call ${id} incoming`,
    }),
  )
  expect(method).toBe('POST')
  expect(headers).toMatchObject({
    'user-agent': 'cloudtalk-workflow-automation',
    accept: 'application/json, text/plain, */*',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'x-secret': 's3cret',
  })
  expect(Object.keys(headers).filter((name) => /svix|signature|event|delivery/.test(name))).toEqual([])
})

test('the contact of the number is told, and a voicemail says so', async () => {
  const contact = await api.addContact({ name: 'Ann', ContactNumber: [{ public_number: CALLER }] })
  await put(
    workflow('Call', 'Ended', [
      value('id', 'contacts[0].id', 'Number'),
      value('name', 'contacts[0].name'),
      value('vm', 'is_voicemail'),
    ]),
  )
  await call({ outcome: 'voicemail', agent_email: undefined })
  expect(await arrived()).toEqual([{ id: Number(contact), name: 'Ann', vm: true }])
})

test('a recorded call also fires Recording and Transcription, with a link that plays without a key', async () => {
  await put(
    workflow('Recording', 'Uploaded', [
      value('call_id', 'call_id', 'Number'),
      value('url', 'recording_url', 'String'),
    ]),
    workflow('Transcription', 'Created', [value('transcript', 'transcript', 'String')]),
  )
  const { id } = (await call()).body as { id: number }
  const [recording, transcription] = (await arrived()).sort((a) => ('url' in a ? -1 : 1))
  expect(recording).toMatchObject({ call_id: id })
  expect(transcription).toEqual({ transcript: '[object Object]' })
  expect(recording?.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/pub\/r\/[^/]+\/[^/]+\.wav$/)
  const audio = await fetch(String(recording?.url))
  expect([audio.status, (await audio.text()).slice(0, 4)]).toEqual([200, 'RIFF'])
  expect((await fetch(String(recording?.url).replace('.wav', 'A.wav'))).status).toBe(404)
})

test('deliver false fires nothing, a late edit fires Call Modified', async () => {
  await put(
    workflow('Call', 'Ended', [value('ended', 'call_id')]),
    workflow('Call', 'Modified', [
      value('id', 'call_id'),
      value('notes', 'notes'),
      value('ended_at', 'ended_at'),
    ]),
  )
  const { id } = (await call({ deliver: false })).body as { id: number }
  await api.control('PATCH', `/calls/${id}`, { notes: ['Called back'] })
  expect(await arrived()).toEqual([{ id, notes: 'Called back', ended_at: expect.any(String) }])
})

test('contacts fire Created, Updated and Deleted, through every door of the API', async () => {
  const values = [value('contact_id', 'contact_id', 'Number'), value('name', 'name', 'String')]
  const actions = ['Created', 'Updated', 'Deleted']
  await put(
    ...actions.map((action) => workflow('Contact', action, [...values, { key: 'action', value: action }])),
  )
  const id = await api.addContact({ name: 'A' })
  const seen = async (action: string, name: string) => {
    const last = (await arrived()).at(-1)
    expect(last).toEqual({ contact_id: Number(id), name, action })
  }
  await seen('Created', 'A')
  await api.api('POST', `/contacts/edit/${id}.json`, { name: 'B' })
  await seen('Updated', 'B')
  await api.api('PUT', `/contacts/addTags/${id}.json`, { tags: ['VIP'] })
  await seen('Updated', 'B')
  await api.api('POST', '/bulk/contacts.json', [
    { action: 'edit_contact', command_id: '1', data: { id, name: 'C' } },
  ])
  await seen('Updated', 'C')
  await api.api('DELETE', `/contacts/delete/${id}.json`)
  await seen('Deleted', 'C')
  expect(receiver.received).toHaveLength(5)
})

test('messages fire Received and Sent, also those sent through the API', async () => {
  const values = [
    'id',
    'channel',
    'text',
    'from',
    'to',
    'received_at',
    'sent_at',
    'media',
    'status',
    'agent_id',
  ].map((name) => value(name, name))
  await put(workflow('Message', 'Received', values), workflow('Message', 'Sent', values))
  const { id } = (
    await api.control('POST', '/messages', {
      channel: 'whatsapp',
      direction: 'incoming',
      text: 'Hi 👋',
      external_number: CALLER,
      internal_number: LONDON,
      media: ['https://a.example/1.png', 'https://a.example/2.png'],
      at: '2026-07-01T10:00:00Z',
    })
  ).body as { id: number }
  expect(await arrived()).toEqual([
    {
      id,
      channel: 'whatsapp',
      text: 'Hi 👋',
      from: 393513416607,
      to: 442079460018,
      received_at: '2026-07-01T10:00:00.000Z',
      sent_at: null,
      media: 'https://a.example/1.png,https://a.example/2.png',
      status: 'received',
      agent_id: null,
    },
  ])
  await api.api('POST', '/sms/send.json', { recipient: CALLER, message: 'Yo', sender: LONDON })
  expect((await arrived()).at(-1)).toMatchObject({
    channel: 'sms',
    text: 'Yo',
    from: 442079460018,
    to: 393513416607,
  })
})

test('a message that failed is told as sent: with its status to workflows, without one to account webhooks', async () => {
  await put(
    workflow(
      'Message',
      'Sent',
      ['text', 'status', 'agent_id'].map((name) => value(name, name)),
    ),
  )
  await account(['message.sent'])
  const message = await api.control('POST', '/messages', {
    channel: 'sms',
    direction: 'outgoing',
    text: 'Yo',
    external_number: CALLER,
    internal_number: LONDON,
    agent_email: 'maya@acme.example',
    status: 'failed',
  })
  const { id } = message.body as { id: number }
  const told = await arrived()
  expect(told).toHaveLength(2)
  expect(told).toContainEqual({ text: 'Yo', status: 'failed', agent_id: 493_901 })
  expect(told).toContainEqual({
    event_id: expect.any(String),
    type: 'message.sent',
    version: 'v1',
    occurred_at: expect.any(String),
    company_id: '100123',
    data: {
      id: String(id),
      channel: 'sms',
      body: 'Yo',
      external_number: CALLER,
      internal_number: { number_e164: LONDON },
    },
  })
})

test('workflows are not retried and are forgotten by a reset', async () => {
  await receiver.close()
  receiver = await startReceiver([500])
  await put(workflow('Call', 'Ended', [value('id', 'call_id')]))
  await call()
  expect(await arrived()).toHaveLength(1)
  await api.control('POST', '/reset')
  expect(await api.state('workflows')).toEqual([])
})

test.each([
  [{ trigger: { object: 'Call', action: 'Exploded' } }, '[0].trigger.action: Call has the actions Started'],
  [{ trigger: { object: 'Cat', action: 'Ended' } }, '[0].trigger.object'],
  [{ url: 'nowhere' }, '[0].url'],
  [{ method: 'HEAD' }, '[0].method'],
  [{ headers: { 'bad header': 'x' } }, '[0].headers'],
  [{ values: [{ key: '', value: 'x' }] }, '[0].values[0].key'],
  [{ values: [{ key: 'a', value: 'x', format: 'Date' }] }, '[0].values[0].format'],
  [{ name: undefined }, '[0].name'],
])('a workflow with %j is refused, naming the field', async (change, message) => {
  const { status, body } = await put(workflow('Call', 'Ended', [], change))
  expect(status).toBe(400)
  expect(at(body, 'error')).toContain(message)
})

const account = (types: string[]) =>
  api.control('PUT', '/account-webhooks', [{ url: receiver.url, secret: SECRET, types }])

test('account webhooks are signed, and shaped by type', async () => {
  await account(['call.ended', 'call.recording_ready', 'transcript.ready', 'message.received'])
  const { id, uuid } = (await call({ talking_time: 10, waiting_time: 5 })).body as {
    id: number
    uuid: string
  }
  await api.control('POST', '/messages', {
    channel: 'sms',
    direction: 'incoming',
    text: 'Hi',
    external_number: CALLER,
    internal_number: LONDON,
  })
  await api.emulator.webhooksIdle()
  const verified = receiver.received.map(({ body, headers }) => {
    const named = Object.fromEntries(
      ['id', 'timestamp', 'signature'].map((name) => [`webhook-${name}`, String(headers[`svix-${name}`])]),
    )
    return new Webhook(SECRET).verify(body, named) as Record<string, unknown>
  })
  const envelope = {
    event_id: expect.stringMatching(/^evt_/),
    version: 'v1',
    occurred_at: expect.any(String),
    company_id: '100123',
  }
  expect(verified).toHaveLength(4)
  expect(verified).toContainEqual({
    ...envelope,
    type: 'call.ended',
    data: {
      call_uuid: uuid,
      call_id: String(id),
      direction: 'incoming',
      external_number: CALLER,
      internal_number: { number_e164: LONDON },
      started_at: expect.any(String),
      ended_at: expect.any(String),
      duration: 15,
      talking_time: 10,
      waiting_time: 5,
      is_voicemail: false,
    },
  })
  expect(verified).toContainEqual({ ...envelope, type: 'call.recording_ready', data: { call_uuid: uuid } })
  expect(verified).toContainEqual({
    ...envelope,
    type: 'transcript.ready',
    data: { call_uuid: uuid, language: 'en' },
  })
  expect(verified).toContainEqual({
    ...envelope,
    type: 'message.received',
    data: {
      id: expect.any(String),
      channel: 'sms',
      body: 'Hi',
      external_number: CALLER,
      internal_number: { number_e164: LONDON },
    },
  })
})

test('a withheld caller has no number', async () => {
  await account(['call.ended'])
  await call({ external_number: '' })
  const [event] = await arrived()
  expect(event?.data).toMatchObject({ caller_id_status: 'withheld' })
  expect(event?.data).not.toHaveProperty('external_number')
})

test('account webhooks are retried with the same id', async () => {
  await receiver.close()
  receiver = await startReceiver([500, 500])
  await account(['call.ended'])
  await call()
  await arrived()
  expect(receiver.received).toHaveLength(3)
  expect(new Set(receiver.received.map(({ headers }) => headers['svix-id'])).size).toBe(1)
})

test.each([
  [[{ url: 'x', secret: SECRET, types: ['a'] }], '[0].url'],
  [[{ url: 'http://127.0.0.1:1/', secret: 'plain', types: ['a'] }], '[0].secret'],
  [[{ url: 'http://127.0.0.1:1/', secret: SECRET, types: [] }], '[0].types'],
])('account webhooks %j are refused', async (body, field) => {
  const answer = await api.control('PUT', '/account-webhooks', body)
  expect(answer.status).toBe(400)
  expect(at(answer.body, 'error')).toContain(field)
})

test.each([
  [{ channel: 'fax' }, 'channel'],
  [{ internal_number: '+1' }, 'internal_number'],
  [{ agent_email: 'x@y.example' }, 'agent_email'],
  [{ external_number: 'Ann' }, 'external_number'],
])('a message with %j is refused', async (change, field) => {
  const message = {
    channel: 'sms',
    direction: 'incoming',
    text: '',
    external_number: CALLER,
    internal_number: LONDON,
  }
  const answer = await api.control('POST', '/messages', { ...message, ...change })
  expect(answer.status).toBe(400)
  expect(at(answer.body, 'error')).toContain(field)
})
