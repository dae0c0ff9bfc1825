import { sql } from 'kysely'
import type { PgBoss } from 'pg-boss'
import type { Db } from '../store/database.ts'
import { SETTLE } from './policy.ts'

/** Gives the jobs of a process that died back to the queue at once, instead of after their heartbeat. */
export async function failInterrupted(db: Db, boss: PgBoss): Promise<void> {
  const active = await sql<{ id: string }>`
    select id from pgboss.job where name = ${SETTLE} and state = 'active'`.execute(db)
  const ids = active.rows.map((row) => row.id)
  if (ids.length > 0) await boss.fail(SETTLE, ids, { reason: 'the process ended' })
}
