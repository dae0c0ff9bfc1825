import { CloudTalkError } from '../../cloudtalk/index.ts'
import { type GroupFacts, type GroupPlan, planGroup } from '../../mapping/contact-group.ts'
import type { Provenance } from '../../mapping/merge-customers.ts'
import type { ContactFields } from '../../mapping/records.ts'
import { changesOf } from '../../mapping/write.ts'
import { expectEcho, forgetContact, unexpectEcho } from '../../store/contacts.ts'
import { dropLinksOfContact } from '../../store/links.ts'
import { Busy } from '../busy.ts'
import type { SyncContext } from '../context.ts'
import { wrote } from '../meter.ts'
import { raiseUnlinkedOfContact } from '../timeline/raise-unlinked.ts'
import { type VendorForms, vendorForms } from '../vendor-forms.ts'
import { noteLink } from './create-contact.ts'
import { knownFields } from './known-contact.ts'
import { type Group, type GroupEvent, loadGroup } from './load-group.ts'
import { type GroupLookups, groupLookups, isCustomerLink } from './lookups.ts'
import { intendJoin, saveGroup } from './save-group.ts'
import { showContact } from './show-contact.ts'
import { newerCustomers, writeToCustomers } from './write-to-customers.ts'

/** What settling a group came to. */
export type SettledGroup =
  | { kind: 'gone' }
  | {
      kind: 'settled'
      toContact: Partial<ContactFields>
      /** What the contact holds then. */
      fields: ContactFields
      toCustomers: Record<string, Record<string, unknown>>
      conflicts: GroupPlan['conflicts']
      /** Who gave each value, where several customers share the contact. */
      provenance: Provenance | undefined
      warnings: string[]
      /** Customers of the contact besides the one that joined. */
      others: number
    }

/** Somebody may edit both sides while we look: after this many looks the settle is left to the next event. */
const LOOKS = 3

/**
 * Brings a contact and its customers to one state, and records it. The caller holds the lock of the contact.
 *
 * Customers are written first: a stale revision shows there before anything is written anywhere.
 */
export async function settleGroup(context: SyncContext, event: GroupEvent): Promise<SettledGroup> {
  const lookups = await groupLookups(context)
  const forms = await vendorForms(context)
  let shown = event.shown
  for (let look = 1; ; look++) {
    const group = await loadGroup(context, event, lookups, shown)
    if (!group) return gone(context, event.contactId)
    const plan = withoutLateLink(event, group, decide(context, group, lookups))
    if (!shown && needsLook(context, event, group, plan, forms)) {
      shown = await showContact(context, event.contactId)
      if (!shown) return gone(context, event.contactId)
      continue
    }
    if (plan.toCustomers.length > 0 && event.source !== 'run' && look < LOOKS) {
      if (await newerCustomers(context, group.customers, plan.toCustomers)) continue
    }
    if (event.joining && Object.keys(plan.toContact).length > 0) await intendJoin(context, event, group)
    const written = await writeToCustomers(context, group.customers, plan.toCustomers, lookups)
    if (written.kind === 'stale') {
      if (look < LOOKS) continue
      throw new Busy()
    }
    const edited = await writeToContact(context, event.contactId, group, plan, forms).catch(
      async (error: unknown) => {
        // What stands on the customers stands: else their next edit would look like one of the contact.
        const halfway = decide(context, group, lookups, { import: false, export: context.settings.export })
        if (written.after.size > 0)
          await saveGroup(context, event, group, halfway, written.after, false, plan.toContact)
        throw error
      },
    )
    if (edited === 'gone') return gone(context, event.contactId)
    if (edited === 'nameless') continue
    await saveGroup(context, event, group, plan, written.after, shown !== undefined)
    if (event.joining) {
      noteLink(event.joining.customer.id, event.contactId)
      await raiseUnlinkedOfContact(context, event.contactId, event.joining.customer.id)
    }
    return {
      kind: 'settled',
      toContact: plan.toContact,
      fields: plan.fields,
      toCustomers: written.sent,
      conflicts: plan.conflicts,
      provenance: group.links.length > 1 ? plan.provenance : undefined,
      warnings: [...group.warnings, ...written.warnings],
      others: group.links.filter(({ customerId }) => customerId !== event.joining?.customer.id).length,
    }
  }
}

const decide = (
  context: SyncContext,
  group: Group,
  lookups: GroupLookups,
  directions: GroupFacts['directions'] = context.settings,
): GroupPlan =>
  planGroup({
    contact: group.contact,
    contactModifiedAt: group.contactModifiedAt,
    members: group.members,
    base: group.base,
    own: group.own,
    directions,
    isCustomerLink: isCustomerLink(context),
    lookups,
  })

/**
 * A link alone is no reason for a run to write: the contact that a customer was just made from gets it when it is next
 * looked at, so that a first sync costs no second write for each export. Kustomer's word of the new customer, which
 * follows, is no look at the contact either.
 */
function withoutLateLink(event: GroupEvent, { stored, contact }: Group, plan: GroupPlan): GroupPlan {
  const onlyLink = Object.keys(plan.toContact).every((field) => field === 'externalUrls')
  const exported = event.joining?.origin === 'exported'
  const owed = stored?.base?.externalUrls.length === 0
  const mayWait = event.source === 'run' ? exported || !event.joining : event.ofCustomer && owed
  if (!mayWait || !onlyLink || !plan.toContact.externalUrls) return plan
  const { externalUrls: _late, ...toContact } = plan.toContact
  return {
    ...plan,
    toContact,
    fields: { ...plan.fields, externalUrls: contact.externalUrls },
    next: (after) => {
      const { base, own } = plan.next(after)
      return { base: { ...base, externalUrls: stored?.base?.externalUrls ?? [] }, own }
    },
  }
}

/** Within one run; longer ago somebody may have added to a list what the index does not show. */
const LIST_FRESH_MS = 10 * 60_000

/**
 * Whether the contact is looked at before it is written. A list is written whole (contract cloudtalk §2.4), so what
 * somebody added to it counts; so does what an edit of ours without an answer has done, what the index has shown to be
 * new, who edited last where both sides did, and the name where the account wants it in every edit.
 */
function needsLook(
  context: SyncContext,
  { source }: GroupEvent,
  { stored }: Group,
  { toContact, conflicts }: GroupPlan,
  forms: VendorForms,
): boolean {
  const { name, numbers, emails, externalUrls } = toContact
  const edits = Object.keys(toContact).length > 0
  if (stored?.editIntent) return true
  if (conflicts.length > 0 || (edits && stored?.stale)) return true
  if (knownFields(context, source, stored, LIST_FRESH_MS)) return false
  if (numbers || emails || externalUrls) return true
  return edits && name === undefined && !forms.literal('contactEditWithoutName')
}

/** @returns `nameless` where the account turns out to want the name in every edit. */
async function writeToContact(
  context: SyncContext,
  contactId: string,
  { contact, base }: Group,
  { toContact, fields }: GroupPlan,
  forms: VendorForms,
): Promise<'done' | 'gone' | 'nameless'> {
  if (Object.keys(toContact).length === 0) return 'done'
  const named = !forms.literal('contactEditWithoutName')
  await expectEcho(context.db, context.connection, contactId, { edit: toContact, base })
  try {
    await context.contactWriter.edit(contactId, { ...(named && { name: fields.name }), ...toContact })
    wrote({ to: 'contact', id: contactId, did: 'changed', fields: changesOf(contact, toContact) })
    return 'done'
  } catch (error) {
    await unexpectEcho(context.db, context.connection, contactId)
    if (error instanceof CloudTalkError && error.failure.kind === 'notFound') return 'gone'
    if (!named && (await forms.refused(error, 'contactEditWithoutName'))) return 'nameless'
    throw error
  }
}

async function gone(context: SyncContext, contactId: string): Promise<SettledGroup> {
  await dropLinksOfContact(context.db, context.connection, contactId)
  await forgetContact(context.db, context.connection, contactId)
  return { kind: 'gone' }
}
