import { type Kysely, sql } from 'kysely'

/** Which leases are about something that a vendor may work on after their holder's death, and for how long. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table lease add column leave_ms integer not null default 0`.execute(db)
}
