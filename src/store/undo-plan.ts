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

/** What was written to the same records after a run was done with them. */
export interface LaterWrite extends Write {
  /** A person wanted it. */
  byPerson: boolean
}

/**
 * What was written after these records of a run, in their own settles, those of what they had written to and of the
 * customers that are linked to that. What the run itself and undos of it have written for other records is theirs to take
 * back.
 */
export async function writtenLater(
  db: Db,
  connection: string,
  run: string,
  records: readonly { kind: RecordKind; id: string; writes: readonly Write[] }[],
): Promise<Map<string, LaterWrite[]>> {
  const asked = records.flatMap(({ kind, id, writes }) => {
    const item = `${kind} ${id}`
    const own = { item, own: true, kind: kind as string, id }
    const others = writes
      .map((write) => ({ item, own: false, kind: write.to === 'link' ? 'customer' : write.to, id: write.id }))
      .filter((other) => other.kind !== kind || other.id !== id)
    return [own, ...others]
  })
  const { rows } = await sql<{ item: string; source: string; writes: Write[] }>`
    with named as (
      select distinct item, own, kind, id
      from jsonb_to_recordset(${toJson(asked)}::jsonb) as r(item text, own boolean, kind text, id text)
    ), about as (
      select item, own, kind, id from named
      union
      select n.item, false, 'customer', l.customer_id from named n
      join link l on l.connection = ${connection} and n.kind = 'contact' and l.contact_id = n.id
      where not exists (select 1 from named o where o.item = n.item and o.own and o.kind = 'customer'
        and o.id = l.customer_id)
    ), done as (
      select n.item, max(h.id) as id from named n
      join outcome_history h on h.connection = ${connection} and h.kind = n.kind and h.record_id = n.id
      where n.own and h.run_id = ${run} group by n.item
    )
    select a.item, h.source, h.details->'writes' as writes
    from about a join done d on d.item = a.item
    join outcome_history h on h.connection = ${connection} and h.kind = a.kind and h.record_id = a.id
      and h.id > d.id
    left join run r on r.id = h.run_id
    where h.details->'writes' is not null and h.run_id is distinct from ${run}
      and (a.own or r.of_run is distinct from ${run})
    order by h.id`.execute(db)
  const later = new Map<string, LaterWrite[]>()
  for (const { item, source, writes } of rows) {
    const told = writes.map((write) => ({ ...write, byPerson: source === 'person' }))
    later.set(item, [...(later.get(item) ?? []), ...told])
  }
  return later
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
