import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createDatabase } from '../../test/helpers/databases.ts'
import { until } from '../../test/helpers/until.ts'
import { openDatabase } from '../store/database.ts'
import { clearLeases } from '../store/leases.ts'
import { callEvent, type RaisedEvent, type SyncEvent } from '../sync/event.ts'
import { SETTLE } from './policy.ts'
import { openQueue } from './queue.ts'
import { startWorkers } from './worker.ts'

const COMES_AGAIN_MS = 1_000

test('while a write of a record was given up, nothing else of the record is settled', async () => {
  const { env, drop } = await createDatabase('postgres')
  const database = await openDatabase({ kind: 'postgres', url: env.DATABASE_URL ?? '' })
  const { db } = database
  const log = pino({ level: 'silent' })
  const queue = await openQueue(database, log)
  const settled: { event: SyncEvent; at: number }[] = []
  const raised = (['customer', 'detail'] as const).map((about): RaisedEvent => {
    const event = callEvent('default', '1', { about, source: 'follow-up' })
    return { event, priority: 'live', dedupeKey: about }
  })
  await queue.raise(raised)
  const stop = await startWorkers({
    db,
    queue,
    log,
    halted: async () => undefined,
    async settle(event) {
      settled.push({ event, at: Date.now() })
      if (settled.length > 1) return { kind: 'done' }
      return { kind: 'again', inMs: COMES_AGAIN_MS, held: false, untried: false, givenUp: true }
    },
  })
  try {
    const deferred = async () => (await queue.boss.getQueueStats(SETTLE))[0]?.deferredCount
    await until('both come again', async () => settled.length > 1 || (await deferred()) === raised.length)
    // Those that were kept have run out by then.
    await clearLeases(db)
    await until('both are settled', () => settled.length === 1 + raised.length)
    const [first, ...later] = settled
    expect(later.map(({ event: { attempt } }) => attempt).toSorted()).toEqual([0, 1])
    for (const { at } of later) expect(at - (first?.at ?? 0)).toBeGreaterThanOrEqual(COMES_AGAIN_MS)
  } finally {
    stop()
    await queue.close()
    await database.close()
    await drop()
  }
})
