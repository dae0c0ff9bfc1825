import { afterEach, expect, test } from 'vitest'
import { addContact, createCustomer, customer, editContact } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'

/** What only a person can tell: reviews, and taking a merge apart. */

let stack: Stack
afterEach(() => stack?.close())

const A = '+442071838750'
const B = '+442071838751'
const C = '+442071838752'

const contacts = async () => (await stack.cloudtalk.state()).contacts ?? []
const operations = () => stack.service.operations
const storyOf = async (id: string) => {
  const records = await operations().trace(id)
  return records.find((record) => record.id === id)?.story ?? []
}
const named = (name: string, phone: string, more: Record<string, unknown> = {}) =>
  createCustomer(stack, customer(phone, { name, ...more }))

async function merged() {
  const first = await named('Ann Bell', A, { emails: [{ email: 'first@example.com' }] })
  await stack.settled()
  const second = await named('ann bell', B, { emails: [{ email: 'second@example.com' }] })
  await stack.settled()
  const [contact, ...more] = await contacts()
  expect(more).toEqual([])
  expect(contact.numbers.toSorted()).toEqual([A, B])
  return { first, second, contact }
}

test('an un-merge takes along what only that customer gave, and is not undone by the matching', async () => {
  stack = await startStack()
  const { first, second, contact } = await merged()
  await editContact(stack, contact.id, { name: contact.name, website: 'https://added.example.com' })
  await stack.settled()
  await operations().unmerge(String(contact.id), second)
  await stack.settled()
  const all = (await contacts()).toSorted((one, other) => one.id - other.id)
  expect(all).toHaveLength(2)
  expect(all[0]).toMatchObject({ id: contact.id, numbers: [A], emails: ['first@example.com'] })
  expect(all[1]).toMatchObject({ numbers: [B], emails: ['second@example.com'] })
  const links = all.map(({ external_urls }) =>
    external_urls.map(({ url }: { url: string }) => url.split('/').at(-1)),
  )
  expect(links).toEqual([[first], [second]])
  await stack.kustomer.api('PUT', `/customers/${second}`, { emails: [{ email: 'third@example.com' }] })
  await stack.settled()
  await stack.sync()
  expect(await contacts()).toHaveLength(2)
  expect((await operations().trace(second))[0]?.story.map(({ reason }) => reason)).toContain('UNMERGED')
})

test('what cannot be taken apart is said so, and nothing changes', async () => {
  stack = await startStack()
  const id = await named('Ann Bell', A)
  await stack.settled()
  const [contact] = await contacts()
  await expect(operations().unmerge(String(contact.id), id)).rejects.toThrow(/this customer only/)
  await expect(operations().unmerge(String(contact.id), 'nobody')).rejects.toThrow(/not linked/)
  await expect(operations().decideReview(crypto.randomUUID(), 'merge', undefined)).rejects.toThrow(
    /no such review/,
  )
  expect(await contacts()).toEqual([contact])
})

async function ambiguous() {
  const one = await addContact(stack, { name: 'Ann Bell', ContactNumber: [{ public_number: A }] })
  const two = await addContact(stack, { name: 'Ann Bell', ContactNumber: [{ public_number: B }] })
  await stack.settled()
  const id = await named('Ann Bell', C)
  await stack.settled()
  expect(await contacts()).toHaveLength(3)
  const [review, ...more] = await operations().reviews()
  expect(more).toEqual([])
  expect(review).toMatchObject({ kind: 'ambiguous-name', recordId: id, candidates: [one, two] })
  return { id, one, two, review: review?.id ?? '' }
}

test('an ambiguous name: merging moves the customer, and takes back the contact that was made for it', async () => {
  stack = await startStack({ settings: { export: false } })
  const { id, one, two, review } = await ambiguous()
  await expect(operations().decideReview(review, 'merge', '1')).rejects.toThrow(new RegExp(`${one}, ${two}`))
  await operations().decideReview(review, 'merge', two)
  await stack.settled()
  const all = (await contacts()).toSorted((a, b) => a.id - b.id)
  expect(all.map(({ id: contactId }) => String(contactId))).toEqual([one, two])
  expect(all[1].numbers.toSorted()).toEqual([B, C])
  const [decided, checked] = (await storyOf(id)).slice(-2)
  expect(decided).toMatchObject({ outcome: 'merged', reason: 'MERGED_BY_DECISION', contactId: two })
  expect(checked).toMatchObject({ outcome: 'unchanged', contactId: two, requests: 0 })
  expect(await operations().reviews()).toEqual([])
  await expect(operations().decideReview(review, 'keep-apart', undefined)).rejects.toThrow(/already/)
})

test('an ambiguous name: a contact that somebody has worked on since is not taken back', async () => {
  stack = await startStack({ settings: { export: false } })
  const { one, two, review } = await ambiguous()
  const made = (await contacts()).find(({ id }) => ![one, two].includes(String(id)))
  await editContact(stack, made.id, { name: made.name, title: 'Dr.' })
  await stack.settled()
  await operations().decideReview(review, 'merge', one)
  await stack.settled()
  expect(await contacts()).toHaveLength(3)
})

test('an ambiguous name kept apart stays apart', async () => {
  stack = await startStack({ settings: { export: false } })
  const { id, review } = await ambiguous()
  await operations().decideReview(review, 'keep-apart', undefined)
  await stack.kustomer.api('PUT', `/customers/${id}`, { name: 'Ann  Bell' })
  await stack.settled()
  expect(await contacts()).toHaveLength(3)
  expect(await operations().reviews()).toEqual([])
})

test('a duplicate contact: the customer’s own takes its numbers, and it is not asked about again', async () => {
  stack = await startStack()
  const id = await named('Ann Bell', A)
  await stack.settled()
  const [own] = await contacts()
  const double = await addContact(stack, {
    name: 'A. B.',
    ContactNumber: [{ public_number: A }, { public_number: B }],
  })
  await stack.settled()
  const [review] = await operations().reviews()
  await operations().decideReview(review?.id ?? '', 'merge', undefined)
  await stack.settled()
  const now = (await contacts()).find((contact) => contact.id === own.id)
  expect(now.numbers.toSorted()).toEqual([A, B])
  await editContact(stack, double, { name: 'A. Bell' })
  await stack.settled()
  expect(await operations().reviews()).toEqual([])
  expect((await stack.kustomer.state()).customers).toHaveLength(1)
  expect((await stack.kustomer.state()).customers?.[0].id).toBe(id)
})
