import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunProgress } from '../../src/store/runs.ts'
import type { RunKind } from '../../src/store/schema.ts'
import { lookAtContacts } from '../../src/sync/contacts/poll-contacts.ts'
import { setFaults } from '../helpers/faults.ts'
import { addContact, createCustomer, customer, editContact, endCall } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** An undo in the middle of people's work: what they have changed and nobody has heard of is neither lost nor deleted. */

const JOINED = '+442071838753'
const EDITED = '+442071838754'
const STRANGER = '+442071838755'
const AGAIN = '+442071838756'
const REFUSED = '+442071838757'

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ minuteMs: 100 })
}, 60_000)
afterAll(() => stack?.close())

async function run(kind: RunKind, of?: string, from?: Date): Promise<RunProgress> {
  const id = await stack.service.operations.beginRun(kind, from, of)
  return until(
    'the run is over',
    async () => {
      const progress = await stack.service.operations.run(id)
      if (progress?.state === 'failed') throw new Error(progress.error)
      return progress?.state === 'done' && progress
    },
    60_000,
  )
}

const contact = async (id: string) => {
  const { contacts = [] } = await stack.cloudtalk.state()
  return contacts.find((one) => String(one.id) === id)
}
const attributes = async (id: string) => {
  const { customers = [] } = await stack.kustomer.state()
  return customers.find((one) => one.id === id)?.attributes
}
/** A customer and a contact that a sync joins: each has something that the other lacks. */
async function pair(phone: string, name: string): Promise<{ customerId: string; contactId: string }> {
  const host = `${name.toLowerCase()}.example`
  const customerId = await createCustomer(
    stack,
    customer(phone, { name, urls: [{ url: `https://${host}` }] }),
  )
  const contactId = await addContact(stack, {
    name,
    city: 'York',
    ContactNumber: [{ public_number: phone }],
  })
  return { customerId, contactId }
}
const deaf = (drop: number) =>
  Promise.all(
    [stack.cloudtalk, stack.kustomer].map((vendor) =>
      vendor.control('PUT', '/faults', {
        rules: [],
        webhooks: { drop, duplicate: 0, delayMs: 0, shuffle: false },
      }),
    ),
  )

test('what people changed right before an undo, unheard of, is settled after it', async () => {
  const { customerId, contactId } = await pair(JOINED, 'Di')
  await run('sync')
  await stack.settled()
  await deaf(1)
  await editContact(stack, contactId, { city: 'Leeds' })
  await stack.kustomer.api('PUT', `/customers/${customerId}`, { urls: [{ url: 'https://earl.example' }] })
  const sync = await run('sync')
  await stack.settled()
  expect(await contact(contactId)).toMatchObject({ website: 'https://earl.example' })

  await editContact(stack, contactId, { name: 'Di Earl', zip: 'YO1' })
  await stack.kustomer.api('PUT', `/customers/${customerId}`, { emails: [{ email: 'di@example.com' }] })
  await run('undo', sync.id)
  await stack.settled()
  expect(await attributes(customerId)).toMatchObject({
    name: 'Di Earl',
    emails: [{ email: 'di@example.com' }],
    locations: [{ zipCode: 'YO1' }],
  })
  expect(await contact(contactId)).toMatchObject({
    name: 'Di Earl',
    zip: 'YO1',
    emails: ['di@example.com'],
  })
  await deaf(0)
}, 60_000)

test('a note that somebody edited, and a conversation that a person has moved, stay', async () => {
  const past = new Date(Date.now() - 3_600_000)
  const customerId = await createCustomer(stack, customer(EDITED, { name: 'Ed' }))
  for (const external_number of [EDITED, STRANGER]) {
    await endCall(stack, { external_number, ended_at: past.toISOString(), deliver: false })
  }
  await stack.settled()
  const sync = await run('sync', undefined, new Date(past.getTime() - 60_000))
  await stack.settled()
  const { conversations = [], notes = [] } = await stack.kustomer.state()
  expect(conversations).toHaveLength(2)
  const edited = conversations.find((one) => one.relationships.customer?.data?.id === customerId)
  const moved = conversations.find((one) => one.id !== edited?.id)
  const note = notes.find((one) => one.relationships.conversation.data.id === edited?.id)
  await stack.kustomer.api('PATCH', `/notes/${note?.id}`, { body: 'He wants a refund.' })
  await stack.service.operations.associate(String(moved?.id), customerId)
  await stack.settled()

  const undone = await run('undo', sync.id)
  const stays = (await stack.service.operations.runRecords(undone.id)).flatMap(
    ({ undo }) => undo?.stays ?? [],
  )
  for (const one of [edited, moved]) {
    expect(stays).toContain(`conversation ${one?.id}: somebody has written in it since, or changed it`)
  }
  const after = await stack.kustomer.state()
  expect(after.conversations?.filter((one) => one.attributes.deleted)).toEqual([])
}, 60_000)

test('what a later sync wrote again is not taken back with the first one, and what is left alone is looked at once', async () => {
  await deaf(1)
  const { customerId, contactId } = await pair(AGAIN, 'Abe')
  await stack.kustomer.api('PUT', `/customers/${customerId}`, { emails: [{ email: 'abe@example.com' }] })
  await stack.settled()
  const first = await run('sync')
  await deaf(0)
  await stack.settled()
  expect(await contact(contactId)).toMatchObject({ emails: ['abe@example.com'] })
  // Something of the run stays, so that its record can be undone once more.
  await editContact(stack, contactId, { website: 'https://new.example' })
  await stack.settled()
  await lookAtContacts(stack.service.context)
  await stack.settled()
  const undone = await run('undo', first.id)
  expect((await stack.service.operations.runRecords(undone.id)).map(({ reason }) => reason)).toContain(
    'UNDONE_IN_PART',
  )
  await stack.settled()
  expect(await contact(contactId)).toMatchObject({ emails: [] })

  const shows = async () => {
    const { byRoute } = await stack.cloudtalk.requests()
    return byRoute['GET /contacts/show/:id.json'] ?? 0
  }
  const look = async () => {
    await lookAtContacts(stack.service.context)
    await stack.settled()
    return shows()
  }
  const before = await shows()
  const once = await look()
  expect(once).toBeGreaterThan(before)
  expect(await look()).toBe(once)

  await run('sync')
  await stack.settled()
  expect(await contact(contactId)).toMatchObject({ emails: ['abe@example.com'] })
  await run('undo', first.id)
  await stack.settled()
  expect(await contact(contactId)).toMatchObject({ emails: ['abe@example.com'] })
}, 60_000)

test('what the vendor does not let an undo take back is not synced again by trying again', async () => {
  await deaf(1)
  const customerId = await createCustomer(stack, customer(REFUSED, { name: 'Flo' }))
  const sync = await run('sync')
  await stack.settled()
  await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'status', status: 400 })
  await run('undo', sync.id)
  await setFaults(stack.cloudtalk)
  const { operations } = stack.service
  const [record] = await operations.trace(customerId)
  expect(record?.story.map(({ reason }) => reason)).toContain('NOT_UNDONE')
  expect(await operations.failures({})).toEqual([])
})
