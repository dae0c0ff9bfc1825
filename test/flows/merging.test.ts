import { createHmac, randomUUID } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { idOfKey } from '../../src/emulators/kustomer/ids.ts'
import { seedWorld } from '../../src/emulators/world/seed-world.ts'
import type { World, WorldCustomer } from '../../src/emulators/world/world.ts'
import type { Matching } from '../../src/mapping/matching.ts'
import { pollCustomers } from '../../src/sync/contacts/poll-customers.ts'
import type { Emulators } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { addContact, createCustomer, customer, editContact } from '../helpers/records.ts'
import { type Stack, type StackOptions, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** Several customers of one contact (requirements §1, Merging). */

let stack: Stack
afterEach(() => stack?.close())

const start = async (options: StackOptions = {}): Promise<void> => {
  // Limits and lags of a tenth of a second: what waits for them is not what is tested.
  stack = await startStack({ minuteMs: 100, ...options })
}

// biome-ignore lint/suspicious/noExplicitAny: what the emulators hold, field by field
type Stored = any

/** Any six digits after this prefix are a number that exists. */
const phone = (slot: number) => `+447400${String(slot).padStart(6, '0')}`

const contacts = async (): Promise<Stored[]> => (await stack.cloudtalk.state()).contacts ?? []
const customers = async (): Promise<Stored[]> => (await stack.kustomer.state()).customers ?? []
const customerOf = async (id: string): Promise<Stored> => (await customers()).find((one) => one.id === id)
const onlyContact = async (): Promise<Stored> => {
  const all = await contacts()
  expect(all).toHaveLength(1)
  return all[0]
}
const storyOf = async (id: string) => {
  const records = await stack.service.operations.trace(id)
  return records.find((record) => record.id === id)?.story ?? []
}
const lastOf = async (id: string) => (await storyOf(id)).at(-1)
/** Links of a contact to customers, name → customer. */
const linksOn = (contact: Stored): Record<string, string> =>
  Object.fromEntries(
    contact.external_urls.map(({ name, url }: { name: string; url: string }) => [
      name,
      url.split('/').at(-1),
    ]),
  )
const writes = async () => {
  const [kustomer, cloudtalk] = await Promise.all([stack.kustomer.requests(), stack.cloudtalk.requests()])
  const changing = ([route]: [string, number]) =>
    /^(POST|PUT|PATCH|DELETE) /.test(route) && !/search|webhook/.test(route)
  const of = (byRoute: Record<string, number>) => Object.fromEntries(Object.entries(byRoute).filter(changing))
  return { kustomer: of(kustomer.byRoute), cloudtalk: of(cloudtalk.byRoute) }
}
/** As somebody in Kustomer does. */
const editCustomer = (id: string, body: Record<string, unknown>) =>
  stack.kustomer.api('PUT', `/customers/${id}`, body)
const work = (location: Record<string, unknown>) => ({ locations: [{ type: 'work', ...location }] })
const numbersOf = (slots: number[]) => slots.map((slot) => ({ public_number: phone(slot) }))
/** Until the poll has told what no webhook tells. */
const untilDeletionIsSeen = (id: string) =>
  until('the search shows the deletion', async () => {
    await pollCustomers(stack.service.context)
    await stack.settled()
    return (await lastOf(id))?.reason === 'DELETED'
  })
/** Creates customers one after the other, each settled before the next. */
const createInTurn = async (bodies: unknown[]): Promise<string[]> => {
  const ids: string[] = []
  for (const body of bodies) {
    ids.push(await createCustomer(stack, body))
    await stack.settled()
  }
  return ids
}
const noisyWebhooks = async (delayMs = 0) => {
  const webhooks = { drop: 0, duplicate: 0.3, delayMs, shuffle: true }
  await stack.kustomer.control('PUT', '/faults', { rules: [], webhooks })
  await stack.cloudtalk.control('PUT', '/faults', { rules: [], webhooks })
}
/** Creates a customer; that Kustomer has one with the same number by then is fine. */
const createUnlessThere = async (body: unknown): Promise<string | undefined> => {
  try {
    return await createCustomer(stack, body)
  } catch (error) {
    if (error instanceof Error && error.message.includes('answered 409')) return undefined
    throw error
  }
}
/** @throws where a number has not exactly one contact and one customer, with the link of one to the other. */
const expectOneToOne = async (numbers: string[]) => {
  const [allContacts, allCustomers] = await Promise.all([contacts(), customers()])
  for (const number of numbers) {
    const has = allContacts.filter((one) => one.numbers.includes(number))
    const owns = allCustomers.filter(({ attributes }) =>
      attributes.phones.some((one: { phone: string }) => one.phone === number),
    )
    expect([has.length, owns.length], `contacts and customers of ${number}`).toEqual([1, 1])
    expect(Object.values(linksOn(has[0])), `links of ${number}`).toEqual([owns[0].id])
  }
}

describe('joining', () => {
  test('customers of one name become one contact: all numbers and emails, the newest three linked', async () => {
    await start()
    const names = ['Ann Bell', ' ann  BÉLL ', 'ANN BELL', 'Ann Bell']
    const bodies = names.map((name, at) =>
      customer(phone(at), { name, emails: [{ email: `ann${at}@example.com` }] }),
    )
    const [first = ''] = await createInTurn(bodies.slice(0, 1))
    expect(linksOn(await onlyContact())).toEqual({ Kustomer: first })
    const [second = ''] = await createInTurn(bodies.slice(1, 2))
    expect(linksOn(await onlyContact())).toEqual({ Kustomer: second, 'Kustomer 2': first })
    const [third = ''] = await createInTurn(bodies.slice(2, 3))
    expect(linksOn(await onlyContact())).toEqual({
      Kustomer: third,
      'Kustomer 2': second,
      'Kustomer 3': first,
    })
    const [fourth = ''] = await createInTurn(bodies.slice(3))
    const contact = await onlyContact()
    expect(linksOn(contact)).toEqual({ Kustomer: fourth, 'Kustomer 2': third, 'Kustomer 3': second })
    expect(contact.numbers.toSorted()).toEqual([0, 1, 2, 3].map(phone))
    expect(contact.emails.toSorted()).toEqual([0, 1, 2, 3].map((at) => `ann${at}@example.com`))
    const contactId = String(contact.id)
    expect(await lastOf(first)).toMatchObject({ outcome: 'created', reason: 'CREATED', contactId })
    for (const id of [second, third, fourth]) {
      expect(await storyOf(id)).toContainEqual(
        expect.objectContaining({ outcome: 'merged', reason: 'MATCHED_BY_NAME', contactId }),
      )
    }
    const joined = (await storyOf(fourth)).find(({ outcome }) => outcome === 'merged')
    expect(joined?.details?.provenance).toMatchObject({
      name: fourth,
      numbers: { [phone(0)]: [first], [phone(3)]: [fourth] },
    })
    // What one has, the others are not given: each keeps its own.
    expect((await writes()).kustomer).toEqual({ 'POST /customers': 4 })
    const before = await writes()
    await stack.sync()
    await stack.settled()
    expect(await writes()).toEqual(before)
    expect(await contacts()).toEqual([contact])
  })

  const spellings = [
    { way: 'live', first: phone(0), second: phone(0).slice(1) },
    { way: 'sync', first: phone(0).slice(1), second: phone(0) },
  ] as const
  test.each(spellings)(
    'two spellings of one number, $first and $second, are one contact ($way)',
    async ({ way, first, second }) => {
      const bodies = [
        customer(first, { name: 'Ann Bell', emails: [{ email: 'ann@example.com' }] }),
        { name: 'Bob Other', phones: [{ type: 'work', phone: second }, { phone: phone(1) }] },
      ]
      let ids: string[] = []
      if (way === 'live') {
        await start()
        ids = await createInTurn(bodies)
      } else {
        await start({
          prepare: async (emulators) => {
            for (const body of bodies) ids.push(await createCustomer(emulators, body))
          },
        })
        await stack.sync()
        await stack.settled()
      }
      const contact = await onlyContact()
      expect(contact).toMatchObject({ name: 'Bob Other', emails: ['ann@example.com'] })
      expect(contact.numbers).toEqual([phone(0), phone(1)])
      expect(linksOn(contact)).toEqual({ Kustomer: ids[1], 'Kustomer 2': ids[0] })
      const stories = (await Promise.all(ids.map(storyOf))).flat()
      expect(stories.filter(({ outcome }) => outcome === 'created')).toHaveLength(1)
      expect(stories.filter(({ outcome }) => outcome === 'merged')).toMatchObject([
        { reason: 'MATCHED_BY_PHONE' },
      ])
    },
  )

  test('a lost answer while joining doubles nothing, and makes nothing the contact’s own', async () => {
    await start()
    await createInTurn([customer(phone(0), { name: 'Ann Bell' })])
    await setFaults(stack.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'lostAnswer' })
    const phones = [{ phone: phone(1) }, { phone: phone(2) }]
    const second = await createCustomer(stack, { name: 'Ann Bell', phones, ...work({ cityName: 'Oldtown' }) })
    await until('it waits', async () => (await storyOf(second)).some(({ outcome }) => outcome === 'waiting'))
    await setFaults(stack.cloudtalk)
    await stack.settled()
    expect((await onlyContact()).numbers.toSorted()).toEqual([0, 1, 2].map(phone))
    expect((await writes()).kustomer).toEqual({ 'POST /customers': 2 })
    await editCustomer(second, { phones: phones.slice(0, 1), locations: [] })
    await stack.settled()
    expect((await onlyContact()).numbers.toSorted()).toEqual([0, 1].map(phone))
    expect((await onlyContact()).city).toBe('')
  })

  test('a link that is not ours stays, and leaves room for two of ours', async () => {
    await start({
      settings: { export: false },
      prepare: (emulators) =>
        addContact(emulators, {
          name: 'Ann Bell',
          ContactNumber: numbersOf([9]),
          ExternalUrl: [{ name: 'CRM', url: 'https://crm.example.com/1' }],
        }),
    })
    await stack.sync()
    const [, second, third] = await createInTurn(
      [0, 1, 2].map((slot) => customer(phone(slot), { name: 'Ann Bell' })),
    )
    const contact = await onlyContact()
    expect(contact.external_urls).toHaveLength(3)
    expect(contact.external_urls).toContainEqual({ name: 'CRM', url: 'https://crm.example.com/1' })
    expect(linksOn(contact)).toMatchObject({ Kustomer: third, 'Kustomer 2': second })
    expect(contact.numbers.toSorted()).toEqual([0, 1, 2, 9].map(phone))
  })

  test('a customer that takes the name of another stays with its own contact', async () => {
    await start()
    const [, bob = ''] = await createInTurn([
      customer(phone(0), { name: 'Ann Bell' }),
      customer(phone(1), { name: 'Bob Other' }),
    ])
    await editCustomer(bob, { name: 'Ann Bell', phones: [{ phone: phone(2) }] })
    await stack.settled()
    expect((await contacts()).map(({ name, numbers }) => [name, numbers])).toEqual([
      ['Ann Bell', [phone(0)]],
      ['Ann Bell', [phone(2)]],
    ])
  })
})

/** Contacts that are there before any customer, by a word that the expectations name them with. */
const standing = {
  phonePal: { name: 'Phone Pal', ContactNumber: numbersOf([1]) },
  emailPal: {
    name: 'Email Pal',
    ContactNumber: numbersOf([2]),
    ContactEmail: [{ email: 'email@example.com' }],
  },
  bothPal: { name: 'Both Pal', ContactNumber: numbersOf([3]), ContactEmail: [{ email: 'both@example.com' }] },
  namePal: { name: 'Name Pal', ContactNumber: numbersOf([4]) },
  crossPhone: { name: 'Cross One', ContactNumber: numbersOf([5]) },
  phoneRival: { name: 'Rival One', ContactNumber: numbersOf([7]) },
  nameRival: { name: 'Rival Two', ContactNumber: numbersOf([8]) },
  crossEmail: {
    name: 'Cross Two',
    ContactNumber: numbersOf([6]),
    ContactEmail: [{ email: 'cross@example.com' }],
  },
}

/** Customers that come after them; each says by what it could be matched. */
const arriving = {
  byPhone: customer(phone(1), { name: 'Somebody P', emails: [{ email: 'p@example.com' }] }),
  byEmail: customer(phone(12), { name: 'Somebody E', emails: [{ email: 'EMAIL@example.com' }] }),
  byBoth: customer(phone(3), { name: 'Somebody B', emails: [{ email: 'Both@Example.com' }] }),
  byName: customer(phone(14), { name: ' name  PÁL', emails: [{ email: 'n@example.com' }] }),
  cross: customer(phone(5), { name: 'Somebody C', emails: [{ email: 'cross@example.com' }] }),
  rival: customer(phone(7), { name: 'Rival Two' }),
  stranger: customer(phone(17), { name: 'Somebody S', emails: [{ email: 's@example.com' }] }),
  nameTwin1: customer(phone(18), { name: 'Twin Name' }),
  nameTwin2: customer(phone(19), { name: 'twin náme' }),
  phoneTwin1: customer(phone(20), { name: 'Twin One' }),
  phoneTwin2: customer(phone(20).slice(1), { name: 'Twin Two' }),
}
type Arriving = keyof typeof arriving

const alone = Object.fromEntries(Object.keys(arriving).map((key) => [key, key])) as Record<Arriving, string>
const nameTwins = 'nameTwin1+nameTwin2'
const phoneTwins = 'phoneTwin1+phoneTwin2'
const expectedBy: Record<Matching, Record<Arriving, string>> = {
  'phone-or-name': {
    ...alone,
    byPhone: 'phonePal',
    byBoth: 'bothPal',
    byName: 'namePal',
    cross: 'crossPhone',
    rival: 'phoneRival',
    nameTwin1: nameTwins,
    nameTwin2: nameTwins,
    phoneTwin1: phoneTwins,
    phoneTwin2: phoneTwins,
  },
  phone: {
    ...alone,
    byPhone: 'phonePal',
    byBoth: 'bothPal',
    cross: 'crossPhone',
    rival: 'phoneRival',
    phoneTwin1: phoneTwins,
    phoneTwin2: phoneTwins,
  },
  email: { ...alone, byEmail: 'emailPal', byBoth: 'bothPal', cross: 'crossEmail' },
  'phone-and-email': { ...alone, byBoth: 'bothPal' },
  none: alone,
}

/** A run finds by the mirror alone. */
const throughRuns: readonly Matching[] = ['phone-or-name']

describe.each(Object.keys(expectedBy) as Matching[])('matching %s', (matching) => {
  const ways = throughRuns.includes(matching) ? (['live', 'sync'] as const) : (['live'] as const)
  test.each(ways)('decides who shares which contact (%s)', async (way) => {
    const settings = { matching, export: false }
    const contactIds = new Map<string, string>()
    const customerIds = new Map<string, string>()
    const addStanding = async (emulators: Emulators) => {
      for (const [key, body] of Object.entries(standing)) {
        contactIds.set(await addContact(emulators, body), key)
      }
    }
    const createArriving = async (emulators: Emulators) => {
      for (const [key, body] of Object.entries(arriving)) {
        customerIds.set(await createCustomer(emulators, body), key)
      }
    }
    await start({
      settings,
      prepare: async (emulators) => {
        await addStanding(emulators)
        if (way === 'sync') await createArriving(emulators)
      },
    })
    await stack.sync()
    if (way === 'live') await createArriving(stack)
    await stack.settled()
    const found: Record<string, string> = {}
    const all = await contacts()
    for (const contact of all) {
      const keys = Object.values(linksOn(contact)).flatMap((id) => customerIds.get(id) ?? [])
      const label = contactIds.get(String(contact.id)) ?? keys.toSorted().join('+')
      for (const key of keys) {
        expect(found[key], `${key} has one contact`).toBeUndefined()
        found[key] = label
      }
    }
    const expected = expectedBy[matching]
    expect(found).toEqual(expected)
    const made = new Set(Object.values(expected).filter((label) => !(label in standing)))
    expect(all).toHaveLength(Object.keys(standing).length + made.size)
    for (const [id, key] of customerIds) {
      const label = expected[key as Arriving]
      const [outcome] = (await storyOf(id)).map((entry) => entry.outcome)
      expect(outcome, key).toMatch(
        label in standing ? /^linked$/ : label === key ? /^created$/ : /^(created|merged)$/,
      )
    }
  })
})

const placeholders = [
  '',
  'Unknown',
  ' ANONYMOUS ',
  'N/A',
  '+44 20 7183 8750',
  '4155552671',
  'who@example.com',
]

test('names that say nothing never match', async () => {
  await start()
  const names = [...placeholders, 'Ann Bell'].flatMap((name) => [name, name])
  await Promise.all(names.map((name, at) => createCustomer(stack, customer(phone(at), { name }))))
  await stack.settled()
  const shared = (await contacts()).filter(({ numbers }) => numbers.length > 1)
  expect(shared.map(({ name }) => name)).toEqual(['Ann Bell'])
  expect(await contacts()).toHaveLength(2 * placeholders.length + 1)
  expect(await stack.service.operations.reviews()).toEqual([])
})

test.each(['live', 'sync'] as const)(
  'a name that two contacts carry merges nobody and asks a person (%s)',
  async (way) => {
    let candidates: string[] = []
    let id = ''
    const create = async (emulators: Emulators) => {
      id = await createCustomer(emulators, customer(phone(0), { name: 'ann  BÉLL' }))
    }
    await start({
      settings: { export: false },
      prepare: async (emulators) => {
        for (const slot of [1, 2]) {
          const body = { name: 'Ann Bell', ContactNumber: numbersOf([slot]) }
          candidates = [...candidates, await addContact(emulators, body)]
        }
        if (way === 'sync') await create(emulators)
      },
    })
    await stack.sync()
    if (way === 'live') await create(stack)
    await stack.settled()
    const made = (await contacts()).find(({ numbers }) => numbers.includes(phone(0)))
    expect(await contacts()).toHaveLength(3)
    expect(linksOn(made)).toEqual({ Kustomer: id })
    expect((await contacts()).flatMap(({ external_urls }) => external_urls)).toHaveLength(1)
    expect((await storyOf(id))[0]).toMatchObject({
      outcome: 'created',
      reason: 'AMBIGUOUS_NAME',
      contactId: String(made.id),
    })
    const reviews = await stack.service.operations.reviews()
    expect(reviews).toMatchObject([{ kind: 'ambiguous-name', recordId: id }])
    expect(reviews[0]?.candidates.toSorted()).toEqual(candidates.toSorted())
    await editCustomer(id, { emails: [{ email: 'ann@example.com' }] })
    await stack.sync()
    await stack.settled()
    expect(await contacts()).toHaveLength(3)
    expect(await stack.service.operations.reviews()).toHaveLength(1)
  },
)

/** Three customers of one name, who differ in all else. */
const ROLES = ['oldest', 'middle', 'newest'] as const
type Role = (typeof ROLES)[number]
const ORDERS: Role[][] = [
  ['oldest', 'middle', 'newest'],
  ['oldest', 'newest', 'middle'],
  ['middle', 'oldest', 'newest'],
  ['middle', 'newest', 'oldest'],
  ['newest', 'oldest', 'middle'],
  ['newest', 'middle', 'oldest'],
]
const spelledBy: Record<Role, string> = { oldest: 'ANNE', middle: 'anne', newest: 'Ännè' }
/** Half of the groups were last changed at one moment: then the larger id counts as newer. */
const GROUPS = ORDERS.length * 2
const isTie = (group: number) => group >= ORDERS.length
const slotOf = (group: number, role: Role) => 100 * (group + 1) + ROLES.indexOf(role)
const letter = (group: number) => String.fromCharCode(65 + group)

interface OrderWorld {
  world: World
  /** In the order of their ids; a run comes to them in this one. */
  ids: Record<Role, string>[]
}

/** In a run the ids decide who comes first, so the roles are dealt to the ids in the wanted order. */
function orderWorld(): OrderWorld {
  const world = seedWorld({})
  world.companies.push({ key: 'company-a', name: 'Old Company' })
  const ids: Record<Role, string>[] = []
  for (let group = 0; group < GROUPS; group++) {
    const keys = ROLES.map((role) => `group ${group} ${role}`).toSorted((one, other) =>
      idOfKey('customer', one) < idOfKey('customer', other) ? -1 : 1,
    )
    const order = isTie(group) ? ROLES : (ORDERS[group] ?? [])
    const byRole: Partial<Record<Role, string>> = {}
    for (const [at, role] of order.entries()) {
      const key = keys[at] ?? ''
      byRole[role] = idOfKey('customer', key)
      world.customers.push(customerOfRole(group, role, key))
    }
    ids.push(byRole as Record<Role, string>)
  }
  return { world, ids }
}

function customerOfRole(group: number, role: Role, key: string): WorldCustomer {
  const modified = { oldest: '2026-03-01', middle: '2026-03-02', newest: '2026-03-03' }[role]
  const locations: Record<Role, WorldCustomer['locations']> = {
    oldest: [{ type: 'work', address: '1 Old Street', cityName: 'Oldtown', zipCode: 'OLD 1' }],
    middle: [{ type: 'work', cityName: 'Middletown', zipCode: 'MID 2', countryCode: 'GB' }],
    newest: [{ type: 'work', cityName: 'Newtown' }],
  }
  return {
    key,
    variant: 'clean',
    name: `${spelledBy[role]} ${letter(group)}`,
    phones: [{ phone: phone(slotOf(group, role)) }, { phone: phone(slotOf(group, role) + 50) }],
    emails: [{ email: `${role}.${group}@example.com` }],
    whatsapps: [],
    sharedPhones: [],
    sharedEmails: [],
    sharedWhatsapps: [],
    urls: role === 'newest' ? [] : [{ type: 'website', url: `https://${role}.example.com` }],
    locations: locations[role],
    ...(role === 'oldest' && { company: 'company-a' }),
    createdBy: { oldest: 'person-1', middle: 'person-2', newest: 'machine' }[role],
    createdAt: '2026-01-01T00:00:00.000Z',
    modifiedAt: isTie(group) ? '2026-03-01T00:00:00.000Z' : `${modified}T00:00:00.000Z`,
  }
}

/** What the three make together, by requirements §1. */
const combined = (group: number, agentId: number, countryId: number) => ({
  name: `Ännè ${letter(group)}`,
  company: 'Old Company',
  website: 'https://middle.example.com',
  address: '1 Old Street',
  city: 'Newtown',
  zip: 'MID 2',
  country_id: countryId,
  favorite_agent: agentId,
  numbers: ROLES.flatMap((role) => [phone(slotOf(group, role)), phone(slotOf(group, role) + 50)]).toSorted(),
  emails: ROLES.map((role) => `${role}.${group}@example.com`).toSorted(),
})

/** Kustomer's webhook of a customer, as it would have left when the customer was made. */
async function deliver(record: Stored, token: string): Promise<void> {
  const name = 'kustomer.customer.create'
  const body = JSON.stringify({ id: randomUUID(), name, data: record, changes: null, dataId: record.id })
  const answer = await fetch(`${stack.service.publicUrl()}/webhooks/kustomer/default`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-kustomer-webhook-event': name,
      'x-kustomer-webhook-signature': createHmac('sha256', token).update(body).digest('hex'),
    },
    body,
  })
  expect(await answer.json()).toEqual({ accepted: true })
}

const arrivals = ['one after the other', 'all at once', 'by a run'] as const

test.each(arrivals)('three customers make the same contact in whatever order they come: %s', async (way) => {
  const { world, ids } = orderWorld()
  await start({ world })
  const { agents, countries } = await stack.cloudtalk.state()
  const person = world.people.find(({ key }) => key === 'person-2')
  const agentId = agents?.find(({ email }) => email === person?.email).id
  const countryId = countries?.find(({ country_code }) => country_code === 'GB').id
  const { customers: records, webhooks } = await stack.kustomer.state()
  const token = webhooks?.[0].attributes.token
  const recordOf = (group: number, role: Role) => records?.find(({ id }) => id === ids[group]?.[role])
  if (way === 'by a run') await stack.sync()
  else {
    for (const turn of [0, 1, 2]) {
      await Promise.all(
        ids.map(async (_, group) => {
          const role = ORDERS[group % ORDERS.length]?.[turn] ?? 'oldest'
          await deliver(recordOf(group, role), token)
        }),
      )
      if (way === 'one after the other') await stack.settled()
    }
  }
  await stack.settled()
  const all = await contacts()
  expect(all).toHaveLength(GROUPS)
  for (let group = 0; group < GROUPS; group++) {
    const contact = all.find(({ numbers }) => numbers.includes(phone(slotOf(group, 'middle'))))
    const seen = {
      ...contact,
      numbers: contact.numbers.toSorted(),
      emails: contact.emails.toSorted(),
    }
    const order = isTie(group) ? `tie, ${ORDERS[group - ORDERS.length]}` : ORDERS[group]
    expect(seen, `${order}`).toMatchObject(combined(group, agentId, countryId))
    expect(linksOn(contact), `links, ${order}`).toEqual({
      Kustomer: ids[group]?.newest,
      'Kustomer 2': ids[group]?.middle,
      'Kustomer 3': ids[group]?.oldest,
    })
  }
  expect((await writes()).kustomer).toEqual({})
  const before = await writes()
  await stack.sync()
  await stack.settled()
  expect(await writes()).toEqual(before)
})

describe('once merged', () => {
  /** An older and a newer customer of one name, in one contact. */
  const twoOfOneName = async (options: StackOptions = {}) => {
    await start(options)
    const [older = '', newer = ''] = await createInTurn([
      customer(phone(0), {
        name: 'ANN BELL',
        emails: [{ email: 'older@example.com' }],
        ...work({ address: '1 Old Street', cityName: 'Oldtown' }),
      }),
      customer(phone(1), {
        name: 'Ann Bell',
        emails: [{ email: 'newer@example.com' }],
        urls: [{ type: 'website', url: 'https://newer.example.com' }],
      }),
    ])
    const { id } = await onlyContact()
    return { older, newer, contactId: String(id) }
  }
  const attributesOf = async (id: string) => (await customerOf(id)).attributes

  test('an edit in CloudTalk goes to the customer that the value came from', async () => {
    const { older, newer, contactId } = await twoOfOneName()
    const [olderBefore, newerBefore] = [await attributesOf(older), await attributesOf(newer)]
    await editContact(stack, contactId, { city: 'Newcity' })
    await stack.settled()
    expect((await attributesOf(older)).locations).toMatchObject([
      { type: 'work', address: '1 Old Street', cityName: 'Newcity' },
    ])
    expect(await attributesOf(newer)).toEqual(newerBefore)
    await editContact(stack, contactId, { website: 'https://edited.example.com' })
    await stack.settled()
    expect((await attributesOf(newer)).urls).toMatchObject([{ url: 'https://edited.example.com' }])
    expect((await attributesOf(older)).urls).toEqual(olderBefore.urls)
    expect(await onlyContact()).toMatchObject({
      name: 'Ann Bell',
      city: 'Newcity',
      website: 'https://edited.example.com',
    })
  })

  test('what our own write touches does not become the newest', async () => {
    const { older, newer, contactId } = await twoOfOneName()
    for (const city of ['One', 'Two', 'Three']) {
      await editContact(stack, contactId, { city })
      await stack.settled()
      expect((await attributesOf(older)).locations[0].cityName).toBe(city)
    }
    expect((await attributesOf(older)).modifiedAt > (await attributesOf(newer)).modifiedAt).toBe(true)
    await stack.sync()
    await stack.settled()
    const contact = await onlyContact()
    expect(contact.name).toBe('Ann Bell')
    expect(linksOn(contact)).toEqual({ Kustomer: newer, 'Kustomer 2': older })
    await editContact(stack, contactId, {
      ContactNumber: numbersOf([0, 1, 2]),
      ContactEmail: ['older@example.com', 'newer@example.com', 'third@example.com'].map((email) => ({
        email,
      })),
    })
    await stack.settled()
    const phonesOf = async (id: string) =>
      (await attributesOf(id)).phones.map((one: { phone: string }) => one.phone)
    const emailsOf = async (id: string) =>
      (await attributesOf(id)).emails.map((one: { email: string }) => one.email)
    expect([await phonesOf(older), await phonesOf(newer)]).toEqual([[phone(0)], [phone(1), phone(2)]])
    expect([await emailsOf(older), await emailsOf(newer)]).toEqual([
      ['older@example.com'],
      ['newer@example.com', 'third@example.com'],
    ])
    await editContact(stack, contactId, { ContactNumber: numbersOf([1, 2]) })
    await stack.settled()
    // Its last number a customer keeps: it could not be synced without one.
    expect([await phonesOf(older), await phonesOf(newer)]).toEqual([[phone(0)], [phone(1), phone(2)]])
  })

  test('somebody else’s edit does: its values count from then on', async () => {
    const { older, newer, contactId } = await twoOfOneName()
    await editContact(stack, contactId, { city: 'One' })
    await stack.settled()
    await editCustomer(older, { urls: [{ type: 'website', url: 'https://older.example.com' }] })
    await stack.settled()
    const contact = await onlyContact()
    expect(contact).toMatchObject({ name: 'ANN BELL', city: 'One', website: 'https://older.example.com' })
    expect(linksOn(contact)).toEqual({ Kustomer: older, 'Kustomer 2': newer })
    await editContact(stack, contactId, { ContactNumber: numbersOf([0, 1, 2]) })
    await stack.settled()
    expect((await attributesOf(older)).phones).toHaveLength(2)
    expect((await attributesOf(newer)).phones).toHaveLength(1)
  })

  test('somebody else’s edit does so after a write of ours that was refused, too', async () => {
    const { older, newer, contactId } = await twoOfOneName()
    await setFaults(stack.kustomer, { route: 'PUT /customers/:id', kind: 'status', status: 400 })
    await editContact(stack, contactId, { city: 'One' })
    await stack.settled()
    expect(await lastOf(contactId)).toMatchObject({ outcome: 'failed', reason: 'REJECTED_BY_KUSTOMER' })
    await setFaults(stack.kustomer)
    await editCustomer(older, { urls: [{ type: 'website', url: 'https://older.example.com' }] })
    await stack.settled()
    const contact = await onlyContact()
    expect(contact).toMatchObject({ name: 'ANN BELL', website: 'https://older.example.com' })
    expect(linksOn(contact)).toEqual({ Kustomer: older, 'Kustomer 2': newer })
  })

  test('a value that its customer gives up comes from the other, and a number goes that nobody has', async () => {
    const { older, newer } = await twoOfOneName()
    await editCustomer(newer, { ...work({ cityName: 'Newtown' }), phones: [{ phone: phone(3) }] })
    await stack.settled()
    expect(await onlyContact()).toMatchObject({ city: 'Newtown', address: '1 Old Street' })
    expect((await onlyContact()).numbers.toSorted()).toEqual([phone(0), phone(3)])
    await editCustomer(newer, { locations: [], urls: [] })
    await stack.settled()
    const contact = await onlyContact()
    expect(contact).toMatchObject({ city: 'Oldtown', website: '' })
    expect((await attributesOf(older)).locations).toHaveLength(1)
    expect((await attributesOf(newer)).locations).toEqual([])
  })

  test('a number that both hold in two spellings stays until both give it up', async () => {
    await start()
    const [first = '', second = ''] = await createInTurn([
      customer(phone(0), { name: 'Ann Bell', phones: [{ phone: phone(0) }, { phone: phone(1) }] }),
      customer(phone(0).slice(1), {
        name: 'Bob',
        phones: [{ phone: phone(0).slice(1) }, { phone: phone(2) }],
      }),
    ])
    await editCustomer(first, { phones: [{ phone: phone(1) }] })
    await stack.settled()
    expect((await onlyContact()).numbers.toSorted()).toEqual([0, 1, 2].map(phone))
    await editCustomer(second, { phones: [{ phone: phone(2) }] })
    await stack.settled()
    expect((await onlyContact()).numbers.toSorted()).toEqual([1, 2].map(phone))
  })

  test('what is taken away in CloudTalk is taken from all who had it, and comes back from nobody', async () => {
    const { older, newer, contactId } = await twoOfOneName()
    await editCustomer(older, { phones: [{ phone: phone(0) }, { phone: phone(4) }] })
    await editCustomer(newer, work({ cityName: 'Newtown' }))
    await stack.settled()
    await editContact(stack, contactId, { city: '', ContactNumber: numbersOf([0, 1]) })
    await stack.settled()
    const cityOf = async (id: string) => (await attributesOf(id)).locations[0]?.cityName ?? null
    const phonesOf = async (id: string) =>
      (await attributesOf(id)).phones.map((one: { phone: string }) => one.phone)
    expect([await cityOf(older), await cityOf(newer)]).toEqual([null, null])
    expect([await phonesOf(older), await phonesOf(newer)]).toEqual([[phone(0)], [phone(1)]])
    await stack.sync()
    await stack.settled()
    const contact = await onlyContact()
    expect(contact).toMatchObject({ city: '', address: '1 Old Street' })
    expect(contact.numbers.toSorted()).toEqual([0, 1].map(phone))
  })

  test('a contact that was deleted in CloudTalk comes back as one, with all its customers', async () => {
    const { older, newer, contactId } = await twoOfOneName()
    await stack.cloudtalk.api('DELETE', `/contacts/delete/${contactId}.json`)
    await stack.settled()
    expect(await contacts()).toEqual([])
    await stack.sync()
    await stack.settled()
    const contact = await onlyContact()
    expect(contact.numbers.toSorted()).toEqual([0, 1].map(phone))
    expect(linksOn(contact)).toEqual({ Kustomer: newer, 'Kustomer 2': older })
    expect(await customers()).toHaveLength(2)
  })

  test('a member that is no longer eligible is frozen, the other goes on', async () => {
    const { older, newer, contactId } = await twoOfOneName()
    await editCustomer(older, {
      ...work({ address: '2 Hidden Street', cityName: 'Hiddentown' }),
      phones: [{ phone: phone(0) }, { phone: phone(5) }],
      sharedEmails: [{ email: 'desk@example.com' }],
    })
    await stack.settled()
    expect(await lastOf(older)).toMatchObject({ outcome: 'skipped', reason: 'SHARED_EMAIL' })
    const frozen = await attributesOf(older)
    const held = { city: 'Oldtown', address: '1 Old Street' }
    expect(await onlyContact()).toMatchObject(held)
    expect((await onlyContact()).numbers.toSorted()).toEqual([0, 1].map(phone))
    await editCustomer(newer, { name: 'Ann B. Bell', phones: [{ phone: phone(1) }, { phone: phone(2) }] })
    await stack.settled()
    const contact = await onlyContact()
    expect(contact).toMatchObject({ ...held, name: 'Ann B. Bell' })
    expect(contact.numbers.toSorted()).toEqual([0, 1, 2].map(phone))
    expect(contact.emails.toSorted()).toEqual(['newer@example.com', 'older@example.com'])
    await editContact(stack, contactId, { city: 'Edited', website: 'https://edited.example.com' })
    await stack.settled()
    expect(await attributesOf(older)).toEqual(frozen)
    expect((await attributesOf(newer)).urls).toMatchObject([{ url: 'https://edited.example.com' }])
    expect(await onlyContact()).toMatchObject({ city: 'Edited', website: 'https://edited.example.com' })
    await stack.sync()
    await stack.settled()
    expect(await attributesOf(older)).toEqual(frozen)
    expect(await onlyContact()).toMatchObject({ city: 'Edited' })
    await editCustomer(older, { sharedEmails: [] })
    await stack.settled()
    expect((await onlyContact()).numbers.toSorted()).toEqual([0, 1, 2, 5].map(phone))
  })

  test('a member that was deleted is unlinked, and the contact keeps its values', async () => {
    const { older, newer, contactId } = await twoOfOneName()
    await stack.kustomer.api('DELETE', `/customers/${older}`)
    await untilDeletionIsSeen(older)
    const kept = { name: 'Ann Bell', city: 'Oldtown', address: '1 Old Street' }
    expect(await onlyContact()).toMatchObject(kept)
    expect((await onlyContact()).numbers.toSorted()).toEqual([0, 1].map(phone))
    await editCustomer(newer, { phones: [{ phone: phone(1) }, { phone: phone(2) }] })
    await stack.settled()
    const contact = await onlyContact()
    expect(contact).toMatchObject(kept)
    expect(contact.numbers.toSorted()).toEqual([0, 1, 2].map(phone))
    expect(contact.emails.toSorted()).toEqual(['newer@example.com', 'older@example.com'])
    expect(linksOn(contact)).toEqual({ Kustomer: newer })
    await editContact(stack, contactId, { city: 'Edited' })
    await stack.settled()
    expect(await onlyContact()).toMatchObject({ city: 'Edited' })
    expect(await customers()).toHaveLength(1)
  })

  test('the newest member that was deleted leaves its values, and its edits to the other', async () => {
    const { older, newer, contactId } = await twoOfOneName()
    await stack.kustomer.api('DELETE', `/customers/${newer}`)
    await untilDeletionIsSeen(newer)
    await editCustomer(older, { phones: [{ phone: phone(0) }, { phone: phone(2) }] })
    await stack.settled()
    const contact = await onlyContact()
    expect(contact.website).toBe('https://newer.example.com')
    expect(contact.numbers.toSorted()).toEqual([0, 1, 2].map(phone))
    expect(linksOn(contact)).toEqual({ Kustomer: older })
    await editContact(stack, contactId, { ContactNumber: numbersOf([0, 1, 2, 3]) })
    await stack.settled()
    expect((await attributesOf(older)).phones.map((one: { phone: string }) => one.phone)).toContain(phone(3))
  })

  const merges = [
    { label: 'the older into the newer', source: 'older', target: 'newer' },
    { label: 'the newer into the older', source: 'newer', target: 'older' },
  ] as const
  test.each(merges)('Kustomer’s own merge of $label leaves one contact of the survivor', async (merge) => {
    const ids = await twoOfOneName()
    const [source, target] = [ids[merge.source], ids[merge.target]]
    await stack.kustomer.api('POST', '/customers/merges', { source, target })
    await until('the survivor has both numbers', async () => (await attributesOf(target)).phones.length === 2)
    await stack.settled()
    await untilDeletionIsSeen(source)
    await editCustomer(target, { emails: [{ email: 'one@example.com' }] })
    await stack.settled()
    const contact = await onlyContact()
    expect(String(contact.id)).toBe(ids.contactId)
    expect(linksOn(contact)).toEqual({ Kustomer: target })
    expect(contact.numbers.toSorted()).toEqual([0, 1].map(phone))
    expect(contact.city).toBe('Oldtown')
    expect((await attributesOf(target)).phones).toHaveLength(2)
    await stack.sync()
    await stack.settled()
    expect(await contacts()).toHaveLength(1)
    expect(await customers()).toHaveLength(1)
  })

  test('Kustomer’s own merge of a member into an outsider brings the outsider in', async () => {
    const { older, newer, contactId } = await twoOfOneName()
    const [outsider = ''] = await createInTurn([{ name: 'Ann B.', emails: [{ email: 'out@example.com' }] }])
    await stack.kustomer.api('POST', '/customers/merges', { source: older, target: outsider })
    await until('the outsider is in', async () =>
      (await storyOf(outsider)).some(({ contactId: id }) => id === contactId),
    )
    await stack.settled()
    await untilDeletionIsSeen(older)
    const contact = await onlyContact()
    expect(linksOn(contact)).toEqual({ Kustomer: outsider, 'Kustomer 2': newer })
    expect(contact).toMatchObject({ name: 'Ann B.', city: 'Oldtown' })
    expect(contact.numbers.toSorted()).toEqual([0, 1].map(phone))
    expect(await customers()).toHaveLength(2)
  })

  test('Kustomer’s own merge into an outsider with a contact doubles no link and no customer', async () => {
    const { older, newer, contactId } = await twoOfOneName()
    const [outsider = ''] = await createInTurn([customer(phone(7), { name: 'Bob Other' })])
    await stack.kustomer.api('POST', '/customers/merges', { source: older, target: outsider })
    await until('it is done', async () => (await attributesOf(outsider)).phones.length === 2)
    await stack.settled()
    await untilDeletionIsSeen(older)
    await editCustomer(newer, { emails: [{ email: 'again@example.com' }] })
    await stack.settled()
    const all = await contacts()
    expect(all).toHaveLength(2)
    const mine = all.find(({ id }) => String(id) === contactId)
    const others = all.find(({ id }) => String(id) !== contactId)
    expect(linksOn(mine)).toEqual({ Kustomer: newer })
    expect(linksOn(others)).toEqual({ Kustomer: outsider })
    expect(others.numbers.toSorted()).toEqual([phone(0), phone(7)])
    expect(await customers()).toHaveLength(2)
  })
})

describe('at the same moment', () => {
  const NAMES = 5
  const OF_A_NAME = 6
  const WITH_A_NUMBER = 30
  const named = Array.from({ length: NAMES * OF_A_NAME }, (_, at) =>
    customer(phone(1_000 + at), { name: `Person ${String.fromCharCode(65 + (at % NAMES))}` }),
  )
  const slots = Array.from({ length: WITH_A_NUMBER }, (_, at) => 2_000 + at)
  const numbered = slots.map((slot) => customer(phone(slot), { name: `Owner of ${slot}` }))
  const contactOf = (slot: number) => ({ name: `Contact ${slot}`, ContactNumber: numbersOf([slot]) })

  const expectOneOfEachName = async () => {
    const [allContacts, allCustomers] = await Promise.all([contacts(), customers()])
    for (let at = 0; at < NAMES; at++) {
      const name = `Person ${String.fromCharCode(65 + at)}`
      const has = allContacts.filter((one) => one.name === name)
      expect(has, name).toHaveLength(1)
      const members = allCustomers
        .filter(({ attributes }) => attributes.name === name)
        .toSorted((one, other) => {
          const [a, b] = [one.attributes.modifiedAt + one.id, other.attributes.modifiedAt + other.id]
          return a < b ? 1 : -1
        })
      expect(members).toHaveLength(OF_A_NAME)
      expect(has[0].numbers.toSorted()).toEqual(
        members.flatMap(({ attributes }) => attributes.phones.map((p: Stored) => p.phone)).toSorted(),
      )
      expect(linksOn(has[0]), name).toEqual({
        Kustomer: members[0].id,
        'Kustomer 2': members[1].id,
        'Kustomer 3': members[2].id,
      })
      const stories = await Promise.all(members.map(({ id }) => storyOf(id)))
      const outcomes = stories.flat().map(({ outcome }) => outcome)
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1)
      expect(outcomes.filter((outcome) => outcome === 'merged')).toHaveLength(OF_A_NAME - 1)
    }
  }

  test('sixty customers at once are as many contacts as there are names and numbers', async () => {
    const contactIds: string[] = []
    await start({
      prepare: async (emulators) => {
        for (const slot of slots) contactIds.push(await addContact(emulators, contactOf(slot)))
      },
    })
    await noisyWebhooks()
    await Promise.all([
      ...named.map((body) => createCustomer(stack, body)),
      ...numbered.map((body) => createUnlessThere(body)),
      ...contactIds.map((id) => editContact(stack, id, { city: `City ${id}` })),
    ])
    await stack.settled()
    expect(await contacts()).toHaveLength(NAMES + WITH_A_NUMBER)
    await expectOneOfEachName()
    await expectOneToOne(slots.map(phone))
    expect(await stack.service.operations.reviews()).toEqual([])
  })

  test('two runs at once make as many contacts as there are names and numbers', async () => {
    await start({
      prepare: async (emulators) => {
        for (const slot of slots) await addContact(emulators, contactOf(slot))
        await Promise.all([...named, ...numbered].map((body) => createCustomer(emulators, body)))
      },
    })
    await Promise.all([stack.sync(), stack.sync()])
    await stack.settled()
    expect(await contacts()).toHaveLength(NAMES + WITH_A_NUMBER)
    expect(await customers()).toHaveLength(named.length + numbered.length)
    await expectOneOfEachName()
    await expectOneToOne(slots.map(phone))
    expect(await stack.service.operations.reviews()).toEqual([])
  })

  test('a contact and a customer with one number, ten times at once, are one of each', async () => {
    await start()
    // A vendor's webhook leaves when the record is there; with 30 ms, both records are.
    await noisyWebhooks(30)
    const pairs = Array.from({ length: 10 }, (_, at) => 3_000 + at)
    await Promise.all(
      pairs.flatMap((slot, at) => {
        const makeContact = async () => {
          const id = await addContact(stack, contactOf(slot))
          if (at >= 5) await editContact(stack, id, { city: 'Edited' })
        }
        const makeCustomer = () => createUnlessThere(customer(phone(slot), { name: `Owner of ${slot}` }))
        return at % 2 === 0 ? [makeContact(), makeCustomer()] : [makeCustomer(), makeContact()]
      }),
    )
    await stack.settled()
    expect(await contacts()).toHaveLength(pairs.length)
    expect(await customers()).toHaveLength(pairs.length)
    await expectOneToOne(pairs.map(phone))
  })
})

test('a write to a member whose answer is lost does not make it the newest either', async () => {
  await start()
  const [older = '', newer = ''] = await createInTurn([
    customer(phone(0), { name: 'ANN BELL', ...work({ cityName: 'Oldtown' }) }),
    customer(phone(1), { name: 'Ann Bell' }),
  ])
  const { id } = await onlyContact()
  await setFaults(stack.kustomer, { route: 'PUT /customers/:id', kind: 'lostAnswer' })
  await editContact(stack, id, { city: 'Edited' })
  await until('it waits', async () =>
    (await storyOf(String(id))).some(({ outcome }) => outcome === 'waiting'),
  )
  await setFaults(stack.kustomer)
  await stack.settled()
  const contact = await onlyContact()
  expect(contact).toMatchObject({ name: 'Ann Bell', city: 'Edited' })
  expect(linksOn(contact)).toEqual({ Kustomer: newer, 'Kustomer 2': older })
})

test('the numbers of the contact that was there come first', async () => {
  await start()
  await createInTurn([0, 1, 2].map((slot) => customer(phone(slot), { name: 'Ann Bell' })))
  expect((await onlyContact()).numbers[0]).toBe(phone(0))
})

test('the link to a customer that Kustomer has merged into another is taken off', async () => {
  await start()
  const [source = '', target = ''] = await createInTurn(
    [0, 1].map((slot) => customer(phone(slot), { name: 'Ann Bell' })),
  )
  await stack.kustomer.api('POST', '/customers/merges', { source, target })
  await until('it is done', async () => (await customers()).length === 1)
  await stack.settled()
  await untilDeletionIsSeen(source)
  await stack.sync()
  await stack.settled()
  expect(linksOn(await onlyContact())).toEqual({ Kustomer: target })
})
