import { CloudTalkError, type Contact } from '../cloudtalk/index.ts'
import { contactChanges } from '../mapping/contact-changes.ts'
import type { ContactFields } from '../mapping/records.ts'
import { nameKey } from '../mapping/text.ts'
import { forgetContact, mirrorContacts } from '../store/contacts.ts'
import { dropLink, findLink, intendLink, saveLink } from '../store/links.ts'
import type { Outcome } from '../store/outcomes.ts'
import type { LinkOrigin } from '../store/schema.ts'
import { fieldsOfContact, filledPart } from './contact-fields.ts'
import type { SyncContext } from './context.ts'
import { contactOfCustomer } from './find-contact.ts'
import { adoptedFields, type ContactPlan, carriedOver } from './plan-contact.ts'

/** Carries out what was decided for one customer. */
export async function applyContactPlan(
  context: SyncContext,
  customerId: string,
  plan: ContactPlan,
): Promise<Outcome> {
  switch (plan.kind) {
    case 'skip':
      return skipped(
        plan.reason,
        plan.contactId === undefined
          ? 'The customer is not imported.'
          : 'The customer is no longer imported; its contact stays as it is.',
        plan.contactId,
      )
    case 'unlink':
      await dropLink(context.db, context.connection, customerId)
      return skipped('DELETED', 'The customer was deleted; its contact stays and is no longer linked.')
    case 'none':
      if (plan.base) await relink(context, customerId, { ...plan, base: plan.base })
      return unchanged(plan.contactId)
    case 'create':
      return create(context, customerId, plan)
    case 'adopt':
      return adopt(context, customerId, plan)
    case 'update':
      return update(context, customerId, plan)
  }
}

const unchanged = (contactId: string): Outcome => ({
  outcome: 'unchanged',
  reason: 'NOTHING_CHANGED',
  sentence: 'The contact already holds all of it.',
  contactId,
})

async function create(
  context: SyncContext,
  customerId: string,
  plan: Extract<ContactPlan, { kind: 'create' }>,
): Promise<Outcome> {
  const { db, connection } = context
  const { fields, intended } = plan
  const existing = intended && (await contactOfCustomer(context, intended))
  if (existing) return takeUp(context, customerId, existing, plan)
  await intendLink(db, connection, customerId, fields)
  const contactId = await addContact(context, customerId, fields)
  await saveLink(db, { connection, customerId, contactId, origin: 'created', base: fields, synced: fields })
  return created(contactId, fields)
}

/** The contact of an interrupted try, brought to what the customer says by now. */
async function takeUp(
  context: SyncContext,
  customerId: string,
  contact: Contact,
  { fields, intended }: Extract<ContactPlan, { kind: 'create' }>,
): Promise<Outcome> {
  const { db, connection } = context
  const standing = fieldsOfContact(contact)
  const wanted = carriedOver(fields, intended, standing)
  const change = contactChanges(wanted, standing)
  if (Object.keys(change).length > 0) {
    await context.contactWriter.edit(contact.id, { name: wanted.name, ...change })
  }
  const contactId = contact.id
  await saveLink(db, { connection, customerId, contactId, origin: 'created', base: fields, synced: wanted })
  return created(contactId, wanted)
}

const created = (contactId: string, fields: ContactFields): Outcome => ({
  outcome: 'created',
  reason: 'CREATED',
  sentence: 'A new contact was created.',
  details: { written: { ...fields } },
  contactId,
})

async function addContact(context: SyncContext, customerId: string, fields: ContactFields): Promise<string> {
  const { contactTag } = context.settings
  try {
    return await context.contactWriter.add({
      ...filledPart(fields),
      ...(contactTag && { tags: [contactTag] }),
    })
  } catch (error) {
    // Refused for certain: nothing was made, so the next try need not look for it.
    if (error instanceof CloudTalkError && error.failure.kind === 'rejected') {
      await dropLink(context.db, context.connection, customerId)
    }
    throw error
  }
}

async function adopt(
  context: SyncContext,
  customerId: string,
  plan: Extract<ContactPlan, { kind: 'adopt' }>,
): Promise<Outcome> {
  const { db, connection } = context
  const { contactId } = plan
  const shown = await matchingContact(context, plan)
  if (!shown) return create(context, customerId, { kind: 'create', fields: plan.fields, intended: undefined })
  const existing = fieldsOfContact(shown)
  const fields = adoptedFields(existing, plan.fields)
  const change = contactChanges(fields, existing)
  if (Object.keys(change).length > 0)
    await context.contactWriter.edit(contactId, { name: fields.name, ...change })
  await addContactTag(context, contactId, shown.tags)
  const origin: LinkOrigin = plan.by === 'phone' ? 'matched-phone' : 'matched-name'
  await saveLink(db, { connection, customerId, contactId, origin, base: plan.fields, synced: fields })
  return {
    outcome: 'linked',
    reason: plan.by === 'phone' ? 'MATCHED_BY_PHONE' : 'MATCHED_BY_NAME',
    sentence: `A contact with the same ${plan.by === 'phone' ? 'phone number' : 'name'} was already there; it is linked now.`,
    details: { written: change, matchedBy: plan.by },
    contactId,
  }
}

/** The contact, if it still is what the mirror matched: it may have been deleted or changed since the last sweep. */
async function matchingContact(
  context: SyncContext,
  plan: Extract<ContactPlan, { kind: 'adopt' }>,
): Promise<Contact | undefined> {
  const { db, connection } = context
  const shown = await shownContact(context, plan.contactId)
  if (!shown) {
    await forgetContact(db, connection, plan.contactId)
    return undefined
  }
  const { name, numbers } = fieldsOfContact(shown)
  const matches =
    plan.by === 'name'
      ? nameKey(name) === nameKey(plan.fields.name)
      : numbers.some((number) => plan.fields.numbers.includes(number))
  if (!matches) await mirrorContacts(db, connection, [{ id: shown.id, name, numbers }])
  return matches ? shown : undefined
}

async function update(
  context: SyncContext,
  customerId: string,
  plan: Extract<ContactPlan, { kind: 'update' }>,
): Promise<Outcome> {
  const { contactId } = plan
  const { fields, changes } = await onTopOfWhatStands(context, customerId, plan)
  if (Object.keys(changes).length === 0) {
    await relink(context, customerId, { contactId, fields, base: plan.base })
    return unchanged(contactId)
  }
  try {
    await context.contactWriter.edit(contactId, { name: fields.name, ...changes })
  } catch (error) {
    if (!(error instanceof CloudTalkError) || error.failure.kind !== 'notFound') throw error
    await dropLink(context.db, context.connection, customerId)
    await forgetContact(context.db, context.connection, contactId)
    return skipped('CONTACT_GONE', 'The contact was deleted in CloudTalk; the link to it is removed.')
  }
  await relink(context, customerId, { contactId, fields, base: plan.base })
  return {
    outcome: 'updated',
    reason: 'FIELDS_CHANGED',
    sentence: `Changed on the contact: ${Object.keys(changes).join(', ')}.`,
    details: { written: changes },
    contactId,
  }
}

/** A list is written whole (contract cloudtalk §2.4), so what somebody added to it in CloudTalk is read first. */
async function onTopOfWhatStands(
  context: SyncContext,
  customerId: string,
  plan: Extract<ContactPlan, { kind: 'update' }>,
): Promise<{ fields: ContactFields; changes: Partial<ContactFields> }> {
  const { numbers, emails, externalUrls } = plan.changes
  if (!numbers && !emails && !externalUrls) return plan
  const [shown, link] = await Promise.all([
    shownContact(context, plan.contactId),
    findLink(context.db, context.connection, customerId),
  ])
  if (!shown) return plan
  const standing = fieldsOfContact(shown)
  const fields = carriedOver(plan.base, link?.base, standing)
  return { fields, changes: contactChanges(fields, standing) }
}

async function shownContact(context: SyncContext, contactId: string): Promise<Contact | undefined> {
  try {
    return await context.vendors.cloudtalk((cloudtalk) => cloudtalk.contacts.show(contactId))
  } catch (error) {
    if (error instanceof CloudTalkError && error.failure.kind === 'notFound') return undefined
    throw error
  }
}

async function relink(
  context: SyncContext,
  customerId: string,
  now: { contactId: string; fields: ContactFields; base: ContactFields },
): Promise<void> {
  const { db, connection } = context
  const stored = await findLink(db, connection, customerId)
  const { contactId, fields, base } = now
  const origin = stored?.origin ?? 'created'
  await saveLink(db, { connection, customerId, contactId, origin, base, synced: fields })
}

async function addContactTag(
  context: SyncContext,
  contactId: string,
  present: readonly string[],
): Promise<void> {
  const { contactTag } = context.settings
  if (contactTag === undefined || present.includes(contactTag)) return
  await context.vendors.cloudtalk((cloudtalk) => cloudtalk.contacts.addTags(contactId, [contactTag]))
}

export function skipped(reason: Outcome['reason'], sentence: string, contactId?: string): Outcome {
  return { outcome: 'skipped', reason, sentence, ...(contactId !== undefined && { contactId }) }
}
