import { afterAll, beforeAll, expect, test } from 'vitest'
import { addContact, createCustomer, customer, editContact, endCall } from '../helpers/records.ts'
import { type Bench, type Settling, startBench } from '../helpers/settling.ts'

/** What the model of settle-model.test.ts has found, each alone. */

const A = '+442071838750'
const B = '+442071838751'

let bench: Bench
let real: Settling
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench?.close())

async function begin(): Promise<Settling> {
  real = await bench.begin()
  return real
}

const settleAll = async () => {
  await real.heard()
  for (let event = real.take(0, false); event; event = real.take(0, false)) await real.settle(event)
}

/** The first in one process, the second in another. */
const settleTwo = async () => {
  await real.heard()
  const [one, two] = [real.take(0, false), real.take(0, false)]
  if (!one || !two) throw new Error('nobody told of two changes')
  await real.settleTwo(one, two)
}

test('a process learns from a refusal that notes have no subject, though another has made the note', async () => {
  const { emulators, troubles } = await begin()
  const customers = [
    await createCustomer(emulators, customer(A)),
    await createCustomer(emulators, customer(B)),
  ]
  await settleAll()
  // Both processes have read what Kustomer is known to take: nothing is known yet.
  for (const id of customers) await emulators.kustomer.api('PUT', `/customers/${id}`, { name: `Name ${id}` })
  await settleTwo()
  const { id } = await endCall(emulators, { external_number: A })
  await settleAll()
  await emulators.kustomer.api('PUT', `/customers/${customers[1]}`, { name: 'Another Name' })
  await emulators.kustomer.webhooksIdle()
  await emulators.cloudtalk.control('PATCH', `/calls/${id}`, { notes: ['edited'] })
  await settleTwo()
  expect(troubles).toEqual([])
})

test('a call of a customer that is deleted before its webhook comes is not given up', async () => {
  const { emulators, heard, take, settle, troubles } = await begin()
  const id = await createCustomer(emulators, customer(A))
  await heard()
  const late = take(0, false)
  await emulators.kustomer.api('DELETE', `/customers/${id}`)
  await endCall(emulators, { external_number: A })
  await settleAll()
  if (!late) throw new Error('nobody told of the customer')
  await settle(late)
  await settleAll()
  expect(troubles).toEqual([])
})

const cutOffs = [
  { at: 'its link', vendor: 'cloudtalk', fault: { route: 'POST /bulk/contacts.json', kind: 'reset' } },
  { at: 'its creation', vendor: 'kustomer', fault: { route: 'POST /customers', kind: 'lostAnswer' } },
] as const
const email = 'new@example.com'
const cases = cutOffs.flatMap((cutOff) => [
  { ...cutOff, what: 'name', body: { name: 'Edited' }, expected: { name: 'Edited' } },
  { ...cutOff, what: 'email', body: { ContactEmail: [{ email }] }, expected: { emails: [email] } },
])

test.each(cases)('an export cut off at $at: the contact’s new $what stands on both sides', async (one) => {
  const { emulators, heard, take, tick, settleWithFault, untilQuiet } = await begin()
  const id = await addContact(emulators, { name: 'At First', ContactNumber: [{ public_number: A }] })
  await heard()
  const created = take(0, false)
  if (!created) throw new Error('nobody told of the contact')
  await settleWithFault(created, one.vendor, one.fault)
  tick()
  await editContact(emulators, id, one.body)
  await untilQuiet()
  const [contact] = (await emulators.cloudtalk.state()).contacts ?? []
  const [{ attributes }] = (await emulators.kustomer.state()).customers ?? []
  const emails = attributes.emails.map((entry: { email: string }) => entry.email)
  expect({ customer: { name: attributes.name, emails }, contact }).toMatchObject({
    customer: one.expected,
    contact: one.expected,
  })
})

const deaths = Array.from({ length: 12 }, (_, at) => at + 1)
test.each(deaths)(
  'a write to the contact whose answer was lost is no edit of the contact, though it is the latest of all; and death before statement %i',
  async (count) => {
    const { emulators, heard, take, tick, settle, settleWithFault, settleAndDie, untilQuiet } = await begin()
    const at = (address: string) => ({ locations: [{ type: 'work', address }] })
    const id = await createCustomer(emulators, customer(A, at('1 High Street')))
    await settleAll()
    const edit = (address: string) => emulators.kustomer.api('PUT', `/customers/${id}`, at(address))
    await edit('2 High Street')
    await heard()
    const told = take(0, false)
    if (!told) throw new Error('nobody told of the edit')
    tick()
    // Nobody has heard of it when the one before is written.
    await edit('3 High Street')
    tick()
    await settleWithFault(told, 'cloudtalk', { route: 'POST /bulk/contacts.json', kind: 'lostAnswer' })
    const rest = []
    for (let event = take(0, false); event; event = take(0, false)) rest.push(event)
    const later = rest.find((event) => event.kind === 'customer' && event !== told && event.attempt === 0)
    const own = rest.find((event) => event.kind === 'contact')
    if (!later || !own) throw new Error(`nobody told of both: ${JSON.stringify(rest)}`)
    await settleAndDie(later, count)
    await settle(own)
    await untilQuiet()
    const [contact] = (await emulators.cloudtalk.state()).contacts ?? []
    const [{ attributes }] = (await emulators.kustomer.state()).customers ?? []
    expect([attributes.locations[0].address, contact?.address]).toEqual(['3 High Street', '3 High Street'])
  },
)
