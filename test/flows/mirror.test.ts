import { afterEach, expect, test } from 'vitest'
import { setFaults } from '../helpers/faults.ts'
import { createCustomer, customer } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** What the mirror remembers may be old: it is looked at again before anything is written over it. */

let stack: Stack
afterEach(() => stack?.close())

const NUMBER = '+442071838750'
const OTHER = '+442071838755'

const contacts = async () => (await stack.cloudtalk.state()).contacts ?? []
const storyOf = async (id: string) => (await stack.service.operations.trace(id))[0]?.story ?? []
const lastOf = async (id: string) => (await storyOf(id)).at(-1)
const addContact = async (name: string, number: string): Promise<string> => {
  const body = { name, ContactNumber: [{ public_number: number }] }
  const { responseData } = await stack.cloudtalk.api<{ responseData: { data: { id: string } } }>(
    'PUT',
    '/contacts/add.json',
    body,
  )
  return responseData.data.id
}

test('a contact that was deleted since it was read is not adopted: a new one is made', async () => {
  stack = await startStack({ settings: { export: false } })
  const contactId = await addContact('X Y', NUMBER)
  await stack.sync()
  await stack.cloudtalk.api('DELETE', `/contacts/delete/${contactId}.json`)
  await createCustomer(stack, customer(NUMBER))
  await stack.settled()
  expect((await stack.service.operations.summary()).customers.byOutcome).toEqual({ created: 1 })
})

test('a contact whose number moved on since it was read is left to whom it belongs', async () => {
  stack = await startStack({ settings: { export: false } })
  const contactId = await addContact('Bob Other', NUMBER)
  await stack.sync()
  await stack.cloudtalk.api('POST', `/contacts/edit/${contactId}.json`, {
    name: 'Bob Other',
    ContactNumber: [{ public_number: OTHER }],
  })
  await createCustomer(stack, customer(NUMBER, { name: 'Ann Bell' }))
  await stack.settled()
  expect((await contacts()).map(({ name }) => name).toSorted()).toEqual(['Ann Bell', 'Bob Other'])
})

const edits = [
  { label: 'another name', change: { name: 'New Name' } },
  { label: 'another number', change: { phones: [{ phone: OTHER, type: 'work' }] } },
]

test.each(edits)('a lost answer, then $label: one contact, with the new values', async ({ change }) => {
  stack = await startStack()
  await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'lostAnswer' })
  const id = await createCustomer(stack, customer(NUMBER, { name: 'Old Name' }))
  await until('it waits', async () => (await storyOf(id)).some(({ outcome }) => outcome === 'waiting'))
  await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'status', status: 503 })
  await stack.kustomer.api('PUT', `/customers/${id}`, change)
  await stack.kustomer.webhooksIdle()
  await setFaults(stack.cloudtalk)
  await stack.settled()
  const all = await contacts()
  expect(all).toHaveLength(1)
  expect(all[0].name).toBe('name' in change ? 'New Name' : 'Old Name')
  expect(all[0].numbers).toEqual(['phones' in change ? OTHER : NUMBER])
})

test('a number that was added in CloudTalk after the sync survives a change of the phones', async () => {
  stack = await startStack()
  const id = await createCustomer(stack, customer(NUMBER))
  await stack.settled()
  const [contact] = await contacts()
  await stack.cloudtalk.api('POST', `/contacts/edit/${contact.id}.json`, {
    name: contact.name,
    ContactNumber: [{ public_number: NUMBER }, { public_number: OTHER }],
  })
  await stack.kustomer.api('PUT', `/customers/${id}`, {
    phones: [
      { phone: NUMBER, type: 'work' },
      { phone: '+442071838753', type: 'work' },
    ],
  })
  await stack.settled()
  expect((await contacts())[0].numbers.toSorted()).toEqual([NUMBER, '+442071838753', OTHER].toSorted())
})

test('a number that somebody has added on both sides already is not written again', async () => {
  stack = await startStack()
  const id = await createCustomer(stack, customer(NUMBER))
  await stack.settled()
  const [contact] = await contacts()
  await stack.cloudtalk.api('POST', `/contacts/edit/${contact.id}.json`, {
    name: contact.name,
    ContactNumber: [{ public_number: NUMBER }, { public_number: OTHER }],
  })
  const writes = async () => (await stack.cloudtalk.requests()).byRoute['POST /bulk/contacts.json']
  const before = await writes()
  await stack.kustomer.api('PUT', `/customers/${id}`, {
    phones: [
      { phone: NUMBER, type: 'mobile' },
      { phone: OTHER, type: 'work' },
    ],
  })
  await stack.settled()
  expect(await lastOf(id)).toMatchObject({ outcome: 'unchanged', reason: 'NOTHING_CHANGED' })
  expect(await writes()).toBe(before)
})

const settings = [{ matching: 'phone-or-name' }, { matching: 'none' }] as const
test.each(settings)('Kustomer’s own merge repoints the link, matching by $matching', async (matching) => {
  stack = await startStack({ settings: matching })
  const source = await createCustomer(stack, customer(NUMBER, { name: 'Ann Bell' }))
  await stack.settled()
  const target = await createCustomer(stack, { name: 'Ann B.', emails: [{ email: 'ann@example.com' }] })
  await stack.settled()
  await stack.kustomer.api('POST', '/customers/merges', { source, target })
  await until('the surviving customer is linked', async () => (await lastOf(target))?.outcome === 'linked')
  await stack.settled()
  const all = await contacts()
  expect(all).toHaveLength(1)
  const links = all[0].external_urls.map(({ url }: { url: string }) => url)
  expect(links).toContain(`https://acme.kustomerapp.com/app/customers/${target}`)
})

test('a run repoints the link of a customer that was merged, whatever customers are matched by', async () => {
  stack = await startStack({ settings: { matching: 'none' } })
  const source = await createCustomer(stack, customer(NUMBER, { name: 'Ann Bell' }))
  const target = await createCustomer(stack, { name: 'Ann B.', emails: [{ email: 'ann@example.com' }] })
  await stack.settled()
  await stack.kustomer.control('PUT', '/faults', { rules: [], webhooks: { drop: 1 } })
  await stack.kustomer.api('POST', '/customers/merges', { source, target })
  const survivors = async () => (await stack.kustomer.state()).customers ?? []
  await until('it is done', async () => (await survivors()).length === 1)
  await stack.sync()
  await stack.settled()
  const all = await contacts()
  expect(all).toHaveLength(1)
  const links = all[0].external_urls.map(({ url }: { url: string }) => url)
  expect(links).toEqual([`https://acme.kustomerapp.com/app/customers/${target}`])
})

test('a webhook that comes late brings no customer back that was deleted meanwhile', async () => {
  stack = await startStack()
  const deleted = await createCustomer(stack, customer(NUMBER, { name: 'Ann Bell' }))
  await stack.settled()
  await stack.kustomer.control('PUT', '/faults', { rules: [], webhooks: { delayMs: 2_000 } })
  await stack.kustomer.api('PUT', `/customers/${deleted}`, { name: 'Ann Late' })
  await setFaults(stack.kustomer)
  await stack.kustomer.api('DELETE', `/customers/${deleted}`)
  const heir = await createCustomer(stack, customer(NUMBER, { name: 'Bob Bell' }))
  await stack.settled()
  expect(await lastOf(deleted)).toMatchObject({ outcome: 'skipped', reason: 'DELETED', source: 'webhook' })
  const all = await contacts()
  expect(all).toMatchObject([{ name: 'Bob Bell' }])
  const links = all[0].external_urls.map(({ url }: { url: string }) => url)
  expect(links).toEqual([`https://acme.kustomerapp.com/app/customers/${heir}`])
})
