import { type Kysely, sql } from 'kysely'

/** The first schema: connections, mirrors of both sides, links, calls, outcomes, runs, budgets, leases. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table connection (
    id text primary key,
    holder_customer_id text,
    literal_forms jsonb not null default '{}',
    created_at timestamptz not null default now()
  )`,
  `create table cursor (
    connection text not null,
    name text not null,
    position text not null,
    moved_at timestamptz not null,
    primary key (connection, name)
  )`,
  // Mirror of Kustomer: the mapped attributes, guarded by the record's own rev against late deliveries.
  `create table customer (
    connection text not null,
    id text not null,
    rev integer not null,
    settled_rev integer,
    modified_at timestamptz,
    deleted boolean not null,
    name_key text not null,
    data jsonb not null,
    primary key (connection, id)
  )`,
  `create index customer_name on customer (connection, name_key)`,
  // Mirror of CloudTalk: what matching needs, and what we last wrote.
  `create table contact (
    connection text not null,
    id text not null,
    name text not null,
    name_key text not null,
    synced jsonb,
    primary key (connection, id)
  )`,
  `create index contact_name on contact (connection, name_key)`,
  `create table number (
    connection text not null,
    side text not null,
    channel text not null,
    e164 text not null,
    record_id text not null,
    primary key (connection, side, e164, channel, record_id)
  )`,
  `create index number_record on number (connection, side, record_id)`,
  // A customer has at most one contact; a contact may have several customers.
  `create table link (
    connection text not null,
    customer_id text not null,
    contact_id text,
    origin text not null,
    base jsonb,
    created_at timestamptz not null default now(),
    primary key (connection, customer_id)
  )`,
  `create index link_contact on link (connection, contact_id)`,
  `create table call (
    connection text not null,
    id text not null,
    ended_at timestamptz,
    external_number text,
    data jsonb not null,
    version integer not null default 1,
    settled_version integer,
    detail jsonb,
    intent_at timestamptz,
    conversation_id text,
    customer_id text,
    unlinked boolean not null default false,
    note_ids jsonb,
    note_body text,
    message_id text,
    logged_at timestamptz,
    primary key (connection, id)
  )`,
  `create index call_unlinked on call (connection, external_number) where unlinked`,
  `create table outcome (
    ${outcomeColumns()},
    primary key (connection, kind, record_id)
  )`,
  `create index outcome_latest on outcome (connection, kind, at desc)`,
  `create table outcome_history (
    id bigint generated always as identity primary key,
    ${outcomeColumns()}
  )`,
  `create index outcome_history_record on outcome_history (connection, kind, record_id, id)`,
  `create table run (
    id uuid primary key,
    connection text not null,
    kind text not null,
    state text not null,
    "from" timestamptz,
    raised jsonb not null default '{}',
    error text,
    started_at timestamptz not null default now(),
    finished_at timestamptz
  )`,
  `create table run_item (
    run_id uuid not null references run on delete cascade,
    kind text not null,
    record_id text not null,
    outcome text not null,
    reason text not null,
    primary key (run_id, kind, record_id)
  )`,
  // One row per vendor account and limit; "used" counts within the window that ends at window_ends_at.
  `create table budget (
    account text primary key,
    window_ends_at timestamptz not null,
    "limit" integer not null,
    used integer not null,
    last_grant integer not null
  )`,
  // One settle at a time per record, over all processes.
  `create table lease (
    key text primary key,
    holder uuid not null,
    until timestamptz not null
  )`,
]

function outcomeColumns(): string {
  return `connection text not null,
    kind text not null,
    record_id text not null,
    outcome text not null,
    reason text not null,
    sentence text not null,
    details jsonb not null,
    requests real not null,
    contact_id text,
    customer_id text,
    conversation_id text,
    source text not null,
    run_id uuid,
    next_at timestamptz,
    at timestamptz not null default clock_timestamp()`
}
