import { type RawBuilder, sql } from 'kysely'
import type { Db } from './database.ts'
import { toJson } from './json.ts'

/** Items in one statement; more only makes the others wait longer. */
const MOST = 500

interface Waiting<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Makes one statement of what many settles ask at the same time. A statement on the embedded database costs some
 * 0.5 ms whatever it does, and a customer's import needs ten of them: alone 60 imports a second, together 600.
 *
 * What is asked while a statement is under way goes together in the next one; what is asked alone goes at once.
 *
 * @param run answers one result per item, in order. Where a value is what the database refuses, each item is asked
 * alone, and the one that has it is rejected; any other rejection is every item's.
 */
export function batched<Item, Result>(
  run: (db: Db, items: readonly Item[]) => Promise<readonly Result[]>,
): (db: Db, item: Item) => Promise<Result> {
  const queues = new WeakMap<Db, Waiting<Item, Result>[]>()

  async function alone(db: Db, { item, resolve, reject }: Waiting<Item, Result>): Promise<void> {
    try {
      const [result] = await run(db, [item])
      resolve(result as Result)
    } catch (error) {
      reject(error)
    }
  }

  async function drain(db: Db, queue: Waiting<Item, Result>[]): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, MOST)
      try {
        const results = await run(
          db,
          batch.map(({ item }) => item),
        )
        for (const [index, entry] of batch.entries()) entry.resolve(results[index] as Result)
      } catch (error) {
        if (batch.length > 1 && isOfValue(error)) for (const entry of batch) await alone(db, entry)
        else for (const entry of batch) entry.reject(error)
      }
    }
    queues.delete(db)
  }

  return (db, item) =>
    new Promise<Result>((resolve, reject) => {
      const entry = { item, resolve, reject }
      const queue = queues.get(db)
      if (queue) queue.push(entry)
      else {
        const started = [entry]
        queues.set(db, started)
        // After this turn, so that settles that reached the same point together go together.
        setImmediate(() => void drain(db, started))
      }
    })
}

/** PostgreSQL's error classes 22, data exception, and 54, which a key too long for its index is of. */
const isOfValue = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^(22|54)/.test(String(error.code))

/** For statements that answer rows: each item's rows, in the order of the items. */
export function rowsByItem<Row extends { item: number }>(rows: readonly Row[], count: number): Row[][] {
  const byItem: Row[][] = Array.from({ length: count }, () => [])
  for (const row of rows) byItem[row.item]?.push(row)
  return byItem
}

/** The items as a table to join with: `item` is their place in the list. */
export const asked = (items: readonly object[]): RawBuilder<unknown> => {
  const numbered = items.map((item, index) => ({ item: index, ...item }))
  return sql`jsonb_to_recordset(${toJson(numbered)}::jsonb)`
}
