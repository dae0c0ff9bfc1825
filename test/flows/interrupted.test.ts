import { afterEach, expect, test } from 'vitest'
import { mirrorCustomers } from '../../src/store/customers.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { addContact, createCustomer, customer, editContact } from '../helpers/records.ts'
import { type BareService, type Stack, startBareService, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** What is left half done, or changes while it is done, comes to a good end. */

const A = '+442071838750'
const B = '+442071838751'
const C = '+442071838752'

let stack: Stack | undefined
let emulators: Emulators | undefined
let bare: BareService | undefined
afterEach(async () => {
  await stack?.close()
  await bare?.close()
  await emulators?.close()
  stack = undefined
  bare = undefined
  emulators = undefined
})

const bareOn = async (world: Parameters<typeof startEmulators>[0]) => {
  emulators = await startEmulators({ minuteMs: 100, ...world })
  bare = await startBareService(emulators)
  return { emulators, operations: bare.service.operations, context: bare.service.context }
}

const done = (operations: BareService['service']['operations'], id: string) =>
  until(
    'the run is done',
    async () => {
      const run = await operations.run(id)
      return run?.state === 'done' && run
    },
    40_000,
  )

test('two runs at once, through an outage, both come to their ends', async () => {
  const { emulators: on, operations } = await bareOn({ customers: 60 })
  await setFaults(on.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'status', status: 503 })
  const ids = [
    await operations.beginRun('sync', undefined),
    await operations.beginRun('sync', new Date('2026-11-20T00:00:00Z')),
  ]
  await until('it was refused', async () => ((await on.cloudtalk.requests()).byStatus['503'] ?? 0) > 5)
  await setFaults(on.cloudtalk)
  for (const id of ids) expect((await done(operations, id)).settled.customer).toBe(60)
})

test('a creation with a lost answer, of a customer that may not be imported any more, holds up nobody', async () => {
  const { emulators: on, operations, context } = await bareOn({})
  const id = await createCustomer(on, customer(A, { name: 'Ann Bell' }))
  await until('the search shows it', async () => {
    const found = await context.vendors.kustomerSearch((kustomer) => kustomer.customers.search({}, {}))
    return found.customers.length > 0
  })
  await setFaults(on.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'lostAnswer' })
  const first = await operations.beginRun('sync', undefined)
  await until('the contact stands', async () => ((await on.cloudtalk.state()).contacts ?? []).length > 0)
  await on.kustomer.api('PUT', `/customers/${id}`, { sharedEmails: [{ email: 'a@example.com' }] })
  const now = await context.vendors.kustomer((kustomer) => kustomer.customers.get(id))
  await mirrorCustomers(context.db, context.connection, [now])
  await setFaults(on.cloudtalk)
  await done(operations, first)
  await done(operations, await operations.beginRun('sync', undefined))
  expect((await on.cloudtalk.state()).contacts).toHaveLength(1)
  expect((await on.kustomer.state()).customers).toHaveLength(1)
})

test('a preview of contacts that share a switchboard number ends', async () => {
  const { emulators: on, operations } = await bareOn({})
  for (let n = 0; n < 48; n++) {
    await addContact(on, { name: `Colleague ${n}`, ContactNumber: [{ public_number: A }] })
  }
  const { settled } = await done(operations, await operations.beginRun('preview', undefined))
  expect(settled).toEqual({ contact: 48 })
})

test('a contact that is deleted between the preview and the sync is not exported', async () => {
  const { emulators: on, operations } = await bareOn({})
  const id = await addContact(on, { name: 'Junk', ContactNumber: [{ public_number: A }] })
  await done(operations, await operations.beginRun('preview', undefined))
  await on.cloudtalk.api('DELETE', `/contacts/delete/${id}.json`)
  await done(operations, await operations.beginRun('sync', undefined))
  expect((await on.kustomer.state()).customers).toEqual([])
})

test('both sides changed while nobody told: the newer edit wins, though it is the contact’s', async () => {
  const { emulators: on, operations } = await bareOn({})
  const id = await createCustomer(on, customer(A, { name: 'At First' }))
  const contacts = async () => (await on.cloudtalk.state()).contacts ?? []
  await until('it is synced', async () => {
    await done(operations, await operations.beginRun('sync', undefined))
    return (await contacts()).length === 1
  })
  await done(operations, await operations.beginRun('sync', undefined))
  await on.kustomer.api('PUT', `/customers/${id}`, { name: 'Older In Kustomer' })
  const [contact] = await contacts()
  // CloudTalk tells whole seconds.
  const second = () => Math.floor(Date.now() / 1_000)
  const edited = second()
  await until('another second has begun', () => second() > edited + 1)
  await editContact(on, contact.id, { name: 'Newer In CloudTalk' })
  await until('both say the same', async () => {
    await done(operations, await operations.beginRun('sync', undefined))
    const [one] = await contacts()
    const [other] = (await on.kustomer.state()).customers ?? []
    return one.name === other.attributes.name && one.name === 'Newer In CloudTalk'
  })
})

test('a customer is written and its contact refused: the customer’s next edit is not taken back', async () => {
  stack = await startStack()
  const id = await createCustomer(stack, customer(A, { name: 'Name One' }))
  await stack.settled()
  const [contact] = (await stack.cloudtalk.state()).contacts ?? []
  await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'status', status: 406 })
  await stack.kustomer.control('PUT', '/faults', { rules: [], webhooks: { delayMs: 50 } })
  await Promise.all([
    stack.kustomer.api('PUT', `/customers/${id}`, {
      locations: [{ type: 'work', cityName: 'London' }],
    }),
    editContact(stack, contact.id, { name: 'Name Two' }),
  ])
  const nameInKustomer = async () => (await stack?.kustomer.state())?.customers?.[0].attributes.name
  await until('the customer has the name', async () => (await nameInKustomer()) === 'Name Two')
  await stack.settled()
  await stack.kustomer.api('PUT', `/customers/${id}`, { name: 'Name Three' })
  await stack.settled()
  await editContact(stack, contact.id, { title: 'Dr.' })
  await stack.settled()
  expect(await nameInKustomer()).toBe('Name Three')
  await setFaults(stack.cloudtalk)
})

test('an un-merge while CloudTalk is away is made good when it is back', async () => {
  stack = await startStack()
  await createCustomer(stack, customer(A, { name: 'Ann Bell' }))
  await stack.settled()
  const second = await createCustomer(stack, customer(B, { name: 'Ann Bell' }))
  await stack.settled()
  const [shared] = (await stack.cloudtalk.state()).contacts ?? []
  await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'status', status: 503 })
  await expect(stack.service.operations.unmerge(String(shared.id), second)).rejects.toThrow()
  await setFaults(stack.cloudtalk)
  await stack.settled()
  const numbers = ((await stack.cloudtalk.state()).contacts ?? []).map((contact) => contact.numbers)
  expect(numbers.toSorted()).toEqual([[A], [B]])
})

test('a merge that breaks off leaves the customer with its contact, and can be decided again', async () => {
  stack = await startStack({ settings: { export: false } })
  const one = await addContact(stack, { name: 'Ann Bell', ContactNumber: [{ public_number: A }] })
  const two = await addContact(stack, { name: 'Ann Bell', ContactNumber: [{ public_number: B }] })
  await stack.settled()
  await createCustomer(stack, customer(C, { name: 'Ann Bell' }))
  await stack.settled()
  const { operations } = stack.service
  const [review] = await operations.reviews()
  await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'status', status: 503 })
  await expect(operations.decideReview(review?.id ?? '', 'merge', two)).rejects.toThrow()
  await setFaults(stack.cloudtalk)
  await stack.settled()
  await operations.decideReview(review?.id ?? '', 'merge', two)
  await stack.settled()
  const contacts = (await stack.cloudtalk.state()).contacts ?? []
  expect(contacts.map(({ id, numbers }) => [String(id), numbers.toSorted()]).toSorted()).toEqual([
    [one, [A]],
    [two, [B, C]],
  ])
})

test('of two people who decide one review, one is told that it is decided', async () => {
  stack = await startStack({ settings: { export: false } })
  const one = await addContact(stack, { name: 'Ann Bell', ContactNumber: [{ public_number: A }] })
  await addContact(stack, { name: 'Ann Bell', ContactNumber: [{ public_number: B }] })
  await stack.settled()
  await createCustomer(stack, customer(C, { name: 'Ann Bell' }))
  await stack.settled()
  const { operations } = stack.service
  const [review] = await operations.reviews()
  const decided = await Promise.allSettled([
    operations.decideReview(review?.id ?? '', 'merge', one),
    operations.decideReview(review?.id ?? '', 'keep-apart', undefined),
  ])
  expect(decided.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
})
