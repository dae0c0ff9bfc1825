import { afterEach, expect, test } from 'vitest'
import { runCli } from '../helpers/process.ts'
import { addContact, createCustomer, customer, endCall, sendMessage } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'

let stack: Stack
afterEach(() => stack?.close())

const NUMBER = '+442071838750'
const STRANGER = '+442071838759'
const owners = async () =>
  (await stack.kustomer.state()).conversations?.map(({ relationships }) => relationships.customer.data.id)

test('conversations of strangers are listed, and a person moves one, by id, email or number', async () => {
  stack = await startStack()
  const customerId = await createCustomer(
    stack,
    customer(NUMBER, { emails: [{ type: 'work', email: 'ann@example.com' }] }),
  )
  const call = await endCall(stack, { external_number: STRANGER })
  const message = await sendMessage(stack, { channel: 'whatsapp', external_number: '+442071838760' })
  const withheld = await endCall(stack, { external_number: '' })
  await stack.settled()
  const { operations } = stack.service
  expect((await operations.unassociated()).map(({ id }) => id).toSorted()).toEqual(
    [call.id, message, withheld.id].toSorted(),
  )

  await operations.associate(call.id, customerId)
  await operations.associate(message, 'ann@example.com')
  await operations.associate(withheld.id, NUMBER)
  await stack.settled()
  expect(await owners()).toEqual([customerId, customerId, customerId])
  expect(await operations.unassociated()).toEqual([])
  const [record] = await operations.trace(call.id)
  expect(record?.story).toContainEqual(
    expect.objectContaining({ outcome: 'linked', reason: 'ASSOCIATED', source: 'person', customerId }),
  )
  const { notes } = await stack.kustomer.state()
  for (const note of notes ?? []) expect(note.attributes.body).toContain('Contact name: Customer 8750')
})

test('what cannot be moved is told in plain words, and nothing is written', async () => {
  stack = await startStack()
  const customerId = await createCustomer(stack, customer(NUMBER))
  const known = await endCall(stack, { external_number: NUMBER })
  const stranger = await endCall(stack, { external_number: STRANGER })
  await stack.settled()
  const before = await owners()
  const { operations } = stack.service
  await expect(operations.associate(known.id, customerId)).rejects.toThrow(/belongs to a customer already/)
  await expect(operations.associate('404', customerId)).rejects.toThrow(/has the id "404"/)
  for (const nobody of ['nobody', 'nobody@example.com', '+442071838799', '0123456789abcdef01234567']) {
    await expect(operations.associate(stranger.id, nobody)).rejects.toThrow(/no customer/)
  }
  expect(await owners()).toEqual(before)
})

// Five commands, each a process of its own.
test('the command lists and moves; its errors say what is wrong', { timeout: 120_000 }, async () => {
  stack = await startStack({ database: 'embedded' })
  const customerId = await createCustomer(stack, customer(NUMBER))
  const { id } = await endCall(stack, { external_number: STRANGER })
  await stack.settled()
  const env = { DATA_DIR: stack.dataDir }
  const listed = await runCli(['associate'], env)
  expect(listed.stdout).toContain(`call ${id}`)
  expect(await runCli(['associate', id], env)).toMatchObject({ code: 2, stdout: '' })
  const refused = await runCli(['associate', id, 'nobody@example.com'], env)
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toContain('no customer')
  expect(await runCli(['associate', id, customerId], env)).toMatchObject({ code: 0 })
  expect(await owners()).toEqual([customerId])
  expect((await runCli(['associate'], env)).stdout).toContain('belongs to a customer')
})

test('what a person moved in Kustomer stays there when somebody else gains the number', async () => {
  stack = await startStack()
  const chosen = await createCustomer(stack, customer(NUMBER))
  await endCall(stack, { external_number: STRANGER })
  await stack.settled()
  const [conversation] = (await stack.kustomer.state()).conversations ?? []
  await stack.kustomer.api('PATCH', `/conversations/${conversation.id}`, { customer: chosen })
  await createCustomer(stack, customer(STRANGER))
  await stack.settled()
  expect(await owners()).toEqual([chosen])
  expect(await stack.service.operations.unassociated()).toEqual([])
})

test('a contact of CloudTalk that becomes a customer takes its conversations along', async () => {
  stack = await startStack()
  await endCall(stack, { external_number: STRANGER })
  await sendMessage(stack, { external_number: STRANGER })
  await stack.settled()
  await addContact(stack, { name: 'Exported', ContactNumber: [{ public_number: STRANGER }] })
  await stack.settled()
  const { customers } = await stack.kustomer.state()
  const exported = customers?.find(({ attributes }) => attributes.name === 'Exported')?.id
  expect(exported).toBeDefined()
  expect(await owners()).toEqual([exported, exported])
})
