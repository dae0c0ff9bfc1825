import type { Contact } from '../../cloudtalk/index.ts'
import { KustomerError } from '../../kustomer/index.ts'
import { customerFromContact, exportSkip } from '../../mapping/customer-from-contact.ts'
import { emailKey } from '../../mapping/emails.ts'
import { parsePhone } from '../../mapping/phones.ts'
import type { ContactFields, E164 } from '../../mapping/records.ts'
import { newFields } from '../../mapping/write.ts'
import {
  findContact,
  forgetContact,
  intendExport,
  type StoredContact,
  saveShownContact,
  takeEchoes,
} from '../../store/contacts.ts'
import {
  type CustomerVersion,
  customersWithExternalId,
  findCustomer,
  mirrorCustomers,
} from '../../store/customers.ts'
import { ownersOf } from '../../store/identifiers.ts'
import {
  apartFrom,
  creationsUnderWay,
  dropLinksOfContact,
  findLink,
  linksOfContact,
} from '../../store/links.ts'
import type { Outcome } from '../../store/outcomes.ts'
import type { LinkOrigin } from '../../store/schema.ts'
import { undoneAs } from '../../store/undone.ts'
import { Busy } from '../busy.ts'
import { customerByPhone } from '../by-phone.ts'
import type { SyncContext } from '../context.ts'
import type { ContactEvent } from '../event.ts'
import { lockOf } from '../locks.ts'
import { wrote } from '../meter.ts'
import { isHolder } from '../timeline/unknown-caller.ts'
import { ALONE, GONE, leftAlone, saysOf } from '../undo/left-alone.ts'
import { askPerson } from './ask.ts'
import { fieldsOfContact } from './contact-fields.ts'
import { groupOutcome } from './group-outcome.ts'
import { knownFields } from './known-contact.ts'
import { groupLookups } from './lookups.ts'
import { settleGroup } from './settle-group.ts'
import { showContact } from './show-contact.ts'

/** Brings one contact's customers up to date (requirements §2): load, decide, apply. */
export async function exportContact(context: SyncContext, event: ContactEvent): Promise<Outcome> {
  const { db, connection } = context
  const { id: contactId } = event
  const echoed = event.came > 0 && (await takeEchoes(db, connection, contactId, event.came))
  if (echoed && !event.look) {
    const sentence = 'CloudTalk has told of our own write.'
    return { outcome: 'unchanged', reason: 'OWN_CHANGE', sentence, contactId }
  }
  // A contact that nobody knows may be one that an undo has deleted.
  const undone = echoed === undefined && (await undoneAs(db, { connection, kind: 'contact', id: contactId }))
  if (undone === GONE) return { ...ALONE, contactId }
  const coming = announced(context, event)
  try {
    return {
      ...(await context.locks.hold(connection, [lockOf.contact(contactId)], () =>
        settleContact(context, event, echoed === undefined, coming),
      )),
      contactId,
    }
  } finally {
    coming.noCreation()
    coming.noEdit()
  }
}

/**
 * Shared requests wait for what a run may still bring. Whoever has decided takes the other announcement back at once:
 * else the creations would wait for the edits, and the edits for the creations.
 */
interface Coming {
  noCreation(): void
  noEdit(): void
}

function announced(
  { customerWriter, contactWriter }: SyncContext,
  { source, crowded }: ContactEvent,
): Coming {
  if (source !== 'run' || crowded) return { noCreation: () => undefined, noEdit: () => undefined }
  return { noCreation: customerWriter.expected.announce(), noEdit: contactWriter.expected.announce() }
}

/** @param unheardOf whether nobody knew the contact when its echoes were counted. */
async function settleContact(
  context: SyncContext,
  event: ContactEvent,
  unheardOf: boolean,
  coming: Coming,
): Promise<Outcome> {
  const { db, connection, settings } = context
  const { id: contactId, source } = event
  const stored = await findContact(db, connection, contactId)
  // A contact that nobody knows may be one that we are making at this moment; one that has been made since its echoes
  // were counted has them counted anew, or an edit that comes later is taken for the echo.
  const made = stored ? unheardOf : mayBeOurs(context, event) && (await creationsUnderWay(db, connection))
  if (made) throw new Busy()
  const links = await linksOfContact(db, connection, contactId)
  const known = knownFields(context, source, stored)
  const shown = known ? undefined : await showContact(context, contactId)
  if (!known && !shown) {
    await dropLinksOfContact(db, connection, contactId)
    await forgetContact(db, connection, contactId)
    return skipped('CONTACT_GONE', 'The contact was deleted in CloudTalk; its customer stays.')
  }
  const fields = shown ? fieldsOfContact(shown) : known
  if (!fields) throw new Error('a contact is neither shown nor known')
  // Whatever becomes of it: else it would be looked at again before all others, and a customer that comes later may
  // belong to it.
  if (shown) await saveShownContact(db, connection, contactId, fields)
  const alone = await leftAlone(context, event, stored?.undone, saysOf.contact(fields))
  if (alone) return alone
  if (links.length > 0) {
    coming.noCreation()
    return settleLinked(context, event, shown)
  }
  if (!settings.export) return skipped('EXPORT_OFF', 'The export is switched off in the settings.')
  if (exportSkip(fields)) {
    return skipped('NO_VALID_PHONE', 'None of the contact’s numbers is valid, so it is not exported.')
  }
  if (stored?.customerDeleted) {
    return skipped('CUSTOMER_DELETED', 'Its customer was deleted in Kustomer, so it is not exported again.')
  }
  const keys = [...validNumbers(fields).map(lockOf.number), ...fields.emails.map(emailKey).map(lockOf.email)]
  return context.locks.hold(connection, keys, () => exportNew(context, event, fields, shown, stored, coming))
}

/** First back-offs, 30 s: what we have made is known by then, though during a first sync there is always more to come. */
const KNOWN_AFTER = 15

const mayBeOurs = (
  { pace, now }: SyncContext,
  { source, busySince = now().getTime() }: ContactEvent,
): boolean => source === 'webhook' && now().getTime() - busySince < KNOWN_AFTER * pace.firstBackoffMs

async function settleLinked(
  context: SyncContext,
  { id: contactId, source }: ContactEvent,
  shown: Contact | undefined,
): Promise<Outcome> {
  const settled = await settleGroup(context, { contactId, source, shown })
  if (settled.kind === 'gone') {
    return skipped('CONTACT_GONE', 'The contact was deleted in CloudTalk; its customer stays.')
  }
  const [customerId] = Object.keys(settled.toCustomers)
  return { ...groupOutcome(contactId, settled), ...(customerId !== undefined && { customerId }) }
}

const validNumbers = ({ numbers }: ContactFields): E164[] =>
  numbers.flatMap((number) => parsePhone(number) ?? [])

interface Owner {
  customerId: string
  origin: LinkOrigin
}

/** A contact without a customer: one that is there already is linked, else one is created. */
async function exportNew(
  context: SyncContext,
  event: ContactEvent,
  fields: ContactFields,
  shown: Contact | undefined,
  stored: StoredContact | undefined,
  coming: Coming,
): Promise<Outcome> {
  const owner = (await mirroredOwner(context, event, fields)) ?? (await askedOwner(context, event, fields))
  if (owner) {
    coming.noCreation()
    return linkToOwner(context, event, shown, owner)
  }
  coming.noEdit()
  const lookups = await groupLookups(context)
  const { body, warnings } = customerFromContact({ ...fields, id: event.id }, lookups)
  await intendExport(context.db, context.connection, event.id)
  try {
    const customer = await context.customerWriter.create(body)
    wrote({ to: 'customer', id: customer.id, did: 'created', fields: newFields(body) })
    return await linkCreated(
      context,
      event,
      customer,
      shown,
      warnings.map(({ text }) => text),
    )
  } catch (error) {
    if (!(error instanceof KustomerError) || error.failure.kind !== 'conflict') throw error
    const rival = await lookUpOwner(context, event, fields)
    if (!rival) throw error
    // The answer to an earlier try was lost: that customer is this contact's own.
    if (stored?.exportIntended && rival.customer.externalId === event.id) {
      wrote({ to: 'customer', id: rival.customerId, did: 'created', fields: newFields(body) })
      return linkCreated(context, event, rival.customer, shown, [])
    }
    return linkToOwner(context, event, shown, rival)
  }
}

/** Whose external id, phone or email the contact has, in this order, as far as the mirror knows. */
async function mirroredOwner(
  context: SyncContext,
  { id }: ContactEvent,
  fields: ContactFields,
): Promise<Owner | undefined> {
  const { db, connection } = context
  const [byId] = await customersWithExternalId(db, connection, id)
  if (byId !== undefined) return { customerId: byId, origin: 'exported' }
  const by = async (channel: 'phone' | 'email', value: string, origin: LinkOrigin) => {
    const owners = await ownersOf(db, connection, 'customer', value)
    return owners
      .filter((owner) => owner.channel === channel)
      .map(({ recordId }): Owner => ({ customerId: recordId, origin }))
  }
  const found = await Promise.all([
    ...validNumbers(fields).map((number) => by('phone', number, 'matched-phone')),
    ...fields.emails.map((email) => by('email', emailKey(email), 'matched-email')),
  ])
  return found.flat()[0]
}

/** A run has just read every customer; what happens live asks for one that was made since. */
async function askedOwner(
  context: SyncContext,
  event: ContactEvent,
  fields: ContactFields,
): Promise<Owner | undefined> {
  return event.source === 'run' ? undefined : lookUpOwner(context, event, fields)
}

/** By key, never by search (design: a search is late). What is found is in the mirror then. */
async function lookUpOwner(
  context: SyncContext,
  { id }: ContactEvent,
  fields: ContactFields,
): Promise<(Owner & { customer: CustomerVersion }) | undefined> {
  const { db, connection, settings, vendors } = context
  const keys = [
    {
      origin: 'exported' as const,
      find: () => vendors.kustomer(({ customers }) => customers.byExternalId(id)),
    },
    ...validNumbers(fields).map((number) => ({
      origin: 'matched-phone' as const,
      find: () => customerByPhone(vendors, number),
    })),
    ...fields.emails.map((email) => ({
      origin: 'matched-email' as const,
      find: () => vendors.kustomer(({ customers }) => customers.byEmail(email)),
    })),
  ]
  for (const { origin, find } of keys) {
    const customer = await find()
    if (!customer || customer.deleted) continue
    await mirrorCustomers(db, connection, [customer], settings.defaultCountry)
    return { customerId: customer.id, origin, customer }
  }
  return undefined
}

/** Kustomer has this person already: never a second customer (requirements §2). */
async function linkToOwner(
  context: SyncContext,
  event: ContactEvent,
  shown: Contact | undefined,
  { customerId, origin }: Owner,
): Promise<Outcome> {
  const { db, connection } = context
  const matches = (sentence: string): Outcome => ({
    ...skipped('MATCHES_EXISTING_CUSTOMER', sentence),
    customerId,
  })
  const customer = await findCustomer(db, connection, customerId)
  if (!customer) throw new Error('the owner of a number is not in the mirror')
  if (isHolder(customer)) return matches('Kustomer keeps this number with the holder of unknown callers.')
  const keptApart = () =>
    matches('A customer has this number or email, but somebody decided to keep the two apart.')
  const apart = (await apartFrom(db, connection, customerId)).find(({ contactId }) => contactId === event.id)
  if (apart?.forGood) return keptApart()
  const link = await findLink(db, connection, customerId)
  if (link && link.contactId === undefined) throw new Busy()
  if (link?.contactId !== undefined) {
    const candidates = [link.contactId]
    const asked = await askPerson(context, { kind: 'duplicate-contact', recordId: event.id, candidates })
    return asked
      ? matches('A customer has this number or email, and another contact; a review was opened.')
      : keptApart()
  }
  if (apart) return keptApart()
  const joining = { customer, origin }
  const settled = await settleGroup(context, { contactId: event.id, source: event.source, shown, joining })
  if (settled.kind === 'gone') {
    return skipped('CONTACT_GONE', 'The contact was deleted in CloudTalk; its customer stays.')
  }
  return {
    ...groupOutcome(event.id, settled),
    outcome: 'linked',
    reason: 'MATCHES_EXISTING_CUSTOMER',
    sentence: 'A customer with this number, email or id is there already; the two are linked now.',
    customerId,
  }
}

async function linkCreated(
  context: SyncContext,
  event: ContactEvent,
  customer: CustomerVersion,
  shown: Contact | undefined,
  warnings: string[],
): Promise<Outcome> {
  const { db, connection, settings } = context
  await mirrorCustomers(db, connection, [customer], settings.defaultCountry)
  const joining = { customer, origin: 'exported' as const }
  const settled = await settleGroup(context, { contactId: event.id, source: event.source, shown, joining })
  if (settled.kind === 'gone') {
    return skipped('CONTACT_GONE', 'The contact was deleted in CloudTalk; its customer stays.')
  }
  return {
    outcome: 'created',
    reason: 'EXPORTED',
    sentence: 'A new customer was created.',
    ...(warnings.length > 0 && { details: { warnings } }),
    customerId: customer.id,
  }
}

function skipped(reason: Outcome['reason'], sentence: string): Outcome {
  return { outcome: 'skipped', reason, sentence }
}
