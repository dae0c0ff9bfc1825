import { type Kysely, sql } from 'kysely'

/** Messages, what stands in Kustomer of calls and messages alike, and the proofs of days. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // What stands in Kustomer for one call or message. "record_id" is the call's id, or the message's external id.
  `create table timeline (
    connection text not null,
    kind text not null,
    record_id text not null,
    external_number text,
    intent_at timestamptz,
    conversation_id text,
    customer_id text,
    unlinked boolean not null default false,
    joined boolean not null default false,
    gone boolean not null default false,
    headline text,
    note_ids jsonb,
    note_body text,
    chat_id text,
    assigned jsonb,
    logged_at timestamptz,
    primary key (connection, kind, record_id)
  )`,
  `insert into timeline (connection, kind, record_id, external_number, intent_at, conversation_id, customer_id,
      unlinked, note_ids, note_body, chat_id, logged_at)
    select connection, 'call', id, external_number, intent_at, conversation_id, customer_id, unlinked, note_ids,
      note_body, message_id, logged_at
    from call where intent_at is not null`,
  'create index timeline_unlinked on timeline (connection, external_number) where unlinked',
  'create index timeline_conversation on timeline (connection, conversation_id)',
  `alter table call
    drop column intent_at,
    drop column conversation_id,
    drop column customer_id,
    drop column unlinked,
    drop column note_ids,
    drop column note_body,
    drop column message_id,
    drop column logged_at,
    add column uuid text`,
  'create index call_uuid on call (connection, uuid) where uuid is not null',
  'create index call_ended on call (connection, ended_at)',

  // Messages as webhooks told them: CloudTalk cannot be asked for them again. "content" is the same for two tellings
  // of one message; "told_as" are the ids that it was told by, "told_via" the webhook systems that told it. Whether
  // CloudTalk gave an id or named the channel is kept, for a later telling may know more.
  `create table message (
    connection text not null,
    id text not null,
    channel text not null,
    told_as text[] not null,
    told_via text[] not null,
    identified boolean not null,
    channel_known boolean not null,
    content text not null,
    external_number text,
    internal_number text,
    at timestamptz not null,
    data jsonb not null,
    received_at timestamptz not null default clock_timestamp(),
    version integer not null default 1,
    settled_version integer,
    primary key (connection, id)
  )`,
  'create index message_content on message (connection, content)',
  'create index message_told_as on message using gin (told_as)',
  'create index message_number on message (connection, external_number)',
  'create index message_thread on message (connection, channel, internal_number, at)',
  'create index message_received on message (connection, received_at)',
  `create index message_open on message (connection, received_at)
    where settled_version is null or settled_version < version`,

  // The latest proof of each day.
  `create table proof (
    connection text not null,
    day date not null,
    at timestamptz not null default clock_timestamp(),
    result jsonb not null,
    primary key (connection, day)
  )`,
]
