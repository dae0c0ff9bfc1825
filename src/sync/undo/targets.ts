import { CloudTalkError, type Contact, type ContactWrite } from '../../cloudtalk/index.ts'
import type { Conversation, Customer, CustomerWrite } from '../../kustomer/index.ts'
import { sendablePart } from '../../mapping/customer-from-contact.ts'
import type { CustomerRecord } from '../../mapping/customer-record.ts'
import { noteParts } from '../../mapping/note-body.ts'
import { type NetWrite, type Stands, type StayReason, sameValue } from '../../mapping/undo.ts'
import { changesOf } from '../../mapping/write.ts'
import { expectEcho, unexpectEcho } from '../../store/contacts.ts'
import { linksOfContact } from '../../store/links.ts'
import { notesWritten } from '../../store/proofs.ts'
import type { Vendor } from '../../store/schema.ts'
import { type InConversation, recordsOfConversation } from '../../store/timeline-conversations.ts'
import { refersToContact } from '../../store/undo-plan.ts'
import { fieldsOfContact } from '../contacts/contact-fields.ts'
import { showContact } from '../contacts/show-contact.ts'
import { updateCustomer } from '../contacts/update-customer.ts'
import type { SyncContext } from '../context.ts'
import { wrote } from '../meter.ts'
import { ifThere } from '../timeline/if-there.ts'
import { NOTHING_LEFT } from '../timeline/notes.ts'
import { vendorForms } from '../vendor-forms.ts'
import { saysOf } from './left-alone.ts'

/** A record of a vendor that a run has written to. */
export interface Target {
  stands: Stands
  /** All that counts as a change of a contact or customer. */
  says?: Record<string, unknown>
  vendor: Vendor
  /** It may be gone by now, which is as good. */
  delete(): Promise<void>
  restore(fields: Record<string, unknown>): Promise<void>
}

export interface Looking {
  /** When the run began that is undone. */
  since: Date
  /** What this undo has taken away already, or would have: by what it is, and its id. */
  isGone(to: NetWrite['to'], id: string): boolean
  /** Customers that the same record has linked. */
  linked: readonly string[]
}

/** The record as its vendor has it now. */
export function lookAt(context: SyncContext, write: NetWrite, looking: Looking): Promise<Target> {
  switch (write.to) {
    case 'contact':
      return contactTarget(context, write, looking)
    case 'customer':
      return customerTarget(context, write, looking)
    case 'conversation':
      return conversationTarget(context, write)
    case 'note':
      return noteTarget(context, write, looking)
    case 'message':
      return messageTarget(write, looking)
    case 'link':
      throw new Error('a link stands at no vendor')
  }
}

const gone = (vendor: Vendor): Target => ({
  stands: { kind: 'gone' },
  vendor,
  delete: async () => undefined,
  restore: async () => undefined,
})

async function contactTarget(context: SyncContext, write: NetWrite, looking: Looking): Promise<Target> {
  const { db, connection, contactWriter } = context
  const { id } = write
  const shown = await showContact(context, id)
  if (!shown) return gone('cloudtalk')
  const fields = { ...fieldsOfContact(shown), tags: shown.tags }
  const against = write.did === 'created' ? await againstContact(context, shown, looking) : []
  return {
    stands: { kind: 'there', fields, against },
    says: { ...fieldsOfContact(shown) },
    vendor: 'cloudtalk',
    async delete() {
      try {
        await contactWriter.delete(id)
      } catch (error) {
        if (!(error instanceof CloudTalkError) || error.failure.kind !== 'notFound') throw error
      }
      const { name, numbers } = fields
      const emptied = changesOf({ name, numbers }, { name: null, numbers: [] })
      wrote({ to: 'contact', id, did: 'deleted', fields: emptied })
    },
    async restore(restored) {
      const forms = await vendorForms(context)
      const edit = async (named: boolean): Promise<void> => {
        await expectEcho(db, connection, id)
        try {
          // Only fields of a contact are ever written to one. A name that nobody asks for may be another one by now.
          await contactWriter.edit(id, { ...(named && { name: fields.name }), ...(restored as ContactWrite) })
        } catch (error) {
          await unexpectEcho(db, connection, id)
          if (named || !(await forms.refused(error, 'contactEditWithoutName'))) throw error
          await edit(true)
        }
      }
      await edit(!forms.literal('contactEditWithoutName'))
      wrote({ to: 'contact', id, did: 'changed', fields: changesOf(fields, restored) })
    },
  }
}

async function againstContact(
  { db, connection, settings }: SyncContext,
  shown: Contact,
  { since, isGone, linked }: Looking,
): Promise<StayReason[]> {
  const links = await linksOfContact(db, connection, shown.id)
  const others = links.filter(({ customerId }) => !linked.includes(customerId) && !isGone('link', customerId))
  const extended =
    shown.title !== undefined ||
    shown.industry !== undefined ||
    shown.attributes.some(({ value }) => value !== '') ||
    shown.tags.some((tag) => tag !== settings.contactTag)
  return [
    ...(others.length > 0 ? (['shared'] as const) : []),
    ...(extended ? (['extended'] as const) : []),
    ...((await refersToContact(db, connection, shown.id, since)) ? (['referred'] as const) : []),
  ]
}

/** Nobody but who has made it has ever modified it. */
const isUntouched = ({
  createdById,
  modifiedById,
}: Pick<Customer, 'createdById' | 'modifiedById'>): boolean =>
  createdById !== undefined && modifiedById === createdById

async function customerTarget(context: SyncContext, write: NetWrite, looking: Looking): Promise<Target> {
  const { id } = write
  const { vendors } = context
  const customer = await ifThere(vendors.kustomer(({ customers }) => customers.get(id)))
  if (!customer || customer.deleted) return gone('kustomer')
  const { name, externalId, emails, phones, whatsapps, urls, locations } = customer
  const fields = { name, externalId, emails, phones, whatsapps, urls, locations }
  const against: StayReason[] = []
  if (write.did === 'created') {
    if (!isUntouched(customer)) against.push('changed')
    if (await hasConversations(context, id, looking)) against.push('conversations')
  }
  return {
    stands: { kind: 'there', fields, against },
    says: { ...(saysOf.customer(customer) ?? {}) },
    vendor: 'kustomer',
    async delete() {
      await ifThere(vendors.kustomer(({ customers }) => customers.delete(id)))
      const emptied = changesOf({ name, phones }, { name: null, phones: [] })
      wrote({ to: 'customer', id, did: 'deleted', fields: emptied })
    },
    async restore(restored) {
      const body: CustomerWrite = {
        ...sendablePart(restored as Partial<CustomerRecord>),
        ...(restored.name === null && { name: null }),
        // Leaving it out would unlink it (contract kustomer §2.2).
        ...(customer.companyId !== undefined && { company: customer.companyId }),
      }
      await updateCustomer(context, customer, body)
      wrote({ to: 'customer', id, did: 'changed', fields: changesOf(fields, restored) })
    },
  }
}

const PAGE_SIZE = 100

async function hasConversations(
  { vendors }: SyncContext,
  customerId: string,
  { isGone }: Looking,
): Promise<boolean> {
  for (let page = 1; ; page++) {
    const batch = await vendors.kustomer(({ conversations }) =>
      conversations.forCustomer(customerId, { page, pageSize: PAGE_SIZE }),
    )
    if (batch.unreadable.length > 0) return true
    if (batch.items.some(({ id, deleted }) => !deleted && !isGone('conversation', id))) return true
    if (batch.next === undefined) return false
  }
}

async function conversationTarget(context: SyncContext, write: NetWrite): Promise<Target> {
  const { id } = write
  const { vendors } = context
  const conversation = await ifThere(vendors.kustomer(({ conversations }) => conversations.get(id)))
  if (!conversation || conversation.deleted) return gone('kustomer')
  const { name, status, customerId, assignedUsers, assignedTeams } = conversation
  const fields = { name, status, customer: customerId, assignedUsers, assignedTeams }
  const against = write.did === 'created' ? await againstConversation(context, conversation) : []
  return {
    stands: { kind: 'there', fields, against },
    vendor: 'kustomer',
    async delete() {
      await ifThere(vendors.kustomer(({ conversations }) => conversations.delete(id)))
      wrote({ to: 'conversation', id, did: 'deleted', fields: changesOf({ name }, { name: null }) })
    },
    async restore(restored) {
      const { customer, ...rest } = restored
      if (Object.keys(rest).length > 0) {
        await vendors.kustomer(({ conversations }) => conversations.update(id, rest))
      }
      if (typeof customer === 'string') {
        await vendors.kustomer(({ conversations }) => conversations.moveTo(id, customer))
      }
      wrote({ to: 'conversation', id, did: 'changed', fields: changesOf(fields, restored) })
    },
  }
}

/** Most conversations have one note and one chat message of ours. */
async function againstConversation(context: SyncContext, conversation: Conversation): Promise<StayReason[]> {
  const { db, connection } = context
  const { id, noteCount = Number.POSITIVE_INFINITY, messageCount = Number.POSITIVE_INFINITY } = conversation
  const records = await recordsOfConversation(db, connection, id)
  const notes = (await notesWritten(db, [id])).get(id) ?? 0
  const chats = records.filter(({ chatId }) => chatId !== null).length
  const added =
    !isUntouched(conversation) ||
    noteCount > notes ||
    messageCount > chats ||
    (await notesEdited(context, id, records))
  return [...(records.length > 1 ? (['talk'] as const) : []), ...(added ? (['written'] as const) : [])]
}

/** Whoever edits a note of ours does not modify its conversation. */
async function notesEdited(
  { vendors }: SyncContext,
  conversationId: string,
  records: readonly InConversation[],
): Promise<boolean> {
  const written = new Map(
    records.flatMap(({ noteIds, noteBody }) => {
      const parts = noteParts(noteBody ?? '')
      return noteIds.map((id, index) => [id, parts[index] ?? NOTHING_LEFT] as const)
    }),
  )
  for (let page = 1; ; page++) {
    const batch = await vendors.kustomer(({ notes }) =>
      notes.list(conversationId, { page, pageSize: PAGE_SIZE }),
    )
    if (batch.unreadable.length > 0) return true
    if (batch.items.some(({ id, body }) => !sameValue(written.get(id), body))) return true
    if (batch.next === undefined) return false
  }
}

async function noteTarget(context: SyncContext, write: NetWrite, { isGone }: Looking): Promise<Target> {
  const { id, conversationId = '' } = write
  const { vendors } = context
  if (isGone('conversation', conversationId)) return gone('kustomer')
  const note = await ifThere(vendors.kustomer(({ notes }) => notes.get(id)))
  if (!note) return gone('kustomer')
  const { body, subject } = note
  return {
    stands: { kind: 'there', fields: { body, subject }, against: [] },
    vendor: 'kustomer',
    async delete() {
      await ifThere(vendors.kustomer(({ notes }) => notes.delete(id)))
      wrote({ to: 'note', id, did: 'deleted', conversationId, fields: changesOf({ body }, { body: null }) })
    },
    async restore(restored) {
      const earlier = {
        ...(typeof restored.body === 'string' && { body: restored.body }),
        ...(typeof restored.subject === 'string' && { subject: restored.subject }),
      }
      await ifThere(vendors.kustomer(({ notes }) => notes.update(id, earlier)))
      wrote({
        to: 'note',
        id,
        did: 'changed',
        conversationId,
        fields: changesOf({ body, subject }, earlier),
      })
    },
  }
}

/** There is no way to delete one (contract kustomer §5.2); it goes with its conversation. */
async function messageTarget({ conversationId = '' }: NetWrite, { isGone }: Looking): Promise<Target> {
  if (isGone('conversation', conversationId)) return gone('kustomer')
  const stands: Stands = { kind: 'there', fields: {}, against: ['message'] }
  return { ...gone('kustomer'), stands }
}
