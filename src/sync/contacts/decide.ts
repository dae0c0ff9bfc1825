import { isDeepStrictEqual } from 'node:util'
import { nothingOwn } from '../../mapping/merge-customers.ts'
import type { Write } from '../../mapping/write.ts'
import { findContact, forgetContact, releaseContact, saveOwn } from '../../store/contacts.ts'
import { findCustomer } from '../../store/customers.ts'
import { newHolder } from '../../store/leases.ts'
import { dropLink, endApart, findLink, keepApart, type Link, linksOfContact } from '../../store/links.ts'
import type { Outcome } from '../../store/outcomes.ts'
import { closeReview, findReview, type Review } from '../../store/reviews.ts'
import type { RecordKind, ReviewDecision } from '../../store/schema.ts'
import { Busy } from '../busy.ts'
import type { SyncContext } from '../context.ts'
import { eventOf, recordKey } from '../event.ts'
import { leaveMsOf } from '../given-up.ts'
import { holdLease } from '../hold-lease.ts'
import { lockOf } from '../locks.ts'
import { metered, wrote } from '../meter.ts'
import { record } from '../record.ts'
import { printOf } from './ask.ts'
import { fieldsOfContact } from './contact-fields.ts'
import { settleGroup } from './settle-group.ts'
import { showContact } from './show-contact.ts'

/** What a person asked for cannot be done; the message says why, and what can. */
export class Undecidable extends Error {
  override readonly name = 'Undecidable' as const
}

/**
 * Takes one customer out of a merged contact: what only it gave leaves with it, and it gets a contact of its own. The
 * two are kept apart from then on.
 *
 * @throws {Undecidable} where the contact is not shared, or not with this customer.
 */
export function unmerge(context: SyncContext, contactId: string, customerId: string): Promise<void> {
  const { db, connection } = context
  return decided(context, [contactId], customerId, async () => {
    const links = await linksOfContact(db, connection, contactId)
    if (!links.some((link) => link.customerId === customerId)) {
      throw new Undecidable('This customer is not linked to this contact. Look the contact up to see who is.')
    }
    if (links.length === 1) {
      throw new Undecidable('The contact has this customer only, so there is nothing to take apart.')
    }
    await keepApart(db, connection, customerId, [contactId], true)
    await dropLink(db, connection, customerId)
    // Whatever becomes of the writes: it has no contact now, so settling it makes one, and the contact loses its values.
    await raiseAgain(
      context,
      'unmerged',
      { kind: 'customer', id: customerId },
      { kind: 'contact', id: contactId },
    )
    await settleGroup(context, { contactId, source: 'person' })
    const sentence = 'Somebody took the customer out of a shared contact; it gets a contact of its own.'
    return { outcome: 'updated', reason: 'UNMERGED', sentence, contactId }
  })
}

/**
 * Decides a review. Kept apart, the records are asked about again once they show something else; for good, never.
 * @param contactId which of the candidates it is merged with; the only one where it is not said.
 * @throws {Undecidable} where it is decided already, or the contact is none of its candidates or gone.
 */
export function decideReview(
  context: SyncContext,
  id: string,
  decision: ReviewDecision,
  contactId: string | undefined,
): Promise<Review> {
  return context.locks.hold(context.connection, [`review/${id}`], () =>
    decideLocked(context, id, decision, contactId),
  )
}

async function decideLocked(
  context: SyncContext,
  id: string,
  decision: ReviewDecision,
  contactId: string | undefined,
): Promise<Review> {
  const { db, connection } = context
  const review = await findReview(db, connection, id)
  if (!review) throw new Undecidable('There is no such review.')
  if (review.decision !== undefined) throw new Undecidable('Somebody has decided this review already.')
  const chosen = contactId ?? (review.candidates.length === 1 ? review.candidates[0] : undefined)
  if (decision === 'merge') {
    if (chosen === undefined || !review.candidates.includes(chosen)) {
      throw new Undecidable(`Say which contact: ${review.candidates.join(', ')}.`)
    }
    if (review.kind === 'ambiguous-name') await mergeCustomer(context, review.recordId, chosen)
    else await mergeContact(context, review.recordId, chosen)
  } else {
    const forGood = decision === 'keep-apart-for-good'
    if (review.kind === 'ambiguous-name') {
      await keepApart(db, connection, review.recordId, review.candidates, forGood)
    } else await keepContactApart(context, review.recordId, review.candidates, forGood)
  }
  const at = context.now()
  await closeReview(db, id, decision, await printOf(context, review), at)
  return { ...review, decision, decidedAt: at }
}

/** Moves a customer from the contact that was made for it to the one that it is. */
async function mergeCustomer(context: SyncContext, customerId: string, contactId: string): Promise<void> {
  const { db, connection } = context
  const before = await findLink(db, connection, customerId)
  const contactIds = [contactId, ...(before?.contactId === undefined ? [] : [before.contactId])]
  await decided(context, contactIds, customerId, async () => {
    const customer = await findCustomer(db, connection, customerId)
    if (!customer || customer.deleted) throw new Undecidable('The customer is not in Kustomer any more.')
    const shown = await showContact(context, contactId)
    if (!shown) throw new Undecidable('The contact is not in CloudTalk any more.')
    const link = await findLink(db, connection, customerId)
    if (link?.contactId !== undefined && link.contactId !== contactId)
      await leave(context, link, link.contactId)
    await endApart(db, connection, customerId, contactId)
    const joining = { customer, origin: 'decided' as const }
    await settleGroup(context, { contactId, source: 'person', shown, joining })
    const sentence = 'Somebody decided that the customer is this contact.'
    return { outcome: 'merged', reason: 'MERGED_BY_DECISION', sentence, contactId }
  })
}

/** A contact that we made, that nobody has touched and that is nobody's now is taken back; any other stays. */
async function leave(context: SyncContext, link: Link, contactId: string): Promise<void> {
  const { db, connection, contactWriter } = context
  const [stored, links] = await Promise.all([
    findContact(db, connection, contactId),
    linksOfContact(db, connection, contactId),
  ])
  const isShared = links.length > 1
  // Should it not come to the joining: settled without a contact, it gets one, and a shared one loses its values.
  await raiseAgain(
    context,
    'merged',
    { kind: 'customer', id: link.customerId },
    ...(isShared ? [{ kind: 'contact' as const, id: contactId }] : []),
  )
  if (isShared) {
    await dropLink(db, connection, link.customerId)
    await settleGroup(context, { contactId, source: 'person' })
    return
  }
  const shown = link.origin === 'created' ? await showContact(context, contactId) : undefined
  const untouched =
    shown?.tags.every((tag) => tag === context.settings.contactTag) &&
    shown.title === undefined &&
    shown.industry === undefined &&
    shown.attributes.every(({ value }) => value === '') &&
    isDeepStrictEqual(fieldsOfContact(shown), stored?.fields)
  if (untouched) {
    // While it is linked as made by us: who decides again, after an outage, finds it to be taken back.
    await contactWriter.delete(contactId)
    wrote({ to: 'contact', id: contactId, did: 'deleted', fields: {} })
  }
  await dropLink(db, connection, link.customerId)
  if (untouched) await forgetContact(db, connection, contactId)
  else await releaseContact(db, connection, contactId, false)
}

/** The customer's contact takes the numbers and emails of its double, which stays as it is. */
async function mergeContact(context: SyncContext, doubleId: string, contactId: string): Promise<void> {
  const { db, connection } = context
  const [first] = await linksOfContact(db, connection, contactId)
  if (!first)
    throw new Undecidable('The contact has no customer any more; the next change of either links them.')
  await decided(context, [contactId, doubleId], first.customerId, async () => {
    const [double, shown] = await Promise.all([
      showContact(context, doubleId),
      showContact(context, contactId),
    ])
    if (!double || !shown) throw new Undecidable('One of the contacts is not in CloudTalk any more.')
    const { numbers, emails } = fieldsOfContact(double)
    const stored = await findContact(db, connection, contactId)
    const own = stored?.own ?? nothingOwn
    await saveOwn(db, connection, contactId, {
      ...own,
      numbers: [...new Set([...own.numbers, ...numbers])],
      emails: [...new Set([...own.emails, ...emails])],
    })
    await settleGroup(context, { contactId, source: 'person', shown })
    await keepContactApart(context, doubleId, [contactId], true)
    const sentence =
      'Somebody decided that two contacts are one: this one took the other’s numbers and emails.'
    return { outcome: 'merged', reason: 'MERGED_BY_DECISION', sentence, contactId }
  })
}

async function keepContactApart(
  { db, connection }: SyncContext,
  contactId: string,
  from: readonly string[],
  forGood: boolean,
): Promise<void> {
  for (const other of from) {
    for (const { customerId } of await linksOfContact(db, connection, other)) {
      await keepApart(db, connection, customerId, [contactId], forGood)
    }
  }
}

/** Has records settled as they are once the decision is done with them, or the process has died of it. */
const raiseAgain = (
  { connection, raise, now }: SyncContext,
  decision: string,
  ...records: { kind: RecordKind; id: string }[]
): Promise<void> =>
  raise(
    records.map((record) => ({
      event: eventOf(connection, record, { source: 'follow-up' }),
      priority: 'live',
      dedupeKey: `${recordKey({ connection, ...record })}/${decision}/${now().getTime()}`,
    })),
  )

/**
 * Does what a person asked for in the live lane, while nothing else settles the customer or its contacts, and puts it
 * into the story.
 * @throws {Busy} where something does.
 */
async function decided(
  context: SyncContext,
  contactIds: readonly string[],
  customerId: string,
  decide: () => Promise<Outcome>,
): Promise<void> {
  const { db, connection, locks } = context
  const writes: Write[] = []
  const meter = { priority: 'live' as const, requests: 0, writes }
  const lease = recordKey({ connection, kind: 'customer', id: customerId })
  const held = await holdLease(db, newHolder(leaveMsOf(context.pace)), lease, async () => {
    const outcome = await metered(meter, () => locks.hold(connection, contactIds.map(lockOf.contact), decide))
    await record(context, {
      ...outcome,
      ...(writes.length > 0 && { details: { ...outcome.details, writes } }),
      kind: 'customer',
      recordId: customerId,
      customerId,
      requests: meter.requests,
      source: 'person',
    })
  })
  if (!held) throw new Busy()
}
