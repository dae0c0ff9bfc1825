import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { batched, rowsByItem } from './batched.ts'
import type { Db } from './database.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
/** Only who it is counts here: statements are not made. */
const newDb = () => ({}) as unknown as Db

/** Statements that are under way until the test ends each of them. */
function heldStatements() {
  const statements: { db: Db; items: readonly number[]; end(error?: Error): void }[] = []
  const ask = batched<number, number>(async (db, items) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    statements.push({ db, items, end: (error) => (error ? reject(error) : resolve()) })
    await promise
    return items.map((item) => item * 10)
  })
  return { statements, ask }
}

test('what is asked together is one statement, and each gets its own result', async () => {
  const asked: number[][] = []
  const ask = batched<number, number>(async (_db, items) => {
    asked.push([...items])
    return items.map((item) => item * 10)
  })
  const db = newDb()
  expect(await Promise.all([3, 1, 2, 3].map((item) => ask(db, item)))).toEqual([30, 10, 20, 30])
  expect(asked).toEqual([[3, 1, 2, 3]])
})

test('what is asked while a statement is under way goes together in the next one', async () => {
  const { statements, ask } = heldStatements()
  const db = newDb()
  const first = ask(db, 1)
  await turn()
  const later = [ask(db, 2), ask(db, 3)]
  await turn()
  expect(statements.map(({ items }) => items)).toEqual([[1]])
  statements[0]?.end()
  expect(await first).toBe(10)
  await turn()
  expect(statements.map(({ items }) => items)).toEqual([[1], [2, 3]])
  statements[1]?.end()
  expect(await Promise.all(later)).toEqual([20, 30])
})

test('a database does not wait for another', async () => {
  const { statements, ask } = heldStatements()
  const [one, other] = [newDb(), newDb()]
  const answers = [ask(one, 1), ask(other, 2)]
  await turn()
  expect(statements.map(({ db, items }) => [db === one, items])).toEqual([
    [true, [1]],
    [false, [2]],
  ])
  for (const { end } of statements) end()
  expect(await Promise.all(answers)).toEqual([10, 20])
})

test('a statement takes no more than 500', async () => {
  const sizes: number[] = []
  const ask = batched<number, number>(async (_db, items) => {
    sizes.push(items.length)
    return items
  })
  const db = newDb()
  const items = Array.from({ length: 1_201 }, (_, item) => item)
  expect(await Promise.all(items.map((item) => ask(db, item)))).toEqual(items)
  expect(sizes).toEqual([500, 500, 201])
})

describe('a statement that fails', () => {
  test('fails for all in it, and does not stop the next', async () => {
    const { statements, ask } = heldStatements()
    const db = newDb()
    const failing = Promise.allSettled([ask(db, 1), ask(db, 2)])
    await turn()
    const next = ask(db, 3)
    statements[0]?.end(new Error('refused'))
    const rejected = { status: 'rejected', reason: new Error('refused') }
    expect(await failing).toEqual([rejected, rejected])
    await turn()
    statements[1]?.end()
    expect(await next).toBe(30)
  })

  test('for a value that the database refuses, fails for who has it only', async () => {
    const ask = batched<number, number>(async (_db, items) => {
      const message = 'index row size 5000 exceeds btree version 4 maximum 2704'
      if (items.includes(2)) throw Object.assign(new Error(message), { code: '54000' })
      return items
    })
    const db = newDb()
    const ended = await Promise.allSettled([1, 2, 3].map((item) => ask(db, item)))
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  test('before it is sent, too, and later ones are asked as ever', async () => {
    let tries = 0
    const ask = batched<number, number>((_db, items) => {
      if (tries++ === 0) throw new Error('refused')
      return Promise.resolve(items)
    })
    const db = newDb()
    await expect(ask(db, 1)).rejects.toThrow('refused')
    expect(await ask(db, 2)).toBe(2)
  })
})

test('whatever is asked when, each gets its own end, in statements one after the other', async () => {
  const statement = fc.record({ takes: fc.nat({ max: 4 }), fails: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 8 }), { minLength: 1, maxLength: 30 }),
      fc.array(statement, { minLength: 1, maxLength: 5 }),
      async (arrivals, statements) => {
        const made: (readonly number[])[] = []
        let underWay = 0
        let most = 0
        const ask = batched<number, string>(async (_db, items) => {
          most = Math.max(most, ++underWay)
          const { takes, fails } = statements[made.length % statements.length] ?? { takes: 0, fails: false }
          made.push(items)
          for (let passed = 0; passed < takes; passed++) await turn()
          underWay--
          if (fails) throw new Error(`refused ${items}`)
          return items.map((item) => `done ${item}`)
        })
        const db = newDb()
        const ended = await Promise.allSettled(
          arrivals.map(async (after, item) => {
            for (let passed = 0; passed < after; passed++) await turn()
            return ask(db, item)
          }),
        )
        expect(most).toBe(1)
        expect(made.flat().sort((a, b) => a - b)).toEqual(arrivals.map((_, item) => item))
        for (const [item, end] of ended.entries()) {
          const own = made.find((items) => items.includes(item))
          const told = end.status === 'fulfilled' ? end.value : (end.reason as Error).message
          expect([`done ${item}`, `refused ${own}`]).toContain(told)
        }
      },
    ),
  )
})

test('rows go to the items that they answer, and an item may have none', () => {
  const rows = [
    { item: 2, id: 'a' },
    { item: 0, id: 'b' },
    { item: 2, id: 'c' },
    { item: 9, id: 'd' },
  ]
  expect(rowsByItem(rows, 3).map((own) => own.map(({ id }) => id))).toEqual([['b'], [], ['a', 'c']])
})
