import { sql } from 'kysely'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDatabase, type TestDatabase } from '../../test/helpers/databases.ts'
import { until } from '../../test/helpers/until.ts'
import { type OpenDatabase, openDatabase } from '../store/database.ts'
import { callEvent, type RaisedEvent, type SyncEvent } from '../sync/event.ts'
import type { Settled } from '../sync/settle.ts'
import { releaseHeld } from './held.ts'
import { openQueue, type Queue } from './queue.ts'
import { startWorkers } from './worker.ts'

const log = pino({ level: 'silent' })
let own: TestDatabase
let database: OpenDatabase
let queue: Queue
let stop: () => void = () => undefined
beforeEach(async () => {
  own = await createDatabase('postgres')
  database = await openDatabase({ kind: 'postgres', url: own.env.DATABASE_URL ?? '' })
  queue = await openQueue(database, log)
})
afterEach(async () => {
  stop()
  await queue.close()
  await database.close()
  await own.drop()
})

const aboutCall = (...abouts: ('customer' | 'detail')[]): RaisedEvent[] =>
  abouts.map((about) => {
    const event = callEvent('default', '1', { about, source: 'follow-up' })
    return { event, priority: 'live', dedupeKey: about }
  })

const TWO_MINUTES = 120_000

/** @returns what is settled, as it is settled. */
async function work(ends: Settled[], leaveMs: number): Promise<{ event: SyncEvent; at: number }[]> {
  const settled: { event: SyncEvent; at: number }[] = []
  stop = await startWorkers({
    db: database.db,
    queue,
    log,
    leaveMs,
    heldBack: (connection) => releaseHeld(database.db, connection),
    halted: async () => undefined,
    async settle(event) {
      settled.push({ event, at: Date.now() })
      return ends.shift() ?? { kind: 'done' }
    },
  })
  return settled
}

const givenUp = (ms: number): Settled => ({
  kind: 'again',
  inMs: ms,
  held: false,
  untried: false,
  givenUp: true,
})

test('while a write of a record was given up, nothing else of the record is settled', async () => {
  const COMES_AGAIN_MS = 1_000
  await queue.raise(aboutCall('customer', 'detail'))
  const settled = await work([givenUp(COMES_AGAIN_MS)], COMES_AGAIN_MS)
  await until('both are settled', () => settled.length === 3)
  const [first, ...later] = settled
  expect(later.map(({ event: { attempt } }) => attempt).toSorted()).toEqual([0, 1])
  for (const { at } of later) expect(at - (first?.at ?? 0)).toBeGreaterThanOrEqual(COMES_AGAIN_MS)
})

test('what comes meanwhile is put off until then, at once and for good', async () => {
  await queue.raise(aboutCall('customer'))
  const settled = await work([givenUp(TWO_MINUTES)], TWO_MINUTES)
  const putOff = async () => {
    const { rows } = await sql<{ seconds: number }>`
      select extract(epoch from start_after - clock_timestamp())::float as seconds from pgboss.job
      where state = 'created' and start_after > clock_timestamp() + interval '20 seconds'`.execute(
      database.db,
    )
    return rows.map(({ seconds }) => seconds)
  }
  await until('it comes again', async () => (await putOff()).length === 1)
  await queue.raise(aboutCall('detail'))
  await until('the other comes then, too', async () => (await putOff()).length === 2)
  for (const seconds of await putOff()) expect(seconds).toBeGreaterThan(100)
  expect(settled).toHaveLength(1)
})

/** Of a settle that ended so: what was settled then, and what after it. */
async function settledAgainAfter(end: { inMs: number; untried: boolean }) {
  await queue.raise(aboutCall('customer'))
  const settled = await work([{ ...end, kind: 'again', held: true, givenUp: false }], 0)
  return until('it is settled again', () => {
    const [first, second] = settled
    return first && second && { first, second }
  })
}

test('what is put back just after its vendor has come back does not wait for the next time', async () => {
  const TEN_MINUTES = 600_000
  const { second } = await settledAgainAfter({ inMs: TEN_MINUTES, untried: true })
  expect(second.event).toMatchObject({ attempt: 0, held: true })
})

test('what failed by itself keeps its pause', async () => {
  const SOON_MS = 1_500
  const { first, second } = await settledAgainAfter({ inMs: SOON_MS, untried: false })
  expect(second.at - first.at).toBeGreaterThanOrEqual(SOON_MS)
})
