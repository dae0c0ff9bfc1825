import { KustomerError } from '../../kustomer/index.ts'
import { contactFromCustomer } from '../../mapping/contact-from-customer.ts'
import { ineligible } from '../../mapping/eligibility.ts'
import { emailKey } from '../../mapping/emails.ts'
import { type MatchedBy, matchKeys } from '../../mapping/matching.ts'
import type { ReasonCode } from '../../mapping/reasons.ts'
import type { ContactFields } from '../../mapping/records.ts'
import { nameKey } from '../../mapping/text.ts'
import { findContact, forgetContact, saveShownContact } from '../../store/contacts.ts'
import {
  type CustomerVersion,
  findCustomer,
  markCustomerDeleted,
  mirrorCustomers,
  type StoredCustomer,
} from '../../store/customers.ts'
import { creationOutstanding, dropLink, findLink, type Link, linksOfContact } from '../../store/links.ts'
import type { Outcome } from '../../store/outcomes.ts'
import type { SyncContext } from '../context.ts'
import type { CustomerEvent } from '../event.ts'
import { lockOf } from '../locks.ts'
import { NotYet } from '../not-yet.ts'
import { raiseUnlinkedOfCustomer } from '../timeline/raise-unlinked.ts'
import { leftAlone, saysOf } from '../undo/left-alone.ts'
import { askAgain, askPerson } from './ask.ts'
import { fieldsOfContact } from './contact-fields.ts'
import { addContactTag, createContact, endCreation, resumeCreation } from './create-contact.ts'
import { findMatch, matches, sharingValues } from './find-contact.ts'
import { groupOutcome } from './group-outcome.ts'
import { knownFields } from './known-contact.ts'
import { lookupsFor } from './lookups.ts'
import { settleGroup } from './settle-group.ts'
import { showContact } from './show-contact.ts'
import { isBereft, unlinkDeleted, unlinkGone } from './unlink-customer.ts'

/** Brings one customer's contact up to date (requirements §1): load, decide, apply. */
export async function importCustomer(context: SyncContext, event: CustomerEvent): Promise<Outcome> {
  const customer = await loadCustomer(context, event)
  if (!customer) {
    await leave(context, event)
    return { ...skipped('DELETED', 'Kustomer has no such customer any more.'), customerId: event.id }
  }
  const alone = await leftAlone(context, event, customer.undone, saysOf.customer(customer))
  if (alone) return { ...alone, customerId: customer.id, version: customer.rev }
  if (!customer.deleted) await raiseUnlinkedOfCustomer(context, customer)
  const arrived =
    event.source === 'run' && !event.crowded ? context.contactWriter.expected.announce() : () => undefined
  try {
    const outcome = await settleCustomer(context, event, customer)
    return { ...outcome, customerId: customer.id, version: customer.rev }
  } finally {
    arrived()
  }
}

async function loadCustomer(context: SyncContext, event: CustomerEvent): Promise<StoredCustomer | undefined> {
  const { db, connection, settings } = context
  const { version } = event
  const doubted = version !== undefined && (await revives(context, version))
  if (version && !doubted) await mirrorCustomers(db, connection, [version], settings.defaultCountry)
  const mirrored = await findCustomer(db, connection, event.id)
  if (mirrored && !doubted) return mirrored
  try {
    const current = await context.vendors.kustomer((kustomer) => kustomer.customers.get(event.id))
    await mirrorCustomers(db, connection, [current], settings.defaultCountry)
    return await findCustomer(db, connection, event.id)
  } catch (error) {
    if (!(error instanceof KustomerError) || error.failure.kind !== 'notFound') throw error
    await markCustomerDeleted(db, connection, event.id)
    return findCustomer(db, connection, event.id)
  }
}

/** A webhook that is late may tell of a customer as it was before it was deleted. */
async function revives({ db, connection }: SyncContext, version: CustomerVersion): Promise<boolean> {
  if (version.deleted) return false
  const known = await findCustomer(db, connection, version.id)
  return known?.deleted === true && known.rev <= version.rev
}

async function settleCustomer(
  context: SyncContext,
  event: CustomerEvent,
  customer: StoredCustomer,
): Promise<Outcome> {
  const { db, connection, locks, settings } = context
  const link = await findLink(db, connection, customer.id)
  const { contactId } = link ?? {}
  const reason = ineligible(customer, settings.defaultCountry)
  if (reason === 'DELETED') {
    await leave(context, event)
    return skipped('DELETED', 'The customer was deleted; its contact, if it had one, stays.')
  }
  if (link && contactId === undefined && (!settings.import || reason !== undefined)) {
    await endCreation(context, customer, link)
    return settleCustomer(context, event, customer)
  }
  if (!settings.import) return skipped('IMPORT_OFF', 'The import is switched off in the settings.', contactId)
  if (reason !== undefined) {
    const frozen = 'The customer is no longer imported; its contact stays as it is.'
    return skipped(reason, contactId === undefined ? 'The customer is not imported.' : frozen, contactId)
  }
  if (contactId === undefined) return connect(context, event, customer)
  return locks.hold(connection, contactLock(contactId), () => updateContact(context, event, customer))
}

/** Ends the link of a customer that is gone, and takes its address off the contact where others share it. */
async function leave(context: SyncContext, { id }: CustomerEvent): Promise<void> {
  const { db, connection, locks } = context
  const link = await findLink(db, connection, id)
  if (!link) return
  const { contactId } = link
  await locks.hold(connection, contactLock(contactId), async () => {
    await unlinkDeleted(context, link)
    if (contactId === undefined || (await linksOfContact(db, connection, contactId)).length === 0) return
    await settleGroup(context, { contactId, source: 'follow-up' })
  })
}

/** Tries after which it goes its own way: the other one may be waiting for a person. */
const WAITS_FOR_OTHERS = 8
const OTHER_OUTSTANDING: Outcome = {
  outcome: 'waiting',
  reason: 'VENDOR_UNAVAILABLE',
  sentence:
    'CloudTalk has not said yet whether it made the contact of another customer who may be the same person.',
}

const contactLock = (contactId: string | undefined): string[] =>
  contactId === undefined ? [] : [lockOf.contact(contactId)]

async function updateContact(
  context: SyncContext,
  event: CustomerEvent,
  customer: StoredCustomer,
): Promise<Outcome> {
  const link = await findLink(context.db, context.connection, customer.id)
  // It was unlinked while the lock was taken.
  if (link?.contactId === undefined) return connect(context, event, customer)
  const { contactId } = link
  const settled = await settleGroup(context, { contactId, source: event.source, ofCustomer: true })
  if (settled.kind === 'gone') {
    return skipped('CONTACT_GONE', 'The contact was deleted in CloudTalk; the link to it is removed.')
  }
  const outcome = groupOutcome(contactId, settled)
  if (outcome.outcome === 'updated') await askAgain(context, customer.id, settled.fields)
  return customer.settled || outcome.outcome !== 'unchanged' ? outcome : untold(outcome, link)
}

/** The process died after the contact stood and before that was told: it is told now. */
function untold(outcome: Outcome, { origin }: Link): Outcome {
  const sentence = 'The contact was made, or joined, just before the service was interrupted.'
  if (origin === 'created') return { ...outcome, outcome: 'created', reason: 'CREATED', sentence }
  const by = MATCHED_BY.find((one) => MATCHED[one].origin === origin)
  return by ? { ...outcome, outcome: 'linked', reason: MATCHED[by].reason, sentence } : outcome
}

/** Finds or makes the contact of a customer that has none. */
async function connect(
  context: SyncContext,
  event: CustomerEvent,
  customer: StoredCustomer,
): Promise<Outcome> {
  const { db, connection, locks } = context
  const { fields, warnings } = contactFromCustomer(customer, await lookupsFor(context, customer))
  const keys = [
    ...fields.numbers.map(lockOf.number),
    ...fields.emails.map(emailKey).map(lockOf.email),
    lockOf.name(nameKey(fields.name)),
  ]
  const outcome = await locks.hold(connection, keys, async () => {
    const link = await findLink(db, connection, customer.id)
    if (link?.contactId !== undefined) {
      return locks.hold(connection, contactLock(link.contactId), () =>
        updateContact(context, event, customer),
      )
    }
    return connectLocked(context, event, customer, fields, link)
  })
  const texts = warnings.map(({ text }) => text)
  return texts.length > 0 ? { ...outcome, details: { ...outcome.details, warnings: texts } } : outcome
}

async function connectLocked(
  context: SyncContext,
  event: CustomerEvent,
  customer: StoredCustomer,
  fields: ContactFields,
  link: Link | undefined,
): Promise<Outcome> {
  const { db, connection, locks } = context
  const { source } = event
  const make = { customer, fields, source }
  if (link) {
    const resumed = await resumeCreation(context, make, link.base ?? fields)
    if (resumed) return resumed
    // It was not done; and meanwhile another customer of the same person may have been given a contact.
    await dropLink(db, connection, customer.id)
  }
  const keys = matchKeys(fields, context.settings.matching)
  if (event.attempt < WAITS_FOR_OTHERS && (await creationOutstanding(db, connection, customer.id, keys))) {
    throw new NotYet(OTHER_OUTSTANDING, WAITS_FOR_OTHERS, OTHER_OUTSTANDING)
  }
  const match = await findMatch(context, customer.id, fields, source)
  if (match.kind === 'match') {
    const { contactId, by } = match
    const joined = await locks.hold(connection, contactLock(contactId), () =>
      join(context, event, customer, fields, contactId, by),
    )
    return joined ?? createContact(context, make)
  }
  // Kustomer's own merge repoints the link, whatever customers are matched by (requirements §1).
  for (const { contactId, by } of await sharingValues(context, customer.id, fields)) {
    const joined = await locks.hold(connection, contactLock(contactId), async () =>
      (await isBereft(context, contactId))
        ? join(context, event, customer, fields, contactId, by)
        : undefined,
    )
    if (joined) return joined
  }
  const outcome = await createContact(context, make)
  if (match.kind === 'none') return outcome
  await askPerson(context, {
    kind: 'ambiguous-name',
    recordId: customer.id,
    candidates: match.contactIds,
  })
  return {
    ...outcome,
    reason: 'AMBIGUOUS_NAME',
    sentence: 'Several contacts carry this name, so a new contact was created and a review was opened.',
  }
}

const MATCHED: Record<
  MatchedBy,
  { reason: ReasonCode; what: string; origin: 'matched-phone' | 'matched-email' | 'matched-name' }
> = {
  phone: { reason: 'MATCHED_BY_PHONE', what: 'phone number', origin: 'matched-phone' },
  email: { reason: 'MATCHED_BY_EMAIL', what: 'email', origin: 'matched-email' },
  name: { reason: 'MATCHED_BY_NAME', what: 'name', origin: 'matched-name' },
}

const MATCHED_BY = Object.keys(MATCHED) as MatchedBy[]

/** @returns nothing where the contact is not what it was any more. */
async function join(
  context: SyncContext,
  { source }: CustomerEvent,
  customer: StoredCustomer,
  fields: ContactFields,
  contactId: string,
  by: MatchedBy,
): Promise<Outcome | undefined> {
  const { db, connection } = context
  const stored = await findContact(db, connection, contactId)
  const known = context.settings.contactTag === undefined && knownFields(context, source, stored)
  const shown = known ? undefined : await showContact(context, contactId)
  const contact = known || (shown && fieldsOfContact(shown))
  if (!contact) {
    await forgetContact(db, connection, contactId)
    return undefined
  }
  if (!matches(by, contact, fields)) {
    await saveShownContact(db, connection, contactId, contact)
    return undefined
  }
  // Two customers never have one number or email (contract kustomer §2.4), so the other may be gone.
  if (by !== 'name') await unlinkGone(context, contactId, source)
  const { reason, what, origin: matched } = MATCHED[by]
  // We made it from this contact, and Kustomer's webhook tells of it before our own request was answered.
  const ours = stored?.exportIntended && customer.externalId === contactId
  const origin = ours ? 'exported' : matched
  // Before they are linked: a try that follows a failure finds the link, and comes here no more.
  if (shown) await addContactTag(context, shown)
  const settled = await settleGroup(context, { contactId, source, shown, joining: { customer, origin } })
  if (settled.kind === 'gone') return undefined
  const merged = settled.others > 0
  return {
    ...groupOutcome(contactId, settled),
    outcome: merged ? 'merged' : 'linked',
    reason,
    sentence: merged
      ? `A customer with the same ${what} has a contact already; this customer shares it now.`
      : `A contact with the same ${what} was already there; it is linked now.`,
    contactId,
  }
}

function skipped(reason: Outcome['reason'], sentence: string, contactId?: string): Outcome {
  return { outcome: 'skipped', reason, sentence, ...(contactId !== undefined && { contactId }) }
}
