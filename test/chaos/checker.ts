import type { CallRecord, MessageRecord, Person, Plan, PlannedContact, PlannedCustomer } from './plan.ts'
import type { Witnessed } from './witness.ts'

/**
 * Compares what both vendors hold with what was done to them, by the tables of requirements §1 to §4 alone: it knows
 * nothing of the service, neither its code nor its database.
 */

export interface Check {
  what: string
  /** Records that were looked at. */
  checked: number
  failures: Failure[]
}

/** One way in which a record is not as it should be. */
export interface Failure {
  /** What the service can be asked about it by. */
  id: string
  what: string
}

/** What `GET /__emulator/state` tells, field by field. */
// biome-ignore lint/suspicious/noExplicitAny: the emulators' own records
export type State = Record<string, any[]>
type Row = State[string][number]

export interface Facts {
  plan: Plan
  cloudtalk: State
  kustomer: State
  witness: Pick<Witnessed, 'message'>
  org: string
  publicUrl: string
}

/** Where few messages come, none may be lost. */
export const LOST_MESSAGES =
  'nothing of messages whose webhook was lost on the way, and no half of those that were refused'
/** Who has what is nobody's. */
export const HOLDER = 'Unassociated callers (CloudTalk)'

export function checkState(facts: Facts): Check[] {
  const found = lookUps(facts)
  return [
    checkGroups(facts, found),
    checkPushedContacts(facts),
    checkNoOtherContacts(facts, found),
    checkCustomers(facts, found),
    checkExported(facts, found),
    checkNoOtherCustomers(facts),
    ...checkCalls(facts, found),
    ...checkMessages(facts, found),
    checkNoOtherConversations(facts, found),
    checkChats(facts, found),
    checkWebhook(facts),
  ]
}

interface Found {
  /** By customer id: every contact that links to it. */
  contactsOf: Map<string, Row[]>
  customer: Map<string, Row>
  customersByExternalId: Map<string, Row[]>
  /** By number: who has it. */
  owners: Map<string, Row[]>
  conversations: Map<string, Row[]>
  notes: Map<string, Row[]>
  userByEmail: Map<string, string>
  agentName: Map<string, string>
  countryCode: Map<number, string>
  cloudtalkCall: Map<number, Row>
  cloudtalkMessage: Map<number, Row>
}

function lookUps({ cloudtalk, kustomer, org }: Facts): Found {
  const { contacts = [], agents = [], countries = [], calls = [], messages = [] } = cloudtalk
  const { customers = [], conversations = [], notes = [], users = [] } = kustomer
  const start = `https://${org}.kustomerapp.com/app/customers/`
  const linked = contacts.flatMap((contact) =>
    contact.external_urls
      .filter(({ url }: Row) => url.startsWith(start))
      .map(({ url }: Row) => [url.slice(start.length), contact]),
  )
  return {
    contactsOf: grouped(linked),
    customer: new Map(customers.map((customer) => [customer.id, customer])),
    customersByExternalId: grouped(customers.map((one) => [one.attributes.externalId, one])),
    owners: grouped(
      customers.flatMap((one) => one.attributes.phones.map(({ phone }: Row) => [e164(phone), one])),
    ),
    conversations: grouped(conversations.map((one) => [one.attributes.externalId, one])),
    notes: grouped(notes.map((one) => [one.attributes.externalId, one])),
    userByEmail: new Map(users.map(({ id, attributes }) => [attributes.email, id])),
    agentName: new Map(agents.map(({ email, firstname, lastname }) => [email, `${firstname} ${lastname}`])),
    countryCode: new Map(countries.map(({ id, country_code }) => [id, country_code])),
    cloudtalkCall: new Map(calls.map((call) => [call.id, call])),
    cloudtalkMessage: new Map(messages.map((message) => [message.id, message])),
  }
}

function grouped(entries: Iterable<[string, Row]>): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const [key, row] of entries) groups.set(key, [...(groups.get(key) ?? []), row])
  return groups
}

const e164 = (phone: string): string => `+${phone.replace(/\D/g, '')}`

const byId = ({ id }: { id?: string | number } | Row): unknown => id

/** Runs a check over records; each gives its complaints. */
function check<T>(
  what: string,
  records: readonly T[],
  idOf: (record: T) => unknown,
  complain: (record: T) => string[],
): Check {
  const failures = records.flatMap((record) =>
    complain(record).map((complaint) => ({ id: String(idOf(record)), what: complaint })),
  )
  return { what, checked: records.length, failures }
}

// Contacts and customers (requirements §1, §2)

/** Customers of one group, and what their one contact is to say. */
function groupsOf({ customers }: Plan): PlannedCustomer[][] {
  const groups = new Map<number, PlannedCustomer[]>()
  for (const customer of customers) {
    if (customer.excluded) continue
    groups.set(customer.group, [...(groups.get(customer.group) ?? []), customer])
  }
  return [...groups.values()]
}

const checkGroups = ({ plan, org }: Facts, found: Found): Check =>
  check(
    'one contact for each customer or group of customers, and it says the same',
    groupsOf(plan),
    ([first]) => first?.id,
    (group) => {
      const who = group.length > 1 ? `of customers ${group.map(({ id }) => id).join(' and ')}` : ''
      const contacts = [...new Set(group.flatMap(({ id }) => found.contactsOf.get(id ?? '') ?? []))]
      const [contact] = contacts
      if (contact === undefined || contacts.length > 1) {
        return [`${contacts.length} contacts ${who}: ${contacts.map(({ id }) => id).join(', ')}`]
      }
      const newest = group.toSorted(newestFirst)
      const links = newest.map(({ id }) => `https://${org}.kustomerapp.com/app/customers/${id}`)
      return [
        ...contactDiffers(contact, combined(newest), found),
        ...differs(
          'links',
          contact.external_urls.map(({ url }: Row) => url),
          links,
        ),
      ].map((difference) => `contact ${contact.id} ${who}: ${difference}`)
    },
  )

const newestFirst = (one: PlannedCustomer, other: PlannedCustomer): number => {
  const key = ({ modifiedAt, id }: PlannedCustomer) => `${modifiedAt} ${id}`
  return key(one) < key(other) ? 1 : -1
}

/** Numbers and emails of all; every other field from the newest that has one (requirements §1, Merging). */
function combined(newest: readonly PlannedCustomer[]): Person {
  const people = newest.map(({ person }) => person)
  const first = (field: 'name' | 'website' | 'address' | 'city' | 'zip' | 'state' | 'country') =>
    people.find((person) => person[field] !== '')?.[field] ?? ''
  return {
    name: first('name'),
    phones: [...new Set(people.flatMap(({ phones }) => phones))],
    emails: [...new Set(people.flatMap(({ emails }) => emails))],
    website: first('website'),
    address: first('address'),
    city: first('city'),
    zip: first('zip'),
    state: first('state'),
    country: first('country'),
  }
}

const contactDiffers = (contact: Row, person: Person, found: Found): string[] => [
  ...(['name', 'website', 'address', 'city', 'zip', 'state'] as const).flatMap((field) =>
    differs(field, contact[field], person[field]),
  ),
  ...differs('country', found.countryCode.get(contact.country_id) ?? '', person.country),
  ...differs('phones', sorted(contact.numbers), sorted(person.phones)),
  ...differs('emails', sorted(contact.emails), sorted(person.emails)),
  ...differs('company, title and tags', `${contact.company}${contact.title}${contact.tags}`, ''),
]

const checkPushedContacts = ({ plan, cloudtalk, org }: Facts): Check => {
  const contacts = new Map(cloudtalk.contacts?.map((contact) => [contact.id, contact]))
  const found = {
    countryCode: new Map(cloudtalk.countries?.map(({ id, country_code }) => [id, country_code])),
  }
  return check(
    'contacts that were there first say what they were told',
    plan.contacts,
    byId,
    ({ id, person, like }) => {
      const contact = contacts.get(id)
      if (!contact) return ['the contact is gone']
      const foreign = contact.external_urls.filter(
        ({ url }: Row) => !url.startsWith(`https://${org}.kustomerapp.com/app/customers/`),
      )
      return [
        ...contactDiffers(contact, person, found as Found),
        ...differs('links of others', foreign, []),
        ...(like ? differs('links', contact.external_urls, []) : []),
      ]
    },
  )
}

/** Twins, and contacts of customers that are never imported. */
const checkNoOtherContacts = ({ plan, cloudtalk }: Facts, found: Found): Check => {
  const pushed = new Set(plan.contacts.map(({ id }) => id))
  const ofGroups = new Set(
    groupsOf(plan).flatMap((group) => group.flatMap(({ id }) => found.contactsOf.get(id ?? '') ?? [])),
  )
  return check('no contact that nobody asked for', cloudtalk.contacts ?? [], byId, (contact) =>
    pushed.has(contact.id) || ofGroups.has(contact) ? [] : [`a contact named ${contact.name}`],
  )
}

const checkCustomers = ({ plan }: Facts, found: Found): Check =>
  check('customers say what they were told', plan.customers, byId, ({ id, person, externalId }) => {
    const customer = found.customer.get(id ?? '')
    if (!customer) return ['the customer is gone']
    return [
      ...customerDiffers(customer, person),
      ...differs('external id', customer.attributes.externalId, externalId),
    ]
  })

const customerDiffers = ({ attributes }: Row, person: Person): string[] => {
  const { name, phones, emails, urls, locations } = attributes
  const work = locations.find(({ type }: Row) => type === 'work') ?? {}
  const website = urls.find(({ type }: Row) => type === 'website')?.url ?? ''
  return [
    ...differs('name', name, person.name),
    ...differs('phones', sorted(phones.map(({ phone }: Row) => e164(phone))), sorted(person.phones)),
    ...differs('emails', sorted(emails.map(({ email }: Row) => email)), sorted(person.emails)),
    ...differs('website', website, person.website),
    ...differs('address', work.address ?? '', person.address),
    ...differs('city', work.cityName ?? '', person.city),
    ...differs('zip', work.zipCode ?? '', person.zip),
    ...differs('state', work.regionName ?? '', person.state),
    ...differs('country', work.countryCode ?? '', person.country),
    ...differs('locations', locations.length, Object.keys(work).length > 0 ? 1 : 0),
  ]
}

const isExported = ({ like }: PlannedContact): boolean => like === undefined

const checkExported = ({ plan }: Facts, found: Found): Check =>
  check(
    'one customer for each contact that nobody was like',
    plan.contacts.filter(isExported),
    byId,
    ({ id, person }) => {
      const customers = found.customersByExternalId.get(String(id)) ?? []
      const [customer] = customers
      if (!customer || customers.length > 1) return [`${customers.length} customers`]
      const links = found.contactsOf.get(customer.id) ?? []
      return [
        ...customerDiffers(customer, person),
        ...links
          .filter((contact) => contact.id !== id)
          .map((contact) => `contact ${contact.id} links to it too`),
      ].map((difference) => `customer ${customer.id}: ${difference}`)
    },
  )

const checkNoOtherCustomers = ({ plan, kustomer }: Facts): Check => {
  const pushed = new Set(plan.customers.map(({ id }) => id))
  const exported = new Set(plan.contacts.filter(isExported).map(({ id }) => String(id)))
  const { customers = [] } = kustomer
  const others = customers.filter(
    ({ id, attributes }) => !pushed.has(id) && !exported.has(attributes.externalId),
  )
  const holders = others.filter(({ attributes }) => attributes.name === HOLDER)
  const { what, failures } = check(
    'no customer that nobody asked for',
    others.filter((one) => !holders.includes(one)),
    byId,
    ({ attributes }) => [`a customer named ${attributes.name}`],
  )
  const tooMany = holders.slice(1).map(({ id }) => ({ id, what: 'another holder of unknown callers' }))
  return { what, checked: customers.length, failures: [...failures, ...tooMany] }
}

// Calls and messages (requirements §3, §4)

/** What a conversation and its note are to say. */
interface Expected {
  externalId: string
  name: string
  status: 'open' | 'done'
  direction: 'in' | 'out'
  createdAt: string
  number: string
  agentEmail: string | undefined
  /** Lines of the note in their order; a dash is a value too. */
  lines: [label: string, value: string | undefined][]
}

const DASH = '–'
const NOT_ANSWERED = { incoming: 'Missed Call', outgoing: 'Unanswered Call', internal: '' }

function callExpected({ call, edits, editsMade, id }: CallRecord, found: Found): Expected {
  const { direction, outcome, agent_email } = call
  const name =
    outcome === 'voicemail' ? 'Voicemail' : outcome === 'answered' ? 'Answered Call' : NOT_ANSWERED[direction]
  const { notes, tags } = edits[editsMade - 1] ?? call
  return {
    externalId: String(id),
    name,
    status: name === 'Missed Call' || name === 'Voicemail' ? 'open' : 'done',
    direction: direction === 'incoming' ? 'in' : 'out',
    createdAt: toSeconds(found.cloudtalkCall.get(id ?? 0)?.ended_at),
    number: call.external_number,
    agentEmail: agent_email,
    lines: [
      ['Agent name', found.agentName.get(agent_email ?? '') ?? DASH],
      ['Group name', call.group],
      ['Call duration', spoken(call.talking_time ?? 0)],
      ['Wait time', spoken(call.waiting_time)],
      ['Call notes', notes.join(', ') || DASH],
      ['Call tags', tags.join(', ') || DASH],
    ],
  }
}

/** CloudTalk's API tells when a call ended to the second. */
const toSeconds = (time: string | undefined): string => `${time?.slice(0, 19)}.000Z`

/** `3m 12s`, as requirements §3 writes it. */
function spoken(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60]
  return h > 0 ? `${h}h ${m}m ${s}s` : m > 0 ? `${m}m ${s}s` : `${s}s`
}

function messageExpected({ message, id }: MessageRecord, found: Found): Expected {
  const { channel, direction, text, status, agent_email } = message
  const incoming = direction === 'incoming'
  const type = incoming ? 'Received' : status === 'failed' ? 'Failed' : 'Sent'
  return {
    externalId: messageId({ message, id }),
    name: `${type} ${channel === 'sms' ? 'SMS' : 'WhatsApp'}`,
    status: type === 'Sent' ? 'done' : 'open',
    direction: incoming ? 'in' : 'out',
    createdAt: found.cloudtalkMessage.get(id ?? 0)?.at,
    number: message.external_number,
    agentEmail: agent_email,
    lines: [
      ['Text', text],
      ['Agent name', found.agentName.get(agent_email ?? '') ?? DASH],
    ],
  }
}

const messageId = ({ message, id }: Pick<MessageRecord, 'message' | 'id'>): string =>
  `${message.channel === 'sms' ? 'sms' : 'wa'}-${id}`

const checkCalls = ({ plan }: Facts, found: Found): Check[] => [
  check(
    'one conversation with one note for each call, and it says what the call says',
    plan.calls.filter(({ call }) => call.direction !== 'internal'),
    byId,
    (record) => entryDiffers(callExpected(record, found), found),
  ),
  check(
    'nothing of internal calls',
    plan.calls.filter(({ call }) => call.direction === 'internal'),
    byId,
    ({ id }) => absent(String(id), found),
  ),
]

const checkMessages = ({ plan, witness }: Facts, found: Found): Check[] => {
  const came = ({ message, id }: MessageRecord) => witness.message(message.channel, id ?? 0)
  return [
    check(
      'one conversation with one note for each message that the service has taken',
      plan.messages.filter((record) => came(record) === 'taken'),
      messageId,
      (record) => entryDiffers(messageExpected(record, found), found),
    ),
    check(
      LOST_MESSAGES,
      plan.messages.filter((record) => came(record) !== 'taken'),
      messageId,
      (record) => {
        const { externalId } = messageExpected(record, found)
        const arrived =
          came(record) === 'came' && (found.conversations.has(externalId) || found.notes.has(externalId))
        return arrived ? entryDiffers(messageExpected(record, found), found) : absent(externalId, found)
      },
    ),
  ]
}

const absent = (externalId: string, found: Found): string[] => [
  ...(found.conversations.has(externalId) ? ['a conversation'] : []),
  ...(found.notes.has(externalId) ? ['a note'] : []),
]

function entryDiffers(expected: Expected, found: Found): string[] {
  const { externalId } = expected
  const conversations = found.conversations.get(externalId) ?? []
  const notes = found.notes.get(externalId) ?? []
  const [conversation] = conversations
  const [note] = notes
  if (!conversation || !note || conversations.length > 1 || notes.length > 1) {
    return [`${conversations.length} conversations and ${notes.length} notes`]
  }
  return [...conversationDiffers(conversation, expected, found), ...noteDiffers(note, conversation, expected)]
}

function conversationDiffers({ attributes, relationships }: Row, expected: Expected, found: Found): string[] {
  const owners = found.owners.get(expected.number) ?? []
  const customer = relationships.customer?.data?.id
  const holds = found.customer.get(customer)?.attributes.name === HOLDER
  const user = found.userByEmail.get(expected.agentEmail ?? '')
  return [
    ...differs('name', attributes.name, expected.name),
    ...differs('status', attributes.status, expected.status),
    ...differs('direction', attributes.direction, expected.direction),
    ...differs('created at', attributes.createdAt, expected.createdAt),
    ...differs('assigned users', attributes.assignedUsers ?? [], user === undefined ? [] : [user]),
    ...(owners.length === 0
      ? differs('belongs to the holder', holds, true)
      : differs(
          'belongs to who has the number',
          owners.some(({ id }) => id === customer),
          true,
        )),
  ]
}

/** The lines that requirements §3 and §4 put into every note. Who was called what at the time is not looked at. */
function noteDiffers({ attributes, relationships }: Row, conversation: Row, expected: Expected): string[] {
  const lines = attributes.body.split('\n')
  const said = (label: string): string | undefined =>
    lines.find((line: string) => line.startsWith(`${label}: `))?.slice(label.length + 2)
  const order = expected.lines
    .filter(([, value]) => value !== undefined)
    .map(([label]) => lines.findIndex((line: string) => line.startsWith(`${label}: `)))
  return [
    ...differs('conversation of the note', relationships.conversation?.data?.id, conversation.id),
    ...differs(
      'customer of the note',
      relationships.customer?.data?.id,
      conversation.relationships.customer?.data?.id,
    ),
    ...differs('note created at', attributes.createdAt, expected.createdAt),
    ...differs('subject', attributes.subject ?? said('Subject'), expected.name),
    ...differs('direction of the note', attributes.direction ?? said('Direction'), expected.direction),
    ...expected.lines.flatMap(([label, value]) => differs(label, said(label), value)),
    ...differs(
      'order of the lines',
      order,
      order.toSorted((one, other) => one - other),
    ),
  ]
}

const checkNoOtherConversations = ({ plan, kustomer }: Facts, found: Found): Check => {
  const asked = new Set([...plan.calls.map(({ id }) => String(id)), ...plan.messages.map(messageId)])
  const rows = [...found.conversations.keys(), ...found.notes.keys()]
  const { conversations = [], notes = [] } = kustomer
  return {
    what: 'no conversation or note that nobody asked for',
    checked: conversations.length + notes.length,
    failures: rows.filter((id) => !asked.has(id)).map((id) => ({ id, what: 'a conversation or note' })),
  }
}

/** The one chat message that makes a conversation's channel chat (requirements §3, last paragraph). */
const checkChats = ({ kustomer }: Facts, found: Found): Check => {
  const chats = grouped((kustomer.messages ?? []).map((one) => [one.relationships.conversation.data.id, one]))
  return check(
    'one chat message in each conversation',
    [...found.conversations.values()].flat(),
    byId,
    ({ id }) =>
      differs(
        'chat messages',
        (chats.get(id) ?? []).map(({ attributes }) => attributes.channel),
        ['chat'],
      ),
  )
}

const checkWebhook = ({ kustomer, publicUrl }: Facts): Check =>
  check(
    'one Kustomer webhook, and it is on',
    [kustomer.webhooks ?? []],
    () => 'webhooks',
    (webhooks) =>
      differs(
        'webhooks',
        webhooks.map(({ attributes }) => [attributes.url.startsWith(publicUrl), attributes.enabled]),
        [[true, true]],
      ),
  )

const sorted = (values: string[]): string[] => values.toSorted()

const differs = (what: string, is: unknown, expected: unknown): string[] =>
  JSON.stringify(is) === JSON.stringify(expected)
    ? []
    : [`${what} is ${JSON.stringify(is)}, not ${JSON.stringify(expected)}`]
