import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseKinds, openTestDatabase } from '../../test/helpers/databases.ts'
import { until } from '../../test/helpers/until.ts'
import { type BudgetReading, correctBudget, takeFromBudget, WINDOW_SECONDS } from './budgets.ts'
import type { Db } from './database.ts'

const READING: BudgetReading = {
  limit: 60,
  used: 0,
  inFlight: 0,
  turn: 0,
  turned: false,
  exceeded: false,
}
const END = new Date('2030-01-01T00:01:00Z')

describe.each(databaseKinds)('on %s', (kind) => {
  let db: Db
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ db, close } = await openTestDatabase(kind))
  })
  afterAll(() => close())

  let accounts = 0
  const newAccount = () => `account-${accounts++}`

  /** A budget in the middle of its window. */
  const given = async (row: { limit: number; used: number; leftSeconds: number }): Promise<string> => {
    const account = newAccount()
    await sql`insert into budget (account, window_ends_at, "limit", used, last_grant)
      values (${account}, clock_timestamp() + make_interval(secs => ${row.leftSeconds}), ${row.limit},
        ${row.used}, 0)`.execute(db)
    return account
  }
  const clock = async (): Promise<number> => {
    const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
    return rows[0]?.now.getTime() ?? 0
  }
  const clockMovesOn = async () => {
    const before = await clock()
    await until('the database’s clock moves on', async () => (await clock()) > before)
  }
  const stored = (account: string) =>
    db.selectFrom('budget').selectAll().where('account', '=', account).executeTakeFirstOrThrow()
  const take = async (account: string, limit: number, share: number, wanted: number): Promise<number> =>
    (await takeFromBudget(db, { account, limit, told: true }, share, wanted)).granted

  test('many takers at once never get more than the share of one window, and nearly all of it', async () => {
    const takers = fc.record({
      limit: fc.integer({ min: 1, max: 200 }),
      share: fc.constantFrom(1, 0.95, 0.9, 0.8, 0.65, 0.5),
      wanted: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 30, maxLength: 60 }),
    })
    await fc.assert(
      fc.asyncProperty(takers, async ({ limit, share, wanted }) => {
        const account = await given({ limit, used: 0, leftSeconds: 60 })
        const grants = await Promise.all(wanted.map((count) => take(account, limit, share, count)))
        const total = grants.reduce((sum, granted) => sum + granted, 0)
        const asked = wanted.reduce((sum, count) => sum + count, 0)
        expect(grants.every((granted, index) => granted >= 0 && granted <= (wanted[index] ?? 0))).toBe(true)
        expect(total).toBeLessThanOrEqual(Math.floor(limit * share))
        expect(total).toBeGreaterThanOrEqual(Math.min(asked, Math.floor(limit * share * 0.9)))
        expect((await stored(account)).used).toBe(total)
      }),
      { numRuns: 15 },
    )
  })

  test('takers at the end of a window share what is left of it', async () => {
    const account = await given({ limit: 60, used: 50, leftSeconds: 3 })
    const grants = await Promise.all(Array.from({ length: 40 }, () => take(account, 60, 1, 1)))
    expect(grants.filter((granted) => granted === 1)).toHaveLength(10)
    expect((await stored(account)).used).toBe(60)
  })

  test('lower lanes stop earlier and leave the rest to the higher ones', async () => {
    const account = await given({ limit: 100, used: 0, leftSeconds: 57 })
    const asks = [
      { share: 0.5, granted: 46 },
      { share: 0.5, granted: 0 },
      { share: 0.65, granted: 13 },
      { share: 0.5, granted: 0 },
      { share: 0.8, granted: 14 },
      { share: 0.65, granted: 0 },
      { share: 0.8, granted: 0 },
    ]
    const grants: number[] = []
    for (const { share } of asks) grants.push(await take(account, 100, share, 1_000))
    expect(grants).toEqual(asks.map(({ granted }) => granted))
  })

  test('accounts have budgets of their own', async () => {
    const [one, other] = [newAccount(), newAccount()]
    expect([await take(one, 100, 1, 10), await take(other, 100, 1, 10)]).toEqual([10, 10])
  })

  test('a window that has ended starts anew, once', async () => {
    const account = await given({ limit: 60, used: 60, leftSeconds: -1 })
    const answers = await Promise.all(
      Array.from({ length: 80 }, () => takeFromBudget(db, { account, limit: 60, told: true }, 1, 1)),
    )
    expect(answers.filter(({ granted }) => granted === 1)).toHaveLength(6)
    for (const { turnsInMs } of answers) {
      expect(turnsInMs).toBeGreaterThan((WINDOW_SECONDS - 20) * 1_000)
      expect(turnsInMs).toBeLessThanOrEqual(WINDOW_SECONDS * 1_000)
    }
    expect((await stored(account)).used).toBe(6)
  })

  describe('of a new window, before an answer tells what others have used of it', () => {
    const parts = [
      { limit: 100, share: 1, granted: 10 },
      { limit: 60, share: 0.9, granted: 5 },
      { limit: 8, share: 0.5, granted: 1 },
      { limit: 1, share: 0.5, granted: 0 },
    ]
    test.each(parts)(
      '$granted of $limit are given to a share of $share',
      async ({ limit, share, granted }) => {
        const first = newAccount()
        expect(await take(first, limit, share, 1_000)).toBe(granted)
        expect(await take(first, limit, share, 1_000)).toBe(0)
        const later = await given({ limit, used: limit, leftSeconds: -1 })
        expect(await take(later, limit, share, 1_000)).toBe(granted)
        expect(await take(later, limit, share, 1_000)).toBe(0)
      },
    )

    const answers: { label: string; reading: Partial<BudgetReading>; granted: number }[] = [
      { label: 'nobody else', reading: { used: 10 }, granted: 81 },
      { label: 'others who took much', reading: { used: 70 }, granted: 21 },
      { label: 'others, and when it ends', reading: { used: 70, windowEndsAt: END }, granted: 20 },
      { label: 'a new window', reading: { used: 30, turned: true }, granted: 61 },
      { label: 'nothing of this window', reading: { used: 70, turn: -1 }, granted: 0 },
    ]
    test.each(answers)('an answer tells of $label', async ({ reading, granted }) => {
      const account = newAccount()
      await take(account, 100, 1, 10)
      await correctBudget(db, account, { ...READING, limit: 100, ...reading })
      // Something of the last tenth is there as soon as any time is over, by the database's clock.
      await clockMovesOn()
      expect(await take(account, 100, 1, 1_000)).toBe(granted)
    })

    test('nothing is waited for where no answer tells', async () => {
      const policy = { account: newAccount(), limit: 100, told: false }
      expect(await takeFromBudget(db, policy, 1, 1_000)).toMatchObject({ granted: 90 })
      await sql`update budget set window_ends_at = clock_timestamp() where account = ${policy.account}`.execute(
        db,
      )
      expect(await takeFromBudget(db, policy, 1, 50)).toMatchObject({ granted: 50 })
      expect(await takeFromBudget(db, policy, 1, 1_000)).toMatchObject({ granted: 40 })
    })

    test('a second passes without an answer', async () => {
      const account = newAccount()
      await take(account, 100, 1, 10)
      await sql`update budget set window_ends_at = window_ends_at - interval '1 second'
        where account = ${account}`.execute(db)
      expect(await take(account, 100, 1, 1_000)).toBe(81)
    })
  })

  test('a taker is told when the window turns, whether it gets anything or not', async () => {
    const account = await given({ limit: 10, used: 9, leftSeconds: 57 })
    for (const granted of [1, 0]) {
      const answer = await takeFromBudget(db, { account, limit: 10, told: true }, 1, 1)
      expect(answer.granted).toBe(granted)
      expect(answer.turnsInMs).toBeGreaterThan(40_000)
      expect(answer.turnsInMs).toBeLessThanOrEqual(57_000)
    }
  })

  test("the stored limit counts, not the taker's own", async () => {
    const account = await given({ limit: 20, used: 0, leftSeconds: 57 })
    expect(await take(account, 1_000, 1, 1_000)).toBe(19)
  })

  // In the middle of a step of six seconds, so that a slow machine sees the same.
  const paced = [
    { leftSeconds: 200, granted: 90 },
    { leftSeconds: 57, granted: 91 },
    { leftSeconds: 51, granted: 92 },
    { leftSeconds: 27, granted: 96 },
    { leftSeconds: 3, granted: 100 },
  ]
  test.each(paced)(
    'with $leftSeconds s left, $granted of 100 are given',
    async ({ leftSeconds, granted }) => {
      const account = await given({ limit: 100, used: 0, leftSeconds })
      expect(await take(account, 100, 1, 1_000)).toBe(granted)
      expect(await take(account, 100, 1, 1_000)).toBe(0)
    },
  )

  test('who has used more than the share gets nothing, and no debt', async () => {
    const account = await given({ limit: 10, used: 50, leftSeconds: 30 })
    expect(await take(account, 10, 1, 1)).toBe(0)
    expect((await stored(account)).used).toBe(50)
  })

  describe('an answer corrects', () => {
    const cases: {
      label: string
      reading: Partial<BudgetReading>
      limit: number
      used: number
      endsAt: Date | number
    }[] = [
      {
        label: 'more used by others',
        reading: { limit: 60, used: 33 },
        limit: 60,
        used: 33,
        endsAt: 30,
      },
      {
        label: 'less used than was granted: some are still on their way',
        reading: { limit: 60, used: 7 },
        limit: 60,
        used: 20,
        endsAt: 30,
      },
      {
        label: 'another limit',
        reading: { limit: 1_000, used: 1 },
        limit: 1_000,
        used: 20,
        endsAt: 30,
      },
      {
        label: 'a window that ends later is another one: what is on its way may count in it',
        reading: { limit: 60, used: 1, inFlight: 2, windowEndsAt: END },
        limit: 60,
        used: 3,
        endsAt: END,
      },
      {
        label: 'a window that turned without saying when it ends',
        reading: { limit: 60, used: 3, turned: true },
        limit: 60,
        used: 3,
        endsAt: WINDOW_SECONDS,
      },
      {
        label: 'what was granted in an earlier window says nothing of this one',
        reading: { limit: 60, used: 50, turn: -1 },
        limit: 60,
        used: 20,
        endsAt: 30,
      },
      {
        label: 'a 429: nothing is left',
        reading: { limit: 60, used: 60, exceeded: true },
        limit: 60,
        used: 60,
        endsAt: 30,
      },
      {
        label: 'a window that turned and says when it ends',
        reading: { limit: 60, used: 3, turned: true, windowEndsAt: END },
        limit: 60,
        used: 3,
        endsAt: END,
      },
    ]
    test.each(cases)('$label', async ({ reading, limit, used, endsAt }) => {
      const other = await given({ limit: 60, used: 20, leftSeconds: 30 })
      const account = await given({ limit: 60, used: 20, leftSeconds: 30 })
      const before = await stored(other)
      await correctBudget(db, account, { ...READING, ...reading })
      const row = await stored(account)
      expect({ limit: row.limit, used: row.used }).toEqual({ limit, used })
      if (endsAt instanceof Date) expect(row.window_ends_at).toEqual(endsAt)
      else {
        const off = row.window_ends_at.getTime() - (Date.now() + endsAt * 1_000)
        expect(Math.abs(off)).toBeLessThan(10_000)
      }
      expect(await stored(other)).toEqual(before)
    })

    test('a new window once, whoever of several processes sees it', async () => {
      const account = await given({ limit: 60, used: 60, leftSeconds: 1 })
      const seen = { ...READING, used: 1, inFlight: 3, windowEndsAt: END }
      await correctBudget(db, account, seen)
      expect(await take(account, 60, 1, 10)).toBe(10)
      // Another process was later to see it: what was granted meanwhile is not forgotten.
      await correctBudget(db, account, seen)
      expect((await stored(account)).used).toBe(14)
    })

    test('and the next taker gets what is left by then', async () => {
      const account = await given({ limit: 60, used: 20, leftSeconds: 57 })
      await correctBudget(db, account, { ...READING, limit: 100, used: 80 })
      expect(await take(account, 60, 1, 1_000)).toBe(11)
    })
  })
})
