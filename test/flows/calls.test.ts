import { afterEach, expect, test } from 'vitest'
import { seedWorld } from '../../src/emulators/world/seed-world.ts'
import type { ReasonCode } from '../../src/mapping/reasons.ts'
import { type CallInput, createCustomer, customer, endCall } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

let stack: Stack
afterEach(() => stack?.close())

const NUMBER = '+442071838750'
const STRANGER = '+442071838759'

const lastOf = async (id: string) => {
  const records = await stack.service.operations.trace(id)
  return records.find(({ kind }) => kind === 'call')?.story.at(-1)
}
const firstOf = async (id: string) => {
  const records = await stack.service.operations.trace(id)
  return records.find(({ kind }) => kind === 'call')?.story[0]
}

const types: { label: string; call: CallInput; name: string; direction: string; status: string }[] = [
  {
    label: 'answered, in',
    call: { outcome: 'answered' },
    name: 'Answered Call',
    direction: 'in',
    status: 'done',
  },
  {
    label: 'answered, out',
    call: { outcome: 'answered', direction: 'outgoing' },
    name: 'Answered Call',
    direction: 'out',
    status: 'done',
  },
  { label: 'missed', call: { outcome: 'missed' }, name: 'Missed Call', direction: 'in', status: 'open' },
  {
    label: 'unanswered',
    call: { outcome: 'missed', direction: 'outgoing' },
    name: 'Unanswered Call',
    direction: 'out',
    status: 'done',
  },
  { label: 'voicemail', call: { outcome: 'voicemail' }, name: 'Voicemail', direction: 'in', status: 'open' },
]

test.each(types)('a call that is $label is named, directed and closed as it should be', async (expected) => {
  stack = await startStack()
  await createCustomer(stack, customer(NUMBER))
  const { id } = await endCall(stack, { external_number: NUMBER, ...expected.call })
  await stack.settled()
  const { conversations, notes } = await stack.kustomer.state()
  expect(conversations).toMatchObject([
    {
      attributes: {
        externalId: id,
        name: expected.name,
        direction: expected.direction,
        status: expected.status,
      },
    },
  ])
  expect(notes?.[0].attributes.body).toMatch(
    new RegExp(`^Subject: ${expected.name}\nDirection: ${expected.direction}\n`),
  )
  expect(await firstOf(id)).toMatchObject({ outcome: 'created', reason: 'LOGGED', source: 'webhook' })
})

test.each(['answered', 'missed', 'unanswered', 'voicemail'])(
  'the settings of %s decide whether it is logged, and how it is closed',
  async (type) => {
    const input = types.find(({ name }) => name.toLowerCase().startsWith(type))?.call
    const other = { answered: 'open', missed: 'done', unanswered: 'open', voicemail: 'done' }[type]
    stack = await startStack({ settings: { calls: { [type]: { status: other } } } })
    await createCustomer(stack, customer(NUMBER))
    await endCall(stack, { external_number: NUMBER, ...input })
    await stack.settled()
    expect((await stack.kustomer.state()).conversations).toMatchObject([{ attributes: { status: other } }])
    await stack.close()

    stack = await startStack({ settings: { calls: { [type]: { log: false } } } })
    const { id } = await endCall(stack, { external_number: NUMBER, ...input })
    await stack.settled()
    expect((await stack.kustomer.state()).conversations).toEqual([])
    expect(await lastOf(id)).toMatchObject({ outcome: 'skipped', reason: 'TYPE_NOT_LOGGED' })
  },
)

const skips: { reason: ReasonCode; call: CallInput; settings?: Record<string, unknown> }[] = [
  { reason: 'INTERNAL_CALL', call: { direction: 'internal', external_number: '1002' } },
  {
    reason: 'NUMBER_NOT_CONNECTED',
    call: { external_number: NUMBER },
    settings: { calls: { connectedNumbers: ['+12125550142'] } },
  },
  {
    reason: 'UNKNOWN_NUMBER',
    call: { external_number: STRANGER },
    settings: { calls: { unknownNumbers: 'skip' } },
  },
  { reason: 'CONNECTION_OFF', call: { external_number: NUMBER }, settings: { active: false } },
]

test.each(skips)('$reason: nothing is logged, and the trace says why', async ({ reason, call, settings }) => {
  stack = await startStack({ ...(settings && { settings }) })
  const { id } = await endCall(stack, call)
  await stack.settled()
  const { conversations, customers } = await stack.kustomer.state()
  expect({ conversations, customers }).toEqual({ conversations: [], customers: [] })
  expect(await lastOf(id)).toMatchObject({ outcome: 'skipped', reason })
})

test('a connected number is logged', async () => {
  stack = await startStack({ settings: { calls: { connectedNumbers: ['+442079460018'] } } })
  await createCustomer(stack, customer(NUMBER))
  await endCall(stack, { external_number: NUMBER, internal_number: '+442079460018' })
  await stack.settled()
  expect((await stack.kustomer.state()).conversations).toHaveLength(1)
})

test('an unknown caller is logged with the holder, and moves by itself when a customer gains the number', async () => {
  stack = await startStack()
  const { id } = await endCall(stack, { external_number: STRANGER })
  await stack.settled()
  const before = await stack.kustomer.state()
  const holder = before.customers?.find(({ attributes }) =>
    attributes.name.startsWith('Unassociated callers'),
  )
  expect(before.conversations).toMatchObject([{ relationships: { customer: { data: { id: holder.id } } } }])
  expect(await firstOf(id)).toMatchObject({ outcome: 'created', reason: 'LOGGED_UNLINKED' })

  const customerId = await createCustomer(stack, customer(STRANGER))
  await stack.settled()
  const after = await stack.kustomer.state()
  expect(after.conversations).toMatchObject([{ relationships: { customer: { data: { id: customerId } } } }])
  expect(after.notes).toHaveLength(1)
  expect(await lastOf(id)).toMatchObject({ outcome: 'linked', reason: 'ASSOCIATED', customerId })
})

test('two unknown callers share one holder', async () => {
  stack = await startStack()
  await endCall(stack, { external_number: STRANGER })
  await endCall(stack, { external_number: '+442071838760' })
  await endCall(stack, { external_number: '' })
  await stack.settled()
  const { customers, conversations } = await stack.kustomer.state()
  expect(customers).toHaveLength(1)
  expect(conversations).toHaveLength(3)
})

test('create-customer makes a customer of the number alone', async () => {
  stack = await startStack({ settings: { calls: { unknownNumbers: 'create-customer' } } })
  const { id } = await endCall(stack, { external_number: STRANGER })
  await stack.settled()
  const { customers, conversations } = await stack.kustomer.state()
  expect(customers).toMatchObject([
    { attributes: { name: STRANGER, phones: [{ phone: STRANGER }], emails: [] } },
  ])
  expect(conversations).toMatchObject([{ relationships: { customer: { data: { id: customers?.[0].id } } } }])
  expect(await firstOf(id)).toMatchObject({ outcome: 'created', reason: 'CUSTOMER_CREATED' })
})

const owners: { label: string; body: Record<string, unknown> }[] = [
  { label: 'a phone', body: customer(NUMBER) },
  { label: 'a phone without a plus', body: customer(NUMBER.slice(1)) },
  { label: 'a WhatsApp number', body: { name: 'W', whatsapps: [{ phone: `whatsapp:${NUMBER}` }] } },
]

test.each(owners)('the customer is found by $label', async ({ body }) => {
  stack = await startStack()
  const customerId = await createCustomer(stack, body)
  await stack.settled()
  await endCall(stack, { external_number: NUMBER })
  await stack.settled()
  expect((await stack.kustomer.state()).conversations).toMatchObject([
    { relationships: { customer: { data: { id: customerId } } } },
  ])
})

test('a caller without a contact in CloudTalk is named as the customer is', async () => {
  stack = await startStack({ settings: { import: false } })
  await createCustomer(stack, customer(NUMBER, { name: 'Ann Bell' }))
  await stack.settled()
  await endCall(stack, { external_number: NUMBER })
  await stack.settled()
  expect((await stack.kustomer.state()).notes?.[0].attributes.body).toContain('Contact name: Ann Bell\n')
})

test('a customer that only Kustomer knows of is asked for by number', async () => {
  let customerId = ''
  stack = await startStack({
    prepare: async (emulators) => {
      customerId = await createCustomer(emulators, customer(NUMBER))
    },
  })
  await endCall(stack, { external_number: NUMBER })
  await stack.settled()
  expect((await stack.kustomer.state()).conversations).toMatchObject([
    { relationships: { customer: { data: { id: customerId } } } },
  ])
})

test('the literal forms are used where the API takes them', async () => {
  stack = await startStack({
    prepare: (emulators) =>
      emulators.kustomer.control('PUT', '/switches', {
        acceptConversationChannels: true,
        acceptNoteSubject: true,
        acceptConversationWithoutCustomer: true,
      }),
  })
  await endCall(stack, { external_number: STRANGER, outcome: 'missed' })
  await stack.settled()
  const { conversations, notes, messages, customers } = await stack.kustomer.state()
  expect(conversations).toMatchObject([{ attributes: { channels: ['chat'] } }])
  expect(notes).toMatchObject([{ attributes: { subject: 'Missed Call', direction: 'in' } }])
  expect(notes?.[0].attributes.body).toMatch(/^Agent name:/)
  expect({ messages, customers }).toEqual({ messages: [], customers: [] })
})

test('a missed call that turns out to be a voicemail: conversation and subject of the note say so', async () => {
  stack = await startStack({
    prepare: (emulators) => emulators.kustomer.control('PUT', '/switches', { acceptNoteSubject: true }),
  })
  const { id } = await endCall(stack, { external_number: STRANGER, outcome: 'missed' })
  await stack.settled()
  const [before] = (await stack.kustomer.state()).notes ?? []
  await stack.cloudtalk.control('PATCH', `/calls/${id}`, { outcome: 'voicemail' })
  await stack.settled()
  const { conversations, notes } = await stack.kustomer.state()
  expect(conversations).toMatchObject([{ attributes: { name: 'Voicemail' } }])
  expect(notes).toMatchObject([{ attributes: { subject: 'Voicemail', body: before.attributes.body } }])
  await stack.cloudtalk.control('PATCH', `/calls/${id}`, {})
  await stack.settled()
  expect((await stack.kustomer.requests()).byRoute['PATCH /notes/:id']).toBe(1)
})

test('what the API refuses is asked once, then the nearest form is used', async () => {
  stack = await startStack()
  for (let index = 0; index < 3; index++) {
    await endCall(stack, { external_number: STRANGER })
    await stack.settled()
  }
  const { byStatus } = await stack.kustomer.requests()
  expect(byStatus['400']).toBe(3)
})

const literalForms = [
  'acceptConversationChannels',
  'acceptNoteSubject',
  'acceptConversationWithoutCustomer',
] as const

test.each(
  (['observed', 'portal', 'schema'] as const).flatMap((errorShape) =>
    literalForms.map((refused) => ({ errorShape, refused })),
  ),
)('$refused refused in the shape "$errorShape": asked once, and both calls are logged', async (kustomer) => {
  const { errorShape, refused } = kustomer
  const accepted = Object.fromEntries(literalForms.map((form) => [form, form !== refused]))
  stack = await startStack({
    prepare: (emulators) => emulators.kustomer.control('PUT', '/switches', { errorShape, ...accepted }),
  })
  await createCustomer(stack, customer(NUMBER))
  await stack.settled()
  for (const external_number of [NUMBER, STRANGER]) {
    const { id } = await endCall(stack, { external_number })
    await stack.settled()
    expect(await firstOf(id)).toMatchObject({ outcome: 'created' })
  }
  const { byStatus } = await stack.kustomer.requests()
  expect(byStatus['400']).toBe(1)
  expect((await stack.kustomer.state()).notes).toHaveLength(2)
})

test('without the chat message there is none', async () => {
  stack = await startStack({ settings: { calls: { chatMessage: false } } })
  await endCall(stack, { external_number: STRANGER })
  await stack.settled()
  const { conversations, messages } = await stack.kustomer.state()
  expect(messages).toEqual([])
  expect(conversations).toMatchObject([{ attributes: { channels: [] } }])
})

test('notes and tags edited after the call change the same note', async () => {
  stack = await startStack()
  await createCustomer(stack, customer(NUMBER))
  const { id } = await endCall(stack, { external_number: NUMBER, direction: 'outgoing' })
  await stack.settled()
  await stack.cloudtalk.control('PATCH', `/calls/${id}`, { notes: ['late thought'], tags: ['late'] })
  await stack.settled()
  const { notes } = await stack.kustomer.state()
  expect(notes).toHaveLength(1)
  expect(notes?.[0].attributes.body).toMatch(/Call notes: late thought\nCall tags: late/)
  expect(await lastOf(id)).toMatchObject({ outcome: 'updated', reason: 'NOTE_UPDATED' })
})

test('a person who opens a closed conversation again is left alone', async () => {
  stack = await startStack()
  await createCustomer(stack, customer(NUMBER))
  const { id } = await endCall(stack, { external_number: NUMBER })
  await stack.settled()
  const [conversation] = (await stack.kustomer.state()).conversations ?? []
  await stack.kustomer.api('PATCH', `/conversations/${conversation.id}`, { status: 'open' })
  await stack.cloudtalk.control('PATCH', `/calls/${id}`, { notes: ['more'] })
  await stack.settled()
  expect((await stack.kustomer.state()).conversations).toMatchObject([{ attributes: { status: 'open' } }])
})

test('a body over the limit goes on in further notes, and nothing is lost', async () => {
  stack = await startStack()
  const { id } = await endCall(stack, { external_number: STRANGER, notes: [`${'long '.repeat(2_500)}end`] })
  await stack.settled()
  const { notes } = await stack.kustomer.state()
  expect(notes).toHaveLength(2)
  expect(notes?.map(({ attributes }) => attributes.externalId)).toEqual([id, `${id}-2`])
  expect(notes?.map(({ attributes }) => attributes.body).join('')).toContain('long long end')
})

test('a webhook that names only the uuid makes the call list be read', async () => {
  stack = await startStack()
  await createCustomer(stack, customer(NUMBER))
  await stack.settled()
  const workflows = await stack.cloudtalk.control<
    { values: { key: string }[]; trigger: { action: string } }[]
  >('GET', '/workflows')
  await stack.cloudtalk.control(
    'PUT',
    '/workflows',
    workflows
      .filter(({ trigger }) => trigger.action === 'Ended')
      .map((workflow) => ({ ...workflow, values: workflow.values.filter(({ key }) => key === 'call_uuid') })),
  )
  const { id } = await endCall(stack, { external_number: NUMBER })
  await until('the call list was read', () => firstOf(id))
  await stack.settled()
  const { conversations } = await stack.kustomer.state()
  expect(conversations).toMatchObject([{ attributes: { externalId: id } }])
  expect(await firstOf(id)).toMatchObject({ source: 'poll' })
})

test('an agent with another email in Kustomer is assigned by the map, one mapped to null to nobody', async () => {
  stack = await startStack({
    settings: { agentMap: { 'MAYA@acme.example': 'priya@acme.example', 'tom@acme.example': null } },
  })
  await createCustomer(stack, customer(NUMBER))
  const mapped = await endCall(stack, { agent_email: 'maya@acme.example' })
  const unmapped = await endCall(stack, { agent_email: 'tom@acme.example' })
  await stack.settled()
  const { conversations, users } = await stack.kustomer.state()
  const priya = users?.find(({ attributes }) => attributes.email === 'priya@acme.example')
  const assigned = Object.fromEntries(
    (conversations ?? []).map(({ attributes }) => [attributes.externalId, attributes.assignedUsers]),
  )
  expect(assigned).toEqual({ [mapped.id]: [priya.id], [unmapped.id]: [] })
})

test('an agent whose user in Kustomer was deactivated is not assigned, and not offered', async () => {
  const [maya, ...others] = seedWorld().people
  if (!maya) throw new Error('the world has nobody')
  stack = await startStack({ world: { ...seedWorld(), people: [{ ...maya, deactivated: true }, ...others] } })
  await endCall(stack, { agent_email: maya.email })
  await stack.settled()
  const { conversations } = await stack.kustomer.state()
  expect(conversations).toMatchObject([{ attributes: { assignedUsers: [] } }])
  const { users } = stack.service.context.directory.listed()
  expect(users.map(({ email }) => email)).not.toContain(maya.email)
})
