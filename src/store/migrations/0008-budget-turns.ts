import { type Kysely, sql } from 'kysely'

/** Which of a budget's windows it is, and whether the vendor has been seen to count a bulk request as one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table budget add column turn integer not null default 0,
    add column bulk_is_one boolean not null default false`.execute(db)
}
