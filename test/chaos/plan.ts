import { between, createRandom, pick, type Random } from '../../src/emulators/random.ts'
import { mailboxOf, nameOf } from '../../src/emulators/world/names.ts'
import { invalidPhoneOf, phoneOf } from '../../src/emulators/world/phones.ts'

/** What is pushed through, and what both sides must say of it in the end. Everything random comes from the seed. */

export interface ChaosSize {
  customers: number
  contacts: number
  calls: number
  messages: number
}

/** What requirements §1 and §2 map both ways. */
export interface Person {
  name: string
  phones: string[]
  emails: string[]
  website: string
  address: string
  city: string
  zip: string
  state: string
  /** ISO code. */
  country: string
}

export type Side = 'kustomer' | 'cloudtalk'
export type EditedField = 'name' | 'website' | 'address' | 'city' | 'zip' | 'emails'

/** A person changes one field of a record on one side. No field of a record is edited on both. */
export interface PlannedEdit {
  record: PlannedRecord
  side: Side
  field: EditedField
  value: string
  state: 'planned' | 'made' | 'told'
  /** When it was made last, and on which contact; of CloudTalk's side only. */
  madeAt?: number
  contactId?: number
}

/** Why a customer is never imported (requirements §1). */
export type Exclusion = 'no phone' | 'no valid phone' | 'shared email' | 'shared phone'

export interface PlannedCustomer {
  kind: 'customer'
  person: Person
  excluded: Exclusion | undefined
  /** Customers with one phone or one name are one contact. */
  group: number
  /** What the customer is known by in the system that it was brought in from; unlike our ids it is known before. */
  externalId: string
  /** How its first phone is written in Kustomer. */
  writtenPhone: string
  id?: string
  /** Kustomer's time of the last edit by a person. */
  modifiedAt?: string
}

export interface PlannedContact {
  kind: 'contact'
  person: Person
  /** It has the first phone of this customer, so nobody is made of it (requirements §2). */
  like: PlannedCustomer | undefined
  id?: number
}

export type PlannedRecord = PlannedCustomer | PlannedContact

export interface PlannedCall {
  direction: 'incoming' | 'outgoing' | 'internal'
  outcome: 'answered' | 'missed' | 'voicemail'
  external_number: string
  internal_number: string
  agent_email?: string
  group?: string
  talking_time?: number
  waiting_time: number
  notes: string[]
  tags: string[]
}

/** A call and what became of it in CloudTalk. */
export interface CallRecord {
  call: PlannedCall
  /** What somebody makes of notes and tags later, in this order. */
  edits: { notes: string[]; tags: string[] }[]
  id?: number
  uuid?: string
  editsMade: number
}

export interface PlannedMessage {
  channel: 'sms' | 'whatsapp'
  direction: 'incoming' | 'outgoing'
  text: string
  external_number: string
  internal_number: string
  agent_email?: string
  status?: string
}

export interface MessageRecord {
  message: PlannedMessage
  id?: number
}

export type Push =
  | { kind: 'customer'; customer: PlannedCustomer }
  | { kind: 'contact'; contact: PlannedContact }
  | { kind: 'call'; record: CallRecord }
  | { kind: 'message'; record: MessageRecord }

export interface Plan {
  customers: PlannedCustomer[]
  contacts: PlannedContact[]
  calls: CallRecord[]
  messages: MessageRecord[]
  edits: PlannedEdit[]
  /** Everything that comes, in the order in which it comes. */
  pushes: Push[]
}

/** The company that every emulated account has. */
export interface Company {
  agents: { email: string }[]
  groups: { internal_name: string }[]
  numbers: { caller_id_e164: string }[]
}

const COUNTRIES = ['GB', 'SK', 'IT', 'FR', 'DE', 'US'] as const
const CITIES = ['Leeds', 'Košice', 'Torino', 'Lyon', 'Köln', 'Boston'] as const

export function makePlan(seed: number, size: ChaosSize, company: Company): Plan {
  const random = createRandom(seed)
  const people = createPeople(seed, random)
  const customers = planCustomers(size.customers, random, people)
  const contacts = planContacts(size.contacts, random, people, customers)
  const numbers = reachable(customers, contacts)
  const calls = Array.from({ length: size.calls }, (_, index) =>
    planCall(index, random, numbers, people, company),
  )
  const messages = Array.from({ length: size.messages }, (_, index) => ({
    message: planMessage(index, random, numbers, people, company),
  }))
  const pushes: Push[] = shuffled(random, [
    ...customers.map((customer): Push => ({ kind: 'customer', customer })),
    ...contacts.map((contact): Push => ({ kind: 'contact', contact })),
    ...calls.map((record): Push => ({ kind: 'call', record })),
    ...messages.map((record): Push => ({ kind: 'message', record })),
  ])
  return { customers, contacts, calls, messages, edits: planEdits(random, customers, contacts), pushes }
}

interface People {
  /** Somebody whom nobody else is like. */
  next(): Person
  /** A number that nobody has. */
  unknownNumber(): string
  invalidNumber(): string
}

function createPeople(seed: number, random: Random): People {
  let count = 0
  let phones = 0
  const phone = () => phoneOf(seed, phones++)
  return {
    unknownNumber: phone,
    invalidNumber: () => invalidPhoneOf(++count),
    next() {
      const index = ++count
      const name = nameOf(index)
      const place = Math.floor(random() * COUNTRIES.length)
      const located = random() < 0.6
      return {
        name: index % 17 === 0 ? `${name} & Söhne` : name,
        phones: [phone(), ...(index % 5 === 0 ? [phone()] : [])],
        emails: index % 4 === 0 ? [] : [`${mailboxOf(name, index)}@example.com`],
        website: random() < 0.4 ? `https://www.p${index}.example.com` : '',
        address: located ? `${between(random, 1, 99)} Station Road` : '',
        city: located ? (CITIES[place] ?? '') : '',
        zip: located ? `Z${between(random, 1_000, 9_999)}` : '',
        state: located && index % 3 === 0 ? `Region ${between(random, 1, 20)}` : '',
        country: located ? (COUNTRIES[place] ?? '') : '',
      }
    },
  }
}

const NOWHERE = { website: '', address: '', city: '', zip: '', state: '', country: '' }

/** Of a hundred customers some ten share a contact, and some seven are never imported. */
function planCustomers(count: number, random: Random, people: People): PlannedCustomer[] {
  const customers: PlannedCustomer[] = []
  const add = (person: Person, group: number, more: Partial<PlannedCustomer> = {}) =>
    customers.push({
      kind: 'customer',
      person,
      excluded: undefined,
      group,
      externalId: `crm-${customers.length + 1}`,
      writtenPhone: person.phones[0] ?? '',
      ...more,
    })
  while (customers.length < count) {
    const person = people.next()
    const group = customers.length
    const dice = random()
    if (customers.length + 2 <= count && dice < 0.05) {
      // The two hold different fields, so that what they say together does not hang on who was edited last.
      const other = { ...people.next(), ...NOWHERE, website: `https://www.pair${group}.example.com` }
      add({ ...person, website: '' }, group)
      if (dice < 0.025) add({ ...other, name: person.name.toUpperCase() }, group)
      else {
        const [shared = ''] = person.phones
        add({ ...other, phones: [shared] }, group, { writtenPhone: shared.slice(1) })
      }
    } else if (dice < 0.07) add({ ...person, phones: [] }, group, { excluded: 'no phone', writtenPhone: '' })
    else if (dice < 0.09) {
      const invalid = people.invalidNumber()
      add({ ...person, phones: [invalid] }, group, { excluded: 'no valid phone', writtenPhone: invalid })
    } else if (dice < 0.11) add(person, group, { excluded: 'shared email' })
    else if (dice < 0.12) add(person, group, { excluded: 'shared phone' })
    else add(person, group)
  }
  return customers
}

/** One in twenty-five has the phone of a customer, as many have no phone at all. */
function planContacts(
  count: number,
  random: Random,
  people: People,
  customers: readonly PlannedCustomer[],
): PlannedContact[] {
  const alone = customers.filter(({ excluded, group }) => !excluded && isAlone(customers, group))
  return Array.from({ length: count }, () => {
    const person = people.next()
    const dice = random()
    const like = dice < 0.04 ? alone[Math.floor(random() * alone.length)] : undefined
    const phones = like ? like.person.phones.slice(0, 1) : dice < 0.08 ? [] : person.phones
    return { kind: 'contact', person: { ...person, phones }, like }
  })
}

const isAlone = (customers: readonly PlannedCustomer[], group: number): boolean =>
  customers[group + 1]?.group !== group && customers[group]?.group === group

/** Numbers that calls come from and go to: mostly of somebody whom the plan brings, before or after. */
function reachable(customers: readonly PlannedCustomer[], contacts: readonly PlannedContact[]): string[] {
  return [...customers, ...contacts]
    .filter((record) => record.kind === 'contact' || record.excluded !== 'no valid phone')
    .flatMap(({ person }) => person.phones)
}

const INCOMING = ['answered', 'answered', 'missed', 'voicemail'] as const
const OUTGOING = ['answered', 'answered', 'missed'] as const

function planCall(
  index: number,
  random: Random,
  numbers: readonly string[],
  people: People,
  company: Company,
): CallRecord {
  const dice = random()
  const internal = dice < 0.02 || index === 0
  const external = internal
    ? '1004'
    : dice < 0.04
      ? ''
      : dice < 0.1
        ? people.unknownNumber()
        : anyOf(random, numbers)
  const direction = internal ? 'internal' : random() < 0.65 ? 'incoming' : 'outgoing'
  const outcome = pick(random, direction === 'incoming' ? INCOMING : OUTGOING)
  const call: PlannedCall = {
    direction,
    outcome,
    external_number: external,
    internal_number: anyOf(random, company.numbers).caller_id_e164,
    ...(outcome === 'answered' && {
      agent_email: anyOf(random, company.agents).email,
      talking_time: between(random, 1, 4_000),
    }),
    ...(direction === 'incoming' && random() < 0.3 && { group: anyOf(random, company.groups).internal_name }),
    waiting_time: between(random, 0, 90),
    notes: index % 3 === 0 ? [`Note of call ${index}`] : [],
    tags: index % 4 === 0 ? ['Lead'] : [],
  }
  const edits = Array.from({ length: random() < 0.2 ? between(random, 1, 2) : 0 }, (_, edit) => ({
    notes: [`Edit ${edit + 1} of call ${index}`, 'and a second note'],
    tags: edit % 2 === 0 ? ['Callback', 'VIP'] : ['Refund'],
  }))
  return { call, edits, editsMade: 0 }
}

function planMessage(
  index: number,
  random: Random,
  numbers: readonly string[],
  people: People,
  company: Company,
): PlannedMessage {
  const outgoing = random() < 0.4
  return {
    channel: random() < 0.6 ? 'sms' : 'whatsapp',
    direction: outgoing ? 'outgoing' : 'incoming',
    text: `Message ${index}: is “${nameOf(index)}” <right>?`,
    external_number: random() < 0.06 ? people.unknownNumber() : anyOf(random, numbers),
    internal_number: anyOf(random, company.numbers).caller_id_e164,
    ...(outgoing && { agent_email: anyOf(random, company.agents).email }),
    ...(outgoing && random() < 0.1 && { status: 'failed' }),
  }
}

const FIELDS: readonly EditedField[] = ['name', 'website', 'address', 'city', 'zip', 'emails']

/** A third of the records are edited, each on one side or on both, one field on one side only; some of them twice. */
function planEdits(
  random: Random,
  customers: readonly PlannedCustomer[],
  contacts: readonly PlannedContact[],
): PlannedEdit[] {
  let count = 0
  const edit = (record: PlannedRecord, side: Side, field: EditedField): PlannedEdit => ({
    record,
    side,
    field,
    value: editedValue(field, ++count),
    state: 'planned',
  })
  const ofOne = (record: PlannedRecord): PlannedEdit[] => {
    if (random() > 0.33) return []
    // A contact that is like a customer stays alone, and one without a phone makes a customer that is not imported.
    if (record.kind === 'contact' && (record.like || record.person.phones.length === 0)) return []
    if (record.kind === 'customer' && record.excluded) return []
    if (record.kind === 'customer' && !isAlone(customers, record.group)) {
      return [edit(record, 'kustomer', record.person.address === '' ? 'website' : 'city')]
    }
    const [first = 'name', second = 'city', third = 'zip'] = shuffled(random, FIELDS)
    return [
      edit(record, 'kustomer', first),
      ...(random() < 0.6 ? [edit(record, 'cloudtalk', second)] : []),
      ...(random() < 0.3 ? [edit(record, 'cloudtalk', third)] : []),
      ...(random() < 0.3 ? [edit(record, 'kustomer', first)] : []),
    ]
  }
  return [...customers, ...contacts].flatMap(ofOne)
}

const editedValue = (field: EditedField, count: number): string => {
  switch (field) {
    case 'name':
      return `Renamed ${nameOf(500_000 + count)}`
    case 'website':
      return `https://www.edited${count}.example.com`
    case 'address':
      return `${count} Edited Road`
    case 'city':
      return `Edited City ${count}`
    case 'zip':
      return `E${count}`
    case 'emails':
      return `edited.${count}@example.com`
  }
}

/** What the record says once the edit is made; an email is added to those that are there. */
export const applyEdit = (person: Person, { field, value }: PlannedEdit): void => {
  if (field === 'emails') person.emails = [...person.emails, value]
  else person[field] = value
}

const anyOf = <T>(random: Random, items: readonly T[]): T => {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('there is nothing to choose from')
  return item
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const result = [...items]
  for (let at = result.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    const [one, two] = [result[at], result[other]]
    if (one !== undefined && two !== undefined) {
      result[at] = two
      result[other] = one
    }
  }
  return result
}
