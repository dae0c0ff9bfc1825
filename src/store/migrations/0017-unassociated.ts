import { type Kysely, sql } from 'kysely'

/** The list of conversations that belong to nobody, by when each was begun. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `update timeline set intent_at = coalesce(logged_at, clock_timestamp())
    where intent_at is null and conversation_id is not null`,
  `create index timeline_unassociated on timeline (connection, intent_at desc, kind desc, record_id desc)
    where unlinked and conversation_id is not null`,
]
