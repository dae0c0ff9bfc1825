import { sql } from 'kysely'
import { afterEach, describe, expect, test } from 'vitest'
import { createDatabase, databaseKinds, openTestDatabase } from '../../test/helpers/databases.ts'
import { activity, countReasons, lastDay } from './activity.ts'
import { type Db, type OpenDatabase, openDatabase } from './database.ts'
import { countOutcomes, recordOutcome } from './outcomes.ts'

const CONNECTION = 'default'

let close: (() => Promise<void>) | undefined
afterEach(() => close?.())

const record = (db: Db, recordId: string, outcome: 'created' | 'waiting' | 'unchanged') =>
  recordOutcome(db, {
    connection: CONNECTION,
    kind: 'call',
    recordId,
    outcome,
    reason: outcome === 'waiting' ? 'RATE_LIMITED' : outcome === 'created' ? 'LOGGED' : 'NOTHING_CHANGED',
    sentence: 'It is so.',
    requests: 1,
    source: 'webhook',
  })

/** As PostgreSQL counts the rows themselves. */
async function counted(db: Db): Promise<unknown[]> {
  const { rows } = await sql`
    select kind, outcome, reason, count(*)::int as count from outcome
    where connection = ${CONNECTION} group by 1, 2, 3 order by 1, 2, 3`.execute(db)
  return rows
}

describe.each(databaseKinds)('on %s', (kind) => {
  test('a record counts once, as it stands; in its hour, as often as something became of it', async () => {
    const opened = await openTestDatabase(kind)
    close = opened.close
    const { db } = opened
    await Promise.all(['1', '2', '3'].map((id) => record(db, id, 'waiting')))
    await record(db, '1', 'created')
    await record(db, '1', 'unchanged')
    await record(db, '2', 'unchanged')
    expect(await countOutcomes(db, CONNECTION)).toMatchObject([
      { outcome: 'created', reason: 'LOGGED', count: 1 },
      { outcome: 'unchanged', reason: 'NOTHING_CHANGED', count: 1 },
      { outcome: 'waiting', reason: 'RATE_LIMITED', count: 1 },
    ])
    expect(await countOutcomes(db, 'another')).toEqual([])
    const hours = await lastDay(db, CONNECTION)
    expect(hours.reduce((sum, { count }) => sum + count, 0)).toBe(6)
    expect(await countReasons(db, CONNECTION, { since: new Date(Date.now() - 60_000) })).toEqual([
      { reason: 'RATE_LIMITED', count: 3 },
      { reason: 'NOTHING_CHANGED', count: 2 },
      { reason: 'LOGGED', count: 1 },
    ])
    expect(await countReasons(db, CONNECTION, { outcome: 'waiting' })).toEqual([
      { reason: 'RATE_LIMITED', count: 1 },
    ])
  })

  test('a record that is deleted, or moved by hand, counts no more, or elsewhere', async () => {
    const opened = await openTestDatabase(kind)
    close = opened.close
    const { db } = opened
    await Promise.all(['1', '2', '3'].map((id) => record(db, id, 'waiting')))
    await sql`delete from outcome where record_id = '1'`.execute(db)
    await sql`update outcome set outcome = 'failed', reason = 'CALL_GONE' where record_id = '2'`.execute(db)
    expect(await countOutcomes(db, CONNECTION)).toEqual(await counted(db))
  })

  test('pages of the list meet without a gap and without a repetition', async () => {
    const opened = await openTestDatabase(kind)
    close = opened.close
    const { db } = opened
    await Promise.all(
      Array.from({ length: 25 }, (_, at) => record(db, String(at), at % 3 ? 'created' : 'waiting')),
    )
    const ids: string[] = []
    for (let before: string | undefined; ; ) {
      const page = await activity(db, CONNECTION, {}, 10, before)
      ids.push(...page.map(({ id }) => id))
      before = page.at(-1)?.id
      if (page.length < 10) break
    }
    expect(new Set(ids).size).toBe(25)
    expect(ids).toHaveLength(25)
  })
})

test('many processes that count at once neither wait for each other for ever nor lose a count', async () => {
  const database = await createDatabase('postgres')
  const location = { kind: 'postgres', url: database.env.DATABASE_URL ?? '' } as const
  // More connections than there are shards: some must meet.
  const opened = await Promise.all(Array.from({ length: 3 }, () => openDatabase(location)))
  close = async () => {
    for (const one of opened) await one.close()
    await database.drop()
  }
  const outcomes = ['created', 'waiting', 'failed', 'skipped', 'linked', 'merged', 'updated', 'unchanged']
  /** Turns some records of its own to other outcomes and adds some, so that both are counted, one after the other. */
  const turn = ({ db }: OpenDatabase, chain: number, at: number) => {
    const rows = Array.from({ length: 6 }, (_, n) => {
      const outcome = outcomes[(at + n * (1 + chain)) % outcomes.length]
      return sql`(${CONNECTION}, 'call', ${`${chain}-${at * 3 + n}`}, ${outcome}, 'LOGGED', '', '{}'::jsonb, 1, 'test')`
    })
    return sql`
      insert into outcome (connection, kind, record_id, outcome, reason, sentence, details, requests, source)
      values ${sql.join(rows)}
      on conflict (connection, kind, record_id) do update set outcome = excluded.outcome`.execute(db)
  }
  await Promise.all(
    Array.from({ length: 30 }, async (_, chain) => {
      const own = opened[chain % opened.length]
      for (let at = 0; own && at < 40; at++) await turn(own, chain, at)
    }),
  )
  const [first] = opened
  if (!first) throw new Error('nothing was opened')
  expect(await countOutcomes(first.db, CONNECTION)).toEqual(await counted(first.db))
})
