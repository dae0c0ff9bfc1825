import { afterEach, beforeEach, expect, test } from 'vitest'
import { at, startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
beforeEach(async () => {
  api = await startTestApi({ now: () => Date.parse('2026-12-01T12:00:00.000Z') })
})
afterEach(() => api.close())

test.each([
  [
    '/agents/index.json?id=493901',
    {
      Agent: {
        id: '493901',
        name: '593901',
        firstname: 'Maya',
        lastname: 'Lindgren',
        email: 'maya@acme.example',
        is_daily_limit_ok: true,
        status_outbound: true,
        availability_status: 'online',
        extension: '1001',
        call_number_id: 12_345,
        default_number: '+442079460018',
        associated_numbers: ['+442079460018'],
      },
    },
  ],
  ['/groups/index.json?limit=1&page=3', { Group: { id: '570', internal_name: 'Billing &amp; Returns' } }],
  [
    '/numbers/index.json?country_code=421',
    {
      CallNumber: {
        id: '12346',
        country_code: '421',
        area_code: '2',
        internal_name: 'Bratislava',
        caller_id_e164: '+421220510900',
        is_redirected: false,
        connected_to: '0',
        source_id: '569',
      },
    },
  ],
  ['/tags/index.json?id=700001', { Tag: { id: '700001', name: 'VIP' } }],
])('GET %s', async (path, row) => {
  const list = await api.data('GET', path)
  expect(at(list, 'data')).toEqual([row])
})

test.each([
  ['/agents/index.json', 6],
  ['/agents/index.json?associated_number=%2B442079460018', 2],
  ['/agents/index.json?id=1', 0],
  ['/groups/index.json', 3],
  ['/numbers/index.json', 3],
  ['/numbers/index.json?is_free=1', 0],
  ['/numbers/index.json?connected_to=0&area_code=20', 1],
  ['/tags/index.json', 6],
])('GET %s has %i items', async (path, count) => {
  expect(at(await api.data('GET', path), 'itemsCount')).toBe(count)
})

test('agents join and leave groups', async () => {
  expect(await api.data('PUT', '/groups/add.json', { group_id: 568, agent_id: 493_906 })).toEqual({
    status: 200,
    data: { message: 'Agent added successfully.' },
  })
  expect(await api.state('groups.0.agent_ids')).toContain(493_906)
  await api.api('DELETE', '/groups/delete/493906.json', { group_id: 568 })
  expect(await api.state('groups.0.agent_ids')).not.toContain(493_906)
  expect((await api.api('PUT', '/groups/add.json', { group_id: 1, agent_id: 493_906 })).status).toBe(406)
  expect((await api.api('DELETE', '/groups/delete/493906.json', { group_id: 1 })).status).toBe(404)
})

test('tags are added once, renamed and deleted on everything that has them', async () => {
  await api.addContact({ name: 'Ann', ContactsTag: [{ name: 'Lead' }] })
  expect(at(await api.data('PUT', '/tags/add.json', { name: 'Lead' }), 'data')).toEqual({
    name: ['Tag has already been used. Please select different one.'],
  })
  expect(at(await api.data('PUT', '/tags/add.json', {}), 'data')).toEqual({
    name: ['This field is required.'],
  })
  expect((await api.api('PUT', '/tags/add.json', { name: 'Fresh' })).status).toBe(201)
  expect((await api.api('POST', '/tags/edit/700002.json', { name: 'Prospect' })).status).toBe(200)
  expect(await api.state('contacts.0.tags')).toEqual(['Prospect'])
  expect((await api.api('DELETE', '/tags/delete/700002.json')).status).toBe(200)
  expect(await api.state('contacts.0.tags')).toEqual([])
  expect((await api.api('DELETE', '/tags/delete/700002.json')).status).toBe(404)
  expect((await api.api('POST', '/tags/edit/700002.json', { name: 'x' })).status).toBe(404)
})

test('notes of a contact: newlines flattened and emoji gone', async () => {
  const contact = await api.addContact({ name: 'Ann' })
  const added = await api.api('PUT', `/notes/add/${contact}.json`, {
    note: 'One\n two & 📞 three',
    user_id: 493_901,
  })
  expect(added.status).toBe(201)
  const id = String(at(added.body, 'responseData.data.id'))
  expect(at(await api.data('GET', `/notes/index.json?contact_id=${contact}&keyword=ONE`), 'data')).toEqual([
    {
      ContactNote: {
        id,
        contact_id: contact,
        user_id: '493901',
        note: 'One two &amp;  three',
        created: '2026-12-01T13:00:00+01:00',
      },
    },
  ])
  expect(at(await api.data('POST', `/notes/edit/${id}.json`, { note: 'x' }), 'data')).toEqual({
    contact_id: ['This field is required.'],
  })
  expect((await api.api('POST', `/notes/edit/${id}.json`, { note: 'x', contact_id: contact })).status).toBe(
    200,
  )
  expect(at(await api.data('PUT', `/notes/add/${contact}.json`, {}), 'data')).toEqual({
    note: ['This field is required.'],
  })
  expect((await api.api('PUT', '/notes/add/1.json', { note: 'x' })).status).toBe(404)
  expect((await api.api('DELETE', `/notes/delete/${id}.json`)).status).toBe(200)
  expect((await api.api('DELETE', `/notes/delete/${id}.json`)).status).toBe(404)
})

test('activities of a contact', async () => {
  const contact = await api.addContact({ name: 'Ann' })
  const body = { name: 'Order 5', type: 'order', external_id: 5, activity_date: '2026-11-01T00:00:00Z' }
  const added = await api.api('PUT', `/activity/add/${contact}.json`, body)
  expect(added.status).toBe(201)
  const id = String(at(added.body, 'responseData.data.id'))
  expect(at(await api.data('GET', `/activity/index.json?contact_id=${contact}&type=order`), 'data')).toEqual([
    {
      ContactActivity: {
        id,
        contact_id: contact,
        type: 'order',
        name: 'Order 5',
        description: null,
        activity_author: null,
        external_id: '5',
        external_url: null,
        activity_date: '2026-11-01T01:00:00+01:00',
        created: '2026-12-01T13:00:00+01:00',
      },
    },
  ])
  expect(
    (await api.api('POST', `/activity/edit/${id}.json`, { contact_id: contact, name: 'Order 6' })).status,
  ).toBe(200)
  expect(await api.state('activities.0')).toMatchObject({ name: 'Order 6', type: 'order', external_id: 5 })
  expect((await api.api('DELETE', `/activity/delete/${id}.json`)).status).toBe(200)
})

test.each([
  [{ type: 'order' }, { name: ['This field is required.'] }],
  [{ name: 'x', type: 'party' }, { type: ['Please supply a valid type.'] }],
  [{ name: 'x', type: 'task', external_id: 'abc' }, { external_id: ['Please supply a valid number.'] }],
  [{ name: 'x', type: 'task', activity_date: 'soon' }, { activity_date: ['Please supply a valid date.'] }],
  [{ name: 'x', type: 'task', colour: 'red' }, { colour: ['Unknown field.'] }],
])('an activity %j is refused', async (body, errors) => {
  const contact = await api.addContact({ name: 'Ann' })
  expect(at(await api.data('PUT', `/activity/add/${contact}.json`, body), 'data')).toEqual(errors)
})

const SMS = { recipient: '+393513416607', message: 'Hi', sender: '+442079460018' }

test.each([
  ['SMS', SMS, 'sms'],
  [
    'WhatsApp',
    { ...SMS, recipient: `whatsapp:${SMS.recipient}`, sender: `whatsapp:${SMS.sender}` },
    'whatsapp',
  ],
])('sms/send sends %s and gives no id', async (_, body, channel) => {
  const answer = await api.api('POST', '/sms/send.json', body)
  expect(answer.body).toEqual({ responseData: { success: true, data: { ...body, country_code: null } } })
  expect(await api.state('messages')).toMatchObject([
    {
      channel,
      direction: 'outgoing',
      text: 'Hi',
      external_number: SMS.recipient,
      internal_number: SMS.sender,
      status: 'sent',
    },
  ])
})

test.each([
  ['a foreign sender', { sender: '+442079460099' }, 'Bad number configuration'],
  ['only one WhatsApp number', { recipient: `whatsapp:${SMS.recipient}` }, 'Bad number configuration'],
  ['an impossible recipient', { recipient: '+99912345678' }, 'Unknown number'],
])('sms/send fails with 200: %s', async (_, change, reason) => {
  const answer = await api.api('POST', '/sms/send.json', { ...SMS, ...change })
  expect([answer.status, answer.body]).toEqual([200, { responseData: { success: false, data: reason } }])
  expect(await api.state('messages')).toEqual([])
})

test('sms/send: success as a text by switch, missing fields are 406', async () => {
  await api.switches({ smsSuccess: 'string' })
  expect(at(await api.data('POST', '/sms/send.json', SMS), 'success')).toBe('true')
  expect(at(await api.data('POST', '/sms/send.json', { sender: SMS.sender }), 'data')).toEqual({
    recipient: ['This field is required.'],
    message: ['This field is required.'],
  })
})
