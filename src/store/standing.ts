import { sql } from 'kysely'
import type { OutcomeKind, ReasonCode } from '../mapping/reasons.ts'
import { type OutcomeFilter, outcomesOf, textArray } from './activity.ts'
import type { Db } from './database.ts'
import { type RecordKind, recordKinds } from './schema.ts'

/** How a record stands: what became of it last. */
export interface StandingRecord {
  kind: RecordKind
  id: string
  outcome: OutcomeKind
  reason: ReasonCode
  /** What happened to this record, in one sentence. */
  sentence: string
  /** Since when. */
  at: Date
  /** The same exactly: a Date has milliseconds, and many records are settled within one. */
  exactAt: string
}

/** Where a list of them goes on. */
export type StandingPlace = Pick<StandingRecord, 'exactAt' | 'kind' | 'id'>

/**
 * The records as they stand now, the latest first. As in the list of everything that happened, each pair of kind and
 * outcome is read from its own end of an index.
 *
 * @param after the last of the page before.
 */
export async function standingRecords(
  db: Db,
  connection: string,
  { kind, outcome, reason }: OutcomeFilter,
  limit: number,
  after?: StandingPlace,
): Promise<StandingRecord[]> {
  const conditions = [
    sql`r.connection = ${connection} and r.kind = k.kind and r.outcome = o.outcome`,
    ...(reason === undefined ? [] : [sql`r.reason = ${reason}`]),
    ...(after === undefined
      ? []
      : [
          // The index knows the time alone.
          sql`r.at <= ${after.exactAt}::timestamptz
            and (r.at, r.kind, r.record_id) < (${after.exactAt}::timestamptz, ${after.kind}, ${after.id})`,
        ]),
  ]
  const { rows } = await sql<StandingRecord>`
    select latest.*, to_char(latest.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "exactAt"
    from unnest(${textArray(kind ? [kind] : recordKinds)}) k(kind)
    cross join unnest(${textArray(outcomesOf(outcome))}) o(outcome)
    cross join lateral (
      select r.kind, r.record_id as id, r.outcome, r.reason, r.sentence, r.at
      from outcome r where ${sql.join(conditions, sql` and `)}
      order by r.at desc, r.record_id desc limit ${limit}
    ) latest
    order by latest.at desc, latest.kind desc, latest.id desc limit ${limit}`.execute(db)
  return rows
}
