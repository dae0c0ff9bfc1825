import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { afterEach, describe, expect, test } from 'vitest'
import { databaseKinds, openEmptyDatabase } from '../../test/helpers/databases.ts'
import { activity, countReasons } from './activity.ts'
import { findCall } from './calls.ts'
import { findContact } from './contacts.ts'
import { customersWithExternalId, findCustomer } from './customers.ts'
import type { Db } from './database.ts'
import { ownersOf } from './identifiers.ts'
import { linksOfContact } from './links.ts'
import { migrate, migrations } from './migrate.ts'
import { countOutcomes } from './outcomes.ts'
import { openItems, runProgress, runRecords } from './runs.ts'
import { recordsOfConversation, unassociated } from './timeline-conversations.ts'

const CONNECTION = 'default'

let close: (() => Promise<void>) | undefined
afterEach(() => close?.())

async function databaseAt(kind: (typeof databaseKinds)[number], version: string): Promise<Db> {
  const opened = await openEmptyDatabase(kind)
  close = opened.close
  await migrateTo(opened.db, version)
  return opened.db
}

async function migrateTo(db: Db, version: string): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateTo(version)
  if (error) throw error
}

const call = {
  id: '7',
  type: 'incoming',
  externalNumber: '+442071838750',
  isVoicemail: false,
  talkingTime: 9,
  waitingTime: 1,
  endedAt: '2026-01-01T10:00:00.000Z',
  notes: [],
  tags: [],
  ratings: [],
}

/** Rows as the first two schemas had them: a call that is logged, one without a customer, one only begun, one untouched. */
async function fillCalls(db: Db): Promise<void> {
  const rows = [
    ['1', '2026-01-01', 'conversation-1', 'customer-1', false, '["n1","n2"]', 'body', 'm1', '2026-01-01'],
    ['2', '2026-01-01', 'conversation-2', null, true, '["n3"]', 'body', null, '2026-01-01'],
    ['3', '2026-01-01', null, null, false, null, null, null, null],
    ['4', null, null, null, false, null, null, null, null],
  ]
  for (const [id, ...columns] of rows) {
    await sql`
      insert into call (connection, id, ended_at, external_number, data, intent_at, conversation_id, customer_id,
        unlinked, note_ids, note_body, message_id, logged_at)
      values (${CONNECTION}, ${id}, ${call.endedAt}, ${call.externalNumber}, ${JSON.stringify({ ...call, id })}::jsonb,
        ${columns[0]}::timestamptz, ${columns[1]}, ${columns[2]}, ${columns[3]}, ${columns[4]}::jsonb, ${columns[5]},
        ${columns[6]}, ${columns[7]}::timestamptz)`.execute(db)
  }
  await sql`insert into connection (id) values (${CONNECTION})`.execute(db)
}

async function fillContacts(db: Db, fieldsColumn: 'synced' | 'fields'): Promise<void> {
  const fields = JSON.stringify({ name: 'Ann', numbers: ['+442071838750'], emails: ['ann@example.com'] })
  await sql`
    insert into contact (connection, id, name, name_key, ${sql.ref(fieldsColumn)})
    values (${CONNECTION}, 'k1', 'Ann', 'ann', ${fields}::jsonb)`.execute(db)
  await sql`
    insert into link (connection, customer_id, contact_id, origin, base)
    values (${CONNECTION}, 'customer-1', 'k1', 'created', ${fields}::jsonb)`.execute(db)
}

/** Customers as every schema has them: one whose email is written in two ways, one without any, one that is gone. */
async function fillCustomers(db: Db): Promise<void> {
  const emails = [{ email: 'Ann@Example.com ' }, { email: 'ann@example.com' }, { email: ' ' }]
  const rows = [
    ['customer-1', false, { emails, externalId: 'crm-1' }],
    ['customer-2', false, { emails: [] }],
    ['customer-3', true, { emails: [{ email: 'gone@example.com' }] }],
  ] as const
  for (const [id, deleted, data] of rows) {
    await sql`
      insert into customer (connection, id, rev, deleted, name_key, data)
      values (${CONNECTION}, ${id}, 1, ${deleted}, 'ann', ${JSON.stringify(data)}::jsonb)`.execute(db)
  }
}

const RUN = '00000000-0000-7000-8000-000000000001'

/** A run over two calls and what became of them, one at its second try, as every schema has them. */
async function fillOutcomes(db: Db): Promise<void> {
  const story = [
    ['1', 'waiting', 'VENDOR_UNAVAILABLE', '2026-01-01T10:15:00Z'],
    ['1', 'created', 'LOGGED', '2026-01-01T10:45:00Z'],
    ['2', 'failed', 'REJECTED_BY_KUSTOMER', '2026-01-01T11:05:00Z'],
  ] as const
  await sql`
    insert into run (id, connection, kind, state, raised)
    values (${RUN}::uuid, ${CONNECTION}, 'sync', 'done', '{"call": 2}')`.execute(db)
  for (const [id, outcome, reason, at] of story) {
    const columns = sql`(connection, kind, record_id, outcome, reason, sentence, details, requests, source, run_id, at)`
    const values = sql`(${CONNECTION}, 'call', ${id}, ${outcome}, ${reason}, 'A sentence.', '{}', 3, 'run',
      ${RUN}::uuid, ${at}::timestamptz)`
    await sql`insert into outcome_history ${columns} values ${values}`.execute(db)
    if (outcome === 'waiting') continue
    await sql`insert into outcome ${columns} values ${values}`.execute(db)
    await sql`
      insert into run_item (run_id, kind, record_id, outcome, reason)
      values (${RUN}::uuid, 'call', ${id}, ${outcome}, ${reason})`.execute(db)
  }
}

/** What the second schema brought: items of a run that is under way, and what people have decided. */
async function fillSinceSecond(db: Db): Promise<void> {
  await sql`update run_item set settled_at = now()`.execute(db)
  await sql`insert into run_item (run_id, kind, record_id, wave) values (${RUN}::uuid, 'call', '3', 1)`.execute(
    db,
  )
  await fillReview(db, 'k1', 'keep-apart')
  await fillReview(db, 'k2', null)
  await sql`insert into apart (connection, customer_id, contact_id) values (${CONNECTION}, 'customer-2', 'k1')`.execute(
    db,
  )
}

async function fillReview(db: Db, contact: string, decision: string | null): Promise<void> {
  await sql`
    insert into review (id, connection, kind, record_id, candidates, decision, decided_at)
    values (gen_random_uuid(), ${CONNECTION}, 'duplicate-contact', ${contact}, '["k9"]', ${decision},
      case when ${decision}::text is not null then now() end)`.execute(db)
}

const decisions = async (db: Db): Promise<Record<string, string | null>> => {
  const rows = await db.selectFrom('review').select(['record_id', 'decision']).execute()
  return Object.fromEntries(rows.map((row) => [row.record_id, row.decision]))
}

/** A database of the second schema. */
async function fillSecond(db: Db): Promise<void> {
  await fillCalls(db)
  await fillContacts(db, 'fields')
  await fillCustomers(db)
  await fillOutcomes(db)
  await fillSinceSecond(db)
}

/** A message, an outcome and a budget, as every schema since the third has them. */
async function fillSince(db: Db): Promise<void> {
  await sql`
    insert into message (connection, id, channel, told_as, told_via, identified, channel_known, content, at, data, version)
    values (${CONNECTION}, 'sms-1', 'sms', array['sms-1'], array['workflow'], true, true, 'c', now(), '{}', 2)`.execute(
    db,
  )
  await sql`
    insert into outcome_history (connection, kind, record_id, outcome, reason, sentence, details, requests, source)
    values (${CONNECTION}, 'call', '1', 'created', 'LOGGED', 'It was logged.', '{}', 3, 'webhook')`.execute(
    db,
  )
  await sql`
    insert into budget (account, window_ends_at, "limit", used, last_grant) values ('a', now(), 60, 7, 1)`.execute(
    db,
  )
}

async function expectUpgraded(db: Db): Promise<void> {
  expect((await findCall(db, CONNECTION, '1'))?.standing).toMatchObject({
    conversationId: 'conversation-1',
    customerId: 'customer-1',
    unlinked: false,
    noteIds: ['n1', 'n2'],
    noteBody: 'body',
    chatId: 'm1',
    loggedAt: expect.any(Date),
  })
  expect(await unassociated(db, CONNECTION, 10)).toMatchObject([
    { id: '2', conversationId: 'conversation-2' },
  ])
  expect((await findCall(db, CONNECTION, '3'))?.standing).toMatchObject({
    intentAt: expect.any(Date),
    conversationId: undefined,
    loggedAt: undefined,
  })
  expect((await findCall(db, CONNECTION, '4'))?.standing.intentAt).toBeUndefined()
  expect(await recordsOfConversation(db, CONNECTION, 'conversation-1')).toHaveLength(1)
  expect(await linksOfContact(db, CONNECTION, 'k1')).toMatchObject([{ customerId: 'customer-1' }])
  expect(await findCustomer(db, CONNECTION, 'customer-1')).toMatchObject({ rev: 1, externalId: 'crm-1' })
  expect(await customersWithExternalId(db, CONNECTION, 'crm-1')).toEqual(['customer-1'])
  await expectOutcomes(db)
  await migrate(db)
}

async function expectOutcomes(db: Db): Promise<void> {
  expect(await countOutcomes(db, CONNECTION)).toEqual([
    { kind: 'call', outcome: 'created', reason: 'LOGGED', count: 1 },
    { kind: 'call', outcome: 'failed', reason: 'REJECTED_BY_KUSTOMER', count: 1 },
  ])
  const within = { since: new Date('2026-01-01T10:00:00Z'), until: new Date('2026-01-01T11:00:00Z') }
  expect(await countReasons(db, CONNECTION, within)).toEqual([
    { reason: 'LOGGED', count: 1 },
    { reason: 'VENDOR_UNAVAILABLE', count: 1 },
  ])
  const progress = await runProgress(db, RUN)
  expect(progress).toMatchObject({ settled: { call: 2 }, paused: false, of: undefined })
  expect(progress?.outcomes).toMatchObject([
    { outcome: 'created', count: 1 },
    { outcome: 'failed', count: 1 },
  ])
  expect(await runRecords(db, RUN)).toMatchObject([
    { id: '1', reason: 'LOGGED' },
    { id: '2', reason: 'REJECTED_BY_KUSTOMER' },
  ])
}

describe.each(databaseKinds)('on %s', (kind) => {
  test('a database of the first schema is brought up to date, and keeps what it knew', async () => {
    const db = await databaseAt(kind, '0001-first')
    await fillCalls(db)
    await fillContacts(db, 'synced')
    await fillCustomers(db)
    await fillOutcomes(db)
    await migrate(db)
    await expectUpgraded(db)
    // Emails were not looked up by before, and what a contact held by itself was not told apart.
    expect(await ownersOf(db, CONNECTION, 'customer', 'ann@example.com')).toEqual([
      { recordId: 'customer-1', channel: 'email' },
    ])
    expect(await ownersOf(db, CONNECTION, 'contact', 'ann@example.com')).toEqual([
      { recordId: 'k1', channel: 'email' },
    ])
    expect(await ownersOf(db, CONNECTION, 'customer', 'gone@example.com')).toEqual([])
    expect(await ownersOf(db, CONNECTION, 'customer', '')).toEqual([])
    expect(await findContact(db, CONNECTION, 'k1')).toMatchObject({
      fields: { name: 'Ann' },
      base: { name: 'Ann' },
      own: { numbers: [], emails: [] },
    })
    expect(await openItems(db, RUN, 10)).toBeUndefined()
  })

  test('a database of the second schema is brought up to date, and keeps what it knew', async () => {
    const db = await databaseAt(kind, '0002-both-ways')
    await fillSecond(db)
    await migrate(db)
    await expectUpgraded(db)
    // Where a person kept two records apart, it was for good.
    expect(await decisions(db)).toEqual({ k1: 'keep-apart-for-good', k2: null })
    expect(await db.selectFrom('apart').select('for_good').execute()).toEqual([{ for_good: true }])
    expect(await openItems(db, RUN, 10)).toEqual({ wave: 1, items: [{ kind: 'call', id: '3' }] })
  })

  const later = Object.keys(migrations).slice(2)
  test.each(later)('a database of %s is brought up to date, and keeps what it knew', async (version) => {
    const db = await databaseAt(kind, '0002-both-ways')
    await fillSecond(db)
    // What stood before is carried from step to step, and more is written at this one.
    await migrateTo(db, version)
    await fillSince(db)
    await fillReview(db, 'k3', 'keep-apart')
    await migrate(db)
    await expectUpgraded(db)
    expect(await db.selectFrom('message').select(['id', 'version']).execute()).toEqual([
      { id: 'sms-1', version: 2 },
    ])
    expect(await db.selectFrom('budget').select(['used', 'turn']).execute()).toEqual([{ used: 7, turn: 0 }])
    expect(await activity(db, CONNECTION, {}, 10)).toMatchObject([
      { recordId: '1', reason: 'LOGGED' },
      { recordId: '2', reason: 'REJECTED_BY_KUSTOMER' },
      { recordId: '1', reason: 'LOGGED' },
      { recordId: '1', reason: 'VENDOR_UNAVAILABLE' },
    ])
    expect((await decisions(db)).k3).toBe(version < '0012' ? 'keep-apart-for-good' : 'keep-apart')
  })

  test('two processes that start at once migrate once', async () => {
    const db = await databaseAt(kind, '0001-first')
    await fillCalls(db)
    await Promise.all([migrate(db), migrate(db)])
    expect((await findCall(db, CONNECTION, '1'))?.standing.conversationId).toBe('conversation-1')
  })

  test('a database that is newer than the program is left alone, and the message says what to do', async () => {
    const db = await databaseAt(kind, '0001-first')
    await sql`insert into kysely_migration (name, timestamp) values ('9999-later', ${new Date().toISOString()})`.execute(
      db,
    )
    await expect(migrate(db)).rejects.toThrow(/does not fit this version .*Start the version that made it/s)
  })
})
