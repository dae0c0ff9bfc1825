import { sql } from 'kysely'
import type { Db } from '../store/database.ts'
import { SETTLE } from './policy.ts'

/** Lets a connection's events go on that wait for a vendor that was away. */
export async function releaseHeld(db: Db, connection: string): Promise<void> {
  await sql`
    update pgboss.job set start_after = clock_timestamp()
    where name = ${SETTLE} and state = 'created' and start_after > clock_timestamp()
      and data->>'connection' = ${connection} and data->>'held' = 'true'`.execute(db)
}
