import { type Kysely, sql } from 'kysely'

/** A provider by whom people sign in, for the whole deployment. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // One row at most.
  `create table sign_on (
    single boolean primary key default true check (single),
    name text not null,
    issuer text not null,
    client_id text not null,
    sealed_secret text not null,
    domains text[] not null,
    role text not null
  )`,
]
