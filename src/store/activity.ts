import { type RawBuilder, sql } from 'kysely'
import { type OutcomeKind, outcomeKinds, type ReasonCode } from '../mapping/reasons.ts'
import type { Db } from './database.ts'
import { type RecordKind, recordKinds } from './schema.ts'

/** One outcome in the list of all. */
export interface ActivityRow {
  /** The list goes on below the last one. */
  id: string
  kind: RecordKind
  recordId: string
  outcome: OutcomeKind
  reason: ReasonCode
  sentence: string
  at: Date
}

/** Those that fit all of what is given. */
export interface OutcomeFilter {
  kind?: RecordKind | undefined
  outcome?: OutcomeKind | 'in-sync' | undefined
  reason?: ReasonCode | undefined
}

export interface ActivityFilter extends OutcomeFilter {
  since?: Date | undefined
  until?: Date | undefined
}

const SYNCED = [
  'created',
  'updated',
  'unchanged',
  'merged',
  'linked',
] as const satisfies readonly OutcomeKind[]

/** What is meant by an outcome that is asked for, or by none. */
export const outcomesOf = (outcome: OutcomeFilter['outcome']): readonly OutcomeKind[] => {
  if (outcome === undefined) return outcomeKinds
  return outcome === 'in-sync' ? SYNCED : [outcome]
}

/**
 * Everything that happened, newest first. Each pair of kind and outcome is read from its own end of the index, as many
 * rows as the page has: so a page costs the same however much there is, and however rare what is asked for.
 *
 * @param before the last of the page above.
 */
export async function activity(
  db: Db,
  connection: string,
  { kind, outcome, reason, since, until }: ActivityFilter,
  limit: number,
  before?: string,
): Promise<ActivityRow[]> {
  const conditions = [
    sql`h.connection = ${connection} and h.kind = k.kind and h.outcome = o.outcome`,
    ...(reason === undefined ? [] : [sql`h.reason = ${reason}`]),
    ...(since === undefined ? [] : [sql`h.at >= ${since}`]),
    ...(until === undefined ? [] : [sql`h.at < ${until}`]),
    ...(before === undefined
      ? []
      : [sql`(h.at, h.id) < (select last.at, last.id from outcome_history last where last.id = ${before})`]),
  ]
  const { rows } = await sql<ActivityRow>`
    select newest.* from unnest(${textArray(kind ? [kind] : recordKinds)}) k(kind)
    cross join unnest(${textArray(outcomesOf(outcome))}) o(outcome)
    cross join lateral (
      select h.id, h.kind, h.record_id as "recordId", h.outcome, h.reason, h.sentence, h.at
      from outcome_history h where ${sql.join(conditions, sql` and `)}
      order by h.at desc, h.id desc limit ${limit}
    ) newest
    order by newest.at desc, newest.id desc limit ${limit}`.execute(db)
  // The embedded database gives a number here.
  return rows.map((row) => ({ ...row, id: String(row.id) }))
}

export interface ReasonCount {
  reason: ReasonCode
  count: number
}

/**
 * How often each reason was given, most often first: for the records as they stand now; within a time, for everything
 * that happened in its hours.
 */
export async function countReasons(
  db: Db,
  connection: string,
  { kind, outcome, reason, since, until }: ActivityFilter,
): Promise<ReasonCount[]> {
  const timed = since !== undefined || until !== undefined
  const conditions = [
    sql`connection = ${connection}`,
    ...(kind === undefined ? [] : [sql`kind = ${kind}`]),
    ...(outcome === undefined ? [] : [sql`outcome = any(${textArray(outcomesOf(outcome))})`]),
    ...(reason === undefined ? [] : [sql`reason = ${reason}`]),
    ...(since === undefined ? [] : [sql`hour >= date_trunc('hour', ${since}::timestamptz, 'UTC')`]),
    ...(until === undefined ? [] : [sql`hour < ${until}`]),
  ]
  const { rows } = await sql<ReasonCount>`
    select reason, sum(count)::int as count from ${sql.table(timed ? 'outcome_hour' : 'outcome_count')}
    where ${sql.join(conditions, sql` and `)}
    group by reason having sum(count) > 0 order by count desc, reason`.execute(db)
  return rows
}

/** The record of one kind that was synced last. */
export async function latestSynced(
  db: Db,
  connection: string,
  kind: RecordKind,
): Promise<string | undefined> {
  const latest = await Promise.all(SYNCED.map((outcome) => activity(db, connection, { kind, outcome }, 1)))
  return latest.flat().toSorted((one, other) => other.at.getTime() - one.at.getTime())[0]?.recordId
}

export const textArray = (values: readonly string[]): RawBuilder<unknown> =>
  sql`array[${sql.join(values)}]::text[]`

/** Outcomes of one hour, by what became of the records. */
export interface HourOfOutcomes {
  /** Its beginning. */
  hour: Date
  outcome: OutcomeKind
  count: number
}

/** The last 24 hours, by outcome; hours without any are left out. */
export async function lastDay(db: Db, connection: string): Promise<HourOfOutcomes[]> {
  const { rows } = await sql<HourOfOutcomes>`
    select hour, outcome, sum(count)::int as count from outcome_hour
    where connection = ${connection} and hour > date_trunc('hour', clock_timestamp(), 'UTC') - interval '24 hours'
    group by 1, 2 order by 1`.execute(db)
  return rows
}

/** The newest entry of the list; it changes whenever anything happens. */
export async function newestActivity(db: Db, connection: string): Promise<string | undefined> {
  const [row] = await activity(db, connection, {}, 1)
  return row?.id
}
