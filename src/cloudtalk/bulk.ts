import { z } from 'zod'
import { type ContactWrite, contactToWire } from './contact-write.ts'
import type { CloudTalkFailure } from './errors.ts'
import { failureFromComplaint } from './failure-from-answer.ts'
import {
  type ActivityType,
  type ActivityWrite,
  activityToWire,
  type NoteWrite,
  noteToWire,
} from './timeline-write.ts'
import type { Transport } from './transport.ts'
import { id, idToWire, number } from './wire.ts'

/** Operations in one request; more is refused (contract §2.8). */
export const BULK_MAX_OPERATIONS = 10

export type BulkOperation = { commandId: string } & (
  | { action: 'add_contact'; data: ContactWrite }
  | { action: 'edit_contact'; id: string; data: ContactWrite }
  | { action: 'delete_contact'; id: string }
  | { action: 'add_note'; contactId: string; data: NoteWrite }
  | { action: 'edit_note'; id: string; contactId: string; data: NoteWrite }
  | { action: 'delete_note'; id: string }
  | { action: 'add_activity'; contactId: string; data: ActivityWrite & { type: ActivityType; name: string } }
  | { action: 'edit_activity'; id: string; contactId: string; data: ActivityWrite }
  | { action: 'delete_activity'; id: string }
)

/** `id` is there for the add actions. */
export type BulkResult =
  | { commandId: string; status: 'done'; id?: string }
  | { commandId: string; status: 'failed'; failure: CloudTalkFailure }

const answer = z.object({
  responseData: z.object({
    data: z.array(
      z.object({ command_id: id, status: number, message: z.unknown(), data: z.unknown() }).partial({
        message: true,
        data: true,
      }),
    ),
  }),
})

export function bulk(transport: Transport) {
  return {
    /**
     * Up to ten operations for the price of one request. One result per operation, in the order given;
     * an operation without a result in the answer counts as `unreadable`.
     *
     * @throws {RangeError} If there are more than ten.
     */
    contacts: async (operations: BulkOperation[]): Promise<BulkResult[]> => {
      if (operations.length > BULK_MAX_OPERATIONS) {
        throw new RangeError(`at most ${BULK_MAX_OPERATIONS} bulk operations, got ${operations.length}`)
      }
      if (operations.length === 0) return []
      const { responseData } = await transport.json(
        { method: 'POST', path: '/bulk/contacts.json', body: operations.map(operationToWire) },
        answer,
      )
      const rows = new Map(responseData.data.map((row) => [row.command_id, row]))
      return operations.map((operation) => resultOf(operation, rows.get(operation.commandId)))
    },
  }
}

function operationToWire(operation: BulkOperation) {
  const { action, commandId } = operation
  return { action, command_id: commandId, data: dataToWire(operation) }
}

function dataToWire(operation: BulkOperation): Record<string, unknown> {
  switch (operation.action) {
    case 'add_contact':
      return contactToWire(operation.data)
    case 'edit_contact':
      return { id: idToWire(operation.id), ...contactToWire(operation.data) }
    case 'delete_contact':
    case 'delete_note':
    case 'delete_activity':
      return { id: idToWire(operation.id) }
    case 'add_note':
      return { contact_id: idToWire(operation.contactId), ...noteToWire(operation.data) }
    case 'edit_note':
      return {
        id: idToWire(operation.id),
        contact_id: idToWire(operation.contactId),
        ...noteToWire(operation.data),
      }
    case 'add_activity':
      return { contact_id: idToWire(operation.contactId), ...activityToWire(operation.data) }
    case 'edit_activity':
      return {
        id: idToWire(operation.id),
        contact_id: idToWire(operation.contactId),
        ...activityToWire(operation.data),
      }
  }
}

type Row = z.output<typeof answer>['responseData']['data'][number]

function resultOf(operation: BulkOperation, row: Row | undefined): BulkResult {
  const { commandId } = operation
  const failed = (failure: CloudTalkFailure): BulkResult => ({ commandId, status: 'failed', failure })
  if (!row)
    return failed({ kind: 'unreadable', path: 'responseData.data', issue: 'no result for the operation' })
  if (row.status < 200 || row.status >= 300) return failed(failureFromComplaint(row.status, row))
  if (!operation.action.startsWith('add_')) return { commandId, status: 'done' }
  const created = z.object({ id }).safeParse(row.data)
  return created.success
    ? { commandId, status: 'done', id: created.data.id }
    : failed({ kind: 'unreadable', path: 'responseData.data.data.id', issue: 'no id of the new record' })
}
