import { sql } from 'kysely'
import { type Db, refreshStatistics } from '../../src/store/database.ts'

/** Fills the tables that people look at with as many records as a large account has, by plain SQL: the rows of years. */

export interface Filling {
  connection: string
  /** Records that have an outcome: 40 % customers, 30 % contacts, 28 % calls, 2 % messages. */
  outcomes: number
  /** History rows of each, on average: one of them for every record. */
  historyPerOutcome: number
}

/** A record that each kind of question finds. */
export const FILLED = { customer: 'customer-7', contact: '7', call: '7', name: 'Person 7 Example' } as const

export async function fill(db: Db, { connection, outcomes, historyPerOutcome }: Filling): Promise<void> {
  const people = Math.ceil(outcomes * 0.4)
  const contacts = Math.ceil(outcomes * 0.3)
  const calls = Math.ceil(outcomes * 0.28)
  const messages = outcomes - people - contacts - calls
  await sql`
    insert into customer (connection, id, rev, settled_rev, modified_at, deleted, name_key, data)
    select ${connection}, 'customer-' || n, 3, 3, now() - n * interval '1 minute', false, 'person ' || n || ' example',
      jsonb_build_object('id', 'customer-' || n, 'name', 'Person ' || n || ' Example',
        'emails', jsonb_build_array(jsonb_build_object('type', 'work', 'email', 'person' || n || '@example.com')),
        'phones', jsonb_build_array(jsonb_build_object('type', 'work', 'phone', '+44207' || lpad(n::text, 7, '0'))),
        'whatsapps', '[]'::jsonb, 'sharedEmails', '[]'::jsonb, 'sharedPhones', '[]'::jsonb,
        'sharedWhatsapps', '[]'::jsonb, 'urls', '[]'::jsonb,
        'locations', jsonb_build_array(jsonb_build_object('type', 'work', 'address', n || ' High Street',
          'cityName', 'London', 'zipCode', 'EC1A 1BB', 'countryCode', 'GB')))
    from generate_series(1, ${people}::int) n`.execute(db)
  await sql`
    insert into contact (connection, id, name, name_key, fields, base, own, provenance, read_at)
    select ${connection}, n::text, 'Person ' || n || ' Example', 'person ' || n || ' example', fields, fields,
      '{"numbers": [], "emails": []}',
      case when n % 500 = 0 then '{"name": "customer-1", "numbers": {}, "emails": {}, "externalUrls": {}}'::jsonb end, now()
    from generate_series(1, ${contacts}::int) n, lateral (select jsonb_build_object(
      'name', 'Person ' || n || ' Example', 'company', null, 'website', null, 'address', n || ' High Street',
      'city', 'London', 'zip', 'EC1A 1BB', 'state', null, 'countryId', '1', 'favoriteAgentId', null,
      'numbers', jsonb_build_array('+44207' || lpad(n::text, 7, '0')),
      'emails', jsonb_build_array('person' || n || '@example.com'), 'externalUrls', '[]'::jsonb) as fields) f`.execute(
    db,
  )
  await sql`
    insert into identifier (connection, side, channel, value, record_id)
    select ${connection}, 'customer', 'phone', '+44207' || lpad(n::text, 7, '0'), 'customer-' || n
      from generate_series(1, ${people}::int) n
    union all select ${connection}, 'customer', 'email', 'person' || n || '@example.com', 'customer-' || n
      from generate_series(1, ${people}::int) n
    union all select ${connection}, 'contact', 'phone', '+44207' || lpad(n::text, 7, '0'), n::text
      from generate_series(1, ${contacts}::int) n
    union all select ${connection}, 'contact', 'email', 'person' || n || '@example.com', n::text
      from generate_series(1, ${contacts}::int) n`.execute(db)
  // Each five-hundredth contact has a second customer, without one of its own.
  await sql`
    insert into link (connection, customer_id, contact_id, origin)
    select ${connection}, 'customer-' || n, case when n % 500 = 1 and n > 1 then n - 1 else n end, 'created'
    from generate_series(1, ${contacts}::int) n`.execute(db)
  await sql`
    insert into call (connection, id, ended_at, external_number, data)
    select ${connection}, n::text, now() - n * interval '1 minute', '+44207' || lpad(n::text, 7, '0'),
      jsonb_build_object('id', n::text, 'type', 'incoming', 'externalNumber', '+44207' || lpad(n::text, 7, '0'),
        'internalNumber', '+442071838750', 'isVoicemail', false, 'talkingTime', 60, 'waitingTime', 4,
        'endedAt', to_char(now() - n * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'notes', '[]'::jsonb, 'tags', '[]'::jsonb, 'ratings', '[]'::jsonb)
    from generate_series(1, ${calls}::int) n`.execute(db)
  await sql`
    insert into timeline (connection, kind, record_id, external_number, intent_at, conversation_id, customer_id, unlinked,
      logged_at)
    select ${connection}, 'call', n::text, '+44207' || lpad(n::text, 7, '0'), now() - n / 10 * interval '1 minute',
      'conversation-' || n, 'customer-' || n, n % 3 = 0, now()
    from generate_series(1, ${calls}::int) n`.execute(db)
  await sql`
    insert into review (id, connection, kind, record_id, candidates)
    select gen_random_uuid(), ${connection}, 'ambiguous-name', 'customer-' || n, jsonb_build_array(n::text, (n + 1)::text)
    from generate_series(1, ${Math.ceil(people / 100)}::int) n`.execute(db)
  const history = outcomes * historyPerOutcome
  const rows = sql`
    select ${connection}::text as connection,
      case when n <= ${people} then 'customer' when n <= ${people + contacts} then 'contact'
        when n <= ${people + contacts + calls} then 'call' else 'message' end as kind,
      case when n <= ${people} then 'customer-' || n when n <= ${people + contacts} then (n - ${people})::text
        when n <= ${people + contacts + calls} then (n - ${people + contacts})::text
        else 'sms-' || (n - ${outcomes - messages}) end as record_id,
      case when n % 1000 = 3 then 'failed' when n % 200 = 1 then 'waiting' when n % 7 = 0 then 'skipped'
        when n % 5 = 0 then 'updated' else 'created' end as outcome,
      case when n % 1000 = 3 then 'REJECTED_BY_KUSTOMER' when n % 200 = 1 then 'RATE_LIMITED' when n % 7 = 0
        then 'NO_VALID_PHONE' when n % 5 = 0 then 'FIELDS_CHANGED' else 'CREATED' end as reason,
      'What was done with it, in a sentence of usual length, or why nothing was.' as sentence,
      jsonb_build_object('written', jsonb_build_object('name', 'Person ' || n, 'address', n || ' High Street')) as details,
      0.5 as requests, 'webhook' as source`
  const columns = sql.raw('connection, kind, record_id, outcome, reason, sentence, details, requests, source')
  await sql`
    insert into outcome_history (${columns}, at)
    select ${columns}, clock_timestamp() - (${history}::int - i) * interval '1 second'
    from generate_series(1, ${history}::int) i
    cross join lateral (select 1 + (i::bigint * 7919) % ${outcomes}::int as n) place
    cross join lateral (${rows}) r order by i`.execute(db)
  await sql`
    insert into outcome (${columns}) select r.* from generate_series(1, ${outcomes}::int) n cross join lateral (${rows}) r`.execute(
    db,
  )
  await sql`
    insert into run (id, connection, kind, state, started_at, finished_at)
    values (${RUN}::uuid, ${connection}, 'sync', 'done', now() - interval '1 hour', now())`.execute(db)
  await sql`
    insert into run_item (run_id, kind, record_id, outcome, reason, settled_at)
    select ${RUN}::uuid, kind, record_id, outcome, reason, now() - row_number() over () * interval '50 milliseconds'
    from outcome where connection = ${connection}`.execute(db)
  await refreshStatistics(db)
}

/** The run that has brought all of it over. */
export const RUN = '01a20000-0000-7000-8000-000000000001'
