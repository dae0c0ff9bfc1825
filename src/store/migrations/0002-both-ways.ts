import { type Kysely, sql } from 'kysely'

/** Contacts both ways: what merging, export, the sweep and preview have to remember. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // Emails are looked up like numbers are.
  'alter table number rename to identifier',
  'alter table identifier rename column e164 to value',
  'alter index number_record rename to identifier_record',
  `insert into identifier (connection, side, channel, value, record_id)
    select distinct c.connection, 'customer', 'email', lower(trim(e->>'email')), c.id
    from customer c, jsonb_array_elements(c.data->'emails') e
    where not c.deleted and trim(e->>'email') <> ''
    on conflict do nothing`,
  `insert into identifier (connection, side, channel, value, record_id)
    select distinct c.connection, 'contact', 'email', lower(trim(e)), c.id
    from contact c, jsonb_array_elements_text(c.synced->'emails') e
    where c.synced is not null and trim(e) <> ''
    on conflict do nothing`,
  `alter table customer add column external_id text generated always as (data->>'externalId') stored`,
  'create index customer_external on customer (connection, external_id)',

  // "fields": what the contact holds as last known; "base": what its customers said when both sides were last in
  // step; "own": what it held before any customer was joined to it.
  'alter table contact rename column synced to fields',
  `alter table contact
    add column base jsonb,
    add column own jsonb,
    add column provenance jsonb,
    add column read_at timestamptz,
    add column row_print text,
    add column read_print text,
    add column changed boolean not null default false,
    add column sweep bigint,
    add column echoes integer not null default 0,
    add column echoes_until timestamptz,
    add column export_intent_at timestamptz,
    add column customer_deleted boolean not null default false`,
  `update contact c set base = l.base, own = '{"numbers": [], "emails": []}' from link l
    where l.connection = c.connection and l.contact_id = c.id and l.base is not null`,
  'create index contact_read on contact (connection, read_at nulls first) where base is not null',

  // "modified_at": the member's weight in a merge, which our own writes do not move.
  'alter table link add column modified_at timestamptz, add column own_write_at timestamptz, add column own_write_rev integer',

  // Customers and contacts that a person wants kept apart, whatever the matching finds.
  `create table apart (
    connection text not null,
    customer_id text not null,
    contact_id text not null,
    primary key (connection, customer_id, contact_id)
  )`,
  `create table review (
    id uuid primary key,
    connection text not null,
    kind text not null,
    record_id text not null,
    candidates jsonb not null,
    opened_at timestamptz not null default clock_timestamp(),
    decision text,
    decided_at timestamptz
  )`,
  'create unique index review_open on review (connection, kind, record_id) where decided_at is null',

  // A run's work list: what is to be settled, in waves, and what became of it.
  `alter table run_item
    alter column outcome drop not null,
    alter column reason drop not null,
    add column wave integer not null default 0,
    add column settled_at timestamptz`,
  'update run_item set settled_at = now()',
  'create index run_item_open on run_item (run_id, wave, kind, record_id) where settled_at is null',
  'create index run_item_settled on run_item (run_id, settled_at)',
  `alter table run
    add column paused boolean not null default false,
    add column round integer not null default 0,
    add column estimate jsonb not null default '{}'`,
]
