import { sql } from 'kysely'
import type { ReasonCode } from '../mapping/reasons.ts'
import type { Db } from './database.ts'
import type { RecordKind } from './schema.ts'

/** A record that nothing but a person or a change of the record helps. */
export interface Failure {
  kind: RecordKind
  id: string
  reason: ReasonCode
  /** What happened to this record, in one sentence. */
  sentence: string
  at: Date
}

/** Which failures are meant; those that fit all of what is given. */
export interface FailureFilter {
  /** Of any kind with this id. */
  id?: string | undefined
  kind?: RecordKind | undefined
  reason?: ReasonCode | undefined
}

/** What a person may have synced again, though nothing has failed. */
const UNDONE: readonly ReasonCode[] = ['UNDONE', 'UNDONE_IN_PART']

/** Failed records, the latest first. */
export const failures = (
  db: Db,
  connection: string,
  filter: FailureFilter,
  limit: number,
): Promise<Failure[]> => failed(db, connection, filter, limit, false, undefined).execute()

/** A record that can be settled again, in a list that goes on below it. */
export interface Retryable extends Failure {
  /** Its time, exactly: a Date has milliseconds, and many fail within one. */
  exactAt: string
}

type Place = Pick<Retryable, 'exactAt' | 'kind' | 'id'>

const exactAt = sql<string>`to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('exactAt')

/**
 * Records that can be settled again: those that failed and, where the filter names them, those that were undone.
 * @param after the last of the page before.
 */
export const retryable = (
  db: Db,
  connection: string,
  filter: FailureFilter,
  limit: number,
  after: Place | undefined,
): Promise<Retryable[]> => {
  const named = filter.id !== undefined || (filter.reason !== undefined && UNDONE.includes(filter.reason))
  return failed(db, connection, filter, limit, named, after).select(exactAt).execute()
}

function failed(
  db: Db,
  connection: string,
  filter: FailureFilter,
  limit: number,
  undoneToo: boolean,
  after: Place | undefined,
) {
  return db
    .selectFrom('outcome')
    .select(['kind', 'record_id as id', 'reason', 'sentence', 'at'])
    .where(({ eb, and, or }) =>
      and([
        eb('connection', '=', connection),
        or([eb('outcome', '=', 'failed'), ...(undoneToo ? [eb('reason', 'in', UNDONE)] : [])]),
        ...(filter.id === undefined ? [] : [eb('record_id', '=', filter.id)]),
        ...(filter.kind === undefined ? [] : [eb('kind', '=', filter.kind)]),
        ...(filter.reason === undefined ? [] : [eb('reason', '=', filter.reason)]),
      ]),
    )
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(at, kind, record_id) < (${after?.exactAt ?? null}::timestamptz, ${after?.kind ?? ''}, ${after?.id ?? ''})`,
      ),
    )
    .orderBy('at', 'desc')
    .orderBy('kind', 'desc')
    .orderBy('record_id', 'desc')
    .limit(limit)
}
