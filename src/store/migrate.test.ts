import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { afterEach, describe, expect, test } from 'vitest'
import { databaseKinds, openEmptyDatabase } from '../../test/helpers/databases.ts'
import { activity } from './activity.ts'
import { findCall } from './calls.ts'
import type { Db } from './database.ts'
import { linksOfContact } from './links.ts'
import { migrate, migrations } from './migrate.ts'
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
  await migrate(db)
}

describe.each(databaseKinds)('on %s', (kind) => {
  test('a database of the first schema is brought up to date, and keeps what it knew', async () => {
    const db = await databaseAt(kind, '0001-first')
    await fillCalls(db)
    await fillContacts(db, 'synced')
    await migrate(db)
    await expectUpgraded(db)
  })

  test('a database of the second schema is brought up to date, and keeps what it knew', async () => {
    const db = await databaseAt(kind, '0002-both-ways')
    await fillCalls(db)
    await fillContacts(db, 'fields')
    await migrate(db)
    await expectUpgraded(db)
  })

  const later = Object.keys(migrations).slice(2)
  test.each(later)('a database of %s is brought up to date, and keeps what it knew', async (version) => {
    const db = await databaseAt(kind, '0002-both-ways')
    await fillCalls(db)
    await fillContacts(db, 'fields')
    // What stood before is carried from step to step, and more is written at this one.
    await migrateTo(db, version)
    await fillSince(db)
    await migrate(db)
    await expectUpgraded(db)
    expect(await db.selectFrom('message').select(['id', 'version']).execute()).toEqual([
      { id: 'sms-1', version: 2 },
    ])
    expect(await db.selectFrom('budget').select(['used', 'turn']).execute()).toEqual([{ used: 7, turn: 0 }])
    expect(await activity(db, CONNECTION, {}, 10)).toMatchObject([{ recordId: '1', reason: 'LOGGED' }])
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
