import { type Kysely, sql } from 'kysely'

/** What an edit of a contact whose answer is lost was about to write, or it is taken for an edit of a person. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table contact add column edit_intent jsonb`.execute(db)
}
