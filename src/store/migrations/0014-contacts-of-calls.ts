import { type Kysely, sql } from 'kysely'

/** An undo asks of each contact whether a call or message names it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create index call_contact on call (connection, (data->'contact'->>'id'), ended_at)
    where data->'contact'->>'id' is not null`,
  `create index message_contact on message (connection, (data->>'contactId'), at)
    where data->>'contactId' is not null`,
]
