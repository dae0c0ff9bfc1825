import { createHash } from 'node:crypto'
import { matchKeys } from '../../mapping/matching.ts'
import type { ContactFields } from '../../mapping/records.ts'
import { nameKey } from '../../mapping/text.ts'
import { contactsNamed } from '../../store/contacts.ts'
import { apartFrom } from '../../store/links.ts'
import { type ReviewSide, reviewSides } from '../../store/review-sides.ts'
import { openReview, type Review } from '../../store/reviews.ts'
import type { SyncContext } from '../context.ts'

type Question = Pick<Review, 'kind' | 'recordId' | 'candidates'>

/** Stands for what a person is shown of the records in question: while it is the same, an answer holds. */
export async function printOf({ db, connection }: SyncContext, question: Question): Promise<string> {
  const { record, candidateSides } = await reviewSides(db, connection, question)
  const said = ({ id, name, numbers, emails }: ReviewSide) => [
    id,
    nameKey(name),
    numbers.toSorted(),
    emails.map((email) => email.trim().toLowerCase()).toSorted(),
  ]
  const all = [record, ...candidateSides].map(said).map((one) => JSON.stringify(one))
  return createHash('sha256').update(all.toSorted().join('\n')).digest('hex')
}

/** Opens a review. @returns false where somebody has kept the same records apart, and they show the same as then. */
export async function askPerson(context: SyncContext, question: Question): Promise<boolean> {
  return openReview(context.db, context.connection, question, await printOf(context, question))
}

/** A customer that was kept apart from contacts of its name, and not for good, has changed: they may be one after all. */
export async function askAgain(
  context: SyncContext,
  customerId: string,
  fields: Pick<ContactFields, 'name' | 'numbers' | 'emails'>,
): Promise<void> {
  const { db, connection, settings } = context
  const apart = (await apartFrom(db, connection, customerId)).filter(({ forGood }) => !forGood)
  const { name } = matchKeys(fields, settings.matching)
  if (apart.length === 0 || name === undefined) return
  const sameName = new Set(await contactsNamed(db, connection, name))
  const candidates = apart.map(({ contactId }) => contactId).filter((id) => sameName.has(id))
  if (candidates.length > 0)
    await askPerson(context, { kind: 'ambiguous-name', recordId: customerId, candidates })
}
