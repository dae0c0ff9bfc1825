import { type Kysely, sql } from 'kysely'

/** What the pages of the console need: counts and lists that cost the same however many records there are, and reviews that may come again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

/** Statements of several processes at once rarely meet in one row. */
const SHARDS = 16

/**
 * Adds up what a statement has changed. Whoever has the same shard waits before any row is locked, and rows are locked
 * in one order, so that nobody waits for each other.
 */
const counting = (name: string, table: string, columns: string, changes: string): string => `
  create function ${name}() returns trigger language plpgsql as $$
  declare own smallint := pg_backend_pid() % ${SHARDS};
  begin
    perform pg_advisory_xact_lock(hashtext('outcome_count'), own);
    insert into ${table} as held (${columns}, shard, count)
    select ${columns}, own, sum(change) from (${changes}) changes (${columns}, change)
    group by ${columns} having sum(change) <> 0 order by ${columns}
    on conflict (${columns}, shard) do update set count = held.count + excluded.count;
    return null;
  end $$`

const CURRENT = 'connection, kind, outcome, reason'
const HOUR = 'connection, hour, kind, outcome, reason'
const RUN = 'run_id, kind, outcome, reason'
const SETTLED = 'where settled_at is not null'

const statements = [
  // How many records stand so at present, and how many outcomes an hour brought. By triggers, for only they see what a
  // statement has really changed: a settle that changed nothing replaces no outcome.
  `create table outcome_count (
    connection text not null,
    kind text not null,
    outcome text not null,
    reason text not null,
    shard smallint not null,
    count bigint not null,
    primary key (${CURRENT}, shard)
  ) with (fillfactor = 50)`,
  `create table outcome_hour (
    connection text not null,
    hour timestamptz not null,
    kind text not null,
    outcome text not null,
    reason text not null,
    shard smallint not null,
    count bigint not null,
    primary key (${HOUR}, shard)
  ) with (fillfactor = 50)`,
  // The same of a run's work list.
  `create table run_count (
    run_id uuid not null,
    kind text not null,
    outcome text not null,
    reason text not null,
    shard smallint not null,
    count bigint not null,
    primary key (${RUN}, shard)
  ) with (fillfactor = 50)`,
  // What an older process writes meanwhile would be in no count.
  'lock table outcome, outcome_history, run_item in share row exclusive mode',
  `insert into run_count (${RUN}, shard, count)
    select ${RUN}, 0, count(*) from run_item ${SETTLED} group by ${RUN}`,
  counting('count_new_items', 'run_count', RUN, `select ${RUN}, 1 from after ${SETTLED}`),
  counting('count_old_items', 'run_count', RUN, `select ${RUN}, -1 from before ${SETTLED}`),
  counting(
    'count_changed_items',
    'run_count',
    RUN,
    `select ${RUN}, 1 from after ${SETTLED} union all select ${RUN}, -1 from before ${SETTLED}`,
  ),
  `create trigger run_item_inserted after insert on run_item
    referencing new table as after for each statement execute function count_new_items()`,
  `create trigger run_item_deleted after delete on run_item
    referencing old table as before for each statement execute function count_old_items()`,
  `create trigger run_item_updated after update on run_item
    referencing old table as before new table as after for each statement execute function count_changed_items()`,
  `insert into outcome_count (${CURRENT}, shard, count) select ${CURRENT}, 0, count(*) from outcome group by ${CURRENT}`,
  `insert into outcome_hour (${HOUR}, shard, count)
    select connection, date_trunc('hour', at, 'UTC'), kind, outcome, reason, 0, count(*)
    from outcome_history group by 1, 2, 3, 4, 5`,
  counting('count_new_outcomes', 'outcome_count', CURRENT, `select ${CURRENT}, 1 from after`),
  counting('count_old_outcomes', 'outcome_count', CURRENT, `select ${CURRENT}, -1 from before`),
  counting(
    'count_changed_outcomes',
    'outcome_count',
    CURRENT,
    `select ${CURRENT}, 1 from after union all select ${CURRENT}, -1 from before`,
  ),
  counting(
    'count_outcomes_by_hour',
    'outcome_hour',
    HOUR,
    `select connection, date_trunc('hour', at, 'UTC'), kind, outcome, reason, 1 from after`,
  ),
  `create trigger outcome_inserted after insert on outcome
    referencing new table as after for each statement execute function count_new_outcomes()`,
  `create trigger outcome_deleted after delete on outcome
    referencing old table as before for each statement execute function count_old_outcomes()`,
  `create trigger outcome_updated after update on outcome
    referencing old table as before new table as after for each statement execute function count_changed_outcomes()`,
  `create trigger outcome_history_inserted after insert on outcome_history
    referencing new table as after for each statement execute function count_outcomes_by_hour()`,

  // The list of all outcomes, newest first: each pair of kind and outcome is read from its own end.
  'create index outcome_history_list on outcome_history (connection, kind, outcome, at desc, id desc)',
  'drop index outcome_history_reason',
  'create index outcome_history_reason on outcome_history (connection, reason, kind, outcome, at desc, id desc)',
  // Of the current outcomes only the failed ones are listed.
  'drop index outcome_latest',
  'drop index outcome_list',
  `create index outcome_failed on outcome (connection, at desc, kind desc, record_id desc) where outcome = 'failed'`,

  'create index call_number on call (connection, external_number, ended_at desc nulls last)',
  `create index contact_shared on contact (connection, id) where provenance is not null`,

  // A person who keeps two records apart may be asked again when what was shown of them has changed, or never.
  'alter table apart add column for_good boolean not null default true',
  'alter table review add column print text',
  `create index review_kept on review (connection, kind, record_id) where decision = 'keep-apart'`,
  `update review set decision = 'keep-apart-for-good' where decision = 'keep-apart'`,
]
