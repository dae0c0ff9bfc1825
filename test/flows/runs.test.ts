import { afterEach, expect, test } from 'vitest'
import { setFaults } from '../helpers/faults.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

let stack: Stack
afterEach(() => stack?.close())

test('one 503 while reading does not end a run', async () => {
  stack = await startStack({ customers: 5 })
  await setFaults(stack.kustomer, { route: 'POST /customers/search', kind: 'status', status: 503 })
  const id = await stack.service.operations.beginRun('sync', undefined)
  await until(
    'the search was refused',
    async () => ((await stack.kustomer.requests()).byStatus['503'] ?? 0) > 1,
  )
  await setFaults(stack.kustomer)
  await until('the run is done', async () => (await stack.service.operations.run(id))?.state === 'done')
})

test('two runs at once both end', async () => {
  stack = await startStack({ customers: 40 })
  await Promise.all([stack.sync(), stack.sync()])
  const { customers } = await stack.service.operations.summary()
  expect(customers.total).toBe((await stack.kustomer.state()).customers?.length)
})

test('customers that are edited while a run reads push no other out of it', async () => {
  stack = await startStack({ customers: 700 })
  const all = (await stack.kustomer.state()).customers ?? []
  await stack.kustomer.control('PUT', '/faults', {
    rules: [{ route: 'POST /customers/search', rate: 1, kind: 'slow', ms: 400 }],
    webhooks: { drop: 1, duplicate: 0, delayMs: 0, shuffle: false },
  })
  const oldestFirst = all.toSorted((one, other) =>
    one.attributes.modifiedAt < other.attributes.modifiedAt ? -1 : 1,
  )
  const id = await stack.service.operations.beginRun('sync', undefined)
  await until('the first page was read', async () => {
    const { customers } = await stack.service.operations.summary()
    return customers.total > 0
  })
  for (const { id: customerId } of oldestFirst.slice(0, 5)) {
    await stack.kustomer.api('PUT', `/customers/${customerId}`, { name: `Renamed ${customerId}` })
  }
  const run = await until('the run has read', async () => {
    const now = await stack.service.operations.run(id)
    return now?.state !== 'reading' && now
  })
  expect(run.raised.customer).toBe(all.length)
})

test('a run from a date leaves older calls alone, and settings that changed since count', async () => {
  stack = await startStack({ customers: 10, calls: 30 })
  const { calls } = await stack.cloudtalk.state()
  const ends = (calls ?? []).map(({ ended_at }) => Date.parse(ended_at)).toSorted((one, other) => one - other)
  // CloudTalk tells whole seconds.
  const middle = new Date(Math.floor((ends[15] ?? 0) / 1_000) * 1_000)
  await stack.sync(middle)
  await stack.settled()
  expect((await stack.service.operations.summary()).calls.total).toBe(15)
  await stack.sync(new Date(0))
  await stack.settled()
  expect((await stack.service.operations.summary()).calls.total).toBe(30)
})
