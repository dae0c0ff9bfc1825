import { sql } from 'kysely'
import type { Db } from '../store/database.ts'
import { SETTLE } from './policy.ts'

/** Has the events of a cancelled run taken up now, however long they were to wait: they end without a request. */
export async function endQueued(db: Db, runId: string): Promise<void> {
  await sql`
    update pgboss.job set start_after = clock_timestamp()
    where name = ${SETTLE} and state = 'created' and start_after > clock_timestamp()
      and data->>'runId' = ${runId}`.execute(db)
}
