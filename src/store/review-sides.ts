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
  const record = await (review.kind === 'ambiguous-name'
    ? customerSide(db, connection, review.recordId)
    : contactSide(db, connection, review.recordId))
  const candidateSides = await Promise.all(review.candidates.map((id) => contactSide(db, connection, id)))
  return { ...review, record, candidateSides }
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
  const { name = '', numbers = [], emails = [] } = contact?.fields ?? {}
  return { kind: 'contact', id, name, numbers, emails }
}
