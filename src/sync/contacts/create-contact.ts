import { CloudTalkError, type Contact } from '../../cloudtalk/index.ts'
import { nothingOwn } from '../../mapping/merge-customers.ts'
import type { ContactFields } from '../../mapping/records.ts'
import { changesOf, newFields } from '../../mapping/write.ts'
import { expectEcho, saveShownContact, unexpectEcho } from '../../store/contacts.ts'
import type { CustomerVersion } from '../../store/customers.ts'
import { dropLink, intendLink, type Link, saveGroup } from '../../store/links.ts'
import type { Outcome } from '../../store/outcomes.ts'
import { VendorAway } from '../circuit.ts'
import type { SyncContext } from '../context.ts'
import type { EventSource } from '../event.ts'
import { wrote } from '../meter.ts'
import { Stopping } from '../stopping.ts'
import { fieldsOfContact, filledPart } from './contact-fields.ts'
import { contactOfCustomer } from './find-contact.ts'
import { settleGroup } from './settle-group.ts'

export interface NewContact {
  customer: CustomerVersion
  fields: ContactFields
  source: EventSource
}

/** What an earlier try has made without a word of its end; nothing where it has not. */
export async function resumeCreation(
  context: SyncContext,
  made: NewContact,
  intended: ContactFields,
): Promise<Outcome | undefined> {
  const existing = await contactOfCustomer(context, intended)
  return existing && takeUp(context, made, intended, existing)
}

/** Creates the contact of a customer; its intent is kept first. */
export async function createContact(context: SyncContext, made: NewContact): Promise<Outcome> {
  const { db, connection } = context
  const { customer, fields } = made
  await intendLink(db, connection, customer.id, fields)
  const contactId = await addContact(context, customer.id, fields)
  await saveGroup(db, { ...groupOf(context, made, contactId, fields), fields, echoes: 1, read: true })
  return created(contactId)
}

/** The contact of an interrupted try, brought to what the customer says by now. */
async function takeUp(
  context: SyncContext,
  made: NewContact,
  intended: ContactFields,
  shown: Contact,
): Promise<Outcome> {
  const fields = fieldsOfContact(shown)
  const group = groupOf(context, made, shown.id, intended)
  noteCreated(context, shown.id, intended)
  noteLink(made.customer.id, shown.id)
  await saveGroup(context.db, { ...group, fields, echoes: 0, read: true })
  await settleGroup(context, { contactId: shown.id, source: made.source, shown })
  return created(shown.id)
}

/** A creation that nobody wants any more, and of which nobody knows whether it was done: linked if it was. */
export async function endCreation(
  context: SyncContext,
  customer: CustomerVersion,
  link: Link,
): Promise<void> {
  const { db, connection } = context
  const { base } = link
  const existing = base && (await contactOfCustomer(context, base))
  if (!existing) return dropLink(db, connection, customer.id)
  const made = { customer, fields: base, source: 'follow-up' as const }
  const fields = fieldsOfContact(existing)
  await saveGroup(db, { ...groupOf(context, made, existing.id, base), fields, echoes: 0, read: true })
}

const groupOf = (
  { connection }: SyncContext,
  { customer }: NewContact,
  contactId: string,
  base: ContactFields,
) => ({
  connection,
  contactId,
  base,
  own: nothingOwn,
  provenance: undefined,
  members: [
    {
      customerId: customer.id,
      origin: 'created' as const,
      base,
      modifiedAt: customer.modifiedAt ?? undefined,
      ownWriteAt: undefined,
    },
  ],
})

const created = (contactId: string): Outcome => ({
  outcome: 'created',
  reason: 'CREATED',
  sentence: 'A new contact was created.',
  contactId,
})

async function addContact(context: SyncContext, customerId: string, fields: ContactFields): Promise<string> {
  const { contactTag } = context.settings
  try {
    const contactId = await context.contactWriter.add({
      ...filledPart(fields),
      ...(contactTag && { tags: [contactTag] }),
    })
    noteCreated(context, contactId, fields)
    noteLink(customerId, contactId)
    return contactId
  } catch (error) {
    // Refused for certain, or never sent: nothing was made, so the next try need not look for it.
    const unsent = error instanceof VendorAway || error instanceof Stopping
    const refused =
      error instanceof CloudTalkError && ['rejected', 'rateLimited'].includes(error.failure.kind)
    if (unsent || refused) {
      await dropLink(context.db, context.connection, customerId)
    }
    throw error
  }
}

function noteCreated({ settings: { contactTag } }: SyncContext, id: string, fields: ContactFields): void {
  const tags = contactTag === undefined ? [] : [contactTag]
  wrote({ to: 'contact', id, did: 'created', fields: newFields({ ...fields, tags }) })
}

/** Notes that a customer and a contact belong together from now on. */
export const noteLink = (customerId: string, contactId: string): void =>
  wrote({ to: 'link', id: customerId, did: 'created', fields: newFields({ contact: contactId }) })

/** Adds the connection's tag to a contact that was there already. */
export async function addContactTag(context: SyncContext, shown: Contact): Promise<void> {
  const { db, connection, settings } = context
  const { contactTag } = settings
  const { id, tags } = shown
  if (contactTag === undefined || tags.includes(contactTag)) return
  // Nobody may have heard of it yet, and an echo is counted where the contact is stored.
  await saveShownContact(db, connection, id, fieldsOfContact(shown))
  await expectEcho(db, connection, id)
  try {
    await context.vendors.cloudtalk((cloudtalk) => cloudtalk.contacts.addTags(id, [contactTag]))
    wrote({ to: 'contact', id, did: 'changed', fields: changesOf({ tags }, { tags: [...tags, contactTag] }) })
  } catch (error) {
    await unexpectEcho(db, connection, id)
    throw error
  }
}
