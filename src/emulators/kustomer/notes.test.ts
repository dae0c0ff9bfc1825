import { afterEach, beforeEach, expect, test } from 'vitest'
import { ids, type LocalEmulator, problem, startLocalEmulator } from './local-emulator.ts'

let local: LocalEmulator
let customer: string
let conversation: string
beforeEach(async () => {
  local = await startLocalEmulator()
  customer = (await local.written('POST', '/customers', { name: 'A' })).id
  conversation = (await local.written('POST', '/conversations', { customer })).id
})
afterEach(() => local.close())

const notes = () => `/conversations/${conversation}/notes`

test('a note, in its conversation and of its customer', async () => {
  const note = await local.written('POST', notes(), {
    body: 'b',
    externalId: '9',
    createdAt: '2026-05-01T00:00:00Z',
  })
  expect(note).toMatchObject({
    type: 'note',
    attributes: { body: 'b', externalId: '9', createdAt: '2026-05-01T00:00:00.000Z', rev: 1 },
    relationships: {
      conversation: { data: { type: 'conversation', id: conversation } },
      customer: { data: { type: 'customer', id: customer } },
    },
  })
  for (const path of [notes(), `/customers/${customer}/notes`, '/notes']) {
    expect(ids(await local.api('GET', path))).toEqual([note.id])
  }
})

const refused: [string, object, string][] = [
  ['no body', {}, 'body'],
  ['an empty body', { body: '' }, 'body'],
  ['a long body', { body: 'x'.repeat(10_241) }, 'body'],
  ['a subject', { body: 'b', subject: 's' }, 'subject'],
  ['a direction', { body: 'b', direction: 'in' }, 'direction'],
]
test.each(refused)('%s is 400', async (_label, body, parameter) => {
  const reply = await local.api('POST', notes(), body)
  expect([reply.status, problem(reply).source]).toEqual([400, { parameter }])
})

test('by switch a subject and a direction are taken', async () => {
  await local.control('PUT', '/switches', { acceptNoteSubject: true })
  const note = await local.written('POST', notes(), {
    body: 'x'.repeat(10_240),
    subject: 's',
    direction: 'in',
  })
  expect(note.attributes).toMatchObject({ subject: 's', direction: 'in' })
})

test('nothing makes an external id unique', async () => {
  await local.written('POST', notes(), { body: 'b', externalId: '9' })
  await local.written('POST', notes(), { body: 'b', externalId: '9' })
  expect(ids(await local.api('GET', notes()))).toHaveLength(2)
})

test('by /notes with the conversation in the body', async () => {
  expect((await local.api('POST', '/notes', { body: 'b' })).status).toBe(400)
  await local.written('POST', '/notes', { body: 'b', conversation })
  expect((await local.api('POST', '/notes', { body: 'b', conversation: 'none' })).status).toBe(404)
})

test.each(['PUT', 'PATCH'])('%s edits, DELETE removes', async (method) => {
  const { id } = await local.written('POST', notes(), { body: 'b', externalId: '9' })
  const edited = await local.written(method, `/notes/${id}`, { body: 'c' })
  expect(edited.attributes).toMatchObject({ body: 'c', externalId: '9', rev: 2 })
  expect((await local.api('DELETE', `/notes/${id}`)).status).toBe(204)
  expect((await local.api('GET', `/notes/${id}`)).status).toBe(404)
  expect(ids(await local.api('GET', notes()))).toEqual([])
})

test('times and authors need org.admin: else the token sets them, by switch they are refused', async () => {
  await local.control('PUT', '/keys', [{ token: 'agent', name: 'Agent', roles: ['org.user'] }])
  const body = { body: 'b', createdAt: '2026-05-01T00:00:00Z', createdBy: '5c6e009c68b9d153304397d8' }
  const own = await local.written('POST', notes(), body)
  expect(own.attributes.createdAt).toBe('2026-05-01T00:00:00.000Z')
  expect(own.relationships.createdBy?.data?.id).toBe('5c6e009c68b9d153304397d8')
  const agents = await local.written('POST', notes(), body, 'agent')
  expect(agents.attributes.createdAt).toBe('2026-06-01T12:00:00.000Z')
  await local.control('PUT', '/switches', { adminFieldsWithoutRole: 'refused' })
  expect((await local.api('POST', notes(), body, 'agent')).status).toBe(403)
  expect((await local.api('POST', notes(), { body: 'b' }, 'agent')).status).toBe(201)
})

test('a read role of old may write by the nested path only', async () => {
  await local.control('PUT', '/keys', [{ token: 'reader', name: 'Reader', roles: ['org.user.note.read'] }])
  expect((await local.api('POST', notes(), { body: 'b' }, 'reader')).status).toBe(201)
  expect((await local.api('POST', '/notes', { body: 'b', conversation }, 'reader')).status).toBe(403)
})
