import { type Kysely, sql } from 'kysely'

/** Until a window's first answer has told what others have used of it, only a part of it is handed out. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table budget add column heard boolean not null default true`.execute(db)
}
