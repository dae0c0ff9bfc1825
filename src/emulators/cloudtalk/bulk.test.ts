import { afterEach, beforeEach, expect, test } from 'vitest'
import { at, startTestApi, type TestApi } from './test-api.ts'

let api: TestApi
beforeEach(async () => {
  api = await startTestApi()
})
afterEach(() => api.close())

const bulk = (operations: unknown) => api.api('POST', '/bulk/contacts.json', operations)
const add = (command_id: string, data: object) => ({ action: 'add_contact', command_id, data })

test('every action, answered in order, on one request of the budget', async () => {
  const id = await api.addContact({
    name: 'Old',
    city: 'Brno',
    ContactNumber: [{ public_number: '+442079460018' }],
  })
  const { data: first } = at(
    (
      await bulk([
        add('a', { name: 'New', ContactNumber: [{ public_number: '+442079460019' }] }),
        { action: 'edit_contact', command_id: 'b', data: { id, name: 'Edited' } },
        { action: 'add_note', command_id: 'c', data: { contact_id: id, note: 'Hello\nthere 😀' } },
        {
          action: 'add_activity',
          command_id: 'd',
          data: { contact_id: id, name: 'Order', type: 'order', external_id: 7 },
        },
      ])
    ).body,
    'responseData',
  ) as { data: { command_id: string; status: number; data?: { id: string } }[] }
  expect(first).toEqual([
    { command_id: 'a', status: 201, data: { id: expect.any(String) } },
    { command_id: 'b', status: 200 },
    { command_id: 'c', status: 201, data: { id: expect.any(String) } },
    { command_id: 'd', status: 201, data: { id: expect.any(String) } },
  ])
  expect(await api.state('contacts')).toMatchObject([{ name: 'Edited', city: 'Brno' }, { name: 'New' }])
  expect(await api.state('notes.0.note')).toBe('Hello there')

  const noteId = first[2]?.data?.id
  const activityId = first[3]?.data?.id
  const second = await bulk([
    { action: 'edit_note', command_id: '1', data: { id: noteId, contact_id: id, note: 'Bye' } },
    { action: 'edit_activity', command_id: '2', data: { id: activityId, contact_id: id, name: 'Order 2' } },
    { action: 'delete_note', command_id: '3', data: { id: noteId } },
    { action: 'delete_activity', command_id: '4', data: { id: activityId } },
    { action: 'delete_contact', command_id: '5', data: { id } },
  ])
  expect(second.headers.get('x-cloudtalkapi-remaining')).toBe('57')
  expect(at(second.body, 'responseData.data')).toEqual(
    ['1', '2', '3', '4', '5'].map((command_id) => ({ command_id, status: 200 })),
  )
  expect(await api.state('contacts')).toHaveLength(1)
})

test('one operation’s error does not touch the others', async () => {
  const { status, body } = await bulk([
    add('bad', { name: 'x', ContactNumber: [{ public_number: '+393807939119999' }] }),
    { action: 'edit_contact', command_id: 'gone', data: { id: 5, name: 'x' } },
    add('strict', { name: 'x', id: 4 }),
    add('good', { name: 'Fine' }),
  ])
  expect(status).toBe(200)
  expect(at(body, 'responseData.data')).toEqual([
    {
      command_id: 'bad',
      status: 406,
      message: 'Invalid input data.',
      data: { public_number: ['Please supply only valid numbers. Number 393807939119999 is not valid.'] },
    },
    { command_id: 'gone', status: 404, message: 'Not found.' },
    { command_id: 'strict', status: 406, message: 'Invalid input data.', data: { id: ['Unknown field.'] } },
    { command_id: 'good', status: 201, data: { id: expect.any(String) } },
  ])
  expect(await api.state('contacts')).toHaveLength(1)
})

test.each([
  ['eleven operations', Array.from({ length: 11 }, (_, index) => add(String(index), { name: `N${index}` }))],
  ['an unknown action', [{ action: 'explode', command_id: '1', data: {} }]],
  ['no command_id', [{ action: 'add_contact', data: { name: 'x' } }]],
  ['no data', [{ action: 'add_contact', command_id: '1' }]],
  ['not a list', { action: 'add_contact', command_id: '1', data: { name: 'x' } }],
])('the request as a whole is refused: %s', async (_, operations) => {
  const { status, body } = await bulk(operations)
  expect(status).toBe(406)
  expect(at(body, 'responseData.message')).toBe('Invalid input data.')
  expect(await api.state('contacts')).toEqual([])
})

test('more than ten by switch', async () => {
  await api.switches({ bulkOverTen: 'accept' })
  const { status } = await bulk(
    Array.from({ length: 12 }, (_, index) => add(String(index), { name: `N${index}` })),
  )
  expect(status).toBe(200)
  expect(await api.state('contacts')).toHaveLength(12)
})

test('counted by operations by switch, and refused whole where fewer are left', async () => {
  await api.close()
  api = await startTestApi({ now: () => Date.UTC(2026, 5, 1) })
  await api.switches({ bulkCounts: 'operations', rateLimit: 12 })
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => add(String(index), { name: `N${index}` }))
  const budget = ({ status, headers }: Awaited<ReturnType<typeof bulk>>) => [
    status,
    headers.get('x-cloudtalkapi-limit'),
    headers.get('x-cloudtalkapi-remaining'),
  ]
  expect(budget(await bulk(many(9)))).toEqual([200, '12', '3'])
  expect(budget(await bulk(many(4)))).toEqual([429, '12', '3'])
  expect(await api.state('contacts')).toHaveLength(9)
  expect(budget(await bulk([]))).toEqual([200, '12', '2'])
  expect(budget(await api.api('GET', '/contacts/index.json'))).toEqual([200, '12', '1'])
  expect(budget(await bulk(many(1)))).toEqual([200, '12', '0'])
  expect(budget(await api.api('GET', '/contacts/index.json'))).toEqual([429, '12', '0'])
  expect((await api.control('GET', '/limits')).body).toEqual({
    requests: [
      {
        startsAt: '2026-06-01T00:00:00.000Z',
        limit: 12,
        used: 12,
        refused: 2,
        by: { node: { asked: 17, refused: 2 } },
      },
    ],
  })
})
