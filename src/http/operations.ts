import { type Failure, type FailureFilter, failures } from '../store/failures.ts'
import { latestProofs } from '../store/proofs.ts'
import { openReviews, type Review } from '../store/reviews.ts'
import { type RunProgress, type RunRecord, runRecords } from '../store/runs.ts'
import type { ReviewDecision, RunKind } from '../store/schema.ts'
import { type Unassociated, unassociated } from '../store/timeline-conversations.ts'
import { decideReview, Undecidable, unmerge } from '../sync/contacts/decide.ts'
import type { SyncContext } from '../sync/context.ts'
import { yesterdayIn } from '../sync/prove/day.ts'
import type { Proof } from '../sync/prove/proof.ts'
import { type ProvePorts, prove } from '../sync/prove/prove.ts'
import { retryFailed } from '../sync/retry.ts'
import { RunRefused, type Runs } from '../sync/runs/run.ts'
import { type KindSummary, summariesOf } from '../sync/summary.ts'
import { type Associated, associate, Unassociable } from '../sync/timeline/associate.ts'
import { type TracedRecord, trace } from '../sync/trace.ts'
import type { Vendors } from '../sync/vendors.ts'

export interface Summary {
  customers: KindSummary
  contacts: KindSummary
  calls: KindSummary
  messages: KindSummary
  /** Reviews that wait for a person. */
  reviews: number
  requests: { cloudtalk: number; kustomer: number }
  /** Vendors that get no requests at present: since when and why, and when they are asked next. */
  away: ReturnType<Vendors['away']>
  /** The latest day that was proved, and how many of its records are not explained. */
  proof: { day: string; provedAt: string; unexplained: number } | undefined
}

/** What people and scripts ask of a service; the API and the CLI are two ways to ask the same. */
export interface Operations {
  summary(): Promise<Summary>
  trace(question: string): Promise<TracedRecord[]>
  /** @param of the sync that an undo is about. @throws {RunRefused} */
  beginRun(kind: RunKind, from: Date | undefined, of?: string): Promise<string>
  pauseRun(id: string, paused: boolean): Promise<RunProgress | undefined>
  /** @throws {RunRefused} where it is over. */
  cancelRun(id: string): Promise<RunProgress | undefined>
  /** What became of each record of a run, or would. */
  runRecords(id: string): Promise<RunRecord[]>
  run(id: string): Promise<RunProgress | undefined>
  /** What only a person can tell, oldest first. */
  reviews(): Promise<Review[]>
  /** @throws {Undecidable} */
  decideReview(id: string, decision: ReviewDecision, contactId: string | undefined): Promise<Review>
  /** Takes a customer out of a shared contact. @throws {Undecidable} */
  unmerge(contactId: string, customerId: string): Promise<void>
  /** Records that have failed, the latest first. */
  failures(filter: FailureFilter): Promise<Failure[]>
  /** Has failed records settled again. @returns how many. */
  retry(filter: FailureFilter): Promise<number>
  /** Conversations that belong to nobody yet, the latest that was begun first, as many as a list has. */
  unassociated(): Promise<Unassociated[]>
  /**
   * Moves one of them.
   * @param what a conversation, call or message. @param whom a customer's id, email or number. @throws {Unassociable}
   */
  associate(what: string, whom: string): Promise<Associated>
  /**
   * Proves a day, or the day before today, that nothing is missing.
   * @throws {RangeError} where `day` is no date.
   */
  prove(day: string | undefined, repair: boolean): Promise<Proof>
  /** The latest proofs of the latest days, newest first. */
  proofs(): Promise<Proof[]>
  /** Events that are not settled yet, those that come later included. */
  pending(): Promise<number>
}

/** Entries of a list that is given as a whole. */
const REVIEWS = 500
export const UNASSOCIATED = 500
export const FAILURES = 500
/** A month of nights. */
const PROOFS = 31

export interface OperationPorts extends ProvePorts {
  /** Takes away the dead letters of these records. */
  dropDead(records: readonly Failure[]): Promise<void>
  pending(): Promise<number>
}

export function operationsOf(context: SyncContext, runs: Runs, ports: OperationPorts): Operations {
  const { db, connection, settings } = context
  const whileOn = (refusal: new (message: string) => Error) => {
    if (!settings.active)
      throw new refusal('The connection is switched off: nothing is written to either side.')
  }
  return {
    async summary() {
      const of = await summariesOf(db, connection)
      const reviews = (await openReviews(db, connection, REVIEWS)).length
      const [last] = await latestProofs(db, connection, 1)
      const { day, provedAt, problems } = (last?.result ?? {}) as Partial<Proof>
      return {
        customers: of.customer,
        contacts: of.contact,
        calls: of.call,
        messages: of.message,
        reviews,
        requests: { ...context.vendors.answered },
        away: context.vendors.away(),
        proof: day && provedAt ? { day, provedAt, unexplained: problems?.length ?? 0 } : undefined,
      }
    },
    trace: (question) => trace(db, connection, question, settings.defaultCountry),
    async beginRun(kind, from, of) {
      if (kind === 'undo') whileOn(RunRefused)
      return runs.begin(kind, from, of)
    },
    pauseRun: runs.pause,
    cancelRun: runs.cancel,
    runRecords: (id) => runRecords(db, id),
    run: runs.check,
    reviews: () => openReviews(db, connection, REVIEWS),
    async decideReview(id, decision, contactId) {
      if (decision === 'merge') whileOn(Undecidable)
      return decideReview(context, id, decision, contactId)
    },
    async unmerge(contactId, customerId) {
      whileOn(Undecidable)
      await unmerge(context, contactId, customerId)
    },
    failures: (filter) => failures(db, connection, filter, FAILURES),
    retry: (filter) => retryFailed(context, filter, ports.dropDead),
    unassociated: async () =>
      (await unassociated(db, connection, UNASSOCIATED)).map(({ exactAt: _place, ...one }) => one),
    async associate(what, whom) {
      whileOn(Unassociable)
      return associate(context, what, whom)
    },
    prove: (day, repair) =>
      prove(context, ports, day ?? yesterdayIn(settings.timeZone, context.now()), repair),
    proofs: async () => (await latestProofs(db, connection, PROOFS)).map(({ result }) => result as Proof),
    pending: ports.pending,
  }
}
