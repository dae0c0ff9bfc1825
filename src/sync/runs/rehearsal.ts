import {
  BULK_MAX_OPERATIONS,
  type CloudTalk,
  type Contact,
  type ContactWrite,
} from '../../cloudtalk/index.ts'
import {
  BULK_ITEMS,
  type Conversation,
  type Customer,
  type CustomerWrite,
  type Kustomer,
  type PageRequest,
} from '../../kustomer/index.ts'
import { emptyCustomer } from '../../mapping/customer-record.ts'
import { saveShownContact } from '../../store/contacts.ts'
import { findCustomer } from '../../store/customers.ts'
import type { Db } from '../../store/database.ts'
import type { Vendor } from '../../store/schema.ts'
import { Busy } from '../busy.ts'
import { fieldsOfContact } from '../contacts/contact-fields.ts'
import type { SyncContext } from '../context.ts'
import { lockOf } from '../locks.ts'
import type { Vendors } from '../vendors.ts'

/** How ids begin that only a rehearsal has given. */
const REHEARSED = 'preview-'

/** Both vendors for a settle that must not write: reads are true, writes are only remembered and counted. */
export interface Rehearsal {
  vendors: Vendors
  /** Requests that the settles so far would take. */
  requests(): Record<Vendor, number>
}

/** @param scratch holds what is known of both sides, and what the rehearsed settles have made of it. */
export function createRehearsal(context: SyncContext, scratch: Db): Rehearsal {
  const counts: Counts = { contactWrites: 0, inBulk: new Map(), cloudtalk: 0, kustomer: 0 }
  const { vendors } = context
  let made = 0
  const newId = () => `${REHEARSED}${++made}`
  const contacts = rehearsedContacts(context, newId, counts)
  const customers = rehearsedCustomers(context, scratch, newId, counts)
  const written = (id: string) => {
    counts.kustomer++
    return { id }
  }
  const isReal = (id: string) => !id.startsWith(REHEARSED)
  const conversations = {
    get: async (id: string) =>
      isReal(id)
        ? vendors.kustomer((kustomer) => kustomer.conversations.get(id))
        : ({ id, assignedUsers: [], assignedTeams: [] } as unknown as Conversation),
    byExternalId: (id: string) => vendors.kustomer((kustomer) => kustomer.conversations.byExternalId(id)),
    create: async ({ customer }: { customer?: string }) =>
      ({ ...written(newId()), customerId: customer }) as Conversation,
    update: async (id: string) => written(id) as Conversation,
    moveTo: async (id: string, customerId: string) => ({ ...written(id), customerId }) as Conversation,
  }
  const single = { create: async () => written(newId()), update: async (id: string) => written(id) }
  const notes = {
    ...single,
    list: async (id: string, page: PageRequest) =>
      isReal(id)
        ? vendors.kustomer((kustomer) => kustomer.notes.list(id, page))
        : { items: [], unreadable: [] },
  }
  const messages = {
    ...single,
    byExternalId: (id: string) => vendors.kustomer((kustomer) => kustomer.messages.byExternalId(id)),
  }
  // Look-ups of customers and keyword searches no settle of a run asks for.
  const kustomer = { ...customers, conversations, notes, messages } as unknown as Kustomer
  return {
    vendors: {
      ...vendors,
      cloudtalk: (call) => call(contacts as unknown as CloudTalk),
      cloudtalkBulk: (most, call) => call(contacts as unknown as CloudTalk, most, async () => undefined),
      kustomer: (call) => call(kustomer),
    },
    requests: () => ({
      cloudtalk: Math.ceil(counts.contactWrites / BULK_MAX_OPERATIONS) + counts.cloudtalk,
      // A bulk request is sent, then asked for (contract kustomer §2.8).
      kustomer:
        counts.kustomer +
        [...counts.inBulk.values()].reduce((sum, items) => sum + 2 * Math.ceil(items / BULK_ITEMS), 0),
    }),
  }
}

interface Counts {
  contactWrites: number
  /** Items of bulk requests, by what they do to what. */
  inBulk: Map<string, number>
  cloudtalk: number
  kustomer: number
}

function rehearsedContacts(context: SyncContext, newId: () => string, counts: Counts) {
  const { db, connection, vendors, locks } = context
  const known = new Map<string, Contact>()
  const show = async (id: string): Promise<Contact> => {
    const seen = known.get(id)
    if (seen) return seen
    const look = () => vendors.cloudtalk((cloudtalk) => cloudtalk.contacts.show(id))
    const shown = await locks
      .hold(connection, [lockOf.contact(id)], async () => {
        const contact = await look()
        // The run that follows need not read it again.
        await saveShownContact(db, connection, id, fieldsOfContact(contact))
        return contact
      })
      .catch((error: unknown) => {
        // It is being settled at this moment, so what is seen of it is not kept.
        if (error instanceof Busy) return look()
        throw error
      })
    known.set(id, shown)
    return shown
  }
  const merged = (contact: Contact, change: ContactWrite): Contact => {
    const entries = Object.entries(change).filter(([, value]) => value !== undefined)
    return { ...contact, ...Object.fromEntries(entries.map(([field, value]) => [field, value ?? undefined])) }
  }
  return {
    contacts: {
      show,
      list: async () => ({ items: [], unreadable: [], pageCount: 1 }),
      addTags: async (id: string, names: string[]) => {
        counts.cloudtalk++
        const contact = await show(id)
        known.set(id, { ...contact, tags: [...contact.tags, ...names] })
      },
    },
    bulk: {
      contacts: async (operations: Parameters<CloudTalk['bulk']['contacts']>[0]) => {
        const results: Awaited<ReturnType<CloudTalk['bulk']['contacts']>> = []
        for (const operation of operations) {
          counts.contactWrites++
          const { commandId } = operation
          if (operation.action === 'add_contact') {
            const id = newId()
            known.set(id, merged({ ...NO_CONTACT, id }, operation.data))
            results.push({ commandId, status: 'done', id })
          } else {
            if (operation.action === 'edit_contact') {
              const contact = known.get(operation.id)
              if (contact) known.set(operation.id, merged(contact, operation.data))
            }
            results.push({ commandId, status: 'done' })
          }
        }
        return results
      },
    },
  }
}

const NO_CONTACT: Omit<Contact, 'id'> = {
  name: '',
  title: undefined,
  company: undefined,
  industry: undefined,
  website: undefined,
  address: undefined,
  city: undefined,
  zip: undefined,
  state: undefined,
  countryId: undefined,
  favoriteAgentId: undefined,
  emails: [],
  numbers: [],
  tags: [],
  externalUrls: [],
  attributes: [],
  createdAt: undefined,
  modifiedAt: undefined,
}

interface Referenced {
  _clientRef?: string
}

function rehearsedCustomers(context: SyncContext, scratch: Db, newId: () => string, counts: Counts) {
  const { connection } = context
  const created = (body: CustomerWrite, id: string): Customer =>
    ({ ...EMPTY_CUSTOMER, ...body, id, rev: 1, companyId: body.company }) as unknown as Customer
  const accepted = (what: string, items: readonly Referenced[]) => {
    counts.inBulk.set(what, (counts.inBulk.get(what) ?? 0) + items.length)
    return { id: JSON.stringify(items.map(({ _clientRef }) => _clientRef)) }
  }
  return {
    customers: {
      create: async (body: CustomerWrite) => {
        counts.kustomer++
        return created(body, newId())
      },
      update: async (id: string, { rev: _rev, company, ...body }: CustomerWrite) => {
        counts.kustomer++
        const before = await findCustomer(scratch, connection, id)
        return { ...EMPTY_CUSTOMER, ...before, ...body, id, rev: (before?.rev ?? 0) + 1, companyId: company }
      },
      byPhone: async () => undefined,
      byEmail: async () => undefined,
      byExternalId: async () => undefined,
    },
    bulk: {
      create: async (kind: string, items: readonly Referenced[]) => accepted(`create ${kind}`, items),
      update: async (kind: string, items: readonly Referenced[]) => accepted(`update ${kind}`, items),
      batches: async (id: string) => {
        const results = (JSON.parse(id) as string[]).map((clientRef) => ({ clientRef, objectId: newId() }))
        return [{ status: 'complete', successCount: results.length, failureCount: 0, results }]
      },
    },
  }
}

const EMPTY_CUSTOMER = { ...emptyCustomer, tags: [], deleted: false }
