import { setTimeout as wait } from 'node:timers/promises'
import type { CustomerRecord } from '../mapping/customer-record.ts'
import { parsePhone } from '../mapping/phones.ts'
import type { Settings } from '../mapping/settings.ts'
import { nameKey } from '../mapping/text.ts'
import {
  type ActivityFilter,
  type ActivityRow,
  activity,
  countReasons,
  type HourOfOutcomes,
  lastDay,
  newestActivity,
  type OutcomeFilter,
  type ReasonCount,
} from '../store/activity.ts'
import { customersNamed } from '../store/customers.ts'
import type { Db } from '../store/database.ts'
import { type ReviewInFull, reviewInFull } from '../store/review-sides.ts'
import { findReview, openReviews } from '../store/reviews.ts'
import {
  latestRuns,
  type Run,
  type RunItem,
  type RunRecordFilter,
  type RunRecordsPage,
  runRecordsLike,
  runRecordsPage,
  runsOf,
  unfinishedRuns,
} from '../store/runs.ts'
import type { Vendor } from '../store/schema.ts'
import { type SharedContact, sharedContacts } from '../store/shared-contacts.ts'
import { sightings } from '../store/sightings.ts'
import { type StandingPlace, type StandingRecord, standingRecords } from '../store/standing.ts'
import {
  type ListedUnassociated,
  type UnassociatedPlace,
  unassociated,
} from '../store/timeline-conversations.ts'
import { type NamedRecord, titlesOf } from '../store/titles.ts'
import type { SyncContext } from '../sync/context.ts'
import type { Listed } from '../sync/directory.ts'
import { type MappingInForce, mappingInForce } from '../sync/mapping-in-force.ts'
import { type Recipe, recipes } from '../sync/recipes.ts'
import type { ShownBudget } from '../sync/vendors.ts'
import { lastOfPage } from './list-place.ts'

/** How the service fares at this moment. */
export interface Health {
  budgets: ShownBudget[]
  /** When the event that waits longest was raised. */
  oldestPending: Date | undefined
  /** When a webhook of each side last came, and a poller was last round. */
  seen: Awaited<ReturnType<typeof sightings>>
  lastDay: HourOfOutcomes[]
}

/** What tells a customer from others of the same name. */
export interface NamedCustomer {
  id: string
  name: string
  numbers: string[]
  emails: string[]
}

const namedCustomer = ({ id, name, phones, emails }: CustomerRecord): NamedCustomer => ({
  id,
  name: name ?? '',
  numbers: phones.flatMap(({ phone }) => phone ?? []),
  emails: emails.flatMap(({ email }) => email ?? []),
})

/** Whether Kustomer sends webhooks here: when that was last seen to, or why not; undefined before the first try. */
export type Registration = { at: Date } | { problem: string; since: Date } | undefined

/** A workflow to make in CloudTalk, and when it was last heard of. */
export interface ShownRecipe extends Recipe {
  seen: Date | undefined
}

export interface WatchingPorts {
  oldestPending(): Promise<Date | undefined>
  workflowSecret: string
  registration(): Registration
}

/** What people look at while the service works. */
export interface Watching {
  /** By which it works. */
  settings: Settings
  health(): Promise<Health>
  /** When anything was settled last. */
  lastSettled(): Promise<Date | undefined>
  /** Everything that happened, newest first, a page at a time. @param before the last of the page above. */
  activity(filter: ActivityFilter, before?: string): Promise<Titled<ActivityRow>[]>
  /** How often each reason was given: for the records as they stand, or within a time. */
  reasons(filter: ActivityFilter): Promise<ReasonCount[]>
  /** The records as they stand now, the latest first, a page at a time. @param after the last of the page before. */
  standing(filter: OutcomeFilter, after?: StandingPlace): Promise<Titled<StandingRecord>[]>
  /** Conversations that belong to nobody yet, a page at a time. @param after the last of the page before. */
  unassociated(after?: UnassociatedPlace): Promise<ListedUnassociated[]>
  /** Another text whenever anything has happened; a run that is under way is always something. */
  newest(): Promise<string>
  /** What only a person can tell, with what is known of each record; oldest first. */
  reviews(): Promise<ReviewInFull[]>
  /** One of them, open or decided. */
  review(id: string): Promise<ReviewInFull | undefined>
  /** Contacts that several customers share, a page at a time. @param after the last of the page before. */
  sharedContacts(after?: string): Promise<SharedContact[]>
  /** Customers of this name, as far as the mirror knows them. */
  customersNamed(name: string): Promise<NamedCustomer[]>
  /** The mapping in force, with samples: of what fits the question, or of what was synced last. */
  mapping(question: string | undefined): Promise<MappingInForce>
  /** The latest runs, newest first. */
  runs(): Promise<Run[]>
  registration(): Registration
  /** @param publicUrl where CloudTalk reaches this service. */
  recipes(publicUrl: string): Promise<ShownRecipe[]>
  choices(): Promise<Choices>
  /**
   * What became of each record of a run, or would, a page at a time; those that came out so, where that is said.
   * @param after the last that the page before has looked at.
   */
  runRecords(id: string, like?: RunRecordFilter, after?: RunItem): Promise<RunRecordsPage>
  /** The undos of a run and their previews, newest first. */
  runsOf(id: string): Promise<Run[]>
}

/** With what people know the record by. */
export type Titled<T> = T & { title: string | undefined }

async function titled<T>(
  db: Db,
  connection: string,
  rows: readonly T[],
  recordOf: (row: T) => NamedRecord,
): Promise<Titled<T>[]> {
  const titleOf = await titlesOf(db, connection, rows.map(recordOf))
  return rows.map((row) => ({ ...row, title: titleOf(recordOf(row)) }))
}

/** What settings choose from, and the vendors that could not be asked for it. */
export type Choices = Listed & { unread: Vendor[] }

/** Entries of the list of all outcomes that are shown at once. */
export const ACTIVITY_PAGE = 50
/** Records that are shown at once. */
export const RECORDS_PAGE = 50
/** Conversations that are shown at once. */
export const UNASSOCIATED_PAGE = 50
/** Reviews, and shared contacts, that are shown at once. */
export const REVIEWS_PAGE = 50
export const SHARED_CONTACTS_PAGE = 20
const RUNS = 50
/** Of one name; who has more is found by number or email. */
export const NAMED_CUSTOMERS = 20
/** Records of a run that are shown at once. */
export const RUN_RECORDS_PAGE = 50

/** A page is not held up by a vendor that does not answer. */
const PATIENCE_MS = 4_000

/** Whether it is there by now; it goes on by itself. */
const soon = (reading: Promise<void>): Promise<boolean> =>
  Promise.race([
    reading.then(
      () => true,
      () => false,
    ),
    wait(PATIENCE_MS, false, { ref: false }),
  ])

export function watchingOf(
  context: SyncContext,
  { oldestPending, workflowSecret, registration }: WatchingPorts,
): Watching {
  const { db, connection, settings, vendors, directory, now } = context
  return {
    settings,
    async health() {
      return {
        budgets: await vendors.budgets(),
        oldestPending: await oldestPending(),
        seen: await sightings(db, connection),
        lastDay: await lastDay(db, connection),
      }
    },
    lastSettled: async () => (await activity(db, connection, {}, 1))[0]?.at,
    async activity(filter, before) {
      const rows = await activity(db, connection, filter, ACTIVITY_PAGE, before)
      return titled(db, connection, rows, ({ kind, recordId }) => ({ kind, id: recordId }))
    },
    reasons: (filter) => countReasons(db, connection, filter),
    async standing(filter, after) {
      const rows = await standingRecords(db, connection, filter, RECORDS_PAGE, after)
      return titled(db, connection, rows, (row) => row)
    },
    unassociated: (after) => unassociated(db, connection, UNASSOCIATED_PAGE, after),
    async newest() {
      const id = await newestActivity(db, connection)
      const running = (await unfinishedRuns(db, connection)).filter(({ paused }) => !paused)
      return `${id}/${running.length > 0 ? now().getTime() : ''}`
    },
    reviews: async () => {
      const reviews = await openReviews(db, connection, REVIEWS_PAGE)
      return Promise.all(reviews.map((review) => reviewInFull(db, connection, review)))
    },
    async review(id) {
      const review = await findReview(db, connection, id)
      return review && reviewInFull(db, connection, review)
    },
    sharedContacts: (after) => sharedContacts(db, connection, SHARED_CONTACTS_PAGE, after),
    async customersNamed(name) {
      // A customer of an unknown number may be called by it.
      const isName = !name.includes('@') && parsePhone(name, settings.defaultCountry) === undefined
      const customers = isName ? await customersNamed(db, connection, nameKey(name), NAMED_CUSTOMERS) : []
      return customers.map(namedCustomer)
    },
    mapping: (question) => mappingInForce(context, question),
    runs: () => latestRuns(db, connection, RUNS),
    registration,
    async recipes(publicUrl) {
      const seen = await sightings(db, connection)
      return recipes(connection, publicUrl, workflowSecret).map((recipe) => ({
        ...recipe,
        seen: seen[`workflow/${recipe.trigger.object} ${recipe.trigger.action}`],
      }))
    },
    async choices() {
      const [both, cloudtalk, kustomer] = await Promise.all(
        [directory.refresh(), directory.readLines(), directory.readTeams()].map(soon),
      )
      const unread: Vendor[] = [
        ...(both && cloudtalk ? [] : (['cloudtalk'] as const)),
        ...(both && kustomer ? [] : (['kustomer'] as const)),
      ]
      return { ...directory.listed(), unread }
    },
    async runRecords(id, like, after) {
      if (like) return runRecordsLike(db, id, like, after, RUN_RECORDS_PAGE)
      const records = await runRecordsPage(db, id, after, RUN_RECORDS_PAGE)
      return { records, next: lastOfPage(records, RUN_RECORDS_PAGE) }
    },
    runsOf: (id) => runsOf(db, id),
  }
}
