import { sql } from 'kysely'
import type { Db } from '../store/database.ts'
import type { RecordKind } from '../store/schema.ts'
import type { Priority } from '../sync/event.ts'
import { DEAD, PRIORITY, SETTLE } from './policy.ts'

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

/** Of all connections: events that could be settled now, come later, are being settled, or need a person. */
export interface QueueLengths {
  ready: number
  later: number
  active: number
  dead: number
}

/** As the queue itself counted them last, some seconds ago: nothing is counted here. */
export async function queueLengths(db: Db): Promise<QueueLengths> {
  const { rows } = await sql<{ name: string } & QueueLengths>`
    select name, ready_count as ready, deferred_count as later, active_count as active, queued_count as dead
    from pgboss.queue where name in (${SETTLE}, ${DEAD})`.execute(db)
  const of = (name: string) => rows.find((row) => row.name === name)
  const { ready = 0, later = 0, active = 0 } = of(SETTLE) ?? {}
  return { ready, later, active, dead: of(DEAD)?.dead ?? 0 }
}

/** How long the event has waited that waits longest, of those of each lane that could be settled now; in seconds. */
export async function oldestByLane(db: Db): Promise<Record<Priority, number>> {
  const lanes = Object.entries(PRIORITY) as [Priority, number][]
  // In the order and with the condition of the index by which the queue itself looks for work: one row of it a lane.
  const seconds = await Promise.all(
    lanes.map(async ([, priority]) => {
      const { rows } = await sql<{ seconds: number }>`
        select extract(epoch from clock_timestamp() - created_on)::float8 as seconds from pgboss.job
        where name = ${SETTLE} and priority = ${priority} and state < 'active' and not blocked
          and start_after <= statement_timestamp()
        order by created_on limit 1`.execute(db)
      return Math.max(0, rows[0]?.seconds ?? 0)
    }),
  )
  return Object.fromEntries(lanes.map(([lane], index) => [lane, seconds[index] ?? 0])) as Record<
    Priority,
    number
  >
}
