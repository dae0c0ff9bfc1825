import { afterEach, expect, test } from 'vitest'
import { randomOf } from '../../src/emulators/random.ts'
import { pollContacts } from '../../src/sync/contacts/poll-contacts.ts'
import { addContact, createCustomer, customer, editContact } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'

/** Both sides change at random, with both vendors' webhooks on: they come together, and then nothing moves any more. */

let stack: Stack
afterEach(() => stack?.close())

/** Many pairs at once: a round waits for its webhooks and jobs, however many pairs it edits. */
const ROUNDS = 50
const PAIRS = 16
const NUMBERS_OF_A_PAIR = 20
/** Below what a customer can hold, edits of both sides together included. */
const MOST_ITEMS = 5
const number = (pair: number, slot: number) =>
  `+44207183${String(pair * NUMBERS_OF_A_PAIR + slot).padStart(4, '0')}`

type Field = 'name' | 'city' | 'zip' | 'website' | 'numbers' | 'emails'
const FIELDS: readonly Field[] = ['name', 'city', 'zip', 'website', 'numbers', 'emails']

/** The shared fields of a record, in one form for both sides. */
type Values = {
  name: string
  city: string
  zip: string
  website: string
  numbers: string[]
  emails: string[]
}

// biome-ignore lint/suspicious/noExplicitAny: what the emulators hold, field by field
type Stored = any

const ofCustomer = ({ attributes }: Stored): Values => {
  const work = attributes.locations.find(({ type }: Stored) => type === 'work') ?? {}
  return {
    name: attributes.name ?? '',
    city: work.cityName ?? '',
    zip: work.zipCode ?? '',
    website: attributes.urls.find(({ type }: Stored) => type === 'website')?.url ?? '',
    numbers: attributes.phones.map(({ phone }: Stored) => phone),
    emails: attributes.emails.map(({ email }: Stored) => email.toLowerCase()),
  }
}

const ofContact = ({ name, city, zip, website, numbers, emails }: Stored): Values => ({
  name,
  city,
  zip,
  website,
  numbers,
  emails: emails.map((email: string) => email.toLowerCase()),
})

interface Pair {
  customerId: string
  contactId: string
}

interface Both {
  customer: Values
  contact: Values
}

/** @returns what both sides hold by now of any pair. */
async function read(): Promise<(pair: Pair) => Both> {
  const [{ customers = [] }, { contacts = [] }] = await Promise.all([
    stack.kustomer.state(),
    stack.cloudtalk.state(),
  ])
  return ({ customerId, contactId }) => ({
    customer: ofCustomer(customers.find(({ id }) => id === customerId)),
    contact: ofContact(contacts.find(({ id }) => String(id) === contactId)),
  })
}

/** Every second one begins as a customer, the others as contacts. */
async function makePairs(): Promise<Pair[]> {
  const made = await Promise.all(
    Array.from({ length: PAIRS }, async (_, at): Promise<Partial<Pair>> => {
      const [name, first] = [`Person ${at}`, number(at, 0)]
      return at % 2 === 0
        ? { customerId: await createCustomer(stack, customer(first, { name })) }
        : { contactId: await addContact(stack, { name, ContactNumber: [{ public_number: first }] }) }
    }),
  )
  await stack.settled()
  const [{ customers = [] }, { contacts = [] }] = await Promise.all([
    stack.kustomer.state(),
    stack.cloudtalk.state(),
  ])
  return made.map(({ customerId, contactId }, at) => ({
    customerId: customerId ?? customers.find(({ attributes }) => attributes.externalId === contactId).id,
    contactId: contactId ?? String(contacts.find(({ numbers }) => numbers.includes(number(at, 0))).id),
  }))
}

const editCustomer = async (pair: Pair, now: Values, change: Partial<Values>) => {
  const next = { ...now, ...change }
  await stack.kustomer.api('PUT', `/customers/${pair.customerId}`, {
    name: next.name,
    locations: [{ type: 'work', cityName: next.city || null, zipCode: next.zip || null }],
    urls: next.website === '' ? [] : [{ type: 'website', url: next.website }],
    phones: next.numbers.map((phone) => ({ type: 'work', phone })),
    emails: next.emails.map((email) => ({ type: 'work', email })),
  })
}

const editOther = (pair: Pair, { numbers, emails, ...scalars }: Partial<Values>) =>
  editContact(stack, pair.contactId, {
    ...scalars,
    ...(numbers && { ContactNumber: numbers.map((public_number) => ({ public_number })) }),
    ...(emails && { ContactEmail: emails.map((email) => ({ email })) }),
  })

test('hundreds of random edits on both sides converge, and no value that one side changed is lost', async () => {
  stack = await startStack({ minuteMs: 100 })
  const pairs = await makePairs()
  await stack.kustomer.control('PUT', '/faults', {
    rules: [],
    webhooks: { drop: 0, duplicate: 0.3, delayMs: 40, shuffle: true },
  })
  await stack.cloudtalk.control('PUT', '/faults', {
    rules: [],
    webhooks: { drop: 0, duplicate: 0.3, delayMs: 40, shuffle: true },
  })

  const random = randomOf(7, 3, 1)
  const below = (count: number) => Math.floor(random() * count)
  const fresh = (field: Field, at: number, round: number, side: string, now: Values): Values[Field] => {
    const stamp = `${side}${round}`
    if (field === 'name') return `Person ${at} ${stamp}`
    if (field === 'city' || field === 'zip') return random() < 0.2 ? '' : stamp
    if (field === 'website') return random() < 0.2 ? '' : `https://${stamp}-${at}.example.com`
    const items = field === 'numbers' ? now.numbers : now.emails
    if (items.length >= MOST_ITEMS || (items.length > 1 && random() < 0.5))
      return items.toSpliced(below(items.length), 1)
    const added = field === 'numbers' ? number(at, below(NUMBERS_OF_A_PAIR)) : `${stamp}.${at}@example.com`
    return items.includes(added) ? items : [...items, added]
  }

  for (let round = 0; round < ROUNDS; round++) {
    const before = await read()
    const edited = pairs.map((pair, at) => {
      const now = before(pair)
      const of = (side: 'customer' | 'contact'): Partial<Values> =>
        Object.fromEntries(
          FIELDS.filter(() => random() < 0.2).map((field) => [
            field,
            fresh(field, at, round, side[1] ?? '', now[side]),
          ]),
        )
      return { pair, now, customer: of('customer'), contact: of('contact') }
    })
    await Promise.all(
      edited.flatMap(({ pair, now, customer: onCustomer, contact: onContact }) => [
        Object.keys(onCustomer).length > 0 && editCustomer(pair, now.customer, onCustomer),
        Object.keys(onContact).length > 0 && editOther(pair, onContact),
      ]),
    )
    await stack.settled()
    const after = await read()
    for (const { pair, now, customer: onCustomer, contact: onContact } of edited) {
      const then = after(pair)
      const where = `round ${round}: ${JSON.stringify({ now, onCustomer, onContact, then })}`
      for (const field of FIELDS) {
        const sorted = (value: Values[Field]) => (Array.isArray(value) ? value.toSorted() : value)
        expect(sorted(then.customer[field]), `${field} on both sides, ${where}`).toEqual(
          sorted(then.contact[field]),
        )
        const byCustomer = onCustomer[field]
        const byContact = onContact[field]
        if (byCustomer !== undefined && byContact === undefined) {
          expect(sorted(then.contact[field]), `${field}, ${where}`).toEqual(sorted(byCustomer))
        } else if (byContact !== undefined && byCustomer === undefined) {
          expect(sorted(then.customer[field]), `${field}, ${where}`).toEqual(sorted(byContact))
        } else if (byCustomer !== undefined && !Array.isArray(byCustomer)) {
          expect([byCustomer, byContact], `${field}, ${where}`).toContain(then.customer[field])
        }
      }
    }
  }

  const writes = async () => {
    const [kustomer, cloudtalk] = await Promise.all([stack.kustomer.requests(), stack.cloudtalk.requests()])
    return [kustomer.byRoute['PUT /customers/:id'], cloudtalk.byRoute['POST /bulk/contacts.json']]
  }
  const before = await writes()
  await pollContacts(stack.service.context)
  await stack.sync()
  await stack.settled()
  expect(await writes()).toEqual(before)
}, 600_000)
