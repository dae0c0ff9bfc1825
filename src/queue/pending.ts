import { sql } from 'kysely'
import type { Db } from '../store/database.ts'
import { SETTLE } from './policy.ts'

/** Events that wait or are being settled at this moment. */
export async function pendingEvents(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pgboss.job
    where name = ${SETTLE} and state in ('created', 'retry', 'active')`.execute(db)
  return rows[0]?.count ?? 0
}
