import { v7 as uuid } from 'uuid'
import {
  BULK_MAX_OPERATIONS,
  type BulkOperation,
  type BulkResult,
  CloudTalkError,
  type ContactWrite,
} from '../../cloudtalk/index.ts'
import { coalesce } from '../coalesce.ts'
import { createExpected, type Expected } from '../expected.ts'
import type { Vendors } from '../vendors.ts'

/** Writes contacts, ten in a request where ten are waiting (contract cloudtalk §2.8). */
export interface ContactWriter {
  /** @returns the new contact's id. @throws {CloudTalkError} for this contact alone. */
  add(contact: ContactWrite): Promise<string>
  /** @throws {CloudTalkError} for this contact alone. */
  edit(id: string, change: ContactWrite): Promise<void>
  /** @throws {CloudTalkError} for this contact alone. */
  delete(id: string): Promise<void>
  /** Writes that are on their way: backfill waits for them until a request is full. */
  expected: Expected
}

export function createContactWriter(vendors: Vendors): ContactWriter {
  const expected = createExpected()
  const submit = coalesce<BulkOperation, BulkResult>(
    BULK_MAX_OPERATIONS,
    (board) =>
      vendors.cloudtalkBulk(BULK_MAX_OPERATIONS, async (cloudtalk, room, carries) => {
        const operations = board(room)
        await carries(operations.length)
        return cloudtalk.bulk.contacts(operations)
      }),
    expected.count,
  )
  const done = async (operation: BulkOperation): Promise<string | undefined> => {
    const result = await submit(operation)
    if (result.status === 'failed') {
      throw new CloudTalkError(`POST /bulk/contacts.json (${operation.action})`, result.failure)
    }
    return result.id
  }
  return {
    async add(contact) {
      const id = await done({ action: 'add_contact', commandId: uuid(), data: contact })
      if (id === undefined) throw new Error('the bulk answer of an added contact has no id')
      return id
    },
    async edit(id, change) {
      await done({ action: 'edit_contact', commandId: uuid(), id, data: change })
    },
    async delete(id) {
      await done({ action: 'delete_contact', commandId: uuid(), id })
    },
    expected,
  }
}
