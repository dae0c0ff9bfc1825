import { sql } from 'kysely'
import { type Write, writesOf } from '../mapping/write.ts'
import type { Db } from './database.ts'
import { toJson } from './json.ts'
import type { OutcomeDetails, RecordKind } from './schema.ts'

/** What a run wrote, record by record. */

/** A record that a run has settled with an effect. */
export interface WrittenRecord {
  kind: RecordKind
  id: string
  /** The place of its last outcome in the history. */
  at: string
  writes: Write[]
}

/**
 * Records that a run wrote something for, the last one first, without those that an earlier undo has wholly taken back.
 * @param before the last one of the page before.
 */
export async function writtenByRun(
  db: Db,
  run: string,
  before: string | undefined,
  limit: number,
): Promise<WrittenRecord[]> {
  const { rows } = await sql<{ kind: RecordKind; id: string; at: string }>`
    select h.kind, h.record_id as id, max(h.id)::text as at from outcome_history h
    where h.run_id = ${run} and ${hasEffect} and not exists (
      select 1 from run_item i join run r on r.id = i.run_id
      where r.of_run = ${run} and r.kind = 'undo' and i.kind = h.kind and i.record_id = h.record_id
        and i.reason = 'UNDONE')
    group by h.kind, h.record_id
    having max(h.id) < ${before ?? String(Number.MAX_SAFE_INTEGER)}::bigint
    order by max(h.id) desc limit ${limit}`.execute(db)
  const writes = await writesOfRecords(db, run, rows)
  return rows.map((row) => ({ ...row, writes: writes.get(`${row.kind} ${row.id}`) ?? [] }))
}

/** Outcomes of before writes were kept say that there was an effect, and not which. */
const hasEffect = sql`(h.outcome in ('created', 'updated', 'merged', 'linked') or h.details->'writes' is not null)`

/** What a run wrote for these records, in the order in which it did. */
export async function writesOfRecords(
  db: Db,
  run: string,
  records: readonly { kind: RecordKind; id: string }[],
): Promise<Map<string, Write[]>> {
  const { rows } = await sql<{
    kind: RecordKind
    id: string
    details: OutcomeDetails
    contact_id: string | null
  }>`
    select h.kind, h.record_id as id, h.details, h.contact_id
    from outcome_history h
    join jsonb_to_recordset(${toJson(records)}::jsonb) as r(kind text, id text)
      on h.kind = r.kind and h.record_id = r.id
    where h.run_id = ${run} order by h.id`.execute(db)
  const writes = new Map<string, Write[]>()
  for (const { kind, id, details, contact_id } of rows) {
    const key = `${kind} ${id}`
    writes.set(key, [...(writes.get(key) ?? []), ...writesOf(details, contact_id ?? undefined)])
  }
  return writes
}

/** Whether records that a run has not settled are being settled at this moment: one that was cancelled ends those. */
export async function beingSettled(db: Db, connection: string, run: string): Promise<boolean> {
  const { rows } = await sql<{ busy: boolean }>`
    select exists (
      select 1 from run_item i join lease l on l.key = ${connection} || '/' || i.kind || '/' || i.record_id
      where i.run_id = ${run} and i.settled_at is null and l.until > clock_timestamp()
    ) as busy`.execute(db)
  return rows[0]?.busy ?? false
}

/** Calls and messages of the time since that name this contact. */
export async function refersToContact(
  db: Db,
  connection: string,
  contactId: string,
  since: Date,
): Promise<boolean> {
  const { rows } = await sql<{ refers: boolean }>`
    select exists (select 1 from call where connection = ${connection} and ended_at > ${since}
        and data->'contact'->>'id' = ${contactId})
      or exists (select 1 from message where connection = ${connection} and at > ${since}
        and data->>'contactId' = ${contactId}) as refers`.execute(db)
  return rows[0]?.refers ?? false
}
