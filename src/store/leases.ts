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

/** Takes all of the keys or none; one that is named twice at once is taken once. */
export const takeAllLeases = (db: Db, holder: string, keys: readonly string[]): Promise<boolean> =>
  takeAll(db, { holder, keys })

const takeAll = batched<{ holder: string; keys: readonly string[] }, boolean>(async (db, items) => {
  const results = items.map(() => false)
  for (const group of Map.groupBy(items.keys(), (at) => items[at]?.holder ?? '')) {
    const [holder, places] = group
    // One statement can touch a lease once: of those that ask for it together, the first has it.
    const asked = new Set<string>()
    const first = places.filter((at) => {
      const keys = items[at]?.keys ?? []
      if (keys.some((key) => asked.has(key))) return false
      for (const key of keys) asked.add(key)
      return true
    })
    const mine = await takeLeases(db, holder, [...asked])
    const partly: string[] = []
    for (const at of first) {
      const keys = items[at]?.keys ?? []
      if (keys.every((key) => mine.has(key))) results[at] = true
      else partly.push(...keys.filter((key) => mine.has(key)))
    }
    await giveBackLeases(db, holder, partly)
  }
  return results
})

/** Gives back keys that were taken together. */
const giveBackAllLeases = (db: Db, holder: string, keys: readonly string[]): Promise<void> =>
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

/** Keeps what is really held: a lease that could not be given back runs out by itself. */
export async function renewLeases(db: Db, holder: string, keys: Iterable<string>): Promise<void> {
  await sql`
    update lease set until = greatest(until, clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}))
    where key in (${inOrder(holder, keys)})`.execute(db)
}

/** Renews what is in `keys` for as long as it is there. @returns how to stop that. */
export function keepRenewing(
  db: Db,
  holder: string,
  keys: ReadonlySet<string>,
  failed: (error: unknown) => void = () => undefined,
): () => void {
  const renew = () => {
    if (keys.size > 0) renewLeases(db, holder, keys).catch(failed)
  }
  const renewing = setInterval(renew, (LEASE_SECONDS * 1_000) / 3)
  renewing.unref()
  return () => clearInterval(renewing)
}

/** Nobody gets these keys before so many milliseconds have passed, unless they are somebody else's by now. */
export async function leaveLeases(db: Db, holder: string, keys: Iterable<string>, ms: number): Promise<void> {
  await sql`
    update lease set until = clock_timestamp() + make_interval(secs => ${ms / 1_000})
    where key in (${inOrder(holder, keys)})`.execute(db)
}

/** Gives keys back that were taken together, or leaves them to nobody for `leaveMs`. */
export const endLeases = (
  db: Db,
  holder: string,
  keys: readonly string[],
  leaveMs: number | undefined,
): Promise<void> =>
  leaveMs === undefined ? giveBackAllLeases(db, holder, keys) : leaveLeases(db, holder, keys, leaveMs)

/** @returns in how many milliseconds all of these keys are free that were left so; 0 where none was. */
export async function leftForMs(db: Db, keys: readonly string[]): Promise<number> {
  // A lease that is renewed is always nearer to its end.
  const { rows } = await sql<{ ms: number }>`
    select coalesce(max(extract(epoch from until - clock_timestamp()) * 1000), 0)::float as ms from lease
    where key in (select jsonb_array_elements_text(${toJson(keys)}::jsonb))
      and until > clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})`.execute(db)
  return rows[0]?.ms ?? 0
}

export async function giveBackLeases(db: Db, holder: string, keys: Iterable<string>): Promise<void> {
  const list = [...keys]
  if (list.length === 0) return
  await sql`delete from lease where key in (${inOrder(holder, list)})`.execute(db)
}

/** Rows are locked in the order of their keys everywhere, so that no two statements wait for each other. */
const inOrder = (holder: string, keys: Iterable<string>) => sql`
  select key from lease
  where holder = ${holder}::uuid and key in (select jsonb_array_elements_text(${toJson([...keys])}::jsonb))
  order by key for update`

/** For a database that only this process can reach: whoever held a lease is gone. What was left stays so. */
export async function clearLeases(db: Db): Promise<void> {
  await sql`
    delete from lease where until <= clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})`.execute(db)
}
