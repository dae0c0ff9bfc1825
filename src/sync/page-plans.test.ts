import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { CompiledQuery, Kysely, PGliteDialect, type RawBuilder, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDatabase } from '../../test/helpers/databases.ts'
import { FILLED, fill, RUN } from '../../test/helpers/fill.ts'
import { nameKey } from '../mapping/text.ts'
import {
  type ActivityFilter,
  activity,
  countReasons,
  lastDay,
  latestSynced,
  newestActivity,
  type OutcomeFilter,
} from '../store/activity.ts'
import { leastRecentlyRead } from '../store/contacts.ts'
import { customersNamed } from '../store/customers.ts'
import { failures, type Retryable, retryable } from '../store/failures.ts'
import { countOutcomes, historyOf } from '../store/outcomes.ts'
import { reviewInFull } from '../store/review-sides.ts'
import { openReviews } from '../store/reviews.ts'
import {
  latestRuns,
  type RunItem,
  type RunRecord,
  runProgress,
  runRecords,
  runRecordsLike,
  runRecordsPage,
} from '../store/runs.ts'
import type { Database } from '../store/schema.ts'
import { sharedContacts } from '../store/shared-contacts.ts'
import { type StandingPlace, type StandingRecord, standingRecords } from '../store/standing.ts'
import { type ListedUnassociated, unassociated } from '../store/timeline-conversations.ts'
import { titlesOf } from '../store/titles.ts'
import { refersToContact } from '../store/undo-plan.ts'
import { findRecords } from './trace.ts'

/**
 * What a page, or a poller in each minute, asks of the database must not grow with what is in it. So each of these
 * statements is explained on a filled database: none reads a large table from its beginning, and none reads more rows
 * than a few pages have.
 */

const CONNECTION = 'default'
const OUTCOMES = 20_000
const PAGE = 50
const MOST_ROWS = 2_500
const LARGE = new Set([
  'outcome',
  'outcome_history',
  'customer',
  'contact',
  'identifier',
  'link',
  'call',
  'timeline',
  'run_item',
])

let db: Kysely<Database>
let asked: { sql: string; parameters: readonly unknown[] }[] = []
let drop: (() => Promise<void>) | undefined
beforeAll(async () => {
  const database = await createDatabase('embedded')
  const pglite = await PGlite.create(join(database.env.DATA_DIR, 'database'))
  drop = async () => {
    await pglite.close()
    await database.drop()
  }
  const dialect = new PGliteDialect({ pglite })
  db = new Kysely<Database>({ dialect, log: ({ query }) => void asked.push(query) })
  await fill(db, { connection: CONNECTION, outcomes: OUTCOMES, historyPerOutcome: 2 })
}, 120_000)
afterAll(() => drop?.())

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: Plan[]
}

/** What each statement of this work reads of the large tables. */
async function readsOf(
  work: () => Promise<unknown>,
): Promise<{ table: string; how: string; rows: number }[]> {
  asked = []
  await work()
  const queries = [...asked]
  const reads = []
  for (const { sql: text, parameters } of queries) {
    const explained = CompiledQuery.raw(`explain (analyze, format json) ${text}`, [...parameters])
    const { rows } = await db.executeQuery<{ 'QUERY PLAN': { Plan: Plan }[] }>(explained)
    reads.push(...scansOf(rows[0]?.['QUERY PLAN'][0]?.Plan))
  }
  return reads.filter(({ table }) => LARGE.has(table))
}

function scansOf(plan: Plan | undefined): { table: string; how: string; rows: number }[] {
  if (!plan) return []
  const rows = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops']
  const own = plan['Relation Name'] ? [{ table: plan['Relation Name'], how: plan['Node Type'], rows }] : []
  return [...own, ...(plan.Plans ?? []).flatMap(scansOf)]
}

const HOUR_AGO = new Date(Date.now() - 3_600_000)
const filters: { label: string; filter: ActivityFilter }[] = [
  { label: 'no filter', filter: {} },
  { label: 'a kind', filter: { kind: 'call' } },
  { label: 'an outcome', filter: { outcome: 'failed' } },
  { label: 'what is in sync', filter: { kind: 'call', outcome: 'in-sync' } },
  { label: 'an outcome that never was', filter: { outcome: 'linked' } },
  { label: 'a reason', filter: { reason: 'REJECTED_BY_KUSTOMER' } },
  { label: 'a reason that the kind never has', filter: { reason: 'RATE_LIMITED', kind: 'message' } },
  { label: 'a reason that never goes with the outcome', filter: { reason: 'CREATED', outcome: 'failed' } },
  { label: 'a time', filter: { since: HOUR_AGO } },
  { label: 'a time and a rare outcome', filter: { since: HOUR_AGO, outcome: 'failed' } },
  { label: 'a time before everything', filter: { until: new Date(0) } },
]

const CREATED = { outcome: 'created', reason: 'CREATED' } as const
const REJECTED = { outcome: 'failed', reason: 'REJECTED_BY_KUSTOMER' } as const

/** Below it there is nothing. */
const EARLY: StandingPlace = { exactAt: '2000-01-01T00:00:00Z', kind: 'call', id: '' }

const statements: { label: string; work: () => Promise<unknown> }[] = [
  ...filters.map(({ label, filter }) => ({
    label: `activity with ${label}`,
    work: () => activity(db, CONNECTION, filter, PAGE),
  })),
  { label: 'the last page of the activity', work: () => activity(db, CONNECTION, {}, PAGE, '100') },
  {
    label: 'titles of a page of records',
    work: async () => titlesOf(db, CONNECTION, await standingRecords(db, CONNECTION, {}, PAGE)),
  },
  { label: 'activity of a quiet connection', work: () => activity(db, 'quiet', {}, PAGE) },
  { label: 'reasons', work: () => countReasons(db, CONNECTION, {}) },
  { label: 'reasons of what is in sync', work: () => countReasons(db, CONNECTION, { outcome: 'in-sync' }) },
  { label: 'reasons of an hour', work: () => countReasons(db, CONNECTION, { since: HOUR_AGO }) },
  { label: 'the newest entry', work: () => newestActivity(db, CONNECTION) },
  { label: 'how the records stand', work: () => countOutcomes(db, CONNECTION) },
  { label: 'the last day', work: () => lastDay(db, CONNECTION) },
  { label: 'what was synced last', work: () => latestSynced(db, CONNECTION, 'customer') },
  { label: 'failures', work: () => failures(db, CONNECTION, {}, PAGE) },
  ...filters
    .filter(({ filter: { since, until } }) => since === undefined && until === undefined)
    .flatMap(({ label, filter }) => [
      { label: `records with ${label}`, work: () => standingRecords(db, CONNECTION, filter, PAGE) },
      {
        label: `the last page of the records with ${label}`,
        work: () => standingRecords(db, CONNECTION, filter, PAGE, EARLY),
      },
    ]),
  { label: 'a story', work: () => historyOf(db, CONNECTION, 'customer', FILLED.customer) },
  ...['+442070000007', 'person7@example.com', FILLED.name, FILLED.call, FILLED.customer, 'nobody'].map(
    (question) => ({
      label: `trace of ${question}`,
      work: () => findRecords(db, CONNECTION, question, undefined),
    }),
  ),
  {
    label: 'customers of a name',
    work: () => customersNamed(db, CONNECTION, nameKey(FILLED.name), PAGE),
  },
  { label: 'runs', work: () => latestRuns(db, CONNECTION, PAGE) },
  { label: 'a run', work: () => runProgress(db, RUN) },
  { label: 'records of a run', work: () => runRecordsPage(db, RUN, undefined, PAGE) },
  {
    label: 'the last records of a run',
    work: () => runRecordsPage(db, RUN, { kind: 'message', id: '' }, PAGE),
  },
  {
    label: 'records of a run that came out so',
    work: () => runRecordsLike(db, RUN, { kind: 'call', ...CREATED }, undefined, PAGE),
  },
  {
    label: 'records of a run that came out in a rare way',
    work: () => runRecordsLike(db, RUN, { kind: 'customer', ...REJECTED }, undefined, PAGE),
  },
  { label: 'shared contacts', work: () => sharedContacts(db, CONNECTION, PAGE, undefined) },
  {
    label: 'reviews',
    work: async () => {
      const reviews = await openReviews(db, CONNECTION, PAGE)
      await Promise.all(reviews.map((review) => reviewInFull(db, CONNECTION, review)))
    },
  },
  {
    label: 'looks at contacts that are owed their link',
    work: () => leastRecentlyRead(db, CONNECTION, HOUR_AGO, 10, true),
  },
  { label: 'looks at contacts', work: () => leastRecentlyRead(db, CONNECTION, HOUR_AGO, 10, false) },
  { label: 'what names a contact', work: () => refersToContact(db, CONNECTION, 'k-1', new Date(0)) },
  { label: 'conversations of nobody', work: () => unassociated(db, CONNECTION, PAGE) },
  {
    label: 'the second page of the conversations of nobody',
    work: async () => {
      const first = await unassociated(db, CONNECTION, 10)
      await unassociated(db, CONNECTION, PAGE, first.at(-1))
    },
  },
]

describe('of a filled database', () => {
  test.each(statements)('$label reads a few rows', async ({ work }) => {
    const reads = await readsOf(work)
    expect(reads.filter(({ how }) => how === 'Seq Scan')).toEqual([])
    expect(reads.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThan(MOST_ROWS)
  })

  test('the counts are those of the rows', async () => {
    const { rows } = await sql`
      select kind, outcome, reason, count(*)::int as count from outcome
      group by 1, 2, 3 order by 1, 2, 3`.execute(db)
    expect(await countOutcomes(db, CONNECTION)).toEqual(rows)
    const { rows: items } = await sql`
      select kind, outcome, reason, count(*)::int as count from run_item group by 1, 2, 3 order by 1, 2, 3`.execute(
      db,
    )
    expect((await runProgress(db, RUN))?.outcomes).toEqual(items)
  })
})

const standing: { filter: OutcomeFilter; where: RawBuilder<unknown> }[] = [
  { filter: {}, where: sql`true` },
  { filter: { outcome: 'failed' }, where: sql`outcome = 'failed'` },
  {
    filter: { kind: 'call', outcome: 'in-sync' },
    where: sql`kind = 'call' and outcome in ('created', 'updated', 'unchanged')`,
  },
  { filter: { reason: 'REJECTED_BY_KUSTOMER' }, where: sql`reason = 'REJECTED_BY_KUSTOMER'` },
]
test.each(standing)('page by page, each record of $filter comes once, the latest first', async (one) => {
  const SIZE = 700
  const paged: StandingRecord[] = []
  for (let last: StandingRecord | undefined; ; last = paged.at(-1)) {
    const page = await standingRecords(db, CONNECTION, one.filter, SIZE, last)
    paged.push(...page)
    if (page.length < SIZE) break
  }
  const { rows } = await sql<{ id: string }>`
    select record_id as id from outcome where ${one.where} order by at desc, kind desc, record_id desc`.execute(
    db,
  )
  expect(rows.length).toBeGreaterThan(10)
  expect(paged.map(({ id }) => id)).toEqual(rows.map(({ id }) => id))
})

test('page by page, each conversation of nobody comes once', async () => {
  const paged: ListedUnassociated[] = []
  for (let last: ListedUnassociated | undefined; ; last = paged.at(-1)) {
    const page = await unassociated(db, CONNECTION, 7, last)
    paged.push(...page)
    if (page.length < 7) break
  }
  const { rows } = await sql<{ id: string }>`
    select min(record_id) as id from timeline where unlinked group by conversation_id`.execute(db)
  expect(rows.length).toBeGreaterThan(100)
  expect(paged.map(({ id }) => id).toSorted()).toEqual(rows.map(({ id }) => id).toSorted())
})

test('page by page, each record that can be tried again comes once', async () => {
  const paged: Retryable[] = []
  for (let last: Retryable | undefined; ; last = paged.at(-1)) {
    const page = await retryable(db, CONNECTION, {}, 3, last)
    paged.push(...page)
    if (page.length < 3) break
  }
  expect(paged.map(({ id }) => id)).toEqual(
    (await failures(db, CONNECTION, {}, OUTCOMES)).map(({ id }) => id),
  )
})

test('page by page, each record of a run comes once', async () => {
  const paged: RunRecord[] = []
  for (let last: RunRecord | undefined; ; last = paged.at(-1)) {
    const page = await runRecordsPage(db, RUN, last, 3_000)
    paged.push(...page)
    if (page.length < 3_000) break
  }
  const all = await runRecords(db, RUN)
  expect(all.length).toBeGreaterThan(3_000)
  expect(paged).toEqual(all)
})

test.each([CREATED, REJECTED])('page by page, each record of a run with %o comes once', async (one) => {
  const paged: RunRecord[] = []
  let next: RunItem | undefined
  do {
    const page = await runRecordsLike(db, RUN, { kind: 'customer', ...one }, next, PAGE)
    paged.push(...page.records)
    next = page.next
  } while (next)
  const all = await runRecords(db, RUN)
  const expected = all.filter(
    ({ kind, outcome, reason }) => kind === 'customer' && outcome === one.outcome && reason === one.reason,
  )
  expect(expected.length).toBeGreaterThan(0)
  expect(paged).toEqual(expected)
})
