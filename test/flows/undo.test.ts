import { afterEach, describe, expect, test } from 'vitest'
import type { RunProgress } from '../../src/store/runs.ts'
import type { RunKind } from '../../src/store/schema.ts'
import { databaseKinds } from '../helpers/databases.ts'
import type { Emulators } from '../helpers/emulators.ts'
import { addContact, createCustomer, customer, editContact, endCall } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** A sync that is taken back: both sides are as they were before it, and nothing does it again by itself. */

let stack: Stack
afterEach(() => stack?.close())

const NUMBER = '+442071838750'
const OTHER = '+442071838751'
const STRANGER = '+442071838752'

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
    conversations: living.map(({ id, attributes }) => ({ id, ...still(attributes) })),
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
    stack = await startStack({
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
    const [connection] = stack.service.connections.all()
    const day = new Date().toISOString().slice(0, 10)
    const proof = await stack.service.operations.prove(day, false)
    expect(proof.problems).toEqual([])
    expect(proof.customers.skipped.UNDONE).toBeGreaterThan(0)
    await stack.settled()
    expect(await bothSides(stack)).toEqual(before)
    expect(connection).toBeDefined()

    const again = await run('undo', sync.id)
    expect(again.raised).toEqual({})
    expect(await bothSides(stack)).toEqual(before)

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
