import { afterEach, expect, test } from 'vitest'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { createCustomer, customer, endCall } from '../helpers/records.ts'
import { type BareService, startBareService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** What a backlog of calls costs, counted by the emulators. */

const CALLS = 5_000
const CUSTOMERS = 400
/** Asking for the progress of a large run at every turn would slow what is waited for. */
const LOOK_EVERY_MS = 250

let emulators: Emulators
let bare: BareService
afterEach(async () => {
  await bare.close()
  await emulators.close()
})

const LATER = 3_600_000
const LIVE = '+442079460123'

test('a backlog of 5,000 calls is read a thousand at a time and written a hundred at a time, and a live call goes ahead', async () => {
  // Nobody's limits are in the way but those of the org: what is counted is what we ask for.
  emulators = await startEmulators({ customers: CUSTOMERS, calls: CALLS, minuteMs: 1_000 })
  bare = await startBareService(emulators, { export: false }, { detailAfterMs: LATER })
  const { operations, context } = bare.service
  const synced = await operations.beginRun('sync', undefined)
  await until(
    'the customers are there',
    async () => (await operations.run(synced))?.state === 'done',
    120_000,
    LOOK_EVERY_MS,
  )
  await createCustomer(emulators, customer(LIVE))

  const before = {
    cloudtalk: await emulators.cloudtalk.requests(),
    kustomer: await emulators.kustomer.requests(),
  }
  const from = new Date(Date.now() - 400 * 24 * LATER)
  const id = await operations.beginRun('sync', from)
  await until(
    'the backlog is under way',
    async () => ((await operations.run(id))?.settled.call ?? 0) > 0,
    60_000,
  )
  const live = await endCall(emulators, { external_number: LIVE, deliver: false })
  await context.raise([
    {
      event: {
        kind: 'call',
        connection: context.connection,
        id: live.id,
        attempt: 0,
        about: 'call',
        source: 'webhook',
      },
      priority: 'live',
      dedupeKey: `live/${live.id}`,
    },
  ])
  await until('the live call is logged', async () => {
    const [record] = await operations.trace(live.id)
    return record?.story.some(({ outcome }) => outcome === 'created')
  })
  const meanwhile = await operations.run(id)
  expect(meanwhile?.state).toBe('settling')
  expect(meanwhile?.settled.call ?? 0).toBeLessThan(CALLS)

  const done = await until(
    'the backlog is done',
    async () => {
      const now = await operations.run(id)
      return now?.state === 'done' && now
    },
    240_000,
    LOOK_EVERY_MS,
  )
  expect(done.settled.call).toBe(CALLS)
  const { conversations = [], notes = [], messages = [] } = await emulators.kustomer.state()
  const logged = done.outcomes
    .filter(({ kind, outcome }) => kind === 'call' && outcome === 'created')
    .reduce((sum, { count }) => sum + count, 0)
  expect(conversations).toHaveLength(logged + 1)
  expect(notes).toHaveLength(logged + 1)
  expect(messages).toHaveLength(logged + 1)
  const imported = conversations.filter(({ attributes }) => attributes.importedAt)
  expect(imported).toHaveLength(logged)
  expect(new Set(conversations.map(({ attributes }) => attributes.externalId)).size).toBe(logged + 1)

  const after = {
    cloudtalk: await emulators.cloudtalk.requests(),
    kustomer: await emulators.kustomer.requests(),
  }
  const cost = (vendor: 'cloudtalk' | 'kustomer', route: string) =>
    (after[vendor].byRoute[route] ?? 0) - (before[vendor].byRoute[route] ?? 0)
  expect(cost('cloudtalk', 'GET /calls/index.json')).toBeLessThanOrEqual(Math.ceil(CALLS / 1_000) + 2)
  expect(after.cloudtalk.total - before.cloudtalk.total).toBeLessThanOrEqual(Math.ceil(CALLS / 1_000) + 6)
  // Some of a hundred, where settles do not come at the same moment.
  const hundreds = Math.ceil(1.4 * (logged / 100))
  for (const kind of ['conversations', 'notes', 'messages']) {
    expect(cost('kustomer', `POST /${kind}/bulk`)).toBeLessThanOrEqual(hundreds)
  }
  expect(cost('kustomer', 'PUT /conversations/bulk')).toBeLessThanOrEqual(hundreds)
  expect(cost('kustomer', 'POST /conversations')).toBeLessThanOrEqual(4)
  expect(cost('kustomer', 'POST /conversations/:id/notes')).toBeLessThanOrEqual(3)
  expect(after.kustomer.byStatus['400'] ?? 0).toBeLessThanOrEqual(3)
  // A customer's 120 notes a minute count in bulk, too (contract kustomer §1.4), and strangers share one customer.
  expect(after.kustomer.byStatus['429'] ?? 0).toBeLessThanOrEqual(5)
}, 300_000)
