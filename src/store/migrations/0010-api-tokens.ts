import { type Kysely, sql } from 'kysely'

/** Programs that act with a role of their own. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // Of a token only a digest is kept. Its name stands in the audit, so no two have the same.
  `create table api_token (
    id uuid primary key,
    digest text not null unique,
    name text not null unique,
    role text not null,
    made_by text not null,
    made_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz,
    last_used_at timestamptz
  )`,
]
