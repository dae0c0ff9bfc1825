import { sql } from 'kysely'
import { v4 as uuid } from 'uuid'
import { batched } from './batched.ts'
import type { Db } from './database.ts'
import { toJson } from './json.ts'

/**
 * One settle at a time per record, over all processes: a lease is taken before a record is loaded and given back
 * after its outcome stands. A process that dies loses its leases when they run out.
 */

/** Whoever has not renewed its leases for so long is taken for dead. */
export const LEASE_SECONDS = 15

/** Who has leases: one worker of one process, or one deed. */
export interface Holder {
  id: string
  /** For so long after its death, or after it has left them, nobody gets what it had: a vendor may work on it yet. */
  leaveMs: number
}

export const newHolder = (leaveMs = 0): Holder => ({ id: uuid(), leaveMs })

const untilRunOut = ({ leaveMs }: Holder) =>
  sql`clock_timestamp() + make_interval(secs => ${LEASE_SECONDS + leaveMs / 1_000})`

/** @returns the keys that `holder` now has; the others are settled elsewhere at this moment. */
export async function takeLeases(db: Db, holder: Holder, keys: readonly string[]): Promise<Set<string>> {
  const taken = await sql<{ key: string }>`
    insert into lease (key, holder, until)
    select key, ${holder.id}::uuid, ${untilRunOut(holder)}
    from jsonb_array_elements_text(${toJson(keys)}::jsonb) as k(key)
    order by key
    on conflict (key) do update set holder = excluded.holder, until = excluded.until
      where lease.until < clock_timestamp()
    returning key`.execute(db)
  return new Set(taken.rows.map((row) => row.key))
}

/** Takes all of the keys or none; one that is named twice at once is taken once. */
export const takeAllLeases = (db: Db, holder: Holder, keys: readonly string[]): Promise<boolean> =>
  takeAll(db, { holder, keys })

const takeAll = batched<{ holder: Holder; keys: readonly string[] }, boolean>(async (db, items) => {
  const results = items.map(() => false)
  for (const [holder, places] of Map.groupBy(items.keys(), (at) => items[at]?.holder)) {
    if (!holder) continue
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
const giveBackAllLeases = (db: Db, holder: Holder, keys: readonly string[]): Promise<void> =>
  giveBackAll(db, { holder, keys })

const giveBackAll = batched<{ holder: Holder; keys: readonly string[] }, void>(async (db, items) => {
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
export async function renewLeases(db: Db, holder: Holder, keys: Iterable<string>): Promise<void> {
  await sql`
    update lease set until = ${untilRunOut(holder)}
    where key in (${inOrder(holder, keys)})`.execute(db)
}

/** Renews what is in `keys` for as long as it is there. @returns how to stop that. */
export function keepRenewing(
  db: Db,
  holder: Holder,
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

/** Nobody gets these keys for as long as after the holder's death, unless they are somebody else's by now. */
export async function leaveLeases(db: Db, holder: Holder, keys: Iterable<string>): Promise<void> {
  await sql`
    update lease set until = clock_timestamp() + make_interval(secs => ${holder.leaveMs / 1_000})
    where key in (${inOrder(holder, keys)})`.execute(db)
}

/** Gives keys back that were taken together, or leaves them to nobody. */
export const endLeases = (db: Db, holder: Holder, keys: readonly string[], leave: boolean): Promise<void> =>
  leave ? leaveLeases(db, holder, keys) : giveBackAllLeases(db, holder, keys)

/**
 * @param holder as long as it leaves them, all of these do.
 * @returns in how many milliseconds all of these keys are free that a holder has left, or has died with; 0 where none was.
 */
export async function leftForMs(db: Db, { leaveMs }: Holder, keys: readonly string[]): Promise<number> {
  // A lease that is renewed is always farther from its end.
  const { rows } = await sql<{ ms: number }>`
    select coalesce(max(extract(epoch from until - clock_timestamp()) * 1000), 0)::float as ms from lease
    where key in (select jsonb_array_elements_text(${toJson(keys)}::jsonb))
      and until between clock_timestamp() and clock_timestamp() + make_interval(secs => ${leaveMs / 1_000})`.execute(
    db,
  )
  return rows[0]?.ms ?? 0
}

export async function giveBackLeases(db: Db, holder: Holder, keys: Iterable<string>): Promise<void> {
  const list = [...keys]
  if (list.length === 0) return
  await sql`delete from lease where key in (${inOrder(holder, list)})`.execute(db)
}

/** Rows are locked in the order of their keys everywhere, so that no two statements wait for each other. */
const inOrder = (holder: Holder, keys: Iterable<string>) => sql`
  select key from lease
  where holder = ${holder.id}::uuid and key in (select jsonb_array_elements_text(${toJson([...keys])}::jsonb))
  order by key for update`

/** For a database that only this process can reach: whoever held a lease is gone. What a vendor may work on stays left. */
export async function clearLeases(db: Db): Promise<void> {
  await sql`
    delete from lease where until <= clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})`.execute(db)
}
