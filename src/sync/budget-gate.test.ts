import { randomUUID } from 'node:crypto'
import { setTimeout as passed } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTestDatabase } from '../../test/helpers/databases.ts'
import { until } from '../../test/helpers/until.ts'
import { createClock } from '../emulators/clock.ts'
import { createRateLimit } from '../emulators/rate-limit.ts'
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
  gate = new BudgetGate(database.db, { account, limit: LIMIT, told: true }, SHARES, MARGIN_MS)
})
afterEach(() => gate.close())

/** Uses up what there is. */
async function usedUp(headers?: BudgetHeaders): Promise<void> {
  await gate.through('live', 1, async () => undefined)
  await sql`update budget set used = "limit" where account = ${account}`.execute(database.db)
  if (headers) await gate.learn(headers)
}
const rowOf = () =>
  database.db.selectFrom('budget').selectAll().where('account', '=', account).executeTakeFirstOrThrow()
const turn = () =>
  sql`update budget set window_ends_at = clock_timestamp() where account = ${account}`.execute(database.db)

test('whoever waits goes in the order of the lanes, not of their coming', async () => {
  await usedUp()
  const gone: Priority[] = []
  const lanes: Priority[] = ['backfill', 'enrichment', 'retry', 'live']
  const waiting = lanes.map((lane) => gate.through(lane, 1, async () => gone.push(lane)))
  await until('the first was refused', async () => (await rowOf()).last_grant === 0)
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

test('what is granted too late for its window does not leave in the next one', async () => {
  await usedUp()
  const held = sql`update budget set used = 0, heard = true, window_ends_at = clock_timestamp() + interval '500 milliseconds'
    where account = ${account}`
  const before = await rowOf()
  let going: Promise<unknown> | undefined
  await database.db.transaction().execute(async (tx) => {
    await held.execute(tx)
    going = gate.through('live', 1, async () => undefined)
    const waits = sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    await until('the grant waits', async () => (await waits.execute(database.db)).rows.length > 0)
    await until('its window is over', async () => {
      const over = sql<{ over: boolean }>`select window_ends_at < clock_timestamp() as over from budget
        where account = ${account}`
      return (await over.execute(tx)).rows[0]?.over
    })
  })
  await going
  expect(await rowOf()).toMatchObject({ turn: before.turn + 1, used: 1 })
})

test('of several processes, none asks for what others have used before it', async () => {
  const OTHERS = 70
  const ASKED = 60
  const ANSWERED_AFTER_MS = 100
  const limit = createRateLimit({ clock: createClock({ now: () => 60_000 }), limit: 100 })
  limit.take('', OTHERS)
  const gates = Array.from(
    { length: 3 },
    () => new BudgetGate(database.db, { account, limit: 100, told: true }, SHARES, MARGIN_MS),
  )
  let gone = 0
  const ask = (one: BudgetGate) =>
    one.through('live', 1, async () => {
      const { allowed, remaining } = limit.take()
      expect(allowed).toBe(true)
      gone++
      await passed(ANSWERED_AFTER_MS)
      await one.learn({ status: 200, limit: 100, remaining })
    })
  const asked = gates.flatMap((one) => Array.from({ length: ASKED }, () => ask(one).catch(() => undefined)))
  await until('what is left is used', () => gone >= 100 - OTHERS - 3)
  for (const one of gates) one.close()
  await Promise.all(asked)
  expect(limit.windows()).toMatchObject([{ refused: 0 }])
})

test('what waits when it closes is told so, and nothing leaves any more', async () => {
  await usedUp()
  const waiting = gate.through('live', 1, async () => 'left')
  gate.close()
  await expect(waiting).rejects.toThrow()
  await expect(gate.through('live', 1, async () => 'left')).rejects.toThrow()
})

test.each([
  { label: 'names another limit', headers: { limit: LIMIT + 1, remaining: 0 } },
  { label: 'says that something is left of the account’s', headers: { limit: LIMIT, remaining: 1 } },
])('a 429 about one record, which $label, costs the budget nothing', async ({ headers }) => {
  await gate.through('live', 1, async () => undefined)
  await gate.learn({ status: 200, limit: LIMIT, remaining: LIMIT - 1 })
  await gate.learn({ status: 429, ...headers })
  await until('the next one goes', () => gate.through('live', 1, async () => true))
  const { used } = await gate.now()
  expect(used).toBeLessThan(LIMIT)
})

test('a 429 with another limit than assumed uses up the budget, until an answer has told the limit', async () => {
  await gate.through('live', 1, async () => undefined)
  await gate.learn({ status: 429, limit: LIMIT / 2, remaining: 0 })
  const { used, limit } = await gate.now()
  expect(used).toBeGreaterThanOrEqual(limit)
})
