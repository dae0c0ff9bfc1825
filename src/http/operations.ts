import { openReviews, type Review } from '../store/reviews.ts'
import { type RunProgress, type RunRecord, runRecords } from '../store/runs.ts'
import type { ReviewDecision, RunKind } from '../store/schema.ts'
import { decideReview, unmerge } from '../sync/contacts/decide.ts'
import type { SyncContext } from '../sync/context.ts'
import type { Runs } from '../sync/runs/run.ts'
import { type KindSummary, summaryOf } from '../sync/summary.ts'
import { type TracedRecord, trace } from '../sync/trace.ts'

export interface Summary {
  customers: KindSummary
  contacts: KindSummary
  calls: KindSummary
  messages: KindSummary
  /** Reviews that wait for a person. */
  reviews: number
  requests: { cloudtalk: number; kustomer: number }
}

/** What people and scripts ask of a service; the API and the CLI are two ways to ask the same. */
export interface Operations {
  summary(): Promise<Summary>
  trace(question: string): Promise<TracedRecord[]>
  beginRun(kind: RunKind, from: Date | undefined): Promise<string>
  pauseRun(id: string, paused: boolean): Promise<RunProgress | undefined>
  /** What became of each record of a run, or would. */
  runRecords(id: string): Promise<RunRecord[]>
  run(id: string): Promise<RunProgress | undefined>
  /** What only a person can tell, oldest first. */
  reviews(): Promise<Review[]>
  /** @throws {Undecidable} */
  decideReview(id: string, decision: ReviewDecision, contactId: string | undefined): Promise<Review>
  /** Takes a customer out of a shared contact. @throws {Undecidable} */
  unmerge(contactId: string, customerId: string): Promise<void>
  /** Events that are not settled yet, those that come later included. */
  pending(): Promise<number>
}

/** Reviews that are shown at once. */
const REVIEWS = 500

export function operationsOf(context: SyncContext, runs: Runs, pending: () => Promise<number>): Operations {
  const { db, connection, settings } = context
  return {
    async summary() {
      const customers = await summaryOf(db, connection, 'customer')
      const contacts = await summaryOf(db, connection, 'contact')
      const calls = await summaryOf(db, connection, 'call')
      const messages = await summaryOf(db, connection, 'message')
      const reviews = (await openReviews(db, connection, REVIEWS)).length
      return { customers, contacts, calls, messages, reviews, requests: { ...context.vendors.answered } }
    },
    trace: (question) => trace(db, connection, question, settings.defaultCountry),
    beginRun: runs.begin,
    pauseRun: runs.pause,
    runRecords: (id) => runRecords(db, id),
    run: runs.check,
    reviews: () => openReviews(db, connection, REVIEWS),
    decideReview: (id, decision, contactId) => decideReview(context, id, decision, contactId),
    unmerge: (contactId, customerId) => unmerge(context, contactId, customerId),
    pending,
  }
}
