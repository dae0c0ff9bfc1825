import { sql } from 'kysely'
import type { OutcomeKind, ReasonCode } from '../mapping/reasons.ts'
import type { Db } from './database.ts'
import type { RecordKind } from './schema.ts'

/** One outcome in the list of all. */
export interface ActivityRow {
  /** Grows with time: the list goes on below the last one. */
  id: string
  kind: RecordKind
  recordId: string
  outcome: OutcomeKind
  reason: ReasonCode
  sentence: string
  at: Date
}

/** Those that fit all of what is given. */
export interface ActivityFilter {
  kind?: RecordKind | undefined
  outcome?: OutcomeKind | undefined
  reason?: ReasonCode | undefined
  since?: Date | undefined
}

/** Everything that happened, newest first. @param before the last of the page above. */
export async function activity(
  db: Db,
  connection: string,
  { kind, outcome, reason, since }: ActivityFilter,
  limit: number,
  before?: string,
): Promise<ActivityRow[]> {
  return db
    .selectFrom('outcome_history')
    .select(['id', 'kind', 'record_id as recordId', 'outcome', 'reason', 'sentence', 'at'])
    .where('connection', '=', connection)
    .$if(kind !== undefined, (query) => query.where('kind', '=', kind as RecordKind))
    .$if(outcome !== undefined, (query) => query.where('outcome', '=', outcome as OutcomeKind))
    .$if(reason !== undefined, (query) => query.where('reason', '=', reason as ReasonCode))
    .$if(since !== undefined, (query) => query.where('at', '>=', since as Date))
    .$if(before !== undefined, (query) => query.where('id', '<', before as string))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

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
    select date_trunc('hour', at) as hour, outcome, count(*)::int as count
    from outcome_history
    where connection = ${connection} and at > date_trunc('hour', clock_timestamp()) - interval '23 hours'
    group by 1, 2 order by 1`.execute(db)
  return rows
}

/** The newest entry of the list; it changes whenever anything happens. */
export async function newestActivity(db: Db, connection: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('outcome_history')
    .select('id')
    .where('connection', '=', connection)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.id
}
