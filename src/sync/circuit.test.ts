import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestDatabase } from '../../test/helpers/databases.ts'
import { until } from '../../test/helpers/until.ts'
import { KustomerError } from '../kustomer/index.ts'
import { closeCircuit, openCircuit } from '../store/circuits.ts'
import { Circuit } from './circuit.ts'

const AWAY = { cause: 'away', sentence: 'it is away' } as const

let database: Awaited<ReturnType<typeof openTestDatabase>>
let circuit: Circuit
let account: string

const failing = () =>
  circuit
    .through(() => Promise.reject(new KustomerError('GET /x', { kind: 'unavailable', status: 503 })))
    .catch(() => undefined)
const answered = () => circuit.through(() => Promise.resolve())
const isOpen = () => circuit.open !== undefined

beforeEach(async () => {
  database = await openTestDatabase('postgres')
  account = randomUUID()
  circuit = new Circuit({
    db: database.db,
    vendor: 'kustomer',
    account,
    firstWaitMs: 60_000,
    probe: () => Promise.reject(new Error('nobody asks')),
    closed: () => Promise.resolve(),
    log: pino({ level: 'silent' }),
  })
  await circuit.start()
})
afterEach(async () => {
  circuit.stop()
  await database.close()
})

test('hundreds of requests that fail together are one disturbance', async () => {
  await Promise.all(Array.from({ length: 300 }, failing))
  expect(isOpen()).toBe(false)
})

test('failures one after the other open it, and nothing leaves then', async () => {
  await until('it is open', async () => {
    await failing()
    await wait(20)
    return isOpen()
  })
  await expect(answered()).rejects.toThrow('has not answered properly since')
})

test('an answer in between starts the count anew', async () => {
  for (let count = 0; count < 15; count++) {
    await failing()
    await wait(55)
    if (count === 9) await answered()
  }
  expect(isOpen()).toBe(false)
})

test('once it has closed, one failure of the first requests does not open it again, and three do', async () => {
  // Another process was first to have enough of it.
  for (let count = 0; count < 4; count++) {
    await failing()
    await wait(55)
  }
  await openCircuit(database.db, account, AWAY, 60_000)
  await until('it is seen', isOpen)
  await closeCircuit(database.db, account)
  await until('that it is over is seen', () => !isOpen())
  await answered()
  await failing()
  await failing()
  await answered()
  expect(isOpen()).toBe(false)
  await failing()
  await failing()
  await failing()
  expect(isOpen()).toBe(true)
})
