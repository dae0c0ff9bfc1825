import { type Kysely, sql } from 'kysely'

/** Connections that are set up in the console. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `alter table connection
    -- As an administrator saved them; null where nobody has.
    add column settings jsonb,
    -- Who the connection's keys belong to; the keys themselves stand sealed in "secret".
    add column accounts jsonb not null default '{}',
    -- One more with each change by hand: by it every process learns of the change.
    add column revision integer not null default 0`,
]
