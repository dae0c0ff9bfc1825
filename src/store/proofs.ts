import { sql } from 'kysely'
import type { OutcomeKind, ReasonCode } from '../mapping/reasons.ts'
import type { Db } from './database.ts'
import { toJson } from './json.ts'
import type { RecordKind, TimelineKind } from './schema.ts'

/** A record of a day, with what is known of how it fared. */
export interface RecordToProve {
  id: string
  outcome: OutcomeKind | undefined
  reason: ReasonCode | undefined
  /** Whether an outcome stands for what it says now. */
  settled: boolean
  /** When it ended, was sent or received, or was last modified. */
  at: Date | undefined
}

export interface LoggedToProve extends RecordToProve {
  conversationId: string | undefined
  logged: boolean
}

interface Row {
  id: string
  outcome: OutcomeKind | null
  reason: ReasonCode | null
  settled: boolean | null
  at: Date | null
}

const recordOf = (row: Row): RecordToProve => ({
  id: row.id,
  outcome: row.outcome ?? undefined,
  reason: row.reason ?? undefined,
  settled: row.settled ?? false,
  at: row.at ?? undefined,
})

/** Of these calls, or of the messages received in that time. */
export async function loggedToProve(
  db: Db,
  connection: string,
  kind: TimelineKind,
  which: { ids: readonly string[] } | { from: Date; to: Date },
): Promise<LoggedToProve[]> {
  const table = sql.table(kind)
  const at = sql.ref(kind === 'call' ? 'r.ended_at' : 'r.at')
  const wanted =
    'ids' in which
      ? sql`r.id in (select jsonb_array_elements_text(${toJson(which.ids)}::jsonb))`
      : sql`r.received_at >= ${which.from} and r.received_at < ${which.to}`
  const { rows } = await sql<Row & { conversation_id: string | null; logged: boolean }>`
    select r.id, o.outcome, o.reason, r.settled_version = r.version as settled, ${at} as at, t.conversation_id,
      t.logged_at is not null as logged
    from ${table} r
    left join outcome o on o.connection = r.connection and o.kind = ${kind} and o.record_id = r.id
    left join timeline t on t.connection = r.connection and t.kind = ${kind} and t.record_id = r.id
    where r.connection = ${connection} and ${wanted}
    order by r.id`.execute(db)
  return rows.map((row) => ({
    ...recordOf(row),
    conversationId: row.conversation_id ?? undefined,
    logged: row.logged,
  }))
}

/** Customers that were last modified in that time. */
export async function customersToProve(
  db: Db,
  connection: string,
  from: Date,
  to: Date,
): Promise<RecordToProve[]> {
  const { rows } = await sql<Row>`
    select c.id, o.outcome, o.reason, c.settled_rev >= c.rev as settled, c.modified_at as at
    from customer c
    left join outcome o on o.connection = c.connection and o.kind = 'customer' and o.record_id = c.id
    where c.connection = ${connection} and c.modified_at >= ${from} and c.modified_at < ${to}
    order by c.id`.execute(db)
  return rows.map(recordOf)
}

/** Contacts that were settled in that time, and those that are known to have changed since they were. */
export async function contactsToProve(
  db: Db,
  connection: string,
  from: Date,
  to: Date,
): Promise<RecordToProve[]> {
  const { rows } = await sql<Row>`
    select c.id, o.outcome, o.reason, not c.changed as settled, o.at
    from contact c
    left join outcome o on o.connection = c.connection and o.kind = 'contact' and o.record_id = c.id
    where c.connection = ${connection} and (c.changed or (o.at >= ${from} and o.at < ${to}))
    order by c.id`.execute(db)
  return rows.map(recordOf)
}

/**
 * The notes that were written into each of these conversations, whichever connection did; those that nothing stands in
 * are left out.
 */
export async function notesWritten(db: Db, conversationIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: string; notes: number }>`
    select t.conversation_id as id, count(distinct n.id)::int as notes
    from timeline t left join lateral jsonb_array_elements_text(t.note_ids) n(id) on true
    where t.conversation_id in (select jsonb_array_elements_text(${toJson(conversationIds)}::jsonb))
    group by t.conversation_id`.execute(db)
  return new Map(rows.map(({ id, notes }) => [id, notes]))
}

/** Records that failed in that time and could not even be read: no other table has them. */
export async function unreadableOf(
  db: Db,
  connection: string,
  from: Date,
  to: Date,
): Promise<{ kind: RecordKind; id: string }[]> {
  const { rows } = await sql<{ kind: RecordKind; id: string }>`
    select kind, record_id as id from outcome
    where connection = ${connection} and outcome = 'failed' and reason = 'UNREADABLE_ANSWER'
      and at >= ${from} and at < ${to}
    order by kind, record_id`.execute(db)
  return rows
}

/** Of these calls and messages, those that are being logged: whether their conversation stands is not known yet. */
export async function beingLogged(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    select record_id as id from timeline
    where conversation_id is null
      and record_id in (select jsonb_array_elements_text(${toJson(ids)}::jsonb))`.execute(db)
  return new Set(rows.map(({ id }) => id))
}

export interface StoredProof {
  day: string
  at: Date
  result: unknown
}

/** Keeps a day's latest proof. */
export async function saveProof(db: Db, connection: string, day: string, result: object): Promise<void> {
  const json = toJson(result)
  await db
    .insertInto('proof')
    .values({ connection, day, result: json })
    .onConflict((conflict) =>
      conflict.columns(['connection', 'day']).doUpdateSet({ result: json, at: sql<Date>`clock_timestamp()` }),
    )
    .execute()
}

/** The latest proof of one day. */
export async function proofOf(db: Db, connection: string, day: string): Promise<StoredProof | undefined> {
  const { rows } = await sql<StoredProof>`
    select day::text, at, result from proof where connection = ${connection} and day = ${day}::date`.execute(
    db,
  )
  return rows[0]
}

/** The latest proofs of the latest days, newest first. */
export async function latestProofs(db: Db, connection: string, limit: number): Promise<StoredProof[]> {
  const { rows } = await sql<StoredProof>`
    select day::text, at, result from proof where connection = ${connection}
    order by day desc limit ${limit}`.execute(db)
  return rows
}
