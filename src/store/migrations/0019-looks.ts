import { type Kysely, sql } from 'kysely'

/** Which contacts are looked at first, found without reading all others. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create index contact_owed on contact (connection, read_at nulls first)
    where base is not null and base->'externalUrls' = '[]'::jsonb`,
  'create index contact_echoed on contact (connection, read_at nulls first) where base is not null and echoed',
]
