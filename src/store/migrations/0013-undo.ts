import { type Kysely, sql } from 'kysely'

/** Runs about another run, what they say of each record, and records that are left alone since a run was undone. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  'alter table run add column of_run uuid',
  'alter table run_item add column details jsonb',
  // Undoing a run begins with its outcomes.
  'create index outcome_history_run on outcome_history (run_id, id desc) where run_id is not null',
  // "stands" is what the record said when it was undone: once it says something else, it is synced again.
  `create table undone (
    connection text not null,
    kind text not null,
    record_id text not null,
    stands jsonb not null,
    at timestamptz not null default clock_timestamp(),
    primary key (connection, kind, record_id)
  )`,
]
