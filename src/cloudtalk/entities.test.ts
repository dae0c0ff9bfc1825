import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CloudTalk } from './index.ts'
import { type LocalServer, payload, startLocalServer } from './local-server.ts'

let server: LocalServer
beforeAll(async () => {
  server = await startLocalServer()
})
afterAll(() => server.close())

type Read = {
  label: string
  payload: string
  read: (client: CloudTalk) => Promise<unknown>
  sent: string
  expected: unknown
}

const page = { unreadable: [], itemsCount: 1, pageCount: 1, page: 1 }
const first = { page: 1, limit: 100 }

const reads: Read[] = [
  {
    label: 'contacts: one or many numbers, escaped names, both tag keys',
    payload: 'contacts-index',
    read: (client) =>
      client.contacts.list({ ...first, keyword: '+420601000001', tagId: '5', countryId: '61' }),
    sent: '/api/contacts/index.json?page=1&limit=100&keyword=%2B420601000001&tag_id=5&country_id=61',
    expected: {
      ...page,
      unreadable: [],
      itemsCount: 3,
      items: [
        {
          id: '7001',
          name: 'Marta & Sons',
          company: 'Quillworks',
          numbers: ['+420601000001'],
          emails: ['marta@example.org'],
        },
        { id: '7002', name: 'Ota', numbers: ['+420601000002', '+420601000003'], emails: [], tags: ['vip'] },
        { id: '7003', name: '', numbers: [], emails: [], tags: ['vip', 'eu'] },
      ],
    },
  },
  {
    label: 'a contact as seen on the wire',
    payload: 'contact-show-observed',
    read: (client) => client.contacts.show('7001'),
    sent: '/api/contacts/show/7001.json',
    expected: {
      id: '7001',
      name: 'Marta & Sons',
      title: 'Head',
      company: 'Quillworks',
      industry: 'paper',
      website: 'https://quill.example',
      address: 'Long 1',
      city: 'Brno',
      countryId: '61',
      emails: ['marta@example.org'],
      numbers: ['+420601000001'],
      tags: ['vip'],
      externalUrls: [],
      attributes: [{ id: '10133', title: 'CRM id', value: '' }],
      createdAt: '2025-09-25T08:34:27.000Z',
      modifiedAt: '2025-09-25T08:47:44.000Z',
    },
  },
  {
    label: 'a contact as published: numbers as numbers, single objects, ContactsTag',
    payload: 'contact-show-published',
    read: (client) => client.contacts.show('7001'),
    sent: '/api/contacts/show/7001.json',
    expected: {
      id: '7001',
      name: 'Marta & Sons',
      company: 'Quillworks',
      zip: '60200',
      state: 'JM',
      countryId: '61',
      favoriteAgentId: '493900',
      emails: ['marta@example.org'],
      numbers: ['+420601000001'],
      tags: ['vip'],
      externalUrls: [{ name: 'Kustomer', url: 'https://acme.kustomerapp.example/app/customers/1' }],
      attributes: [],
      createdAt: '2025-09-25T08:34:27.000Z',
      modifiedAt: '2025-09-25T08:47:44.000Z',
    },
  },
  {
    label: 'contact attributes',
    payload: 'contact-attributes',
    read: (client) => client.contacts.attributes(),
    sent: '/api/contacts/attributes.json',
    expected: [
      { id: '10133', title: 'CRM id' },
      { id: '10134', title: 'Q&A' },
    ],
  },
  {
    label: 'countries',
    payload: 'countries-index',
    read: (client) => client.countries.list(),
    sent: '/api/countries/index.json',
    expected: [
      { id: '61', name: 'Denmark', countryCode: 'DK', iso3: 'DNK', callingCode: '45' },
      { id: '235', name: 'United Kingdom', countryCode: 'GB', iso3: 'GBR', callingCode: '44' },
    ],
  },
  {
    label: 'agents',
    payload: 'agents-index',
    read: (client) => client.agents.list({ ...first, id: '493900' }),
    sent: '/api/agents/index.json?page=1&limit=100&id=493900',
    expected: {
      ...page,
      items: [
        {
          id: '493900',
          name: 'Ida Novak',
          email: 'Ida@Example.org',
          availability: 'online',
          canCallOut: true,
          extension: '1001',
          defaultNumber: '+420210000001',
          associatedNumbers: ['+420210000001', '+420210000002'],
        },
      ],
    },
  },
  {
    label: 'groups, under either key',
    payload: 'groups-index',
    read: (client) => client.groups.list(first),
    sent: '/api/groups/index.json?page=1&limit=100',
    expected: {
      ...page,
      unreadable: [],
      itemsCount: 2,
      items: [
        { id: '568', name: 'Support' },
        { id: '569', name: 'Sales' },
      ],
    },
  },
  {
    label: 'numbers',
    payload: 'numbers-index',
    read: (client) => client.numbers.list(first),
    sent: '/api/numbers/index.json?page=1&limit=100',
    expected: {
      ...page,
      items: [{ id: '31', name: 'Sales', number: '+420210000001', connectedTo: 'group', sourceId: '568' }],
    },
  },
  {
    label: 'tags, nested or flat',
    payload: 'tags-index',
    read: (client) => client.tags.list(first),
    sent: '/api/tags/index.json?page=1&limit=100',
    expected: {
      ...page,
      unreadable: [],
      itemsCount: 2,
      items: [
        { id: '5', name: 'vip' },
        { id: '6', name: 'eu' },
      ],
    },
  },
  {
    label: 'notes',
    payload: 'notes-index',
    read: (client) => client.notes.list({ ...first, contactId: '7001' }),
    sent: '/api/notes/index.json?page=1&limit=100&contact_id=7001',
    expected: {
      ...page,
      items: [
        {
          id: '1',
          contactId: '7001',
          userId: '493900',
          note: 'Prefers mail',
          createdAt: '2026-05-01T12:12:12.000Z',
        },
      ],
    },
  },
  {
    label: 'activities',
    payload: 'activity-index',
    read: (client) => client.activity.list({ ...first, contactId: '7001', type: 'order' }),
    sent: '/api/activity/index.json?page=1&limit=100&contact_id=7001&type=order',
    expected: {
      ...page,
      items: [
        {
          id: '2',
          contactId: '7001',
          type: 'order',
          name: 'Order 77',
          description: 'Two reams',
          activityAuthor: 'Ida',
          externalId: '77',
          externalUrl: 'https://shop.example/77',
          activityDate: '2026-02-02T12:12:12.000Z',
          createdAt: '2026-05-01T12:12:12.000Z',
        },
      ],
    },
  },
  {
    label: 'an AI summary',
    payload: 'ai-summary',
    read: (client) => client.ai.summary('9001'),
    sent: '/ai/v1/ai/calls/9001/summary',
    expected: 'They agreed on Tuesday.',
  },
  {
    label: 'a transcription',
    payload: 'ai-transcription',
    read: (client) => client.ai.transcription('9001'),
    sent: '/ai/v1/ai/calls/9001/transcription?limit=500&offset=0',
    expected: {
      language: 'en',
      callers: [
        { type: 'agent', id: '493900', localIdentifier: 'caller1' },
        { type: 'contact', localIdentifier: 'caller2' },
      ],
      segments: [
        { start: 1.5, end: 4.5, caller: 'caller2', text: 'Hello?' },
        { start: 5, end: 6.25, caller: 'caller1', text: 'Good day.' },
      ],
    },
  },
]

describe('reading', () => {
  test.each(reads)('$label', async ({ payload: name, read, sent, expected }) => {
    server.answer({ json: payload(name) })
    expect(await read(server.client)).toEqual(expected)
    expect(server.sent.map((request) => `${request.method} ${request.url}`)).toEqual([`GET ${sent}`])
  })

  test('a list page past the end is empty, as an empty list and as 404', async () => {
    const empty = { items: [], unreadable: [], itemsCount: 0, pageCount: 0, page: 2 }
    server.answer({ status: 404, json: { responseData: { status: 404, message: 'Not found.' } } })
    expect(await server.client.tags.list({ page: 2, limit: 10 })).toEqual(empty)
    server.answer({
      json: { responseData: { itemsCount: 0, pageCount: 0, pageNumber: 2, limit: 10, data: null } },
    })
    expect(await server.client.tags.list({ page: 2, limit: 10 })).toEqual(empty)
  })

  test('one row that the contract does not describe hides none of the others, and is named', async () => {
    const rows = [{ Tag: { id: '1', name: 'one' } }, { Tag: { id: '2', name: [] } }, 'no row at all']
    server.answer({
      json: { responseData: { itemsCount: 3, pageCount: 1, pageNumber: 1, limit: 10, data: rows } },
    })
    const read = await server.client.tags.list({ page: 1, limit: 10 })
    expect(read.items).toEqual([{ id: '1', name: 'one' }])
    expect(read.unreadable.map(({ id }) => id)).toEqual(['2', undefined])
    expect(read.unreadable[0]?.path).toMatch(/^responseData\.data\.1/)
  })

  test('a long transcription is read to its end', async () => {
    const segments = ['a', 'b', 'c'].map((text, start) => ({ start, end: start + 1, caller: 'c1', text }))
    server.answer((sent) => {
      const offset = Number(new URL(sent.url, server.url).searchParams.get('offset'))
      const data = { callId: 1, segments: segments.slice(offset, offset + 2), callers: [], language: 'en' }
      return { json: { data, pagination: { limit: 2, offset, total: 3 } } }
    })
    expect((await server.client.ai.transcription('1'))?.segments).toEqual(segments)
    expect(server.sent).toHaveLength(2)
  })
})

type Write = { label: string; write: (client: CloudTalk) => Promise<unknown>; sent: string; body?: unknown }

const writes: Write[] = [
  {
    label: 'a contact with everything',
    write: (client) =>
      client.contacts.add({
        name: 'Marta',
        countryId: '61',
        favoriteAgentId: '493900',
        externalUrls: [{ name: 'Kustomer', url: 'https://k.example/1' }],
        numbers: ['+420601000001'],
        emails: ['m@example.org'],
        tags: ['vip'],
        attributes: [{ id: '10133', value: 'x' }],
      }),
    sent: 'PUT /api/contacts/add.json',
    body: {
      name: 'Marta',
      country_id: 61,
      favorite_agent: 493900,
      ExternalUrl: [{ name: 'Kustomer', url: 'https://k.example/1' }],
      ContactNumber: [{ public_number: '+420601000001' }],
      ContactEmail: [{ email: 'm@example.org' }],
      ContactsTag: [{ name: 'vip' }],
      ContactAttribute: [{ attribute_id: 10133, value: 'x' }],
    },
  },
  {
    label: 'an edit that clears: null and empty go as the empty string, the rest stays away',
    write: (client) =>
      client.contacts.edit('7001', {
        name: 'Marta',
        title: null,
        city: '',
        countryId: null,
        numbers: [],
        emails: null,
        externalUrls: null,
      }),
    sent: 'POST /api/contacts/edit/7001.json',
    body: {
      name: 'Marta',
      title: '',
      city: '',
      country_id: '',
      ContactNumber: '',
      ContactEmail: '',
      ExternalUrl: [],
    },
  },
  {
    label: 'a deletion',
    write: (client) => client.contacts.delete('7001'),
    sent: 'DELETE /api/contacts/delete/7001.json',
  },
  {
    label: 'tags added',
    write: (client) => client.contacts.addTags('7001', ['vip']),
    sent: 'PUT /api/contacts/addTags/7001.json',
    body: { tags: ['vip'] },
  },
  {
    label: 'tags removed',
    write: (client) => client.contacts.removeTags('7001', ['vip']),
    sent: 'DELETE /api/contacts/removeTags/7001.json',
    body: { tags: ['vip'] },
  },
  {
    label: 'a tag',
    write: (client) => client.tags.add('vip'),
    sent: 'PUT /api/tags/add.json',
    body: { name: 'vip' },
  },
  {
    label: 'a note',
    write: (client) => client.notes.add('7001', { note: 'hi', userId: '5' }),
    sent: 'PUT /api/notes/add/7001.json',
    body: { note: 'hi', user_id: 5 },
  },
  {
    label: 'an edited note',
    write: (client) => client.notes.edit('1', { contactId: '7001', note: 'hi' }),
    sent: 'POST /api/notes/edit/1.json',
    body: { contact_id: 7001, note: 'hi' },
  },
  {
    label: 'a deleted note',
    write: (client) => client.notes.delete('1'),
    sent: 'DELETE /api/notes/delete/1.json',
  },
  {
    label: 'an activity',
    write: (client) =>
      client.activity.add('7001', { type: 'ticket', name: 'T1', externalUrl: 'https://t/1' }),
    sent: 'PUT /api/activity/add/7001.json',
    body: { type: 'ticket', name: 'T1', external_url: 'https://t/1' },
  },
  {
    label: 'an edited activity',
    write: (client) => client.activity.edit('2', { contactId: '7001', description: 'd' }),
    sent: 'POST /api/activity/edit/2.json',
    body: { contact_id: 7001, description: 'd' },
  },
  {
    label: 'a deleted activity',
    write: (client) => client.activity.delete('2'),
    sent: 'DELETE /api/activity/delete/2.json',
  },
]

describe('writing', () => {
  test.each(writes)('$label', async ({ write, sent, body }) => {
    server.answer({ status: 201, json: payload('contact-added') })
    await write(server.client)
    expect(server.sent.map((request) => `${request.method} ${request.url}`)).toEqual([sent])
    expect(server.sent[0]?.body).toEqual(body)
  })

  test('an add answers the new id', async () => {
    server.answer({ status: 201, json: payload('contact-added') })
    expect(await server.client.contacts.add({ name: 'x' })).toEqual({ id: '7009' })
  })

  test('an add whose answer lacks the id is unreadable', async () => {
    server.answer({ status: 201, json: { responseData: { status: 201, data: {} } } })
    await expect(server.client.contacts.add({ name: 'x' })).rejects.toMatchObject({
      failure: { kind: 'unreadable', path: 'responseData.data.id' },
    })
  })
})
