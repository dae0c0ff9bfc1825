import { randomUUID } from 'node:crypto'
import { type KyselyPlugin, sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDatabase } from '../../test/helpers/databases.ts'
import { openScratch } from './scratch.ts'

const CONNECTION = 'default'
const COUNT = 1_500

let database: Awaited<ReturnType<typeof openTestDatabase>>
beforeAll(async () => {
  database = await openTestDatabase('postgres')
})
afterAll(() => database.close())

const customerId = (at: number) => `c${String(at).padStart(4, '0')}`

/** Runs something once, after the first page of what was asked for has been read. */
const afterFirstPage = (work: () => Promise<unknown>): KyselyPlugin => {
  let done = false
  return {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      const [first] = result.rows
      const { customer_id } = (first?.row ?? {}) as { customer_id?: string }
      if (customer_id !== undefined && !done) {
        done = true
        await work()
      }
      return result
    },
  }
}

test('a row that comes while the copy is made, before those that were read, does not stop it', async () => {
  const { db } = database
  const runId = randomUUID()
  await sql`insert into run (id, connection, kind, state) values (${runId}, ${CONNECTION}, 'preview', 'settling')`.execute(
    db,
  )
  const put = (ids: readonly string[]) =>
    db
      .insertInto('apart')
      .values(ids.map((customer_id) => ({ connection: CONNECTION, customer_id, contact_id: '1' })))
      .execute()
  await put(Array.from({ length: COUNT }, (_, at) => customerId(at + 1)))
  const busy = db.withPlugin(afterFirstPage(() => put([customerId(0)])))
  const scratch = await openScratch(busy, CONNECTION, runId)
  const copied = await scratch.db.selectFrom('apart').select('customer_id').orderBy('customer_id').execute()
  await scratch.close()
  expect(copied.map(({ customer_id }) => customer_id)).toEqual(
    Array.from({ length: COUNT }, (_, at) => customerId(at + 1)),
  )
})
