import { sql } from 'kysely'
import type { ReasonCode } from '../mapping/reasons.ts'
import type { Db } from './database.ts'
import { toJson } from './json.ts'
import { outcomeColumns } from './outcomes.ts'
import type { RecordKind } from './schema.ts'

/** A record that a run was to settle. */
interface OfRun {
  connection: string
  kind: RecordKind
  id: string
  runId?: string
}

const REASON: ReasonCode = 'RUN_CANCELLED'

/** Ends the waiting of records that only a run would have tried again, once that run is cancelled. */
export async function endWaiting(db: Db, records: readonly OfRun[]): Promise<void> {
  if (records.length === 0) return
  const rows = records.map(({ connection, kind, id, runId }) => ({ connection, kind, id, run: runId }))
  await sql`
    with ended as (
      update outcome o set outcome = 'skipped', reason = ${REASON}, details = '{}', requests = 0, next_at = null,
        sentence = 'The run that was to try it again was cancelled.', at = clock_timestamp()
      from jsonb_to_recordset(${toJson(rows)}::jsonb) as r(connection text, kind text, id text, run uuid)
      where o.connection = r.connection and o.kind = r.kind and o.record_id = r.id and o.run_id = r.run
        and o.outcome = 'waiting'
      returning o.*
    )
    insert into outcome_history (${outcomeColumns}) select ${outcomeColumns} from ended`.execute(db)
}
