import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { pino } from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { openService, type Service } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import type { RunProgress } from '../../src/store/runs.ts'
import { createDatabase, type DatabaseKind, databaseKinds, type TestDatabase } from '../helpers/databases.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { runCli, SHORT_PACE } from '../helpers/process.ts'
import { createCustomer, customer, endCall } from '../helpers/records.ts'
import { type Stack, startBareService, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** Runs that are paused, interrupted, killed and gone on with; and previews, which leave no trace. */

let closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.reverse()) await close()
  closing = []
})
const closed = <T extends { close(): Promise<unknown> }>(opened: T): T => {
  closing.push(() => opened.close())
  return opened
}

const sum = (counts: Partial<Record<string, number>>): number =>
  Object.values(counts).reduce<number>((total, count) => total + (count ?? 0), 0)
const progressOf = async (service: Service, id: string): Promise<RunProgress> => {
  const run = await service.operations.run(id)
  if (!run) throw new Error('the run is gone')
  return run
}
const isDone = (service: Service, id: string) =>
  until(
    'the run is done',
    async () => {
      const run = await progressOf(service, id)
      if (run.state === 'failed') throw new Error(run.error)
      return run.state === 'done' && run
    },
    60_000,
  )
/** How many records are settled once nothing moves for a while. @throws where it goes on for more than `withinMs`. */
const standsStill = (service: Service, id: string, withinMs: number, forMs = 1_000) => {
  let last = { settled: -1, since: Date.now() }
  return until(
    'the run stands still',
    async () => {
      const settled = sum((await progressOf(service, id)).settled)
      if (settled !== last.settled) last = { settled, since: Date.now() }
      return Date.now() - last.since > forMs && settled
    },
    withinMs,
  )
}

const bulkWrites = async (emulators: Emulators) =>
  (await emulators.cloudtalk.requests()).byRoute['POST /bulk/contacts.json'] ?? 0
const contactsOf = async (emulators: Emulators) => (await emulators.cloudtalk.state()).contacts ?? []
const customersOf = async (emulators: Emulators) => (await emulators.kustomer.state()).customers ?? []

/** A kind of which there is nothing has no count of what is settled. */
const filled = (counts: RunProgress['raised']) =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))

/** Every record has an outcome of the run, no customer has two contacts, no contact two customers. */
async function expectAllOnce(emulators: Emulators, run: RunProgress): Promise<void> {
  expect(run.settled).toEqual(filled(run.raised))
  expect(run.outcomes.filter(({ outcome }) => outcome === 'failed' || outcome === 'waiting')).toEqual([])
  const contacts = await contactsOf(emulators)
  const links = contacts.flatMap(({ external_urls }) => external_urls.map(({ url }: { url: string }) => url))
  expect(new Set(links).size).toBe(links.length)
  const customers = await customersOf(emulators)
  const externalIds = customers.flatMap(({ attributes }) => attributes.externalId ?? [])
  expect(new Set(externalIds).size).toBe(externalIds.length)
  expect(customers.length - (run.raised.customer ?? 0)).toBe(externalIds.length)
}

test('a run that is paused stands still within seconds, tells how far it is, and goes on to its end', async () => {
  const emulators = closed(await startEmulators({ customers: 600, minuteMs: 100 }))
  const { service } = closed(await startBareService(emulators))
  await setFaults(emulators.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'slow', ms: 300 })
  const id = await service.operations.beginRun('sync', undefined)
  const running = await until('some are settled', async () => {
    const run = await progressOf(service, id)
    return (run.settled.customer ?? 0) > 20 && run.rate > 0 && run
  })
  expect(running).toMatchObject({ state: 'settling', paused: false, raised: { customer: 600 } })
  expect(running.secondsLeft).toBeGreaterThan(0)
  expect(sum(Object.fromEntries(running.outcomes.map(({ reason, count }) => [reason, count])))).toBe(
    running.settled.customer,
  )
  expect(await service.operations.pauseRun(id, true)).toMatchObject({ paused: true })
  const settled = await standsStill(service, id, 6_000)
  expect(settled).toBeLessThan(600)
  const writes = await bulkWrites(emulators)
  await setFaults(emulators.cloudtalk)
  expect(await standsStill(service, id, 3_000)).toBe(settled)
  expect(await bulkWrites(emulators)).toBe(writes)

  await service.operations.pauseRun(id, false)
  const run = await isDone(service, id)
  expect(run).toMatchObject({ paused: false, settled: { customer: 600 } })
  await expectAllOnce(emulators, run)
  const reasons = run.outcomes.map(({ reason }) => reason)
  expect(reasons).toEqual(expect.arrayContaining(['CREATED', 'NO_PHONE', 'SHARED_PHONE', 'MATCHED_BY_NAME']))
  const written = (await contactsOf(emulators)).length
  expect(await bulkWrites(emulators)).toBeLessThanOrEqual(1.2 * (written / 10) + 24)
})

test('a preview can be paused, and goes on', async () => {
  const emulators = closed(await startEmulators({ customers: 1_000, minuteMs: 100 }))
  const { service } = closed(await startBareService(emulators))
  const id = await service.operations.beginRun('preview', undefined)
  await until('it settles', async () => ((await progressOf(service, id)).settled.customer ?? 0) > 0)
  await service.operations.pauseRun(id, true)
  const settled = await standsStill(service, id, 6_000)
  expect(settled).toBeLessThan(1_000)
  expect(await progressOf(service, id)).toMatchObject({ state: 'settling', paused: true })
  await service.operations.pauseRun(id, false)
  expect((await isDone(service, id)).settled.customer).toBe(1_000)
})

describe.each(databaseKinds)('on %s', (kind) => {
  test('a paused run is paused after a restart, and then goes on where it was', async () => {
    const emulators = closed(await startEmulators({ customers: 300, minuteMs: 100 }))
    const database = await createDatabase(kind)
    closing.push(() => database.drop())
    const open = async () => {
      const config = readConfig({ ...emulators.env, ...database.env })
      const log = pino({ level: process.env.LOG_LEVEL ?? 'silent' })
      const service = await openService(config, log, { detailAfterMs: 10, aiAfterMs: 20, firstBackoffMs: 50 })
      await service.work()
      await service.watch()
      return service
    }
    const first = await open()
    let firstIsOpen = true
    closing.push(async () => firstIsOpen && first.close())
    await setFaults(emulators.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'slow', ms: 300 })
    const id = await first.operations.beginRun('sync', undefined)
    await until('some are settled', async () => ((await progressOf(first, id)).settled.customer ?? 0) > 10)
    await first.operations.pauseRun(id, true)
    await first.close()
    firstIsOpen = false
    await setFaults(emulators.cloudtalk)

    const second = closed(await open())
    // Runs are taken up again after a second.
    const settled = await standsStill(second, id, 8_000, 2_500)
    expect(settled).toBeLessThan(300)
    expect(await progressOf(second, id)).toMatchObject({ state: 'settling', paused: true })
    await second.operations.pauseRun(id, false)
    await expectAllOnce(emulators, await isDone(second, id))
  })
})

/** `sync` as a process of its own. */
function startSync(emulators: Emulators, database: TestDatabase, args: string[] = []) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', 'sync', ...args], {
    env: { PATH: process.env.PATH, ...emulators.env, ...database.env, ...SHORT_PACE },
    stdio: 'ignore',
  })
  const exit = once(child, 'exit')
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await exit
    }
  }
  closing.push(kill)
  return { kill }
}

const SLOW_BATCHES = { route: 'GET /bulk/:id/batches', kind: 'slow' as const, ms: 5_000 }

/** Starts `sync` on a new database and kills it while the contacts of customers are being written. */
async function killedAmongCustomers(kind: DatabaseKind) {
  const emulators = closed(await startEmulators({ customers: 200, contacts: 120 }))
  const database = await createDatabase(kind)
  closing.push(() => database.drop())
  // Some forty contacts a second.
  await emulators.cloudtalk.control('PUT', '/switches', { rateLimit: 5 })
  const own = (await contactsOf(emulators)).length
  const sync = startSync(emulators, database)
  await until('some contacts stand', async () => (await contactsOf(emulators)).length > own + 40, 100_000)
  await sync.kill()
  const killedAt = Date.now()
  const written = (await contactsOf(emulators)).slice(own)
  expect(written.length).toBeLessThan(150)
  await emulators.cloudtalk.control('PUT', '/switches', { rateLimit: 1_000 })
  return { emulators, database, written, killedAt }
}

async function syncToEnd(emulators: Emulators, database: TestDatabase): Promise<RunProgress> {
  const last = await runCli(['sync', '--json'], { ...emulators.env, ...database.env, ...SHORT_PACE })
  expect(last).toMatchObject({ code: 0 })
  return JSON.parse(last.stdout)
}

test('killed among the customers and again among the contacts: `sync` ends that run, and does nothing twice', async () => {
  const { emulators, database, written, killedAt } = await killedAmongCustomers('embedded')
  // Kustomer has done it before anybody learns of it; the second kill comes in between.
  await setFaults(emulators.kustomer, SLOW_BATCHES)
  const second = startSync(emulators, database)
  await until('some customers stand', async () => (await customersOf(emulators)).length > 200, 100_000)
  await second.kill()
  const made = (await customersOf(emulators)).filter(({ attributes }) => attributes.externalId)
  expect(made.length).toBeGreaterThan(0)
  await setFaults(emulators.kustomer)

  const run = await syncToEnd(emulators, database)
  expect(run).toMatchObject({ state: 'done', raised: { customer: 200 } })
  expect(Date.parse(String(run.startedAt))).toBeLessThan(killedAt)
  await expectAllOnce(emulators, run)

  const after = new Map((await contactsOf(emulators)).map((contact) => [contact.id, contact]))
  const rewritten = written
    .map(({ id, modified }) => ({ before: modified, after: after.get(id) }))
    // Whoever was joined to it since has changed it.
    .filter((one) => one.after?.external_urls.length === 1 && one.after.modified !== one.before)
  expect(rewritten).toEqual([])
  const customersNow = new Map((await customersOf(emulators)).map((one) => [one.id, one.attributes.rev]))
  expect(made.filter(({ id, attributes }) => customersNow.get(id) !== attributes.rev)).toEqual([])
}, 120_000)

/** Requests that a preview expects the run to take. */
const expected = ({ estimate: { cloudtalk = 0, kustomer = 0 } }: RunProgress): number => cloudtalk + kustomer

const everything = async (emulators: Emulators) => {
  const [cloudtalk, kustomer] = await Promise.all([emulators.cloudtalk.state(), emulators.kustomer.state()])
  return {
    contacts: cloudtalk.contacts ?? [],
    customers: kustomer.customers ?? [],
    ...conversationsOf(kustomer),
  }
}
const conversationsOf = ({
  conversations = [],
  notes = [],
  messages = [],
}: Awaited<ReturnType<Emulators['kustomer']['state']>>) => ({ conversations, notes, messages })

test('a preview writes nothing, and what happens live is settled meanwhile', async () => {
  const stack: Stack = closed(await startStack({ customers: 900, contacts: 60, minuteMs: 100 }))
  const before = await everything(stack)
  const { operations } = stack.service
  const id = await operations.beginRun('preview', undefined)
  await until('the preview settles', async () => sum((await progressOf(stack.service, id)).settled) > 0)
  const created = await createCustomer(stack, customer('+442071838750'))
  const call = await endCall(stack, { external_number: '+442071838750' })
  const settledLive = await until('both are settled', async () => {
    const [ofCustomer] = await operations.trace(created)
    const ofCall = (await operations.trace(call.id)).find((record) => record.id === call.id)
    return (
      ofCustomer?.story.some(({ outcome }) => outcome === 'created') &&
      ofCall?.story.some(({ outcome }) => outcome === 'created') &&
      (await progressOf(stack.service, id))
    )
  })
  expect(settledLive.state).toBe('settling')
  const previewed = await isDone(stack.service, id)
  expect(previewed.settled).toEqual(filled(previewed.raised))
  expect(expected(previewed)).toBeGreaterThan(60)
  await stack.settled()
  const after = await everything(stack)
  expect(after.contacts.slice(0, before.contacts.length)).toEqual(before.contacts)
  expect(after.contacts).toHaveLength(before.contacts.length + 1)
  expect(after.customers.slice(0, before.customers.length)).toEqual(before.customers)
  expect(after.customers).toHaveLength(before.customers.length + 1)
  expect([after.conversations, after.notes, after.messages].map(({ length }) => length)).toEqual([1, 1, 1])
}, 150_000)

test('a preview with calls tells what the sync then does, record by record', async () => {
  const emulators = closed(await startEmulators({ customers: 40, contacts: 20, calls: 40, minuteMs: 100 }))
  const { service } = closed(await startBareService(emulators))
  const { calls } = await emulators.cloudtalk.state()
  const ends = (calls ?? []).map(({ ended_at }) => Date.parse(ended_at)).toSorted((one, other) => one - other)
  // CloudTalk tells whole seconds.
  const from = new Date(Math.floor((ends[10] ?? 0) / 1_000) * 1_000)
  const before = await everything(emulators)
  const run = async (kind: 'preview' | 'sync') => {
    const id = await service.operations.beginRun(kind, from)
    return { progress: await isDone(service, id), records: await service.operations.runRecords(id) }
  }
  const previewed = await run('preview')
  expect(await everything(emulators)).toEqual(before)
  expect(previewed.records.filter(({ kind }) => kind === 'call')).toHaveLength(30)
  const synced = await run('sync')
  expect(synced.records).toEqual(previewed.records)
  const reasons = new Set(synced.records.filter(({ kind }) => kind === 'call').map(({ reason }) => reason))
  expect([...reasons]).toEqual(expect.arrayContaining(['LOGGED', 'LOGGED_UNLINKED', 'INTERNAL_CALL']))
})

test('what was settled before a kill keeps its outcome in the run', async () => {
  const { emulators, database } = await killedAmongCustomers('embedded')
  const run = await syncToEnd(emulators, database)
  await expectAllOnce(emulators, run)
  expect(run.outcomes.filter(({ outcome }) => outcome === 'unchanged')).toEqual([])
}, 150_000)

test('on PostgreSQL, too, `sync` goes on with a run whose process was killed', async () => {
  const { emulators, database } = await killedAmongCustomers('postgres')
  const run = await syncToEnd(emulators, database)
  expect(run).toMatchObject({ state: 'done', raised: { customer: 200 } })
  await expectAllOnce(emulators, run)
}, 150_000)
