import { afterAll, beforeAll, expect, test } from 'vitest'
import { addContact, createCustomer, customer, editContact } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'

/** Keeping apart closes a review, and keeping apart for good closes the question. */

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack?.close())

const contacts = async () => (await stack.cloudtalk.state()).contacts ?? []
const operations = () => stack.service.operations
const reviewIds = async () => (await operations().reviews()).map(({ id }) => id)

async function decide(decision: 'keep-apart' | 'keep-apart-for-good'): Promise<void> {
  const [id = ''] = await reviewIds()
  expect(await operations().decideReview(id, decision, undefined)).toMatchObject({ decision })
  expect(await reviewIds()).toEqual([])
}

test('a duplicate contact: asked again when it shows something else, and never after it was for good', async () => {
  const number = '+442071838750'
  await createCustomer(stack, customer(number, { name: 'Ann Bell' }))
  await stack.settled()
  const double = await addContact(stack, { name: 'A. B.', ContactNumber: [{ public_number: number }] })
  await stack.settled()
  await decide('keep-apart')

  await editContact(stack, double, { name: 'A. B.', title: 'Dr.' })
  await stack.settled()
  await stack.sync()
  expect(await reviewIds()).toEqual([])

  await editContact(stack, double, { name: 'Ann B.' })
  await stack.settled()
  expect(await operations().reviews()).toMatchObject([{ kind: 'duplicate-contact', recordId: double }])
  await decide('keep-apart-for-good')

  await editContact(stack, double, { name: 'Ann Bell-Smith' })
  await stack.settled()
  expect(await reviewIds()).toEqual([])
  expect((await stack.kustomer.state()).customers).toHaveLength(1)
})

test('an ambiguous name: asked again when the customer changes, then merged all the same', async () => {
  const numbers = ['+442071838761', '+442071838762', '+442071838763']
  const [one, two] = await Promise.all(
    numbers
      .slice(0, 2)
      .map((number) => addContact(stack, { name: 'Eve Hall', ContactNumber: [{ public_number: number }] })),
  )
  await stack.settled()
  const id = await createCustomer(stack, customer(numbers[2] ?? '', { name: 'Eve Hall' }))
  await stack.settled()
  const before = (await contacts()).length
  await decide('keep-apart')

  await stack.kustomer.api('PUT', `/customers/${id}`, { name: 'Eve  Hall' })
  await stack.settled()
  expect(await reviewIds()).toEqual([])

  await stack.kustomer.api('PUT', `/customers/${id}`, { emails: [{ email: 'eve@example.com' }] })
  await stack.settled()
  expect(await contacts()).toHaveLength(before)
  const [review] = await operations().reviews()
  expect(review).toMatchObject({ kind: 'ambiguous-name', recordId: id })
  expect(review?.candidates.toSorted()).toEqual([one, two].toSorted())
  await operations().decideReview(review?.id ?? '', 'merge', two)
  await stack.settled()
  const merged = (await contacts()).find((contact) => String(contact.id) === two)
  expect(merged.numbers).toContain(numbers[2])
})
