import { sql } from 'kysely'
import type { Db } from '../store/database.ts'
import type { RecordKind } from '../store/schema.ts'
import { SETTLE } from './policy.ts'

/** A connection's events that wait or are being settled at this moment. */
export async function pendingEvents(db: Db, connection: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pgboss.job
    where name = ${SETTLE} and state in ('created', 'retry', 'active')
      and data->>'connection' = ${connection}`.execute(db)
  return rows[0]?.count ?? 0
}

/** When the event that has waited longest was raised, of those that could be settled now. */
export async function oldestPending(db: Db, connection: string): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(created_on) as at from pgboss.job
    where name = ${SETTLE} and state in ('created', 'retry', 'active')
      and (start_after <= clock_timestamp() or data->>'held' = 'true')
      and data->>'connection' = ${connection}`.execute(db)
  return rows[0]?.at ?? undefined
}

/** The records of one kind that an event in the queue is about. */
export async function queuedRecords(db: Db, connection: string, kind: RecordKind): Promise<Set<string>> {
  const { rows } = await sql<{ id: string }>`
    select distinct data->>'id' as id from pgboss.job
    where name = ${SETTLE} and state in ('created', 'retry', 'active')
      and data->>'kind' = ${kind} and data->>'connection' = ${connection}`.execute(db)
  return new Set(rows.map(({ id }) => id))
}
