import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addContact, createCustomer, editContact, endCall } from '../helpers/records.ts'
import { type Bench, type Settling, startBench } from '../helpers/settling.ts'

/**
 * A model of what both sides must say, beside the real settles: people edit, create and delete, calls come in, webhooks
 * come late, twice, together or never, settles meet each other, lose answers, and die.
 */

// MODEL_SEED takes another run, MODEL_SHRINK=1 makes its commands fewer, which takes minutes.
const RUNS = Number(process.env.MODEL_RUNS ?? 30)
const COMMANDS = Number(process.env.MODEL_COMMANDS ?? 25)
const seed = Number(process.env.MODEL_SEED ?? 103)

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench?.close())

// biome-ignore lint/suspicious/noExplicitAny: what the emulators hold, field by field
type Stored = any
type Side = 'customer' | 'contact'
const other = (side: Side): Side => (side === 'customer' ? 'contact' : 'customer')

/** `numbers:+44…` and `emails:…` say whether an item is there; the others hold one value, '' = empty. */
type Key = string
const SCALARS = ['name', 'city', 'zip', 'website'] as const
type Scalar = (typeof SCALARS)[number]
const LISTS = ['numbers', 'emails'] as const
type List = (typeof LISTS)[number]

/** One record in the words of both sides. */
type Values = Record<Scalar, string> & Record<List, string[]>

interface Edit {
  side: Side
  value: string
  at: number
}

/** Records that are one person, or are to be found to be one. */
interface Person {
  /** A number each that nobody ever takes away: what the records are known by. */
  homes: string[]
  /** Where it was first. */
  made: Side
  /** Since both sides last said the same. */
  edits: Map<Key, Edit[]>
  /** What both sides last said. */
  stood: Map<Key, string>
  lastEdit: Record<Side, number>
  /** A settle of it was cut off, so nobody can say which edit it had taken for the newer. */
  cutOff: boolean
  /** The same, of any settle since it came. */
  /** One of its records was deleted: it is not to be doubled, and all else is its own matter. */
  loose: boolean
  /** Two customers with one name, which nobody has changed so far. */
  twins: 'none' | 'one-name' | 'renamed'
  newest: { side: Side; home: string; key: Key; value: string } | undefined
}

interface Model {
  people: Person[]
  /** Call → the number that called. */
  calls: Map<string, string>
  /** What no sync may touch: a contact's or customer's home number → its unmapped part. */
  unmapped: Map<string, Record<string, unknown>>
  fresh: number
}

interface Shown {
  customers: Stored[]
  contacts: Stored[]
  conversations: Stored[]
  notes: Stored[]
}

async function look({ emulators }: Settling): Promise<Shown> {
  const [{ customers = [], conversations = [], notes = [] }, { contacts = [] }] = await Promise.all([
    emulators.kustomer.state(),
    emulators.cloudtalk.state(),
  ])
  return { customers, contacts, conversations, notes }
}

const workOf = ({ attributes }: Stored) => attributes.locations.find(({ type }: Stored) => type === 'work')

const numbersOf = ({ attributes, numbers }: Stored): string[] =>
  attributes?.phones ? attributes.phones.map(({ phone }: Stored) => phone) : numbers

const withHome = (records: Stored[], home: string): Stored[] =>
  records.filter((record) => numbersOf(record).includes(home))

const ofCustomer = (customer: Stored): Values => {
  const { attributes } = customer
  const work = workOf(customer) ?? {}
  return {
    name: attributes.name ?? '',
    city: work.cityName ?? '',
    zip: work.zipCode ?? '',
    website: attributes.urls.find(({ type }: Stored) => type === 'website')?.url ?? '',
    numbers: numbersOf(customer),
    emails: attributes.emails.map(({ email }: Stored) => email),
  }
}

const ofContact = ({ name, city, zip, website, numbers, emails }: Stored): Values => ({
  name,
  city,
  zip,
  website,
  numbers,
  emails,
})

const isList = (name: string): name is List => name === 'numbers' || name === 'emails'
const listOf = (key: Key): List | undefined => {
  const [name = ''] = key.split(':')
  return isList(name) ? name : undefined
}

/** What a record says under one key. */
function said(values: Values, key: Key): string {
  const list = listOf(key)
  if (list === undefined) return values[key as Scalar]
  return values[list].includes(key.slice(list.length + 1)) ? 'in' : 'out'
}

const keysOf = (values: Values): Key[] => [
  ...SCALARS.filter((name) => values[name] !== ''),
  ...LISTS.flatMap((list) => values[list].map((item) => `${list}:${item}`)),
]

function noteEdit(person: Person, side: Side, home: string, at: number, changes: [Key, string][]): void {
  for (const [key, value] of changes) {
    person.edits.set(key, [...(person.edits.get(key) ?? []), { side, value, at }])
    if (key === 'name' && person.twins === 'one-name') person.twins = 'renamed'
    person.newest = { side, home, key, value }
  }
  person.lastEdit[side] = at
}

/** Where both sides say the same, all edits before are history. */
function observe(model: Model, shown: Shown): void {
  for (const person of model.people) {
    const pair = pairOf(person, shown)
    if (!pair) continue
    for (const key of person.edits.keys()) {
      const value = said(pair.customer, key)
      if (value !== said(pair.contact, key)) continue
      person.edits.set(key, [])
      person.stood.set(key, value)
    }
    if ([...person.edits.values()].every((edits) => edits.length === 0)) person.cutOff = false
  }
}

function pairOf(person: Person, { customers, contacts }: Shown): Record<Side, Values> | undefined {
  const [home = ''] = person.homes
  const [customer] = withHome(customers, home)
  const [contact] = withHome(contacts, home)
  if (person.homes.length > 1 || !customer || !contact) return undefined
  return { customer: ofCustomer(customer), contact: ofContact(contact) }
}

/** What a field may be in the end (requirements §2): one side's last edit, or the newer of both sides'. */
function allowed(person: Person, key: Key): string[] {
  const edits = person.edits.get(key) ?? []
  const lastOf = (side: Side) => edits.filter((edit) => edit.side === side).at(-1)
  const [customer, contact] = [lastOf('customer'), lastOf('contact')]
  if (!customer || !contact) return [(customer ?? contact)?.value ?? person.stood.get(key) ?? '']
  const newer = customer.at > contact.at ? customer : contact
  // Vendors date records, not fields; and two edits of one item in a list go by what both lists say.
  const recordsAgree = person.lastEdit[newer.side] > person.lastEdit[other(newer.side)]
  // ADR 11: a contact is not looked at before each write, so an edit that no settle has seen yet gives way.
  const lost = newer === contact
  const clear = recordsAgree && !person.cutOff && listOf(key) === undefined && !lost
  return clear ? [newer.value] : [customer.value, contact.value]
}

/** Holds after every command. */
function expectNoDoubles(model: Model, { customers, contacts, conversations, notes }: Shown): void {
  for (const home of model.people.flatMap(({ homes }) => homes)) {
    expect(withHome(contacts, home).length, `contacts of ${home}`).toBeLessThanOrEqual(1)
    expect(withHome(customers, home).length, `customers of ${home}`).toBeLessThanOrEqual(1)
  }
  const homes = model.people.flatMap((person) => person.homes).length
  expect(contacts.length, 'contacts').toBeLessThanOrEqual(homes)
  // The holder of unknown callers has no number.
  const [holders, known] = [false, true].map((has) =>
    customers.filter((one) => numbersOf(one).length > 0 === has),
  )
  expect(known?.length, 'customers').toBeLessThanOrEqual(homes)
  expect(holders?.length, 'holders').toBeLessThanOrEqual(1)
  for (const id of model.calls.keys()) {
    expect(ofCall(conversations, id).length, `conversations of ${id}`).toBeLessThanOrEqual(1)
    expect(ofCall(notes, id).length, `notes of ${id}`).toBeLessThanOrEqual(1)
  }
}

const ofCall = (records: Stored[], id: string) =>
  records.filter(({ attributes }) => attributes.externalId === id)

/** What is not mapped, as it stands now. */
function unmappedOf(record: Stored): Record<string, unknown> {
  if (!record.attributes?.phones) {
    const { title, industry, tags, attributes } = record
    return { title, industry, tags, attributes }
  }
  const { gender, locale, tags, locations, urls } = record.attributes
  return {
    gender,
    locale,
    tags,
    company: record.relationships.company?.data?.id,
    home: locations.find(({ type }: Stored) => type === 'home'),
    blog: urls.find(({ type }: Stored) => type === 'blog'),
  }
}

function expectUntouched({ unmapped }: Model, { customers, contacts }: Shown): void {
  for (const [what, part] of unmapped) {
    const [side = '', home = ''] = what.split(' ')
    const [record] = withHome(side === 'customer' ? customers : contacts, home)
    if (record) expect(unmappedOf(record), `unmapped of ${what}`).toEqual(part)
  }
}

async function check(model: Model, real: Settling): Promise<void> {
  const shown = await look(real)
  observe(model, shown)
  expectNoDoubles(model, shown)
  expectUntouched(model, shown)
  expectNoTroubles(real)
}

function expectNoTroubles({ troubles }: Settling): void {
  expect(troubles).toEqual([])
}

// ── What people do ──

const NUMBER = 1_000
const freshOf = (model: Model, what: Scalar | List): string => {
  const n = ++model.fresh
  switch (what) {
    case 'name':
      return `Person ${String.fromCharCode(65 + (n % 26))}${n}`
    case 'city':
      return `City ${n}`
    case 'zip':
      return `Z${n}`
    case 'website':
      return `https://${n}.example.com`
    case 'numbers':
      return `+44207183${NUMBER + n}`
    case 'emails':
      return `e${n}@example.com`
  }
}

const newPerson = (made: Side, homes: string[] = []): Person => ({
  homes,
  made,
  edits: new Map(),
  stood: new Map(),
  lastEdit: { customer: 0, contact: 0 },
  cutOff: false,
  loose: false,
  twins: 'none',
  newest: undefined,
})

async function newCustomer(model: Model, real: Settling, person: Person, name: string): Promise<void> {
  const home = freshOf(model, 'numbers')
  const city = freshOf(model, 'city')
  const email = freshOf(model, 'emails')
  const { companies = [] } = await real.emulators.kustomer.state()
  const at = real.tick()
  await createCustomer(real.emulators, {
    name,
    company: companies[0]?.id,
    phones: [{ type: 'mobile', phone: home }],
    emails: [{ type: 'home', email }],
    urls: [{ type: 'blog', url: 'https://blog.example.com' }],
    locations: [
      { type: 'home', cityName: 'Elsewhere' },
      { type: 'work', cityName: city },
    ],
    tags: ['vip'],
    gender: 'f',
    locale: 'en_GB',
  })
  person.homes.push(home)
  const [customer] = withHome((await look(real)).customers, home)
  const values = ofCustomer(customer)
  noteEdit(
    person,
    'customer',
    home,
    at,
    keysOf(values).map((key) => [key, said(values, key)]),
  )
  model.unmapped.set(`customer ${home}`, unmappedOf(customer))
}

async function newContact(model: Model, real: Settling): Promise<void> {
  const home = freshOf(model, 'numbers')
  const name = freshOf(model, 'name')
  const city = freshOf(model, 'city')
  const { attributes = [] } = await real.emulators.cloudtalk.state()
  const at = real.tick()
  await addContact(real.emulators, {
    name,
    city,
    title: 'Dr.',
    industry: 'Optics',
    ContactNumber: [{ public_number: home }],
    ContactsTag: [{ name: 'own' }],
    ContactAttribute: [{ attribute_id: attributes[0]?.id, value: 'gold' }],
  })
  const person = newPerson('contact', [home])
  model.people.push(person)
  noteEdit(person, 'contact', home, at, [
    ['name', name],
    ['city', city],
    [`numbers:${home}`, 'in'],
  ])
  const [contact] = withHome((await look(real)).contacts, home)
  model.unmapped.set(`contact ${home}`, unmappedOf(contact))
}

interface Change {
  what: Scalar | List
  /** Of a list: take one away, where there is one more than the home number. */
  less: boolean
}

/** The record after one change, and the change in the model's words. */
function changed(model: Model, values: Values, home: string, { what, less }: Change): [Values, Key, string] {
  if (!isList(what)) {
    const value = less && what !== 'name' ? '' : freshOf(model, what)
    return [{ ...values, [what]: value }, what, value]
  }
  const gone = values[what].find((item) => item !== home && !model.people.some(isHome(item)))
  if (less && gone !== undefined) {
    return [{ ...values, [what]: values[what].filter((item) => item !== gone) }, `${what}:${gone}`, 'out']
  }
  const item = freshOf(model, what)
  return [{ ...values, [what]: [...values[what], item] }, `${what}:${item}`, 'in']
}

const isHome =
  (item: string) =>
  ({ homes }: Person): boolean =>
    homes.includes(item)

async function editRecord(
  model: Model,
  real: Settling,
  side: Side,
  person: Person,
  home: string,
  change: Change,
): Promise<void> {
  const shown = await look(real)
  const [record] = withHome(side === 'customer' ? shown.customers : shown.contacts, home)
  if (!record) return
  const before = side === 'customer' ? ofCustomer(record) : ofContact(record)
  const [values, key, value] = changed(model, before, home, change)
  const at = real.tick()
  if (side === 'customer') await putCustomer(real, record, values, change.what)
  else await putContact(real, record, values, change.what)
  noteEdit(person, side, home, at, [[key, value]])
}

async function putCustomer(real: Settling, record: Stored, values: Values, what: Scalar | List) {
  const { attributes, relationships } = record
  const others = (list: Stored[], mine: string) => list.filter(({ type }) => type !== mine)
  const typed = (list: Stored[], key: string, item: string) => ({
    ...(list.find((one) => one[key] === item) ?? { type: 'work' }),
    [key]: item,
  })
  const plain = ({ type, ...rest }: Stored, key: string) => ({ type, [key]: rest[key] })
  const bodies: Record<Scalar | List, () => object> = {
    name: () => ({ name: values.name }),
    city: () => ({ locations: placed() }),
    zip: () => ({ locations: placed() }),
    website: () => ({
      urls: [
        ...others(attributes.urls, 'website'),
        ...(values.website ? [{ type: 'website', url: values.website }] : []),
      ],
    }),
    numbers: () => ({
      phones: values.numbers.map((phone) => plain(typed(attributes.phones, 'phone', phone), 'phone')),
    }),
    emails: () => ({
      emails: values.emails.map((email) => plain(typed(attributes.emails, 'email', email), 'email')),
    }),
  }
  const placed = () => [
    ...others(attributes.locations, 'work'),
    { ...workOf(record), type: 'work', cityName: values.city || null, zipCode: values.zip || null },
  ]
  await real.emulators.kustomer.api('PUT', `/customers/${record.id}`, {
    company: relationships.company?.data?.id ?? null,
    ...bodies[what](),
  })
}

async function putContact(real: Settling, record: Stored, values: Values, what: Scalar | List) {
  const bodies: Record<List, () => object> = {
    numbers: () => ({ ContactNumber: values.numbers.map((number) => ({ public_number: number })) }),
    emails: () => ({ ContactEmail: values.emails.map((email) => ({ email })) }),
  }
  await editContact(real.emulators, record.id, isList(what) ? bodies[what]() : { [what]: values[what] })
}

async function deleteRecord(model: Model, real: Settling, side: Side, person: Person, home: string) {
  const { customers, contacts } = await look(real)
  const [record] = withHome(side === 'customer' ? customers : contacts, home)
  if (!record) return
  real.tick()
  if (side === 'customer') await real.emulators.kustomer.api('DELETE', `/customers/${record.id}`)
  else await real.emulators.cloudtalk.api('DELETE', `/contacts/delete/${record.id}.json`)
  person.loose = true
  for (const gone of side === 'contact' ? person.homes : [home]) model.unmapped.delete(`${side} ${gone}`)
}

// ── The commands ──

/** Data first, so that a failure prints what was done. */
type Step =
  | { kind: 'new customer' }
  | { kind: 'new contact' }
  | { kind: 'twins at once' }
  | { kind: 'edit'; side: Side; who: number; change: Change }
  | { kind: 'delete'; side: Side; who: number }
  | { kind: 'call'; who: number }
  | { kind: 'deliver'; which: number; together: boolean; again: boolean }
  | { kind: 'lose'; which: number }
  | { kind: 'deliver two at once'; which: number }
  | { kind: 'settle one twice at once'; which: number }
  | { kind: 'die'; which: number; at: number }
  | { kind: 'fault'; which: number; fault: number }
  | { kind: 'rename while settling'; who: number; which: number }
  | { kind: 'poll'; side: 'customers' | 'contacts' }

const FAULTS = [
  ['cloudtalk', { route: 'POST /bulk/contacts.json', kind: 'lostAnswer' }],
  ['cloudtalk', { route: 'POST /bulk/contacts.json', kind: 'reset' }],
  ['cloudtalk', { route: 'GET /contacts/show/:id.json', kind: 'status', status: 503 }],
  ['kustomer', { route: 'POST /customers', kind: 'lostAnswer' }],
  ['kustomer', { route: 'PUT /customers/:id', kind: 'lostAnswer' }],
  ['kustomer', { route: 'PUT /customers/:id', kind: 'reset' }],
  ['kustomer', { route: 'POST /conversations', kind: 'lostAnswer' }],
  ['kustomer', { route: 'POST /conversations/:id/notes', kind: 'lostAnswer' }],
  ['kustomer', { route: '*', kind: 'status', status: 500 }],
] as const

/** Somebody of those there are, and one of the records. */
function chosen(model: Model, who: number): { person: Person; home: string } | undefined {
  const all = model.people.flatMap((person) => person.homes.map((home) => ({ person, home })))
  return all[who % Math.max(1, all.length)]
}

async function perform(step: Step, model: Model, real: Settling): Promise<void> {
  switch (step.kind) {
    case 'new customer': {
      const person = newPerson('customer')
      model.people.push(person)
      return newCustomer(model, real, person, freshOf(model, 'name'))
    }
    case 'new contact':
      return newContact(model, real)
    case 'twins at once':
      return twinsAtOnce(model, real)
    case 'edit': {
      const one = chosen(model, step.who)
      return one && editRecord(model, real, step.side, one.person, one.home, step.change)
    }
    case 'delete': {
      const one = chosen(model, step.who)
      return one && deleteRecord(model, real, step.side, one.person, one.home)
    }
    case 'call': {
      const one = chosen(model, step.who)
      if (!one) return
      real.tick()
      const { id } = await endCall(real.emulators, { external_number: one.home })
      model.calls.set(id, one.home)
      return
    }
    case 'poll':
      return real.poll(step.side)
    default:
      return performSettle(step, model, real)
  }
}

async function performSettle(step: Extract<Step, { which: number }>, model: Model, real: Settling) {
  const event = real.take(step.which, step.kind === 'deliver' && step.together)
  if (!event) return
  const cutOff = () => {
    for (const person of model.people) Object.assign(person, { cutOff: true })
  }
  switch (step.kind) {
    case 'deliver':
      await real.settle(event)
      if (step.again) await real.settle(event)
      return
    case 'lose':
      // A call's webhook is found by its poll, which reads by real time: the model leaves calls alone.
      if (event.kind === 'call') real.waiting.push(event)
      return
    case 'deliver two at once': {
      const beside = real.take(step.which + 1, false)
      if (!beside) return real.settle(event)
      // Of one record the queue gives out one event at a time.
      if (beside.kind === event.kind && beside.id === event.id) {
        await real.settle(event)
        return real.settle(beside)
      }
      return real.settleTwo(event, beside)
    }
    case 'settle one twice at once':
      // Contacts and customers are guarded by locks as well as by the queue's leases; calls by the leases alone.
      return event.kind === 'call' ? real.settle(event) : real.settleTwo(event, event)
    case 'die':
      cutOff()
      return real.settleAndDie(event, step.at)
    case 'fault': {
      cutOff()
      const [vendor, fault] = FAULTS[step.fault % FAULTS.length] ?? FAULTS[0]
      return real.settleWithFault(event, vendor, fault)
    }
    case 'rename while settling': {
      const one = chosen(model, step.who)
      if (!one) return real.settle(event)
      const change: Change = { what: 'name', less: false }
      await Promise.all([
        real.settle(event),
        editRecord(model, real, 'customer', one.person, one.home, change),
      ])
      return
    }
  }
}

async function twinsAtOnce(model: Model, real: Settling): Promise<void> {
  const name = freshOf(model, 'name')
  const person = newPerson('customer')
  model.people.push(person)
  const before = real.waiting.length
  await newCustomer(model, real, person, name)
  await newCustomer(model, real, person, name)
  person.twins = 'one-name'
  await real.heard()
  const [one, two] = real.waiting.splice(before)
  if (one && two) await real.settleTwo(one, two)
}

class Command implements fc.AsyncCommand<Model, Settling> {
  readonly step: Step
  constructor(step: Step) {
    this.step = step
  }
  check(): boolean {
    return true
  }
  async run(model: Model, real: Settling): Promise<void> {
    await perform(this.step, model, real)
    await real.heard()
    await check(model, real)
  }
  toString(): string {
    return JSON.stringify(this.step)
  }
}

const nat = fc.noBias(fc.nat({ max: 1_000 }))
const change: fc.Arbitrary<Change> = fc.record({
  what: fc.constantFrom(...SCALARS, ...LISTS),
  less: fc.boolean(),
})
const side = fc.constantFrom<Side>('customer', 'contact')
const constant = (kind: 'new customer' | 'new contact' | 'twins at once') => fc.constant<Step>({ kind })
/** How often, and what. */
const STEPS: [number, fc.Arbitrary<Step>][] = [
  [3, constant('new customer')],
  [3, constant('new contact')],
  [1, constant('twins at once')],
  [14, fc.record({ kind: fc.constant('edit'), side, who: nat, change })],
  [1, fc.record({ kind: fc.constant('delete'), side, who: nat })],
  [2, fc.record({ kind: fc.constant('call'), who: nat })],
  [12, fc.record({ kind: fc.constant('deliver'), which: nat, together: fc.boolean(), again: fc.boolean() })],
  [2, fc.record({ kind: fc.constant('lose'), which: nat })],
  [3, fc.record({ kind: fc.constant('deliver two at once'), which: nat })],
  [3, fc.record({ kind: fc.constant('settle one twice at once'), which: nat })],
  [4, fc.record({ kind: fc.constant('die'), which: nat, at: fc.noBias(fc.integer({ min: 1, max: 40 })) })],
  [4, fc.record({ kind: fc.constant('fault'), which: nat, fault: nat })],
  [2, fc.record({ kind: fc.constant('rename while settling'), who: nat, which: nat })],
  [1, fc.record({ kind: fc.constant('poll'), side: fc.constantFrom('customers', 'contacts') })],
]
const commands = fc.commands(
  STEPS.flatMap(([weight, step]) =>
    Array.from({ length: weight }, () => step.map((one) => new Command(one))),
  ),
  { maxCommands: COMMANDS, size: 'max' },
)

// ── What holds in the end ──

function expectSettled(model: Model, shown: Shown): void {
  const { customers, contacts, conversations, notes } = shown
  for (const person of model.people) {
    if (person.loose) continue
    if (person.homes.length > 1) expectTwins(person, shown)
    else expectPair(person, shown)
  }
  for (const [id, home] of model.calls) {
    const [conversation, ...more] = ofCall(conversations, id)
    expect(more, `conversations of call ${id}`).toEqual([])
    expect(ofCall(notes, id).length, `notes of call ${id}`).toBe(1)
    const person = model.people.find(isHome(home))
    if (person?.loose) continue
    const owners = (person?.homes ?? []).flatMap((one) => withHome(customers, one)).map((one) => one.id)
    expect(owners, `owner of call ${id}`).toContain(conversation?.relationships.customer.data.id)
  }
  expect(contacts.every(({ numbers }) => numbers.length > 0)).toBe(true)
}

function expectPair(person: Person, shown: Shown): void {
  const [home = ''] = person.homes
  const pair = pairOf(person, shown)
  expect(pair, `both records of ${home}`).toBeDefined()
  if (!pair) return
  const sorted = ({ numbers, emails, ...rest }: Values) => ({
    ...rest,
    numbers: numbers.toSorted(),
    emails: emails.toSorted(),
  })
  expect(sorted(pair.contact), `both sides of ${home}`).toEqual(sorted(pair.customer))
  for (const key of person.edits.keys()) {
    expect(allowed(person, key), `${key} of ${home}`).toContain(said(pair.customer, key))
  }
}

/** Two customers with one contact: it says what they say together, and the newest word stands. */
function expectTwins(person: Person, { customers, contacts }: Shown): void {
  const mine = person.homes.flatMap((home) => withHome(customers, home))
  const shared = [...new Set(person.homes.flatMap((home) => withHome(contacts, home)))]
  if (person.twins === 'one-name') expect(shared.length, `contacts of ${person.homes}`).toBe(1)
  expect(mine.length, `customers of ${person.homes}`).toBe(person.homes.length)
  const [contact] = shared
  if (shared.length !== 1 || !contact) return
  const values = mine.map(ofCustomer)
  const together = ofContact(contact)
  for (const list of LISTS) {
    expect(together[list].toSorted(), `${list} of ${person.homes}`).toEqual(
      values.flatMap((one) => one[list]).toSorted(),
    )
  }
  for (const name of SCALARS) {
    const some = values.map((one) => one[name]).filter((value) => value !== '')
    expect(some.length > 0 ? some : [''], `${name} of ${person.homes}`).toContain(together[name])
  }
  const { newest } = person
  if (newest && newest.value !== '') expect(said(together, newest.key), newest.key).toBe(newest.value)
}

test('whatever comes between them, both sides end as the model says, with nothing doubled', async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (steps) => {
      const real = await bench.begin()
      const model: Model = { people: [], calls: new Map(), unmapped: new Map(), fresh: 0 }
      try {
        // Else half of the commands would meet nobody.
        for (const kind of ['new customer', 'new contact'] as const) await perform({ kind }, model, real)
        await fc.asyncModelRun(() => ({ model, real }), steps)
        await real.untilQuiet()
        const shown = await look(real)
        expectNoDoubles(model, shown)
        expectUntouched(model, shown)
        expectSettled(model, shown)
        expectNoTroubles(real)
      } finally {
        real.end()
      }
    }),
    { numRuns: RUNS, seed, endOnFailure: !process.env.MODEL_SHRINK },
  )
}, 600_000)
