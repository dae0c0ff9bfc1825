import { type Kysely, sql } from 'kysely'

/** Who may look and decide, who did what, and when each side was last heard of. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // Four tables whose columns are better-auth's own (1.7), as its admin plugin wants them.
  `create table person (
    "id" text primary key,
    "name" text not null,
    "email" text not null unique,
    "emailVerified" boolean not null,
    "image" text,
    "createdAt" timestamptz not null default current_timestamp,
    "updatedAt" timestamptz not null default current_timestamp,
    "role" text,
    "banned" boolean,
    "banReason" text,
    "banExpires" timestamptz
  )`,
  `create table person_session (
    "id" text primary key,
    "expiresAt" timestamptz not null,
    "token" text not null unique,
    "createdAt" timestamptz not null default current_timestamp,
    "updatedAt" timestamptz not null,
    "ipAddress" text,
    "userAgent" text,
    "userId" text not null references person ("id") on delete cascade,
    "impersonatedBy" text
  )`,
  'create index person_session_user on person_session ("userId")',
  `create table person_account (
    "id" text primary key,
    "accountId" text not null,
    "providerId" text not null,
    "userId" text not null references person ("id") on delete cascade,
    "accessToken" text,
    "refreshToken" text,
    "idToken" text,
    "accessTokenExpiresAt" timestamptz,
    "refreshTokenExpiresAt" timestamptz,
    "scope" text,
    "password" text,
    "createdAt" timestamptz not null default current_timestamp,
    "updatedAt" timestamptz not null
  )`,
  'create index person_account_user on person_account ("userId")',
  `create table person_verification (
    "id" text primary key,
    "identifier" text not null,
    "value" text not null,
    "expiresAt" timestamptz not null,
    "createdAt" timestamptz not null default current_timestamp,
    "updatedAt" timestamptz not null default current_timestamp
  )`,
  'create index person_verification_identifier on person_verification ("identifier")',

  // Who did what by hand, and to what.
  `create table audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    connection text,
    who text not null,
    did text not null,
    subject text not null,
    details jsonb not null default '{}'
  )`,

  // When a webhook of each side last came, and each poller was last round.
  `create table sighting (
    connection text not null,
    what text not null,
    at timestamptz not null,
    primary key (connection, what)
  )`,

  // The lists of the console, newest first, a page at a time.
  'create index outcome_history_reason on outcome_history (connection, reason, id desc)',
  'create index outcome_list on outcome (connection, kind, outcome, at desc)',
]
