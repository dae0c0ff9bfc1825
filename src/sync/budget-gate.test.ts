import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTestDatabase } from '../../test/helpers/databases.ts'
import { until } from '../../test/helpers/until.ts'
import { BudgetGate, type BudgetHeaders } from './budget-gate.ts'
import type { Priority } from './event.ts'

const LIMIT = 10
const MARGIN_MS = 400
const SHARES = { live: 1, retry: 1, enrichment: 1, backfill: 1 }

let database: Awaited<ReturnType<typeof openTestDatabase>>
let account: string
let gate: BudgetGate

beforeAll(async () => {
  database = await openTestDatabase('postgres')
})
afterAll(() => database.close())
beforeEach(() => {
  account = randomUUID()
  gate = new BudgetGate(database.db, { account, limit: LIMIT }, SHARES, MARGIN_MS)
})
afterEach(() => gate.close())

/** Uses up what there is at once: the last tenth comes over the minute. */
async function usedUp(headers?: BudgetHeaders): Promise<void> {
  const first = Array.from({ length: LIMIT - 1 }, () => gate.through('live', 1, async () => undefined))
  await Promise.all(first)
  await sql`update budget set used = "limit" where account = ${account}`.execute(database.db)
  if (headers) await gate.learn(headers)
}
const turn = () =>
  sql`update budget set window_ends_at = clock_timestamp() where account = ${account}`.execute(database.db)

test('whoever waits goes in the order of the lanes, not of their coming', async () => {
  await usedUp()
  const gone: Priority[] = []
  const lanes: Priority[] = ['backfill', 'enrichment', 'retry', 'live']
  const waiting = lanes.map((lane) => gate.through(lane, 1, async () => gone.push(lane)))
  await turn()
  await Promise.all(waiting)
  expect(gone).toEqual(lanes.toReversed())
})

test('a window is taken to turn a little later than the vendor says', async () => {
  const resetAt = Date.now() + 300
  await usedUp({ status: 200, limit: LIMIT, remaining: 0, resetAt })
  const wentAt = await gate.through('live', 1, async () => Date.now())
  expect(wentAt).toBeGreaterThanOrEqual(resetAt + MARGIN_MS)
})

test('what waits when it closes is told so, and nothing leaves any more', async () => {
  await usedUp()
  const waiting = gate.through('live', 1, async () => 'left')
  gate.close()
  await expect(waiting).rejects.toThrow()
  await expect(gate.through('live', 1, async () => 'left')).rejects.toThrow()
})

test('a 429 about one record, which names another limit, costs the budget nothing', async () => {
  await gate.through('live', 1, async () => undefined)
  await gate.learn({ status: 429, limit: LIMIT + 1, remaining: 0 })
  await until('the next one goes', () => gate.through('live', 1, async () => true))
  const { used } = await gate.now()
  expect(used).toBeLessThan(LIMIT)
})
