import { contactFromCustomer } from '../../mapping/contact-from-customer.ts'
import type { ContactFields, Customer } from '../../mapping/records.ts'
import {
  baseAfterUndo,
  decideUndo,
  type NetWrite,
  sameValue,
  type UndoDecision,
  type UndoStep,
} from '../../mapping/undo.ts'
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
import type { RecordKind, TimelineKind } from '../../store/schema.ts'
import { forgetTimeline, type Progress, saveProgress } from '../../store/timeline.ts'
import { liftUndone, markUndone } from '../../store/undone.ts'
import { lookupsFor } from '../contacts/lookups.ts'
import { unlinkDeleted } from '../contacts/unlink-customer.ts'
import type { SyncContext } from '../context.ts'
import { isSettled } from './is-settled.ts'
import { GONE, saysOf } from './left-alone.ts'
import { lookAt, type Target } from './targets.ts'
import { keyOf, type Stage } from './undo-record.ts'

/** What the undo of one settled record has come to, over all its tries. */
export interface Trail {
  /** Something may have been sent. */
  begun: boolean
  /** Records with a change that nobody has settled: they are settled afterwards, and not left alone. */
  edited: Map<string, { kind: RecordKind; id: string }>
}

const noteEdited = ({ edited }: Trail, kind: 'contact' | 'customer', id: string): void =>
  void edited.set(keyOf(kind, id), { kind, id })

/**
 * Takes the steps for one settled record. What is put back is expected here before it leaves: else, after a crash in
 * between, it would look like somebody's edit. What is deleted is forgotten here after it is gone.
 */
export function realStage(
  context: SyncContext,
  since: Date,
  record: { kind: RecordKind; id: string },
  trail: Trail,
): Stage {
  const gone = new Set<string>()
  const isGone: Stage['isGone'] = (to, id) => gone.has(keyOf(to, id))
  return {
    since,
    isGone,
    imagined: (_write, target) => target,
    async take(write, target, step) {
      if (step.kind !== 'gone') trail.begun = true
      if (step.kind === 'restore') {
        await expectRestored(context, write, step, target, trail)
        if (Object.keys(step.fields).length > 0) await target.restore(step.fields)
      } else {
        if (step.kind === 'delete' && write.to === 'customer') {
          const again = (): Promise<Target> => lookAt(context, write, { since, isGone, linked: [] })
          const stays = await deleteCustomer(context, write, again, trail)
          if (stays.length > 0) return stays
        } else if (step.kind === 'delete') await target.delete()
        gone.add(keyOf(write.to, write.id))
      }
      await settleHere(context, record, write, step)
      return []
    },
    async unlink(customerId, contactId) {
      trail.begun = true
      await unlink(context, customerId, contactId)
    },
  }
}

/** What a contact or customer is about to hold counts as in step, and is left alone. */
async function expectRestored(
  context: SyncContext,
  write: NetWrite,
  step: Extract<UndoStep, { kind: 'restore' }>,
  { stands, says = {} }: Target,
  trail: Trail,
): Promise<void> {
  if (stands.kind === 'gone') return
  const restored = { ...step.held, ...step.fields }
  if (write.to === 'contact') await contactRestored(context, write.id, says, restored, trail)
  if (write.to === 'customer') await customerRestored(context, write, says, restored, trail)
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

/** Whether a record says anything else than was known of it, besides what is put back. */
const differs = (
  says: Record<string, unknown>,
  known: Record<string, unknown>,
  restored: Record<string, unknown>,
): boolean => Object.keys(says).some((field) => !(field in restored) && !sameValue(says[field], known[field]))

/**
 * What was put back counts as in step: else it would look like an edit of the contact, and go to its customers. The rest
 * is kept as it was last known: what somebody has changed since is still to be settled.
 */
async function contactRestored(
  { db, connection }: SyncContext,
  id: string,
  says: Record<string, unknown>,
  { tags: _tags, ...restored }: Record<string, unknown>,
  trail: Trail,
): Promise<void> {
  const stored = await findContact(db, connection, id)
  const known = { ...(stored?.fields ?? says) }
  if (stored?.stale || differs(says, known, restored)) noteEdited(trail, 'contact', id)
  // A contact's fields, as they were last known, with some of their earlier values.
  const now = { ...known, ...restored } as unknown as ContactFields
  await saveShownContact(db, connection, id, now)
  await saveBase(db, connection, id, restored)
  await markUndone(db, { connection, kind: 'contact', id, stands: saysOf.contact(now) })
}

async function customerRestored(
  context: SyncContext,
  { id, fields }: NetWrite,
  says: Record<string, unknown>,
  restored: Record<string, unknown>,
  trail: Trail,
): Promise<void> {
  const { db, connection } = context
  const mirrored = await findCustomer(db, connection, id)
  if (!mirrored) return
  const settled = await isSettled(context, { kind: 'customer', id })
  const link = await findLink(db, connection, id)
  const stored = link?.contactId === undefined ? undefined : await findContact(db, connection, link.contactId)
  if (stored?.base) {
    const left = Object.keys(restored).map((field) => [field, fields[field]?.after ?? undefined])
    const viewOf = async (values: Record<string, unknown>): Promise<ContactFields> => {
      const customer: Customer = { ...mirrored, ...values }
      return contactFromCustomer(customer, await lookupsFor(context, customer)).fields
    }
    const views = { before: await viewOf(restored), after: await viewOf(Object.fromEntries(left)) }
    await saveBase(db, connection, stored.id, baseAfterUndo(stored.base, views))
  }
  const customer = { ...mirrored, ...restored }
  if (!settled || differs(says, saysIn(mirrored), restored)) {
    noteEdited(trail, 'customer', id)
    await liftUndone(db, { connection, kind: 'customer', id })
    return
  }
  await markUndone(db, { connection, kind: 'customer', id, stands: saysOf.customer(customer) })
}

const saysIn = (customer: Customer): Record<string, unknown> => ({ ...(saysOf.customer(customer) ?? {}) })

/**
 * What the contact is to lose may take minutes, so the customer is looked at once more. It is unlinked before it is gone:
 * else a crash would have it look like a deletion by a person, after which the contact is not exported again.
 *
 * @returns why it stays after all.
 */
async function deleteCustomer(
  context: SyncContext,
  write: NetWrite,
  again: () => Promise<Target>,
  trail: Trail,
): Promise<UndoDecision['stays']> {
  const { db, connection } = context
  const { contactId, base } = (await findLink(db, connection, write.id)) ?? {}
  // A contact that a run has exported may have been given the link to its customer since.
  const taken = contactId !== undefined && (await takeLinkOff(context, contactId, base, trail))
  const target = await again()
  const { step, stays } = decideUndo(write, target.stands)
  if (step?.kind !== 'delete' && step?.kind !== 'gone') {
    if (taken) {
      await liftUndone(db, { connection, kind: 'contact', id: contactId })
      noteEdited(trail, 'contact', contactId)
    }
    return stays
  }
  if (contactId !== undefined) await unlink(context, write.id, contactId)
  await target.delete()
  return []
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

/** @returns whether it had the link. */
async function takeLinkOff(
  context: SyncContext,
  contactId: string,
  ofCustomer: ContactFields | undefined,
  trail: Trail,
): Promise<boolean> {
  const urls = new Set(ofCustomer?.externalUrls.map(({ url }) => url))
  const stored = await findContact(context.db, context.connection, contactId)
  if (!stored?.fields?.externalUrls.some(({ url }) => urls.has(url))) return false
  const write: NetWrite = { to: 'contact', id: contactId, did: 'changed', fields: {}, broken: [] }
  const target = await lookAt(context, write, { since: new Date(0), isGone: () => false, linked: [] })
  if (target.stands.kind === 'gone') return false
  const { externalUrls } = target.stands.fields as unknown as ContactFields
  const left = externalUrls.filter(({ url }) => !urls.has(url))
  if (left.length === externalUrls.length) return false
  await contactRestored(context, contactId, target.says ?? {}, { externalUrls: left }, trail)
  await target.restore({ externalUrls: left })
  return true
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
