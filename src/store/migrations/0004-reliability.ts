import { type Kysely, sql } from 'kysely'

/** What is known of vendors that do not answer or do not let us in, and what is kept sealed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // A vendor account that gets no requests at present: since when, why, and when it is asked whether it is back. Open
  // while "ended_at" is null; what is left afterwards lengthens the wait of one that breaks again at once.
  `create table circuit (
    account text primary key,
    cause text not null,
    sentence text not null,
    since timestamptz not null default clock_timestamp(),
    probes integer not null default 0,
    probe_at timestamptz not null,
    ended_at timestamptz
  )`,

  // Compact JWE: sealed with a key that is not in the database.
  `create table secret (
    connection text not null,
    name text not null,
    sealed text not null,
    primary key (connection, name)
  )`,
]
