import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseKinds, openTestDatabase } from '../../test/helpers/databases.ts'
import type { Db } from './database.ts'
import {
  clearLeases,
  endLeases,
  type Holder,
  LEASE_SECONDS,
  leftForMs,
  markWriting,
  newHolder,
  renewLeases,
  takeLeases,
} from './leases.ts'

describe.each(databaseKinds)('on %s', (kind) => {
  let db: Db
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ db, close } = await openTestDatabase(kind))
  })
  afterAll(() => close())

  const [one, other] = [newHolder(), newHolder()]
  const leaving = newHolder(120_000)
  const newKeys = (count: number) => Array.from({ length: count }, () => `default/call/${randomUUID()}`)
  const take = async (holder: Holder, keys: readonly string[]) =>
    [...(await takeLeases(db, holder, keys))].sort()
  const setUntil = (keys: readonly string[], seconds: number) =>
    sql`update lease set until = clock_timestamp() + make_interval(secs => ${seconds})
      where key in (${sql.join(keys)})`.execute(db)
  const leasesOf = (keys: readonly string[]) =>
    db.selectFrom('lease').selectAll().where('key', 'in', keys).orderBy('key').execute()
  const secondsLeft = async (keys: readonly string[]) =>
    (await leasesOf(keys)).map(({ until }) => (until.getTime() - Date.now()) / 1_000)

  test('of many who want the same records, each record goes to one', async () => {
    const keys = newKeys(20)
    const holders = Array.from({ length: 12 }, () => newHolder())
    // Each in another order: the statement sorts, or two of them would lock each other out.
    const taken = await Promise.all(
      holders.map((holder, index) => take(holder, [...keys.slice(index), ...keys.slice(0, index)])),
    )
    expect(taken.flat().sort()).toEqual([...keys].sort())
    const held = await leasesOf(keys)
    for (const { key, holder } of held)
      expect(taken[holders.findIndex(({ id }) => id === holder)]).toContain(key)
  })

  test('what is held elsewhere is left out, the rest is taken', async () => {
    const keys = newKeys(3)
    const [first = '', ...rest] = keys
    expect(await take(one, [first])).toEqual([first])
    expect(await take(other, keys)).toEqual(rest.sort())
  })

  test('a holder does not get a second time what it holds: another of its settles is at it', async () => {
    const keys = newKeys(1)
    await take(one, keys)
    expect(await take(one, keys)).toEqual([])
  })

  test('a lease lasts as long as it says, and is taken over by one when it has run out', async () => {
    const keys = newKeys(2)
    await take(one, keys)
    for (const left of await secondsLeft(keys)) {
      expect(left).toBeGreaterThan(LEASE_SECONDS - 10)
      expect(left).toBeLessThanOrEqual(LEASE_SECONDS + 1)
    }
    await setUntil(keys, -1)
    const rivals = Array.from({ length: 8 }, () => newHolder())
    const taken = await Promise.all(rivals.map((rival) => take(rival, keys)))
    expect(taken.flat().sort()).toEqual([...keys].sort())
    expect(await take(one, keys)).toEqual([])
  })

  test("renewal keeps the named ones of a holder's leases and nobody else's", async () => {
    const [ours, theirs] = [newKeys(2), newKeys(1)]
    const [renewing, idle] = [newHolder(), newHolder()]
    await take(renewing, ours)
    await take(idle, theirs)
    await setUntil([...ours, ...theirs], -1)
    await renewLeases(db, renewing, [...ours, ...theirs])
    for (const left of await secondsLeft(ours)) expect(left).toBeGreaterThan(LEASE_SECONDS - 10)
    expect(await take(other, [...ours, ...theirs])).toEqual(theirs)
  })

  test('who was overtaken cannot renew what another holds', async () => {
    const keys = newKeys(1)
    const slow = newHolder()
    await take(slow, keys)
    await setUntil(keys, -1)
    await take(other, keys)
    const before = await leasesOf(keys)
    await renewLeases(db, slow, keys)
    expect(await leasesOf(keys)).toEqual(before)
  })

  test('what is given back is free at once, and only that', async () => {
    const keys = newKeys(2).sort()
    const [given = '', kept = ''] = keys
    await take(one, keys)
    await endLeases(db, one, [given], false)
    expect(await take(other, keys)).toEqual([given])
    expect((await leasesOf([kept]))[0]?.holder).toBe(one.id)
  })

  test('giving back nothing gives back nothing', async () => {
    const keys = newKeys(1)
    await take(one, keys)
    await endLeases(db, one, [], false)
    expect(await leasesOf(keys)).toHaveLength(1)
  })

  test('who was overtaken cannot give back what another holds', async () => {
    const keys = newKeys(1)
    await take(one, keys)
    await setUntil(keys, -1)
    await take(other, keys)
    await endLeases(db, one, keys, false)
    expect((await leasesOf(keys))[0]?.holder).toBe(other.id)
  })

  test('after the only process has died, all leases are gone', async () => {
    const keys = newKeys(2)
    await take(one, keys)
    await clearLeases(db)
    expect(await take(other, keys)).toEqual([...keys].sort())
  })

  const marked = (holder: Holder, keys: readonly string[]) => markWriting(db, [{ holder, keys }])

  test('what is being written when its holder dies is left alone, past a start of an only process', async () => {
    const keys = newKeys(2)
    const [written = '', read = ''] = keys
    await take(leaving, keys)
    expect(await marked(leaving, [written])).toBe(true)
    await renewLeases(db, leaving, keys)
    const [left = 0] = await secondsLeft([written])
    expect(left).toBeGreaterThan(120 + LEASE_SECONDS - 10)
    await clearLeases(db)
    expect([await take(leaving, keys), await take(other, keys)]).toEqual([[read], []])
    const [stillLeft = 0] = await secondsLeft([written])
    expect(stillLeft).toBeGreaterThan(110)
    expect(stillLeft).toBeLessThanOrEqual(121)
  })

  test('who takes what has run out writes nothing yet', async () => {
    const keys = newKeys(1)
    await take(leaving, keys)
    await marked(leaving, keys)
    await setUntil(keys, -1)
    await take(leaving, keys)
    for (const left of await secondsLeft(keys)) expect(left).toBeLessThanOrEqual(LEASE_SECONDS + 1)
    await clearLeases(db)
    expect(await take(other, keys)).toEqual(keys)
  })

  test('who was overtaken, or has given back, is told not to write', async () => {
    const [taken = '', ours = '', given = ''] = newKeys(3)
    await take(leaving, [taken, ours, given])
    await endLeases(db, leaving, [given], false)
    await setUntil([taken], -1)
    await take(other, [taken])
    const before = await leasesOf([taken])
    const answers = await Promise.all([[taken, ours], [ours], [given]].map((keys) => marked(leaving, keys)))
    expect(answers).toEqual([false, true, false])
    expect(await leasesOf([taken])).toEqual(before)
  })

  test('what is left is nobody’s for that long, past a start of an only process', async () => {
    const keys = newKeys(2)
    await take(leaving, keys)
    await endLeases(db, leaving, keys, true)
    await clearLeases(db)
    expect([await take(leaving, keys), await take(other, keys)]).toEqual([[], []])
    for (const left of await secondsLeft(keys)) {
      expect(left).toBeGreaterThan(110)
      expect(left).toBeLessThanOrEqual(121)
    }
  })

  test('who was overtaken leaves nothing', async () => {
    const keys = newKeys(1)
    await take(leaving, keys)
    await setUntil(keys, -1)
    await take(other, keys)
    await endLeases(db, leaving, keys, true)
    for (const left of await secondsLeft(keys)) expect(left).toBeLessThanOrEqual(LEASE_SECONDS + 1)
  })

  test('for how long keys are left is told, by whoever left them or died, and nothing of those that somebody works on', async () => {
    const [left = '', dead = '', held = '', free = ''] = newKeys(4)
    await take(leaving, [left, dead, held])
    await endLeases(db, leaving, [left], true)
    await marked(leaving, [dead, held])
    expect(await leftForMs(db, [held, free])).toBe(0)
    const ms = await leftForMs(db, [free, held, left])
    expect(ms).toBeGreaterThan(110_000)
    expect(ms).toBeLessThanOrEqual(120_000)
    // Nobody has renewed it for longer than a lease lasts.
    await setUntil([dead], 90)
    expect(await leftForMs(db, [dead])).toBeGreaterThan(80_000)
    expect(await leftForMs(db, [dead])).toBeLessThanOrEqual(90_000)
  })

  test('nothing wanted, nothing taken', async () => {
    expect(await take(one, [])).toEqual([])
  })
})
