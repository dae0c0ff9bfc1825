import { afterEach, expect, test } from 'vitest'
import type { ReasonCode } from '../../src/mapping/reasons.ts'
import { pollCustomers } from '../../src/sync/contacts/poll-customers.ts'
import { setFaults } from '../helpers/faults.ts'
import { addContact, createCompany, createCustomer, customer, editContact } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

let stack: Stack
afterEach(() => stack?.close())

const storyOf = async (id: string) => {
  const [record] = await stack.service.operations.trace(id)
  return record?.story ?? []
}
const lastOf = async (id: string) => (await storyOf(id)).at(-1)
const contacts = async () => (await stack.cloudtalk.state()).contacts ?? []

const skipped: { reason: ReasonCode; body: Record<string, unknown>; settings?: Record<string, unknown> }[] = [
  { reason: 'NO_PHONE', body: { name: 'No Phone', emails: [{ email: 'no@example.com' }] } },
  {
    reason: 'NO_PHONE',
    body: { name: 'WhatsApp only', whatsapps: [{ phone: 'whatsapp:+442071838750' }] },
  },
  { reason: 'NO_VALID_PHONE', body: customer('+15550000') },
  { reason: 'SHARED_EMAIL', body: customer('+442071838750', { sharedEmails: [{ email: 'a@example.com' }] }) },
  { reason: 'SHARED_PHONE', body: customer('+442071838750', { sharedPhones: [{ phone: '+442071838751' }] }) },
  { reason: 'IMPORT_OFF', body: customer('+442071838750'), settings: { import: false } },
]

test.each(skipped)('$reason: no contact, and the trace says why', async ({ reason, body, settings }) => {
  stack = await startStack({ ...(settings && { settings }) })
  const id = await createCustomer(stack, body)
  await stack.settled()
  expect(await contacts()).toEqual([])
  expect(await lastOf(id)).toMatchObject({
    outcome: 'skipped',
    reason,
    source: expect.stringMatching(/^(webhook|poll)$/),
  })
})

test('SHARED_WHATSAPP comes with the seeded world, where the API itself cannot write it', async () => {
  stack = await startStack({ customers: 40 })
  const shared = (await stack.kustomer.state()).customers?.filter(
    ({ attributes }) => attributes.sharedWhatsapps.length > 0,
  )
  expect(shared?.length).toBeGreaterThan(0)
  await stack.sync()
  for (const { id } of shared ?? []) {
    expect(await lastOf(id)).toMatchObject({ outcome: 'skipped', reason: 'SHARED_WHATSAPP' })
  }
})

test('a linked customer that becomes ineligible is frozen: its contact stays as it is', async () => {
  stack = await startStack()
  const id = await createCustomer(stack, customer('+442071838750'))
  await stack.settled()
  const before = await contacts()
  await stack.kustomer.api('PUT', `/customers/${id}`, {
    name: 'Renamed',
    sharedEmails: [{ email: 'a@example.com' }],
  })
  await stack.settled()
  expect(await contacts()).toEqual(before)
  expect(await lastOf(id)).toMatchObject({ outcome: 'skipped', reason: 'SHARED_EMAIL' })
  await stack.kustomer.api('PUT', `/customers/${id}`, { sharedEmails: [] })
  await stack.settled()
  expect(await contacts()).toMatchObject([{ id: before[0].id, name: 'Renamed' }])
})

test('a customer that is imported again is no longer said to be left out, though there is nothing to write', async () => {
  stack = await startStack()
  const id = await createCustomer(stack, customer('+442071838750'))
  await stack.settled()
  const reasons = async () => (await stack.service.operations.summary()).customers.byReason
  await stack.kustomer.api('PUT', `/customers/${id}`, { sharedEmails: [{ email: 'a@example.com' }] })
  await stack.settled()
  expect(await reasons()).toEqual({ SHARED_EMAIL: 1 })
  await stack.kustomer.api('PUT', `/customers/${id}`, { sharedEmails: [] })
  await stack.settled()
  expect(await reasons()).toEqual({ NOTHING_CHANGED: 1 })
})

test('a deleted customer is unlinked, its contact stays', async () => {
  stack = await startStack()
  const id = await createCustomer(stack, customer('+442071838750'))
  await stack.settled()
  await stack.kustomer.api('DELETE', `/customers/${id}`)
  await until('the search shows the deletion', async () => {
    await pollCustomers(stack.service.context)
    await stack.settled()
    return (await lastOf(id))?.reason === 'DELETED'
  })
  expect(await contacts()).toHaveLength(1)
  expect(await lastOf(id)).toMatchObject({ outcome: 'skipped', reason: 'DELETED' })
})

test('a contact deleted in CloudTalk is unlinked, and made again when its customer changes', async () => {
  stack = await startStack()
  const id = await createCustomer(stack, customer('+442071838750'))
  await stack.settled()
  const [first] = await contacts()
  await stack.cloudtalk.api('DELETE', `/contacts/delete/${first.id}.json`)
  await stack.settled()
  expect(await lastOf(String(first.id))).toMatchObject({ outcome: 'skipped', reason: 'CONTACT_GONE' })
  await stack.kustomer.api('PUT', `/customers/${id}`, { name: 'Second' })
  await stack.settled()
  expect(await contacts()).toMatchObject([{ name: 'Second' }])
  expect(await storyOf(id)).toContainEqual(expect.objectContaining({ outcome: 'created' }))
})

const adoptions: { by: ReasonCode; contact: Record<string, unknown>; body: Record<string, unknown> }[] = [
  {
    by: 'MATCHED_BY_PHONE',
    contact: { name: 'Somebody Else', ContactNumber: [{ public_number: '+442071838750' }] },
    body: customer('+442071838750', { name: 'Ann Bell' }),
  },
  {
    by: 'MATCHED_BY_NAME',
    contact: { name: 'ann  BÉLL', ContactNumber: [{ public_number: '+442071838751' }] },
    body: customer('+442071838750', { name: 'Ann Bell' }),
  },
]

test.each(adoptions)(
  '$by: the contact that is there is linked, keeping its own',
  async ({ by, contact, body }) => {
    stack = await startStack({
      settings: { contactTag: 'synced', export: false },
      prepare: (emulators) =>
        emulators.cloudtalk.api('PUT', '/contacts/add.json', {
          ...contact,
          title: 'Ms',
          ContactsTag: [{ name: 'own' }],
          ContactEmail: [{ email: 'own@example.com' }],
        }),
    })
    await stack.sync()
    const id = await createCustomer(stack, body)
    await stack.settled()
    const all = await contacts()
    expect(all).toHaveLength(1)
    expect(all[0]).toMatchObject({ name: 'Ann Bell', title: 'Ms', tags: ['own', 'synced'] })
    expect(all[0].emails).toEqual(['own@example.com'])
    expect(all[0].numbers).toContain('+442071838750')
    expect(await storyOf(id)).toContainEqual(expect.objectContaining({ outcome: 'linked', reason: by }))
  },
)

test('the tag comes, too, where the first request for it failed', async () => {
  stack = await startStack({ settings: { contactTag: 'synced', export: false } })
  await addContact(stack, { name: 'Ann Bell', ContactNumber: [{ public_number: '+442071838750' }] })
  await stack.settled()
  await setFaults(stack.cloudtalk, { route: 'PUT /contacts/addTags/:id.json', kind: 'status', status: 503 })
  const id = await createCustomer(stack, customer('+442071838750'))
  await until('it waits', async () => (await storyOf(id)).some(({ outcome }) => outcome === 'waiting'))
  await setFaults(stack.cloudtalk)
  await stack.settled()
  expect(await contacts()).toMatchObject([{ tags: ['synced'] }])
  expect(await storyOf(id)).toContainEqual(expect.objectContaining({ outcome: 'linked' }))
})

test('a number that somebody added in CloudTalk survives an update of the customer', async () => {
  stack = await startStack({ settings: { export: false } })
  await stack.cloudtalk.api('PUT', '/contacts/add.json', {
    name: 'Ann Bell',
    ContactNumber: [{ public_number: '+442071838750' }, { public_number: '+442071838752' }],
  })
  const id = await createCustomer(stack, customer('+442071838750'))
  await stack.settled()
  await stack.kustomer.api('PUT', `/customers/${id}`, { phones: [{ phone: '+442071838753', type: 'work' }] })
  await stack.settled()
  expect((await contacts())[0].numbers.toSorted()).toEqual(['+442071838752', '+442071838753'])
})

test('a customer whose company is gone is synced without it, both ways', async () => {
  stack = await startStack()
  const company = await createCompany(stack, 'Gone Ltd')
  await setFaults(stack.kustomer, { route: 'GET /companies/:id', kind: 'status', status: 404 })
  await createCustomer(stack, customer('+442071838750', { name: 'Ann Bell', company }))
  await stack.settled()
  const [contact] = await contacts()
  expect(contact).toMatchObject({ name: 'Ann Bell', company: '' })
  await editContact(stack, contact.id, { name: 'Ann B. Bell' })
  await stack.settled()
  const { customers } = await stack.kustomer.state()
  expect(customers?.[0].attributes.name).toBe('Ann B. Bell')
})

test('a value that is too long is cut at a word, with a warning, and the record goes through', async () => {
  stack = await startStack()
  const id = await createCustomer(stack, customer('+442071838750', { name: 'word '.repeat(40).trim() }))
  await stack.settled()
  const [contact] = await contacts()
  expect(contact.name.length).toBeLessThanOrEqual(150)
  expect((await lastOf(id))?.details?.warnings).toEqual([expect.stringMatching(/150/)])
})

test('characters that no database takes do not stop a page of customers', async () => {
  stack = await startStack({
    prepare: async (emulators) => {
      await createCustomer(emulators, customer('+442071838750', { name: 'Nul\u0000 and half \ud83d here' }))
      await createCustomer(emulators, customer('+442071838751', { name: 'Clean' }))
    },
  })
  await until('the search shows both', async () => {
    await stack.sync()
    return (await contacts()).length === 2
  })
  const odd = await createCustomer(stack, customer('+442071838752', { name: 'Live \u0000' }))
  await stack.settled()
  expect(await storyOf(odd)).toContainEqual(expect.objectContaining({ outcome: 'created' }))
})

test('an address of somebody with another case, or a wrong one, finds what is meant and nothing else', async () => {
  stack = await startStack()
  const id = await createCustomer(
    stack,
    customer('+442071838750', { name: 'Ann Bell', emails: [{ email: 'Ann@Example.com' }] }),
  )
  await stack.settled()
  const found = async (question: string) =>
    (await stack.service.operations.trace(question)).flatMap(({ kind, id }) =>
      kind === 'customer' ? id : [],
    )
  for (const question of ['ann@example.COM', '+44 20 7183 8750', 'ann  BELL', id]) {
    expect(await found(question)).toEqual([id])
  }
  for (const question of ['ann@example.org', '+44 20 7183 8751', 'Ann', '%', "' or 1=1 --"]) {
    expect(await found(question)).toEqual([])
  }
})
