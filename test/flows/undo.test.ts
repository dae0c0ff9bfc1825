import { afterEach, describe, expect, test } from 'vitest'
import { remoteOperations } from '../../src/commands/remote-operations.ts'
import { findOwner } from '../../src/data-folder.ts'
import type { Operations } from '../../src/http/operations.ts'
import type { RunProgress } from '../../src/store/runs.ts'
import type { RunKind } from '../../src/store/schema.ts'
import { pollCalls } from '../../src/sync/calls/poll-calls.ts'
import { lookAtContacts, pollContacts } from '../../src/sync/contacts/poll-contacts.ts'
import { pollCustomers } from '../../src/sync/contacts/poll-customers.ts'
import { createDatabase, databaseKinds } from '../helpers/databases.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { freePort, SHORT_PACE, startServiceProcess } from '../helpers/process.ts'
import { addContact, createCustomer, customer, editContact, endCall } from '../helpers/records.ts'
import { type Stack, type StackOptions, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** A sync that is taken back: both sides are as they were before it, and nothing does it again by itself. */

let stack: Stack
let closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.reverse()) await close()
  closing = []
})
const start = async (options: StackOptions): Promise<void> => {
  stack = await startStack(options)
  closing.push(() => stack.close())
}

const NUMBER = '+442071838750'
const OTHER = '+442071838751'
const STRANGER = '+442071838752'
const JOINED = '+442071838753'

const begin = (kind: RunKind, of?: string, from?: Date) => stack.service.operations.beginRun(kind, from, of)
const ended = (id: string): Promise<RunProgress> =>
  until(
    'the run is over',
    async () => {
      const run = await stack.service.operations.run(id)
      if (run?.state === 'failed') throw new Error(run.error)
      return run && ['done', 'cancelled'].includes(run.state) && run
    },
    60_000,
  )
async function run(kind: RunKind, of?: string, from?: Date): Promise<RunProgress> {
  return ended(await begin(kind, of, from))
}

/** What moves whenever anything happens to a record, and what Kustomer keeps of the last message. */
const MOVING = [
  'created',
  'modified',
  'rev',
  'updatedAt',
  'modifiedAt',
  'lastActivityAt',
  'recentLocation',
  'conversationCounts',
  'lastConversation',
  'lastMessageAt',
  'lastMessageIn',
  'preview',
]
const still = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => !MOVING.includes(key)))

/** Both sides as people see them. The holder of unknown callers belongs to the connection, and stays. */
async function bothSides({ cloudtalk, kustomer }: Emulators) {
  const [{ contacts = [] }, { customers = [], conversations = [], notes = [] }] = await Promise.all([
    cloudtalk.state(),
    kustomer.state(),
  ])
  const living = conversations.filter(({ attributes }) => !attributes.deleted)
  const ids = new Set(living.map(({ id }) => id))
  return {
    contacts: contacts.map(still),
    customers: customers
      .filter(
        ({ attributes }) => !attributes.deleted && attributes.externalId !== 'cloudtalk-unassociated-callers',
      )
      .map(({ id, attributes }): Record<string, unknown> => ({ id, ...still(attributes) })),
    conversations: living.map(
      ({ id, attributes }): Record<string, unknown> => ({ id, ...still(attributes) }),
    ),
    notes: notes.filter(({ relationships }) => ids.has(relationships.conversation.data.id)).length,
  }
}

const writesOf = async ({ cloudtalk, kustomer }: Emulators) =>
  (await Promise.all([cloudtalk.requests(), kustomer.requests()])).flatMap(({ byRoute }) =>
    Object.entries(byRoute).filter(([route]) => !/^GET|search/.test(route)),
  )

describe.each(databaseKinds)('on %s', (kind) => {
  test('a sync is previewed, undone, and then left alone', async () => {
    const past = new Date(Date.now() - 3_600_000)
    await start({
      database: kind,
      customers: 10,
      contacts: 4,
      minuteMs: 100,
      prepare: async (emulators) => {
        // Two that are joined, each with something that the other lacks.
        await createCustomer(
          emulators,
          customer(NUMBER, { name: 'Ann Bell', emails: [{ email: 'a@example.com' }] }),
        )
        await addContact(emulators, {
          name: 'Annie',
          city: 'York',
          ContactNumber: [{ public_number: NUMBER }],
          ContactEmail: [{ email: 'annie@example.com' }],
        })
        for (const external_number of [NUMBER, STRANGER]) {
          await endCall(emulators, { external_number, ended_at: past.toISOString(), deliver: false })
        }
      },
    })
    const before = await bothSides(stack)
    const sync = await run('sync', undefined, new Date(past.getTime() - 60_000))
    await stack.settled()
    const synced = await bothSides(stack)
    expect(synced.contacts.length).toBeGreaterThan(before.contacts.length)
    expect(synced.customers.length).toBeGreaterThan(before.customers.length)
    expect(synced.conversations).toHaveLength(2)

    const written = await writesOf(stack)
    const previewed = await run('undo-preview', sync.id)
    expect(await writesOf(stack)).toEqual(written)
    expect(await bothSides(stack)).toEqual(synced)
    expect(previewed.estimate.cloudtalk).toBeGreaterThan(0)
    expect(previewed.estimate.kustomer).toBeGreaterThan(0)
    const expected = await stack.service.operations.runRecords(previewed.id)
    expect(expected.flatMap(({ undo }) => undo?.stays ?? ['unknown'])).toEqual([])

    const undone = await run('undo', sync.id)
    const records = await stack.service.operations.runRecords(undone.id)
    expect(records).toEqual(expected)
    expect(records.every(({ outcome, reason }) => outcome === 'skipped' && reason === 'UNDONE')).toBe(true)
    expect(await bothSides(stack)).toEqual(before)

    // Webhooks of the undo, a round of each poller and a proof: nothing of it is done again.
    await stack.settled()
    const { context } = stack.service
    for (const round of [pollCustomers, pollContacts, pollCalls, lookAtContacts]) await round(context)
    await stack.settled()
    const day = new Date().toISOString().slice(0, 10)
    const proof = await stack.service.operations.prove(day, false)
    expect(proof.problems).toEqual([])
    expect(proof.customers.skipped.UNDONE).toBeGreaterThan(0)
    await stack.settled()
    expect(await bothSides(stack)).toEqual(before)

    const again = await run('undo', sync.id)
    expect(again.raised).toEqual({})
    expect(await bothSides(stack)).toEqual(before)

    // What nobody syncs has changed on both of a pair: they are told of, looked at, and left alone.
    const annie = before.contacts.find(({ name }) => name === 'Annie')
    const annId = before.customers.find(({ name }) => name === 'Ann Bell')?.id
    await editContact(stack, Number(annie?.id), { title: 'Dr' })
    await stack.kustomer.api('PUT', `/customers/${annId}`, { locale: 'en' })
    await stack.settled()
    const shown = async () =>
      (await context.vendors.kustomerSearch(({ customers }) => customers.search({}, {}))).customers
    await until('the search shows it', async () =>
      (await shown()).some(({ id, rev }) => id === annId && rev > 1),
    )
    await pollCustomers(context)
    await stack.settled()
    const marked = (record: Record<string, unknown>, change: object) =>
      record.id === annie?.id || record.id === annId ? { ...record, ...change } : record
    expect(await bothSides(stack)).toEqual({
      ...before,
      contacts: before.contacts.map((one) => marked(one, { title: 'Dr' })),
      customers: before.customers.map((one) => marked(one, { locale: 'en' })),
    })

    // A change of the record ends that it is left alone; so does a person.
    const ann = before.customers.find(({ name }) => name === 'Ann Bell')
    await stack.kustomer.api('PUT', `/customers/${ann?.id}`, { name: 'Ann B. Bell' })
    await stack.settled()
    expect((await bothSides(stack)).contacts.some(({ name }) => name === 'Ann B. Bell')).toBe(true)
    const skipped = records.find((record) => record.kind === 'customer' && record.id !== ann?.id)
    expect(await stack.service.operations.retry({ id: skipped?.id })).toBe(1)
    await stack.settled()
    expect((await bothSides(stack)).contacts).toHaveLength(before.contacts.length + 1)
    // A sync brings all of it over again.
    await run('sync', undefined, new Date(past.getTime() - 60_000))
    await stack.settled()
    expect((await bothSides(stack)).contacts).toHaveLength(synced.contacts.length)
  }, 90_000)
})

test('a cancelled run begins nothing more, what happens live goes on, and what it did is undone', async () => {
  await start({ customers: 320, minuteMs: 100 })
  const { operations } = stack.service
  const before = await bothSides(stack)
  await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'slow', ms: 1_500 })
  const id = await begin('sync')
  await until('some are settled', async () => ((await operations.run(id))?.settled.customer ?? 0) > 5)
  await expect(operations.beginRun('undo', undefined, id)).rejects.toThrow('still under way')
  expect(await operations.cancelRun(id)).toMatchObject({ state: 'cancelled', paused: false })
  await setFaults(stack.cloudtalk)
  await stack.settled()
  const settled = (await operations.run(id))?.settled.customer ?? 0
  // Two batches of a hundred had been begun; the others of their wave were in the queue.
  expect(settled).toBeLessThan(240)
  const { contacts } = await bothSides(stack)
  await expect(operations.cancelRun(id)).rejects.toThrow('cancelled already')
  await expect(operations.pauseRun(id, true)).rejects.toThrow('cancelled already')

  // One that the run did not reach changes.
  const reached = new Set((await operations.runRecords(id)).map((record) => record.id))
  const left = before.customers.find((one) => !reached.has(String(one.id)))
  await stack.kustomer.api('PUT', `/customers/${left?.id}`, {
    name: 'Left Over',
    phones: [{ phone: NUMBER }],
  })
  await stack.settled()
  const live = (await bothSides(stack)).contacts.filter(({ name }) => name === 'Left Over')
  expect(live).toHaveLength(1)
  expect((await bothSides(stack)).contacts).toHaveLength(contacts.length + 1)
  expect((await operations.run(id))?.settled.customer).toBe(settled)

  await run('undo', id)
  expect((await bothSides(stack)).contacts).toEqual([...before.contacts, ...live])
}, 60_000)

test('what waited for a run that is cancelled waits no longer, and is told so', async () => {
  await start({ customers: 30, minuteMs: 100 })
  const { operations } = stack.service
  await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'status', status: 503 })
  const id = await begin('sync')
  const waiting = async () => (await operations.summary()).customers.byOutcome.waiting ?? 0
  await until('some wait', async () => (await waiting()) > 5)
  await operations.pauseRun(id, true)
  await operations.cancelRun(id)
  await until('nothing waits', async () => (await waiting()) === 0)
  await stack.settled()
  expect((await operations.run(id))?.state).toBe('cancelled')
  await setFaults(stack.cloudtalk)
  expect((await bothSides(stack)).contacts).toEqual([])
})

test('a note of which a sync has changed the subject alone has its own subject again, and keeps its body', async () => {
  await start({
    prepare: (emulators) => emulators.kustomer.control('PUT', '/switches', { acceptNoteSubject: true }),
  })
  const { id } = await endCall(stack, { external_number: STRANGER, outcome: 'missed' })
  await stack.settled()
  const says = async () => {
    const { conversations, notes } = await stack.kustomer.state()
    const { subject, body } = notes?.[0].attributes ?? {}
    return { name: conversations?.[0].attributes.name, subject, body }
  }
  const before = await says()
  expect(before).toMatchObject({ name: 'Missed Call', subject: 'Missed Call' })
  // Only the run is told.
  await stack.cloudtalk.control('PUT', '/workflows', [])
  await stack.cloudtalk.control('PATCH', `/calls/${id}`, { outcome: 'voicemail' })
  const sync = await run('sync', undefined, new Date(Date.now() - 3_600_000))
  expect(await says()).toEqual({ ...before, name: 'Voicemail', subject: 'Voicemail' })
  await run('undo', sync.id)
  expect(await says()).toEqual(before)
})

test('what somebody has changed or added to since stays, and the preview says so', async () => {
  const past = new Date(Date.now() - 3_600_000)
  await start({ minuteMs: 100, prepare: prepared })
  async function prepared(emulators: Emulators) {
    for (const [number, name] of [
      [NUMBER, 'Ann Bell'],
      [OTHER, 'Bo Carr'],
    ] as const) {
      await createCustomer(emulators, customer(number, { name }))
      await endCall(emulators, { external_number: number, ended_at: past.toISOString(), deliver: false })
    }
    await addContact(emulators, { name: 'Cy Dunn', ContactNumber: [{ public_number: STRANGER }] })
    // Two that are joined.
    await createCustomer(
      emulators,
      customer(JOINED, { name: 'Di Earl', urls: [{ url: 'https://di.example' }] }),
    )
    await addContact(emulators, { name: 'D.', city: 'York', ContactNumber: [{ public_number: JOINED }] })
  }
  const sync = await run('sync', undefined, new Date(past.getTime() - 60_000))
  await stack.settled()
  const synced = await bothSides(stack)
  const contact = synced.contacts.find(({ name }) => name === 'Ann Bell')
  // Somebody else than the service: their edits carry another user.
  await editContact(stack, Number(contact?.id), { title: 'Director' })
  const [conversation] = synced.conversations
  await stack.kustomer.api('POST', `/conversations/${conversation?.id}/notes`, { body: 'I called back.' })
  const joined = synced.contacts.find(({ name }) => name === 'Di Earl')
  await editContact(stack, Number(joined?.id), { name: 'Di Earl-Fox' })
  const made = synced.customers.find(({ name }) => name === 'Cy Dunn')
  await stack.kustomer.api('POST', '/conversations', { customer: made?.id, name: 'A question' })
  await stack.settled()
  const changed = await bothSides(stack)

  const previewed = await run('undo-preview', sync.id)
  const expected = await stack.service.operations.runRecords(previewed.id)
  const stays = expected.flatMap(({ undo }) => undo?.stays ?? [])
  expect(stays).toContain(
    `contact ${contact?.id}: somebody has given it a title, an industry, a tag or an attribute`,
  )
  expect(stays).toContain(`conversation ${conversation?.id}: somebody has written in it since, or changed it`)
  expect(stays).toContain(`customer ${made?.id}: it has conversations`)
  expect(stays).toContain(`contact ${joined?.id}, Name: somebody has changed it since`)
  const undone = await run('undo', sync.id)
  expect(await stack.service.operations.runRecords(undone.id)).toEqual(expected)
  const after = await bothSides(stack)
  const isJoined = ({ name }: Record<string, unknown>) => name === 'Di Earl-Fox'
  expect(after.contacts.filter((one) => !isJoined(one))).toEqual(
    changed.contacts.filter((one) => one.name !== 'Bo Carr' && !isJoined(one)),
  )
  // The website had come from the customer, the address from the contact.
  expect(after.contacts.find(isJoined)).toMatchObject({ website: '', city: 'York' })
  expect(after.customers.find(isJoined)).toMatchObject({ locations: [] })
  expect(after.customers.filter((one) => !isJoined(one))).toEqual(
    changed.customers.filter((one) => !isJoined(one)),
  )
  const { 0: kept, length } = after.conversations.filter(({ name }) => name !== 'A question')
  expect([kept?.id, length]).toEqual([conversation?.id, 1])
  expect(after.notes).toBe(2)
  await stack.settled()
  await pollCustomers(stack.service.context)
  await pollContacts(stack.service.context)
  await stack.settled()
  expect(await bothSides(stack)).toEqual(after)

  // The next change of the pair brings over again what was put back, and takes nothing away from the customer.
  const di = after.customers.find(isJoined)
  await stack.kustomer.api('PUT', `/customers/${di?.id}`, { emails: [{ email: 'di@example.com' }] })
  await stack.settled()
  const later = await bothSides(stack)
  expect(later.customers.find(isJoined)).toMatchObject({ urls: [{ url: 'https://di.example' }] })
  expect(later.contacts.find(isJoined)).toMatchObject({ website: 'https://di.example' })
})

test('an undo that is paused goes on, and one that is cancelled leaves the rest', async () => {
  await start({ customers: 120, minuteMs: 100 })
  const { operations } = stack.service
  const before = await bothSides(stack)
  const sync = await run('sync')
  await stack.settled()
  await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'slow', ms: 200 })
  const left = async () => (await bothSides(stack)).contacts.length
  const synced = await left()
  const first = await begin('undo', sync.id)
  await until('some are gone', async () => (await left()) < synced)
  await expect(operations.beginRun('sync', undefined)).rejects.toThrow('An undo is under way')
  await operations.pauseRun(first, true)
  expect(await operations.cancelRun(first)).toMatchObject({ state: 'cancelled' })
  await setFaults(stack.cloudtalk)
  const second = await run('undo', sync.id)
  expect(second.state).toBe('done')
  await stack.settled()
  expect(await bothSides(stack)).toEqual(before)
}, 60_000)

test('killed in the middle of an undo, the service ends it after its next start', async () => {
  const emulators = await startEmulators({ customers: 40, contacts: 10, minuteMs: 100 })
  const database = await createDatabase('embedded')
  closing.push(
    () => emulators.close(),
    () => database.drop(),
  )
  const startProcess = async (port: number) => {
    const service = await startServiceProcess({ ...emulators.env, ...SHORT_PACE }, database, port)
    closing.push(() => service.kill())
    const owner = await findOwner(String(database.env.DATA_DIR))
    if (owner?.port === undefined) throw new Error('nobody has the folder')
    return { kill: service.kill, operations: remoteOperations(owner.port, owner.token) }
  }
  const isDone = (operations: Operations, id: string) =>
    until('it is done', async () => (await operations.run(id))?.state === 'done', 60_000)
  const port = await freePort()
  const first = await startProcess(port)
  const before = await bothSides(emulators)
  const sync = await first.operations.beginRun('sync', undefined)
  await isDone(first.operations, sync)
  const synced = (await bothSides(emulators)).contacts.length
  // CloudTalk has done it, and nobody learns of it.
  await setFaults(emulators.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'slow', ms: 5_000 })
  const undo = await first.operations.beginRun('undo', undefined, sync)
  await until('some are gone', async () => (await bothSides(emulators)).contacts.length < synced)
  await first.kill()
  await setFaults(emulators.cloudtalk)
  const { operations } = await startProcess(port)
  await isDone(operations, undo)
  expect(await bothSides(emulators)).toEqual(before)
  const records = await operations.runRecords(undo)
  expect(records.filter(({ reason }) => reason !== 'UNDONE')).toEqual([])
}, 90_000)
