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
  /** For so long after it has died or given up while it wrote, nobody gets what it had: a vendor may work on it yet. */
  leaveMs: number
}

/** Keys that one holder has. */
export interface Leases {
  holder: Holder
  keys: readonly string[]
}

export const newHolder = (leaveMs = 0): Holder => ({ id: uuid(), leaveMs })

/** @returns the keys that `holder` now has; the others are settled elsewhere at this moment. */
export async function takeLeases(db: Db, holder: Holder, keys: readonly string[]): Promise<Set<string>> {
  const taken = await sql<{ key: string }>`
    insert into lease (key, holder, until)
    select key, ${holder.id}::uuid, clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
    from jsonb_array_elements_text(${toJson(keys)}::jsonb) as k(key)
    order by key
    on conflict (key) do update set holder = excluded.holder, until = excluded.until, leave_ms = 0
      where lease.until < clock_timestamp()
    returning key`.execute(db)
  return new Set(taken.rows.map((row) => row.key))
}

/** Takes all of the keys or none; one that is named twice at once is taken once. */
export const takeAllLeases = (db: Db, holder: Holder, keys: readonly string[]): Promise<boolean> =>
  takeAll(db, { holder, keys })

const takeAll = batched<Leases, boolean>(async (db, items) => {
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

/** Keeps what is really held: a lease that could not be given back runs out by itself. */
export async function renewLeases(db: Db, holder: Holder, keys: Iterable<string>): Promise<void> {
  await sql`
    update lease set until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS} + leave_ms / 1000.0)
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

/**
 * Says that something is being written about these: should their holder die, they are left to nobody for a while.
 * @returns whether all of them are still its own.
 */
export const markWriting = batched<readonly Leases[], boolean>(async (db, items) => {
  const rows = (leases: readonly Leases[]) =>
    leases.flatMap(({ holder, keys }) =>
      keys.map((key) => ({ key, holder: holder.id, leave_ms: holder.leaveMs })),
    )
  const { rows: marked } = await sql<{ key: string; holder: string }>`
    update lease set leave_ms = mine.leave_ms,
      until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS} + mine.leave_ms / 1000.0)
    from (
      select key, asked.leave_ms from lease
      join jsonb_to_recordset(${toJson(items.flatMap(rows))}::jsonb) as asked(key text, holder uuid, leave_ms int)
        using (key, holder)
      order by key for update of lease
    ) mine
    where lease.key = mine.key returning lease.key, lease.holder`.execute(db)
  const ours = new Set(marked.map(({ key, holder }) => `${holder} ${key}`))
  return items.map((leases) => rows(leases).every(({ key, holder }) => ours.has(`${holder} ${key}`)))
})

/** Nobody gets these keys for as long as after the holder's death, unless they are somebody else's by now. */
async function leaveLeases(db: Db, holder: Holder, keys: readonly string[]): Promise<void> {
  await sql`
    update lease set leave_ms = ${holder.leaveMs}, until = clock_timestamp() + make_interval(secs => ${holder.leaveMs / 1_000})
    where key in (${inOrder(holder, keys)})`.execute(db)
}

/** Gives keys back that were taken together, or leaves them to nobody. */
export const endLeases = (db: Db, holder: Holder, keys: readonly string[], leave: boolean): Promise<void> =>
  leave ? leaveLeases(db, holder, keys) : giveBackAll(db, { holder, keys })

/** @returns in how many milliseconds all of these keys are free that a holder has left, or died with; 0 where none was. */
export async function leftForMs(db: Db, keys: readonly string[]): Promise<number> {
  // One that is renewed is always farther from its end.
  const { rows } = await sql<{ ms: number }>`
    select coalesce(max(extract(epoch from until - clock_timestamp()) * 1000), 0)::float as ms from lease
    where key in (select jsonb_array_elements_text(${toJson(keys)}::jsonb))
      and until between clock_timestamp() and clock_timestamp() + make_interval(secs => leave_ms / 1000.0)`.execute(
    db,
  )
  return rows[0]?.ms ?? 0
}

const giveBackAll = batched<Leases, void>(async (db, items) => {
  for (const [holder, given] of Map.groupBy(items, (item) => item.holder)) {
    await giveBackLeases(
      db,
      holder,
      given.flatMap(({ keys }) => keys),
    )
  }
  return items.map(() => undefined)
})

async function giveBackLeases(db: Db, holder: Holder, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return
  await sql`delete from lease where key in (${inOrder(holder, keys)})`.execute(db)
}

/** Rows are locked in the order of their keys everywhere, so that no two statements wait for each other. */
const inOrder = (holder: Holder, keys: Iterable<string>) => sql`
  select key from lease
  where holder = ${holder.id}::uuid and key in (select jsonb_array_elements_text(${toJson([...keys])}::jsonb))
  order by key for update`

/** For a database that only this process can reach: whoever held a lease is gone, and what it wrote to is left. */
export async function clearLeases(db: Db): Promise<void> {
  await sql`delete from lease where leave_ms = 0`.execute(db)
  await sql`
    update lease set until = least(until, clock_timestamp() + make_interval(secs => leave_ms / 1000.0))`.execute(
    db,
  )
}
