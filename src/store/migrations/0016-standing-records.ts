import { type Kysely, sql } from 'kysely'

/** The list of the records as they stand, also of a reason that few of many have; those of one time by their ids. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  'create index outcome_list on outcome (connection, kind, outcome, at desc, record_id desc)',
  'create index outcome_reason on outcome (connection, reason, kind, outcome, at desc, record_id desc)',
]
