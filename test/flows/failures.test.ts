import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import type { ReasonCode } from '../../src/mapping/reasons.ts'
import type { RecordKind } from '../../src/store/schema.ts'
import type { Vendor } from '../helpers/emulators.ts'
import { createCustomer, customer, endCall } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

let stack: Stack
afterEach(() => stack?.close())

const NUMBER = '+442071838750'
const NO_WEBHOOK_FAULTS = { drop: 0, duplicate: 0, delayMs: 0, shuffle: false }

const fail = (vendor: Vendor, ...rules: { route: string; status: number }[]) =>
  vendor.control('PUT', '/faults', {
    rules: rules.map((rule) => ({ ...rule, rate: 1, kind: 'status' })),
    webhooks: NO_WEBHOOK_FAULTS,
  })

const heal = (vendor: Vendor) => vendor.control('PUT', '/faults', { rules: [], webhooks: NO_WEBHOOK_FAULTS })

const lastOf = async (kind: RecordKind, id: string) => {
  const records = await stack.service.operations.trace(id)
  return records.find((record) => record.kind === kind)?.story.at(-1)
}

const waits: { label: string; status: number; reason: ReasonCode }[] = [
  { label: 'an outage', status: 503, reason: 'VENDOR_UNAVAILABLE' },
  { label: 'a full limit', status: 429, reason: 'RATE_LIMITED' },
]

test.each(waits)(
  '$label of CloudTalk: the customer waits as $reason, and goes through when it ends',
  async ({ status, reason }) => {
    stack = await startStack()
    await fail(stack.cloudtalk, { route: 'POST /bulk/contacts.json', status })
    const id = await createCustomer(stack, customer(NUMBER))
    const waiting = await until('it waits', async () => {
      const last = await lastOf('customer', id)
      return last?.outcome === 'waiting' && last
    })
    expect(waiting.reason).toBe(reason)
    expect(waiting.nextAt).toBeInstanceOf(Date)
    expect((await stack.cloudtalk.state()).contacts).toEqual([])
    await heal(stack.cloudtalk)
    await stack.settled()
    expect((await stack.cloudtalk.state()).contacts).toHaveLength(1)
    expect((await stack.service.operations.summary()).customers.byOutcome).toEqual({ created: 1 })
  },
)

test('an outage of Kustomer: the call waits, and is logged once when it ends', async () => {
  stack = await startStack()
  await createCustomer(stack, customer(NUMBER))
  await stack.settled()
  await fail(stack.kustomer, { route: 'POST /conversations/:id/notes', status: 500 })
  const { id } = await endCall(stack, { external_number: NUMBER })
  await until('it waits', async () => (await lastOf('call', id))?.reason === 'VENDOR_UNAVAILABLE')
  await heal(stack.kustomer)
  await stack.settled()
  const { conversations, notes } = await stack.kustomer.state()
  expect([conversations?.length, notes?.length]).toEqual([1, 1])
})

test('UNAUTHORIZED: a key that is refused makes records wait, not fail', async () => {
  stack = await startStack()
  await fail(stack.cloudtalk, { route: 'POST /bulk/contacts.json', status: 401 })
  const id = await createCustomer(stack, customer(NUMBER))
  const last = await until('it waits', () => lastOf('customer', id))
  expect(last).toMatchObject({ outcome: 'waiting', reason: 'UNAUTHORIZED' })
})

const refusals: { reason: ReasonCode; vendor: 'cloudtalk' | 'kustomer'; route: string; status: number }[] = [
  { reason: 'REJECTED_BY_CLOUDTALK', vendor: 'cloudtalk', route: 'POST /bulk/contacts.json', status: 406 },
  { reason: 'REJECTED_BY_KUSTOMER', vendor: 'kustomer', route: 'POST /conversations/:id/notes', status: 400 },
]

test.each(refusals)(
  '$reason: the record fails, says so, and is a dead letter',
  async ({ reason, vendor, route, status }) => {
    stack = await startStack()
    await fail(stack[vendor], { route, status })
    const id =
      vendor === 'cloudtalk'
        ? await createCustomer(stack, customer(NUMBER))
        : (await endCall(stack, { external_number: '+442071838759' })).id
    await stack.settled()
    const kind = vendor === 'cloudtalk' ? 'customer' : 'call'
    const summary = await stack.service.operations.summary()
    expect(summary[kind === 'customer' ? 'customers' : 'calls'].byReason).toEqual({ [reason]: 1 })
    const dead = await sql<{ data: unknown }>`select data from pgboss.job where name = 'settle-dead'`.execute(
      stack.service.context.db,
    )
    // Each webhook about the call meets the same refusal.
    expect(dead.rows.length).toBeGreaterThan(0)
    for (const { data } of dead.rows) expect(data).toMatchObject({ kind, id })
  },
)

test('one bad contact of ten in a request fails alone', async () => {
  stack = await startStack({
    prepare: (emulators) => emulators.cloudtalk.control('PUT', '/switches', { editRequiresName: true }),
  })
  const good = await Promise.all(
    Array.from({ length: 9 }, (_, index) => createCustomer(stack, customer(`+44207183875${index}`))),
  )
  const bad = await createCustomer(stack, customer('+442071838760', { emails: [{ email: 'info@intranet' }] }))
  await stack.settled()
  expect((await stack.cloudtalk.state()).contacts).toHaveLength(good.length)
  expect(await lastOf('customer', bad)).toMatchObject({ outcome: 'failed', reason: 'REJECTED_BY_CLOUDTALK' })
})

test('a call that CloudTalk does not show waits, and is given up in the end', async () => {
  stack = await startStack()
  const [workflow] = await stack.cloudtalk.control<{ url: string; headers: Record<string, string> }[]>(
    'GET',
    '/workflows',
  )
  await fetch(workflow?.url ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...workflow?.headers },
    body: JSON.stringify({ call_id: 999, call_uuid: 'u' }),
  })
  const waiting = await until('it waits', () => lastOf('call', '999'))
  expect(waiting).toMatchObject({ outcome: 'waiting', reason: 'CALL_NOT_FOUND' })
})
