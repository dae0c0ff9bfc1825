import { type Kysely, sql } from 'kysely'

/** What may have been overlooked, and what is looked up often enough to need an index. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // A webhook of the contact was counted as the echo of our own write. Where the echo itself was lost, it was a
  // person's: the contact is among the first that are looked at when there is time.
  'alter table contact add column echoed boolean not null default false',
  'create index link_outstanding on link (connection) where contact_id is null',
]
