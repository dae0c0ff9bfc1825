import type { z } from 'zod'
import { type ApiKey, rolesFor } from './auth.ts'
import { createCompany, updateCompany } from './companies.ts'
import { createConversation, requireBodyCustomer, updateConversation } from './conversation-writes.ts'
import { requireConversation } from './conversations.ts'
import { createCustomer, updateCustomer } from './customer-writes.ts'
import { deleteCustomer, requireCustomer } from './customers.ts'
import { notFound } from './errors.ts'
import { createMessage, updateMessage } from './message-writes.ts'
import { createNote, updateNote } from './notes.ts'
import type { Org } from './org.ts'
import type { Resource } from './resource.ts'
import { companyCreate, companyUpdate } from './schemas/company.ts'
import { conversationSchemas } from './schemas/conversation.ts'
import { customerBulkUpdate, customerWrite } from './schemas/customer.ts'
import { messageCreate, messageUpdate } from './schemas/message.ts'
import { noteSchemas } from './schemas/note.ts'
import type { KustomerSwitches } from './switches.ts'

/** One write of a bulk request, its body already read. */
export type Work = (org: Org, key: ApiKey) => Resource

/** What a bulk request can do with one kind of record (contract §2.8). */
export type BulkKind = {
  roles: ReturnType<typeof rolesFor>
  /** Item schemas that end in the work they stand for. */
  create: (switches: KustomerSwitches) => z.ZodType<Work>
  update: (switches: KustomerSwitches) => z.ZodType<(id: string) => Work>
  delete?: (id: string) => Work
  /** The customer whose creations a new item counts among, by its body; undefined = it is free (contract §1.4). */
  countedFor?: (
    org: Org,
    body: Readonly<Record<string, unknown>>,
  ) => { customer: string | undefined } | undefined
}

/** Of imported records only conversations and messages are free (contract §1.4). */
const isImported = ({ importedAt }: Readonly<Record<string, unknown>>): boolean => importedAt !== undefined

/** An item whose conversation is not there fails by itself, and counts among nobody's. */
const ofConversation = (org: Org, { conversation }: Readonly<Record<string, unknown>>) => {
  const found = org.store.conversations.get(String(conversation))
  return found && { customer: found.related.customer }
}

const stored = <T>(records: Map<string, T>, id: string): T => {
  const record = records.get(id)
  if (record === undefined) throw notFound('id')
  return record
}

const customers: BulkKind = {
  roles: rolesFor('customer'),
  create: () =>
    customerWrite.transform(
      (body): Work =>
        (org, key) =>
          createCustomer(org, key, body),
    ),
  update: () =>
    customerBulkUpdate.transform(
      (body) =>
        (id: string): Work =>
        (org, key) =>
          updateCustomer(org, key, requireCustomer(org, id), body, false),
    ),
  delete: (id) => (org) => deleteCustomer(org, id),
}

const companies: BulkKind = {
  roles: rolesFor('company'),
  create: () =>
    companyCreate.transform(
      (body): Work =>
        (org, key) =>
          createCompany(org, key, body),
    ),
  update: () =>
    companyUpdate.transform(
      (body) =>
        (id: string): Work =>
        (org, key) =>
          updateCompany(org, key, stored(org.store.companies, id), body),
    ),
}

const conversations: BulkKind = {
  roles: rolesFor('conversation'),
  countedFor: (_org, body) =>
    isImported(body) ? undefined : { customer: body.customer as string | undefined },
  create: (switches) =>
    conversationSchemas(switches).create.transform(
      ({ customer, ...body }): Work =>
        (org, key) =>
          createConversation(org, key, body, customer ? requireBodyCustomer(org, customer) : undefined),
    ),
  update: (switches) =>
    conversationSchemas(switches).update.transform(
      (body) =>
        (id: string): Work =>
        (org, key) =>
          updateConversation(org, key, requireConversation(org, id), body, false),
    ),
}

const messages: BulkKind = {
  roles: rolesFor('message'),
  countedFor: (org, body) => (isImported(body) ? undefined : ofConversation(org, body)),
  create: () =>
    messageCreate.required({ conversation: true }).transform(
      (body): Work =>
        (org, key) =>
          createMessage(org, key, body, requireConversation(org, body.conversation)),
    ),
  update: () =>
    messageUpdate.transform(
      (body) =>
        (id: string): Work =>
        (org, key) =>
          updateMessage(org, key, stored(org.store.messages, id), body),
    ),
}

const notes: BulkKind = {
  roles: rolesFor('note'),
  countedFor: ofConversation,
  create: (switches) =>
    noteSchemas(switches)
      .create.required({ conversation: true })
      .transform(
        (body): Work =>
          (org, key) =>
            createNote(org, key, body, requireConversation(org, body.conversation)),
      ),
  update: (switches) =>
    noteSchemas(switches).update.transform(
      (body) =>
        (id: string): Work =>
        (org, key) =>
          updateNote(org, key, stored(org.store.notes, id), body),
    ),
}

export const BULK_KINDS = { customers, companies, conversations, messages, notes }
