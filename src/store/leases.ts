import { sql } from 'kysely'
import { batched } from './batched.ts'
import type { Db } from './database.ts'
import { toJson } from './json.ts'

/**
 * One settle at a time per record, over all processes: a lease is taken before a record is loaded and given back
 * after its outcome stands. A process that dies loses its leases when they run out.
 */

/** How long a lease lasts without renewal. Shorter: a stalled process is overtaken; longer: a dead one blocks. */
export const LEASE_SECONDS = 15

/** @returns the keys that `holder` now has; the others are settled elsewhere at this moment. */
export async function takeLeases(db: Db, holder: string, keys: readonly string[]): Promise<Set<string>> {
  const taken = await sql<{ key: string }>`
    insert into lease (key, holder, until)
    select key, ${holder}::uuid, clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
    from jsonb_array_elements_text(${toJson(keys)}::jsonb) as k(key)
    order by key
    on conflict (key) do update set holder = excluded.holder, until = excluded.until
      where lease.until < clock_timestamp()
    returning key`.execute(db)
  return new Set(taken.rows.map((row) => row.key))
}

/** Takes all of the keys or none; no two calls under way at once may name the same key. */
export const takeAllLeases = (db: Db, holder: string, keys: readonly string[]): Promise<boolean> =>
  takeAll(db, { holder, keys })

const takeAll = batched<{ holder: string; keys: readonly string[] }, boolean>(async (db, items) => {
  const results: boolean[] = []
  for (const [holder, asked] of Map.groupBy(items, (item) => item.holder)) {
    const mine = await takeLeases(
      db,
      holder,
      asked.flatMap(({ keys }) => keys),
    )
    const partly = asked.filter(({ keys }) => !keys.every((key) => mine.has(key)))
    await giveBackLeases(
      db,
      holder,
      partly.flatMap(({ keys }) => keys.filter((key) => mine.has(key))),
    )
    for (const item of asked) results[items.indexOf(item)] = !partly.includes(item)
  }
  return results
})

/** Gives back keys that were taken together. */
export const giveBackAllLeases = (db: Db, holder: string, keys: readonly string[]): Promise<void> =>
  giveBackAll(db, { holder, keys })

const giveBackAll = batched<{ holder: string; keys: readonly string[] }, void>(async (db, items) => {
  for (const [holder, given] of Map.groupBy(items, (item) => item.holder)) {
    await giveBackLeases(
      db,
      holder,
      given.flatMap(({ keys }) => keys),
    )
  }
  return items.map(() => undefined)
})

export async function renewLeases(db: Db, holder: string): Promise<void> {
  await db
    .updateTable('lease')
    .set({ until: sql`clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})` })
    .where('holder', '=', holder)
    .execute()
}

export async function giveBackLeases(db: Db, holder: string, keys: Iterable<string>): Promise<void> {
  const list = [...keys]
  if (list.length === 0) return
  await db.deleteFrom('lease').where('holder', '=', holder).where('key', 'in', list).execute()
}

/** For a database that only this process can reach: whoever held a lease is gone. */
export async function clearLeases(db: Db): Promise<void> {
  await db.deleteFrom('lease').execute()
}
