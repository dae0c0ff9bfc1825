import { afterEach, expect, test } from 'vitest'
import { setFaults } from '../helpers/faults.ts'
import { addContact, createCustomer, customer, editContact } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'
let stack: Stack
afterEach(() => stack?.close())
const phone = (slot: number) => `+447400${String(slot).padStart(6, '0')}`
const contacts = async (): Promise<any[]> => (await stack.cloudtalk.state()).contacts ?? []
const storyOf = async (id: string) => (await stack.service.operations.trace(id)).find((r) => r.id === id)?.story ?? []
const lastOf = async (id: string) => (await storyOf(id)).at(-1)

test('p: lost answer of adopting, then cleared', async () => {
  stack = await startStack({ minuteMs: 100, settings: { export: false }, prepare: (e) => addContact(e, { name: 'Ann Bell', ContactNumber: [{ public_number: phone(0) }] }) })
  await stack.sync()
  await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'lostAnswer' })
  const id = await createCustomer(stack, customer(phone(0), { name: 'Ann Bell', locations: [{ type: 'work', cityName: 'Oldtown' }] }))
  await until('it waits', async () => (await lastOf(id))?.outcome === 'waiting')
  await setFaults(stack.cloudtalk)
  await stack.settled()
  expect((await contacts())[0].city).toBe('Oldtown')
  await stack.kustomer.api('PUT', `/customers/${id}`, { locations: [] })
  await stack.settled()
  expect((await contacts())[0].city).toBe('')
})

test('v: contact deleted with three members, remade by sync', async () => {
  stack = await startStack({ minuteMs: 100 })
  for (const s of [0, 1, 2]) { await createCustomer(stack, customer(phone(s), { name: 'Ann Bell' })); await stack.settled() }
  const [c] = await contacts()
  await stack.cloudtalk.api('DELETE', `/contacts/delete/${c.id}.json`)
  await stack.settled()
  expect(await contacts()).toEqual([])
  await stack.sync()
  await stack.settled()
  const all = await contacts()
  expect(all.map((x) => [x.numbers.toSorted(), x.external_urls.length])).toEqual([[[0, 1, 2].map(phone), 3]])
})

test('w: lost answer of joining by name doubles nothing, then a given-up number goes', async () => {
  stack = await startStack({ minuteMs: 100 })
  const a = await createCustomer(stack, customer(phone(0), { name: 'Ann Bell' })); await stack.settled()
  await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'lostAnswer' })
  const b = await createCustomer(stack, customer(phone(1), { name: 'Ann Bell', phones: [{ phone: phone(1) }, { phone: phone(2) }], locations: [{ type: 'work', cityName: 'Oldtown' }] }))
  await until('it waits', async () => (await lastOf(b))?.outcome === 'waiting')
  await setFaults(stack.cloudtalk)
  await stack.settled()
  const cust = async (id: string) => ((await stack.kustomer.state()).customers ?? []).find((x) => x.id === id).attributes
  expect((await contacts()).map((x) => x.numbers.toSorted())).toEqual([[0, 1, 2].map(phone)])
  expect((await cust(a)).phones.map((x: any) => x.phone)).toEqual([phone(0)])
  expect((await cust(b)).phones.map((x: any) => x.phone)).toEqual([phone(1), phone(2)])
  expect((await stack.kustomer.requests()).byRoute['PUT /customers/:id']).toBeUndefined()
  await stack.kustomer.api('PUT', `/customers/${b}`, { phones: [{ phone: phone(1) }], locations: [] })
  await stack.settled()
  expect((await contacts()).map((x) => [x.numbers.toSorted(), x.city])).toEqual([[[0, 1].map(phone), '']])
})

test('x: both members and the contact edited at once', async () => {
  stack = await startStack({ minuteMs: 100 })
  const a = await createCustomer(stack, customer(phone(0), { name: 'ANN BELL', locations: [{ type: 'work', cityName: 'Oldtown' }] })); await stack.settled()
  const b = await createCustomer(stack, customer(phone(1), { name: 'Ann Bell', urls: [{ type: 'website', url: 'https://b.example.com' }] })); await stack.settled()
  const [c] = await contacts()
  for (let i = 0; i < 15; i++) {
    await Promise.all([
      stack.kustomer.api('PUT', `/customers/${a}`, { locations: [{ type: 'work', cityName: `A${i}` }] }),
      stack.kustomer.api('PUT', `/customers/${b}`, { urls: [{ type: 'website', url: `https://b${i}.example.com` }] }),
      editContact(stack, c.id, { zip: `Z${i}` }),
    ])
    await stack.settled()
    const [now] = await contacts()
    expect([now.city, now.website, now.zip], `round ${i}`).toEqual([`A${i}`, `https://b${i}.example.com`, `Z${i}`])
  }
  expect(await contacts()).toHaveLength(1)
})

test('y: lost answer of an edit while somebody edits', async () => {
  stack = await startStack({ minuteMs: 100 })
  const ids = await Promise.all(Array.from({ length: 12 }, (_, s) => createCustomer(stack, customer(s % 2 ? phone(s - 1).slice(1) : phone(s), { name: `P${String.fromCharCode(65 + s)} Q` }))))
  await stack.settled()
  expect(ids).toHaveLength(12)
  expect((await contacts()).map((x) => x.external_urls.length)).toEqual([2, 2, 2, 2, 2, 2])
})
