import { sql } from 'kysely'
import { batched } from '../store/batched.ts'
import type { Db } from '../store/database.ts'
import { toJson } from '../store/json.ts'
import { SETTLE } from './policy.ts'

/** Lets a connection's events go on that wait for a vendor that was away. */
export const releaseHeld: (db: Db, connection: string) => Promise<void> = batched(async (db, connections) => {
  await sql`
    update pgboss.job set start_after = clock_timestamp()
    where name = ${SETTLE} and state = 'created' and start_after > clock_timestamp()
      and data->>'connection' in (select jsonb_array_elements_text(${toJson(connections)}::jsonb))
      and data->>'held' = 'true'`.execute(db)
  return connections.map(() => undefined)
})
