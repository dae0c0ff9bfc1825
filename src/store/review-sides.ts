import { findContact } from './contacts.ts'
import { findCustomer } from './customers.ts'
import type { Db } from './database.ts'
import type { Review } from './reviews.ts'
import type { RecordKind } from './schema.ts'

/** One of the records that may be one person. */
export interface ReviewSide {
  kind: RecordKind
  id: string
  name: string
  numbers: string[]
  emails: string[]
}

/** A review with what is known of each record that it is about. */
export interface ReviewInFull extends Review {
  record: ReviewSide
  candidateSides: ReviewSide[]
}

export async function reviewInFull(db: Db, connection: string, review: Review): Promise<ReviewInFull> {
  return { ...review, ...(await reviewSides(db, connection, review)) }
}

/** What is known of each record that a review is, or would be, about. */
export async function reviewSides(
  db: Db,
  connection: string,
  { kind, recordId, candidates }: Pick<Review, 'kind' | 'recordId' | 'candidates'>,
): Promise<Pick<ReviewInFull, 'record' | 'candidateSides'>> {
  const [record, ...candidateSides] = await Promise.all([
    kind === 'ambiguous-name'
      ? customerSide(db, connection, recordId)
      : contactSide(db, connection, recordId),
    ...candidates.map((id) => contactSide(db, connection, id)),
  ])
  return { record, candidateSides }
}

async function customerSide(db: Db, connection: string, id: string): Promise<ReviewSide> {
  const customer = await findCustomer(db, connection, id)
  return {
    kind: 'customer',
    id,
    name: customer?.name ?? '',
    numbers: customer?.phones.map(({ phone }) => phone) ?? [],
    emails: customer?.emails.map(({ email }) => email) ?? [],
  }
}

async function contactSide(db: Db, connection: string, id: string): Promise<ReviewSide> {
  const contact = await findContact(db, connection, id)
  const { name = contact?.name ?? '', numbers = [], emails = [] } = contact?.fields ?? {}
  return { kind: 'contact', id, name, numbers, emails }
}
