import { contactFromCustomer } from '../../mapping/contact-from-customer.ts'
import type { ContactFields } from '../../mapping/records.ts'
import type { NetWrite, Stands, UndoStep } from '../../mapping/undo.ts'
import { loadConnection } from '../../store/connections.ts'
import {
  findContact,
  forgetContact,
  releaseContact,
  saveBase,
  saveShownContact,
} from '../../store/contacts.ts'
import { findCustomer, markCustomerDeleted } from '../../store/customers.ts'
import { dropLink, dropLinksOfContact, findLink, linksOfContact } from '../../store/links.ts'
import type { RecordKind, TimelineKind, Vendor } from '../../store/schema.ts'
import { forgetTimeline, type Progress, saveProgress } from '../../store/timeline.ts'
import { markUndone } from '../../store/undone.ts'
import { lookupsFor } from '../contacts/lookups.ts'
import { unlinkDeleted } from '../contacts/unlink-customer.ts'
import type { SyncContext } from '../context.ts'
import { GONE, saysOf } from './left-alone.ts'
import { lookAt } from './targets.ts'
import type { Stage } from './undo-record.ts'

const keyOf = (to: string, id: string): string => `${to} ${id}`

/**
 * Takes the steps for one settled record. What is put back is expected here before it leaves: else, after a crash in
 * between, it would look like somebody's edit. What is deleted is forgotten here after it is gone.
 */
export function realStage(
  context: SyncContext,
  since: Date,
  record: { kind: RecordKind; id: string },
): Stage {
  const gone = new Set<string>()
  return {
    since,
    isGone: (to, id) => gone.has(keyOf(to, id)),
    imagined: (_write, target) => target,
    async take(write, target, step) {
      if (step.kind === 'restore') {
        await expectRestored(context, write, step, target.stands)
        if (Object.keys(step.fields).length > 0) await target.restore(step.fields)
      } else {
        if (step.kind === 'delete') {
          // Else a crash would have it look like a deletion by a person, after which the contact is not exported again.
          if (write.to === 'customer') await partFromContact(context, write.id)
          await target.delete()
        }
        gone.add(keyOf(write.to, write.id))
      }
      await settleHere(context, record, write, step)
    },
    unlink: (customerId, contactId) => unlink(context, customerId, contactId),
  }
}

/** What a contact or customer is about to hold counts as in step, and is left alone. */
async function expectRestored(
  context: SyncContext,
  { to, id }: NetWrite,
  step: Extract<UndoStep, { kind: 'restore' }>,
  stands: Stands,
): Promise<void> {
  if (stands.kind === 'gone') return
  const restored = { ...step.held, ...step.fields }
  if (to === 'contact') await contactRestored(context, id, stands.fields, restored)
  if (to === 'customer') await customerRestored(context, id, restored)
}

/** What the mirror, the links and the timeline say once a step is taken. */
async function settleHere(
  context: SyncContext,
  record: { kind: RecordKind; id: string },
  write: NetWrite,
  step: UndoStep,
): Promise<void> {
  const { db, connection } = context
  const { id } = write
  const isGone = step.kind !== 'restore' && write.did === 'created'
  switch (write.to) {
    case 'contact':
      if (isGone) {
        await dropLinksOfContact(db, connection, id)
        await forgetContact(db, connection, id)
        await markUndone(db, { connection, kind: 'contact', id, stands: GONE })
      }
      return
    case 'customer':
      if (isGone) await customerGone(context, id)
      return
    case 'conversation':
    case 'note':
    case 'message':
      if (record.kind === 'call' || record.kind === 'message') {
        await timelineUndone(context, { ...record, kind: record.kind }, write, step)
      }
      return
    case 'link':
      return
  }
}

/** What was put back counts as in step: else it would look like an edit of the contact, and go to its customers. */
async function contactRestored(
  { db, connection }: SyncContext,
  id: string,
  stood: Record<string, unknown>,
  restored: Record<string, unknown>,
): Promise<void> {
  const { tags: _tags, ...fields } = { ...stood, ...restored }
  const { tags: _restoredTags, ...base } = restored
  // A contact's fields, as it was shown, with some of their earlier values.
  const now = fields as unknown as ContactFields
  await saveShownContact(db, connection, id, now)
  await saveBase(db, connection, id, base)
  await markUndone(db, { connection, kind: 'contact', id, stands: saysOf.contact(now) })
}

async function customerRestored(
  context: SyncContext,
  id: string,
  restored: Record<string, unknown>,
): Promise<void> {
  const { db, connection } = context
  const mirrored = await findCustomer(db, connection, id)
  if (!mirrored) return
  const customer = { ...mirrored, ...restored }
  const link = await findLink(db, connection, id)
  if (link?.contactId !== undefined) {
    const { fields } = contactFromCustomer(customer, await lookupsFor(context, customer))
    const { name, numbers, emails, website, address, city, zip, state, countryId } = fields
    const shared = { name, numbers, emails, website, address, city, zip, state, countryId }
    const stored = await findContact(db, connection, link.contactId)
    const changed = Object.entries(shared).filter(
      ([field, value]) =>
        JSON.stringify(stored?.base?.[field as keyof typeof shared]) !== JSON.stringify(value),
    )
    await saveBase(db, connection, link.contactId, Object.fromEntries(changed))
  }
  await markUndone(db, { connection, kind: 'customer', id, stands: saysOf.customer(customer) })
}

/** A contact that a run has exported may have been given the link to its customer since. */
async function partFromContact(context: SyncContext, customerId: string): Promise<void> {
  const { db, connection } = context
  const { contactId, base } = (await findLink(db, connection, customerId)) ?? {}
  if (contactId === undefined) return
  const urls = new Set(base?.externalUrls.map(({ url }) => url))
  const stored = await findContact(db, connection, contactId)
  if (stored?.fields?.externalUrls.some(({ url }) => urls.has(url)))
    await takeLinkOff(context, contactId, urls)
  await unlink(context, customerId, contactId)
}

async function customerGone(context: SyncContext, id: string): Promise<void> {
  const { db, connection } = context
  const link = await findLink(db, connection, id)
  // Somebody else has deleted it.
  if (link) await unlinkDeleted(context, link)
  await markCustomerDeleted(db, connection, id)
  const customer = await findCustomer(db, connection, id)
  if (customer) {
    await markUndone(db, { connection, kind: 'customer', id, stands: saysOf.customer(customer) })
  }
}

async function takeLinkOff(
  context: SyncContext,
  contactId: string,
  urls: ReadonlySet<string>,
): Promise<void> {
  const write: NetWrite = { to: 'contact', id: contactId, did: 'changed', fields: {}, broken: [] }
  const target = await lookAt(context, write, { since: new Date(0), isGone: () => false, linked: [] })
  if (target.stands.kind === 'gone') return
  const { externalUrls } = target.stands.fields as unknown as ContactFields
  const left = externalUrls.filter(({ url }) => !urls.has(url))
  if (left.length === externalUrls.length) return
  await contactRestored(context, contactId, target.stands.fields, { externalUrls: left })
  await target.restore({ externalUrls: left })
}

async function unlink(context: SyncContext, customerId: string, contactId: string): Promise<void> {
  const { db, connection } = context
  const link = await findLink(db, connection, customerId)
  if (link?.contactId !== contactId) return
  await dropLink(db, connection, customerId)
  const left = await linksOfContact(db, connection, contactId)
  if (left.length === 0) await releaseContact(db, connection, contactId, false)
}

async function timelineUndone(
  context: SyncContext,
  record: { kind: TimelineKind; id: string },
  write: NetWrite,
  step: UndoStep,
): Promise<void> {
  const { db, connection } = context
  const entry = { connection, ...record }
  if (step.kind !== 'restore') {
    if (write.did === 'created') await forgetTimeline(db, entry)
    return
  }
  const { name, customer, body } = { ...step.held, ...step.fields }
  const { holderCustomerId } = await loadConnection(db, connection)
  const progress: Progress = {
    ...(typeof name === 'string' && { headline: name }),
    ...(typeof customer === 'string' && {
      customerId: customer,
      unlinked: customer === holderCustomerId,
    }),
    ...(typeof body === 'string' && { noteBody: body }),
  }
  if (Object.keys(progress).length > 0) await saveProgress(db, { ...entry, progress })
}

export interface ImaginedStage extends Stage {
  /** Requests that the steps so far would take, besides the looks. */
  writes(): { contacts: number } & Record<Vendor, number>
}

/** Takes no step, and remembers all of them: what comes later meets what they would leave. */
export function imaginedStage(since: Date): ImaginedStage {
  const gone = new Set<string>()
  const restored = new Map<string, Record<string, unknown>>()
  const counts = { contacts: 0, cloudtalk: 0, kustomer: 0 }
  const standsNow = (write: NetWrite, stands: Stands): Stands => {
    const key = keyOf(write.to, write.id)
    if (gone.has(key)) return { kind: 'gone' }
    if (stands.kind === 'gone') return stands
    return { ...stands, fields: { ...stands.fields, ...restored.get(key) } }
  }
  return {
    since,
    isGone: (to, id) => gone.has(keyOf(to, id)),
    imagined: (write, target) => ({ ...target, stands: standsNow(write, target.stands) }),
    async take(write, { vendor }, step) {
      const key = keyOf(write.to, write.id)
      if (step.kind === 'restore') restored.set(key, { ...restored.get(key), ...step.fields })
      else gone.add(key)
      const writes =
        step.kind === 'delete' || (step.kind === 'restore' && Object.keys(step.fields).length > 0)
      if (!writes) return
      if (write.to === 'contact') counts.contacts++
      else counts[vendor]++
    },
    unlink: async (customerId) => {
      gone.add(keyOf('link', customerId))
    },
    writes: () => ({ ...counts }),
  }
}
