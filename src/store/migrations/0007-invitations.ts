import { type Kysely, sql } from 'kysely'

/** Addresses by which somebody chooses a password: once, and for some days. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // Of the token in the address only a digest is kept.
  `create table invitation (
    digest text primary key,
    person_id text not null references person ("id") on delete cascade,
    expires_at timestamptz not null
  )`,
]
