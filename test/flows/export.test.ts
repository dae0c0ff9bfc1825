import { afterEach, expect, test } from 'vitest'
import { creationsUnderWay } from '../../src/store/links.ts'
import { pollContacts } from '../../src/sync/contacts/poll-contacts.ts'
import { setFaults } from '../helpers/faults.ts'
import { addContact, createCompany, createCustomer, customer, editContact } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** From CloudTalk to Kustomer (requirements §2). */

let stack: Stack
afterEach(() => stack?.close())

const NUMBER = '+442071838750'
const OTHER = '+442071838755'

const customers = async () => (await stack.kustomer.state()).customers ?? []
const contacts = async () => (await stack.cloudtalk.state()).contacts ?? []
const storyOf = async (id: string) => {
  const records = await stack.service.operations.trace(id)
  return records.find((record) => record.id === id)?.story ?? []
}
const lastOf = async (id: string) => (await storyOf(id)).at(-1)
const kustomerWrites = async () => {
  const { byRoute } = await stack.kustomer.requests()
  return ['POST /customers', 'PUT /customers/:id', 'POST /customers/bulk'].map((route) => byRoute[route] ?? 0)
}

const everyField = {
  name: 'Zoë Ångström & Söhne',
  title: 'Dr.',
  company: 'Ångström AG',
  industry: 'retail',
  website: 'www.example.com',
  address: '12 High Street',
  city: 'London',
  zip: 'EC1A 1BB',
  state: 'Greater London',
  ContactNumber: [{ public_number: NUMBER }, { public_number: OTHER }],
  ContactEmail: [{ email: 'Zoe@example.com' }],
  ContactsTag: [{ name: 'own' }],
}

test('a new contact with every field becomes exactly this customer, and gets the link to it', async () => {
  stack = await startStack()
  const { countries } = await stack.cloudtalk.state()
  const gb = countries?.find(({ country_code }) => country_code === 'GB')
  const contactId = await addContact(stack, { ...everyField, country_id: gb.id })
  await stack.settled()
  const [created, ...more] = await customers()
  expect(more).toEqual([])
  expect(created.attributes).toMatchObject({
    name: 'Zoë Ångström & Söhne',
    externalId: contactId,
    phones: [
      { type: 'work', phone: NUMBER },
      { type: 'work', phone: OTHER },
    ],
    emails: [{ type: 'work', email: 'Zoe@example.com' }],
    urls: [{ type: 'website', url: 'https://www.example.com' }],
    locations: [
      {
        type: 'work',
        address: '12 High Street',
        cityName: 'London',
        zipCode: 'EC1A 1BB',
        regionName: 'Greater London',
        countryCode: 'GB',
      },
    ],
    tags: [],
  })
  const [contact] = await contacts()
  expect(contact).toMatchObject({
    title: 'Dr.',
    company: 'Ångström AG',
    industry: 'retail',
    tags: ['own'],
    website: 'www.example.com',
    external_urls: [{ name: 'Kustomer', url: `https://acme.kustomerapp.com/app/customers/${created.id}` }],
  })
  expect(await storyOf(contactId)).toContainEqual(
    expect.objectContaining({ outcome: 'created', reason: 'EXPORTED', customerId: created.id }),
  )
  const writes = await kustomerWrites()
  await pollContacts(stack.service.context)
  await stack.settled()
  expect(await kustomerWrites()).toEqual(writes)
})

test('an edit of the contact reaches the customer and keeps what the export does not own', async () => {
  stack = await startStack()
  const company = await createCompany(stack, 'Bell Ltd')
  const id = await createCustomer(stack, {
    name: 'Ann Bell',
    company,
    phones: [
      { type: 'mobile', phone: NUMBER },
      { type: 'home', phone: OTHER },
    ],
    emails: [{ type: 'home', email: 'ann@example.com' }],
    urls: [{ type: 'blog', url: 'https://blog.example.com' }],
    locations: [
      { type: 'home', address: 'Nowhere 1', cityName: 'Elsewhere' },
      { type: 'work', address: '1 Street', cityName: 'Leeds', countryCode: 'GB' },
    ],
    tags: ['vip'],
  })
  await stack.settled()
  const [contact] = await contacts()
  await editContact(stack, contact.id, {
    name: 'Ann B. Bell',
    city: 'London',
    website: 'https://ann.example.com',
    ContactNumber: [{ public_number: NUMBER }, { public_number: OTHER }, { public_number: '+442071838756' }],
  })
  await stack.settled()
  const [changed] = await customers()
  expect(changed).toMatchObject({ id, relationships: { company: { data: { id: company } } } })
  expect(changed.attributes).toMatchObject({
    name: 'Ann B. Bell',
    phones: [
      { type: 'mobile', phone: NUMBER },
      { type: 'home', phone: OTHER },
      { type: 'work', phone: '+442071838756' },
    ],
    emails: [{ type: 'home', email: 'ann@example.com' }],
    locations: [
      { type: 'home', address: 'Nowhere 1', cityName: 'Elsewhere' },
      { type: 'work', address: '1 Street', cityName: 'London', countryCode: 'GB' },
    ],
  })
  expect(changed.attributes.urls.map(({ url }: { url: string }) => url)).toEqual([
    'https://blog.example.com',
    'https://ann.example.com',
  ])
  expect(changed.attributes.tags).toHaveLength(1)
  const story = await storyOf(String(contact.id))
  expect(story.find(({ outcome }) => outcome === 'updated')).toMatchObject({
    reason: 'FIELDS_CHANGED',
    details: {
      writes: [{ to: 'customer', id, fields: { name: { before: 'Ann Bell', after: 'Ann B. Bell' } } }],
    },
  })
})

const skips = [
  {
    reason: 'EXPORT_OFF',
    contact: { ContactNumber: [{ public_number: NUMBER }] },
    settings: { export: false },
  },
]

test.each(skips)('$reason: no customer, and the trace says why', async ({ reason, contact, settings }) => {
  stack = await startStack({ settings })
  const id = await addContact(stack, { name: 'Ann Bell', ...contact })
  await stack.settled()
  expect(await customers()).toEqual([])
  expect(await lastOf(id)).toMatchObject({ outcome: 'skipped', reason })
})

test('NO_VALID_PHONE and a warning: numbers of the seeded world that do not exist', async () => {
  stack = await startStack({ contacts: 20 })
  const before = await contacts()
  await stack.sync()
  const invalid = before.filter(
    ({ numbers }) => numbers.length > 0 && numbers.every((n: string) => n.startsWith('+999')),
  )
  const partly = before.filter(
    ({ numbers }) =>
      numbers.some((n: string) => n.startsWith('+999')) &&
      !numbers.every((n: string) => n.startsWith('+999')),
  )
  expect([invalid.length, partly.length]).toEqual([1, 1])
  for (const { id } of invalid) expect(await lastOf(String(id))).toMatchObject({ reason: 'NO_VALID_PHONE' })
  for (const { id } of partly) {
    expect(await lastOf(String(id))).toMatchObject({ outcome: 'created', details: { warnings: [/valid/] } })
  }
  expect(await customers()).toHaveLength(19)
})

const matches = [
  { by: 'phone', body: customer(NUMBER, { name: 'Somebody Else' }) },
  { by: 'email', body: { name: 'Somebody Else', emails: [{ email: 'ANN@example.com' }] } },
]

test.each(matches)('a contact with the $by of a customer is linked, never created', async ({ body }) => {
  stack = await startStack({ settings: { matching: 'none', import: false } })
  const customerId = await createCustomer(stack, body)
  await stack.settled()
  const id = await addContact(stack, {
    name: 'Ann Bell',
    ContactNumber: [{ public_number: NUMBER }],
    ContactEmail: [{ email: 'Ann@Example.com' }],
  })
  await stack.settled()
  expect(await customers()).toHaveLength(1)
  expect(await lastOf(id)).toMatchObject({
    outcome: 'linked',
    reason: 'MATCHES_EXISTING_CUSTOMER',
    customerId,
  })
  expect((await customers())[0].attributes.name).toBe('Somebody Else')
})

test('a customer that nobody told of is found by its key', async () => {
  stack = await startStack({ settings: { import: false } })
  await stack.kustomer.control('PUT', '/faults', { rules: [], webhooks: { drop: 1 } })
  const customerId = await createCustomer(stack, customer(NUMBER))
  const id = await addContact(stack, { name: 'Ann Bell', ContactNumber: [{ public_number: NUMBER }] })
  await stack.settled()
  expect(await lastOf(id)).toMatchObject({ reason: 'MATCHES_EXISTING_CUSTOMER', customerId })
})

test('a contact whose id is the external id of a customer is linked to it', async () => {
  stack = await startStack({ settings: { import: false } })
  await stack.cloudtalk.control('PUT', '/faults', { rules: [], webhooks: { drop: 1 } })
  await pollContacts(stack.service.context)
  const id = await addContact(stack, { name: 'Ann Bell', ContactNumber: [{ public_number: NUMBER }] })
  const customerId = await createCustomer(stack, { name: 'Somebody Else', externalId: id })
  await stack.settled()
  await pollContacts(stack.service.context)
  await stack.settled()
  expect(await lastOf(id)).toMatchObject({
    outcome: 'linked',
    reason: 'MATCHES_EXISTING_CUSTOMER',
    customerId,
  })
  expect(await customers()).toHaveLength(1)
})

test('a contact like one that its customer has already opens a review', async () => {
  stack = await startStack()
  const customerId = await createCustomer(stack, customer(NUMBER, { name: 'Ann Bell' }))
  await stack.settled()
  const [first] = await contacts()
  const id = await addContact(stack, { name: 'Ann B.', ContactNumber: [{ public_number: NUMBER }] })
  await stack.settled()
  expect(await customers()).toHaveLength(1)
  expect(await lastOf(id)).toMatchObject({
    outcome: 'skipped',
    reason: 'MATCHES_EXISTING_CUSTOMER',
    customerId,
  })
  expect(await stack.service.operations.reviews()).toMatchObject([
    { kind: 'duplicate-contact', recordId: id, candidates: [String(first.id)] },
  ])
})

test('a lost answer of a creation makes no second customer', async () => {
  stack = await startStack()
  await setFaults(stack.kustomer, { route: 'POST /customers', kind: 'lostAnswer' })
  const id = await addContact(stack, { name: 'Ann Bell', ContactNumber: [{ public_number: NUMBER }] })
  await until('it waits', async () => (await storyOf(id)).some(({ outcome }) => outcome === 'waiting'))
  await setFaults(stack.kustomer)
  await stack.settled()
  expect(await customers()).toHaveLength(1)
  const [contact] = await contacts()
  expect(contact.external_urls).toHaveLength(1)
})

test('a contact whose customer was deleted in Kustomer is not exported again', async () => {
  stack = await startStack()
  const id = await addContact(stack, { name: 'Ann Bell', ContactNumber: [{ public_number: NUMBER }] })
  await stack.settled()
  const [created] = await customers()
  await stack.kustomer.api('DELETE', `/customers/${created.id}`)
  await editContact(stack, id, { name: 'Ann Edited' })
  await stack.settled()
  await stack.sync()
  expect((await customers()).filter(({ attributes }) => !attributes.deleted)).toEqual([])
  expect(await contacts()).toHaveLength(1)
})

test('while contacts are being created, one that somebody else has made does not wait for them to end', async () => {
  stack = await startStack()
  await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'slow', ms: 6_000 })
  const first = await createCustomer(stack, customer(NUMBER))
  const { db, connection } = stack.service.context
  await until('the creation is under way', () => creationsUnderWay(db, connection))
  await addContact(stack, { name: 'Ann Bell', ContactNumber: [{ public_number: OTHER }] })
  await until('it has a customer', async () => (await customers()).length === 2)
  expect(await storyOf(first)).toEqual([])
})
