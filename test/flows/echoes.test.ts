import { afterEach, expect, test } from 'vitest'
import { setFaults } from '../helpers/faults.ts'
import { addContact, createCustomer, customer, editContact } from '../helpers/records.ts'
import { type Stack, type StackOptions, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** Both vendors tell of our own writes, too: that costs no request, and hides nobody else's change. */

let stack: Stack
afterEach(() => stack?.close())

const start = async (options: StackOptions = {}) => {
  stack = await startStack({ minuteMs: 100, ...options })
}

const number = (n: number) => `+4420718387${50 + n}`
const range = (count: number) => Array.from({ length: count }, (_, at) => at)

/** Requests of the settles; pollers have routes of their own. */
const requests = async () => {
  const [cloudtalk, kustomer] = await Promise.all([stack.cloudtalk.requests(), stack.kustomer.requests()])
  return {
    shows: cloudtalk.byRoute['GET /contacts/show/:id.json'] ?? 0,
    bulks: cloudtalk.byRoute['POST /bulk/contacts.json'] ?? 0,
    gets: kustomer.byRoute['GET /customers/:id'] ?? 0,
    puts: kustomer.byRoute['PUT /customers/:id'] ?? 0,
    posts: (kustomer.byRoute['POST /customers'] ?? 0) + (kustomer.byRoute['POST /customers/bulk'] ?? 0),
  }
}
const contacts = async () => (await stack.cloudtalk.state()).contacts ?? []
const contactOf = async (n: number) => (await contacts()).find(({ numbers }) => numbers.includes(number(n)))
const customers = async () => (await stack.kustomer.state()).customers ?? []
const storyOf = async (id: string) => {
  const records = await stack.service.operations.trace(id)
  return records.find((record) => record.id === id)?.story ?? []
}
const cityOf = ({ attributes }: { attributes: { locations: { cityName?: string }[] } }) =>
  attributes.locations[0]?.cityName

test('the import of a customer and of its changes costs no show, though CloudTalk tells of each write', async () => {
  await start()
  const ids = await Promise.all(range(5).map((n) => createCustomer(stack, customer(number(n)))))
  await stack.settled()
  const imported = await requests()
  expect(imported).toMatchObject({ shows: 0, gets: 0, puts: 0 })
  for (const { id } of await contacts()) {
    const reasons = (await storyOf(String(id))).map(({ reason }) => reason)
    expect([...new Set(reasons)]).toEqual(['OWN_CHANGE'])
  }
  await Promise.all(
    ids.map((id, n) => stack.kustomer.api('PUT', `/customers/${id}`, { name: `Renamed ${n}` })),
  )
  await stack.settled()
  expect((await contacts()).map(({ name }) => name).toSorted()).toEqual(range(5).map((n) => `Renamed ${n}`))
  expect(await requests()).toMatchObject({ shows: 0, gets: 0, puts: 5 })
  // The five updates of the test itself are all there are.
  for (const { id } of await contacts()) {
    expect((await storyOf(String(id))).map(({ reason }) => reason)).toEqual(['OWN_CHANGE', 'OWN_CHANGE'])
  }
})

test('what Kustomer tells of an export costs no request', async () => {
  await start()
  const id = await addContact(stack, { name: 'Ann Bell', ContactNumber: [{ public_number: number(1) }] })
  await stack.settled()
  // One look at the contact, one creation, one write of the link.
  expect(await requests()).toEqual({ shows: 1, bulks: 1, gets: 0, puts: 0, posts: 1 })
  const [made] = await customers()
  expect(await storyOf(made.id)).toMatchObject([{ outcome: 'unchanged', requests: 0 }])
  await editContact(stack, id, { name: 'Ann B. Bell', city: 'Leeds' })
  await stack.settled()
  expect(await requests()).toEqual({ shows: 2, bulks: 1, gets: 1, puts: 1, posts: 1 })
  expect((await storyOf(made.id)).map(({ requests: cost }) => cost)).toEqual([0, 0])
})

test('a person’s edit that arrives among our own echoes is not lost', async () => {
  const people = range(8)
  await start()
  const webhooks = { drop: 0, duplicate: 0.3, delayMs: 40, shuffle: true }
  await stack.cloudtalk.control('PUT', '/faults', { rules: [], webhooks })
  await stack.kustomer.control('PUT', '/faults', { rules: [], webhooks })
  const ids = await Promise.all(people.map((n) => createCustomer(stack, customer(number(n)))))
  // Each contact is edited as soon as it stands, while the webhook of its creation is still on its way.
  await Promise.all(
    people.map(async (n) => {
      const { id } = await until(`contact ${n} stands`, () => contactOf(n))
      await editContact(stack, id, { city: `City ${n}` })
    }),
  )
  await stack.settled()
  const cities = async () => {
    const all = await customers()
    return ids.map((id) => cityOf(all.find((one) => one.id === id)))
  }
  expect(await cities()).toEqual(people.map((n) => `City ${n}`))

  for (const round of range(2)) {
    await Promise.all(
      people.map(async (n) => {
        const { id: contactId } = await until(`contact ${n} stands`, () => contactOf(n))
        await stack.kustomer.api('PUT', `/customers/${ids[n]}`, {
          name: `Name ${round} ${n}`,
          locations: [
            { type: 'work', cityName: cityOf((await customers()).find(({ id }) => id === ids[n])) },
          ],
        })
        // Before, between or after: our write of the name is on its way meanwhile.
        if (n % 2 === 0) {
          await until('the name has arrived', async () => (await contactOf(n)).name === `Name ${round} ${n}`)
        }
        await editContact(stack, contactId, { city: `City ${round} ${n}` })
      }),
    )
    await stack.settled()
    expect(await cities()).toEqual(people.map((n) => `City ${round} ${n}`))
    expect(await Promise.all(people.map(async (n) => (await contactOf(n)).name))).toEqual(
      people.map((n) => `Name ${round} ${n}`),
    )
  }
  expect(await customers()).toHaveLength(people.length)
  expect(await contacts()).toHaveLength(people.length)
})

test('after a first sync the webhooks of its own writes cost no show', async () => {
  await start({ customers: 200, contacts: 50 })
  await stack.sync()
  await stack.settled()
  const { shows, puts } = await requests()
  // Of a contact without customer the run needs what the index does not show, once.
  expect(shows).toBeLessThanOrEqual(50)
  expect(puts).toBe(0)
  const imported = (await contacts()).slice(50)
  expect(imported.length).toBeGreaterThan(100)
  for (const { id } of imported.slice(0, 20)) {
    const reasons = (await storyOf(String(id))).map(({ reason }) => reason)
    expect([...new Set(reasons)]).toEqual(['OWN_CHANGE'])
  }
})

/** A write that did not happen causes no webhook: nothing of somebody else may be taken for it. */
const failing = [
  { label: 'was refused with 503 at first', fault: { kind: 'status', status: 503 } },
  { label: 'broke off at first', fault: { kind: 'reset' } },
] as const

test.each(failing)('an edit in CloudTalk counts after a write of ours that $label', async ({ fault }) => {
  await start()
  const id = await createCustomer(stack, customer(number(1)))
  await stack.settled()
  await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', ...fault })
  await stack.kustomer.api('PUT', `/customers/${id}`, { name: 'Renamed' })
  await until('it waits', async () => (await storyOf(id)).some(({ outcome }) => outcome === 'waiting'))
  await setFaults(stack.cloudtalk)
  await stack.settled()
  const contact = await contactOf(1)
  expect(contact.name).toBe('Renamed')
  await editContact(stack, contact.id, { city: 'Leeds' })
  await stack.settled()
  expect(cityOf((await customers())[0])).toBe('Leeds')
})

test('a person’s edit in Kustomer counts after a write of ours that was refused', async () => {
  await start()
  const id = await createCustomer(stack, customer(number(1)))
  await stack.settled()
  const made = Date.now()
  // CloudTalk tells times in seconds.
  await until('the contact’s edit is newer', async () => Date.now() - made > 1_000)
  const { id: contactId } = await contactOf(1)
  await setFaults(stack.kustomer, { route: 'PUT /customers/:id', kind: 'status', status: 400 })
  await editContact(stack, contactId, { name: 'Of the contact' })
  await stack.settled()
  expect((await storyOf(String(contactId))).at(-1)).toMatchObject({ reason: 'REJECTED_BY_KUSTOMER' })
  await setFaults(stack.kustomer)
  // The email has the contact looked at: both sides have changed the name.
  await stack.kustomer.api('PUT', `/customers/${id}`, {
    name: 'Of the customer',
    emails: [{ email: 'ann@example.com' }],
  })
  await stack.settled()
  expect((await customers())[0].attributes.name).toBe('Of the customer')
  expect(await contactOf(1)).toMatchObject({ name: 'Of the customer', emails: ['ann@example.com'] })
})
