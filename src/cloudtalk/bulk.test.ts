import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BulkOperation } from './bulk.ts'
import { type LocalServer, payload, startLocalServer } from './local-server.ts'

let server: LocalServer
beforeAll(async () => {
  server = await startLocalServer()
})
afterAll(() => server.close())

test('each operation gets its own result, in the order given', async () => {
  server.answer({ json: payload('bulk-mixed') })
  const results = await server.client.bulk.contacts([
    { action: 'delete_contact', commandId: 'b', id: '7002' },
    { action: 'add_contact', commandId: 'a', data: { name: 'A', numbers: ['+420601000001'] } },
    { action: 'add_contact', commandId: 'c', data: { name: 'C' } },
    { action: 'edit_contact', commandId: 'd', id: '7003', data: { name: 'D', title: null } },
    { action: 'add_contact', commandId: 'e', data: { name: 'E' } },
    { action: 'add_note', commandId: 'f', contactId: '7001', data: { note: 'n' } },
  ])
  expect(results).toEqual([
    { commandId: 'b', status: 'done' },
    { commandId: 'a', status: 'done', id: '7010' },
    {
      commandId: 'c',
      status: 'failed',
      failure: {
        kind: 'rejected',
        fields: { public_number: ['Please supply only valid numbers.'] },
        message: 'Invalid input data.',
      },
    },
    { commandId: 'd', status: 'failed', failure: { kind: 'notFound' } },
    {
      commandId: 'e',
      status: 'failed',
      failure: { kind: 'unreadable', path: 'responseData.data.data.id', issue: 'no id of the new record' },
    },
    {
      commandId: 'f',
      status: 'failed',
      failure: { kind: 'unreadable', path: 'responseData.data', issue: 'no result for the operation' },
    },
  ])
  expect(server.sent[0]?.body).toEqual([
    { action: 'delete_contact', command_id: 'b', data: { id: 7002 } },
    {
      action: 'add_contact',
      command_id: 'a',
      data: { name: 'A', ContactNumber: [{ public_number: '+420601000001' }] },
    },
    { action: 'add_contact', command_id: 'c', data: { name: 'C' } },
    { action: 'edit_contact', command_id: 'd', data: { id: 7003, name: 'D', title: '' } },
    { action: 'add_contact', command_id: 'e', data: { name: 'E' } },
    { action: 'add_note', command_id: 'f', data: { contact_id: 7001, note: 'n' } },
  ])
})

const timeline: { operation: BulkOperation; data: unknown }[] = [
  {
    operation: {
      action: 'edit_note',
      commandId: '1',
      id: '1',
      contactId: '2',
      data: { note: 'n', userId: '3' },
    },
    data: { id: 1, contact_id: 2, note: 'n', user_id: 3 },
  },
  { operation: { action: 'delete_note', commandId: '1', id: '1' }, data: { id: 1 } },
  {
    operation: { action: 'add_activity', commandId: '1', contactId: '2', data: { type: 'task', name: 'x' } },
    data: { contact_id: 2, type: 'task', name: 'x' },
  },
  {
    operation: { action: 'edit_activity', commandId: '1', id: '1', contactId: '2', data: { name: 'x' } },
    data: { id: 1, contact_id: 2, name: 'x' },
  },
  { operation: { action: 'delete_activity', commandId: '1', id: '1' }, data: { id: 1 } },
]
test.each(timeline)('the data of $operation.action', async ({ operation, data }) => {
  server.answer({ json: { responseData: { status: 200, data: [{ command_id: 1, status: 200 }] } } })
  await server.client.bulk.contacts([operation])
  expect(server.sent[0]?.body).toEqual([{ action: operation.action, command_id: '1', data }])
})

test('more than ten operations throw before anything is sent, none sends nothing', async () => {
  server.answer({ json: payload('bulk-mixed') })
  const many = Array.from(
    { length: 11 },
    (_, index): BulkOperation => ({
      action: 'delete_contact',
      commandId: String(index),
      id: '1',
    }),
  )
  await expect(server.client.bulk.contacts(many)).rejects.toBeInstanceOf(RangeError)
  expect(await server.client.bulk.contacts([])).toEqual([])
  expect(server.sent).toEqual([])
})
