import type { Vendor } from '../helpers/emulators.ts'
import { until } from '../helpers/until.ts'
import type { Check, Failure } from './checker.ts'
import {
  applyEdit,
  type CallRecord,
  type EditedField,
  type MessageRecord,
  type Person,
  type Plan,
  type PlannedContact,
  type PlannedCustomer,
  type PlannedEdit,
  type Push,
} from './plan.ts'
import { PATIENCE_MS, type VendorApi } from './vendor-api.ts'
import type { Witnessed } from './witness.ts'

/** Those who push: people and systems at both vendors, who know nothing of the service. */
export interface Pushers {
  kustomer: VendorApi
  cloudtalk: VendorApi
  /** The emulators themselves: calls and messages happen there, and their state is at hand. */
  emulators: { kustomer: Vendor; cloudtalk: Vendor }
  witness: Witnessed
}

const AT_ONCE = 30
/** Told after so many pushes, or after a fortieth of them where there are few. */
const PUSHED_EVERY = 40
/** Edits come in so many rounds while everything else is pushed. */
const ROUNDS = 20
/** Longer than the service's longest back-off, five minutes, after which a record that was unlucky comes again. */
const LAST_EDITS_MS = 400_000
/** A look reads all that both emulators hold, some 30 MB, and costs a second of a core. */
const LOOK_MS = 3_000

export interface PlanRun {
  /**
   * Pushes the whole plan through, with edits in between.
   * @param pushed is told after every few pushes how much of the plan is done, from 0 to 1, and may hold up the rest.
   */
  push(pushed: (share: number) => Promise<void>): Promise<void>
  /** Makes the edits that had to wait until a record stands on the other side too. */
  lastEdits(): Promise<Check>
  /**
   * Saves again, as it is, each contact whose last edit the service cannot have heard of: what CloudTalk's list does
   * not show is told by webhooks alone, and else looked at some contacts a minute, which takes longer than a run.
   * @returns how many.
   */
  tellUntoldEdits(): Promise<number>
  /**
   * Edits of contacts that have been told and yet are not on the customer. They are not lost: the service looks at some
   * contacts each minute, and comes by within hours. Here a person saves them again instead.
   */
  saveLateEditsAgain(): Promise<Check>
}

export function runPlan(plan: Plan, pushers: Pushers): PlanRun {
  const early: PlannedContact[] = []
  const edits = editor(plan, pushers, early)
  const one = async (push: Push): Promise<void> => {
    switch (push.kind) {
      case 'customer':
        return createCustomer(pushers, push.customer)
      case 'contact':
        if (push.contact.like) early.push(push.contact)
        else await addContact(pushers, push.contact)
        return
      case 'call':
        return endCall(pushers, push.record)
      case 'message':
        return sendMessage(pushers, push.record)
    }
  }
  return {
    async push(pushed) {
      const pushedEvery = Math.min(PUSHED_EVERY, Math.ceil(plan.pushes.length / 40))
      const roundEvery = Math.ceil(plan.pushes.length / ROUNDS)
      let done = 0
      let holding = Promise.resolve()
      await atOnce(plan.pushes, async (push) => {
        await holding
        await one(push)
        const share = ++done / plan.pushes.length
        if (done % roundEvery === 0)
          holding = holding.then(() => edits.round(2 / ROUNDS)).then(() => undefined)
        if (done % pushedEvery === 0 || share === 1) holding = holding.then(() => pushed(share))
      })
      await holding
    },
    async lastEdits() {
      let waiting: Failure[] = []
      const areMade = async () => {
        waiting = await edits.round(1)
        return waiting.length === 0
      }
      // Who waits in vain is told of; the other edits are made all the same.
      await until('the last edits are made', areMade, LAST_EDITS_MS, LOOK_MS).catch(() => undefined)
      const what = 'what was told to the service stands on the other side, and can be edited there'
      return { what, checked: plan.edits.length + plan.calls.length, failures: waiting }
    },
    async tellUntoldEdits() {
      const again = new Set<PlannedEdit>()
      await until(
        'every edit of a contact is told',
        async () => {
          await pushers.emulators.cloudtalk.webhooksIdle()
          const untold = plan.edits.filter((edit) => isMade(edit) && !isTold(edit, pushers))
          for (const edit of untold) {
            again.add(edit)
            await editContact(pushers, edit, edit.contactId, undefined)
          }
          return untold.length === 0
        },
        LAST_EDITS_MS,
        LOOK_MS,
      )
      return again.size
    },
    async saveLateEditsAgain() {
      const { customers = [] } = await pushers.emulators.kustomer.state()
      const customerOf = new Map(
        customers.flatMap(({ id, attributes }) => [
          [id, attributes],
          [attributes.externalId, attributes],
        ]),
      )
      const made = plan.edits.filter(isMade)
      const late = made.filter(({ record, value }) => {
        const customer = customerOf.get(record.kind === 'customer' ? record.id : String(record.id))
        return !JSON.stringify(customer ?? {}).includes(JSON.stringify(value))
      })
      const failures = late.map(({ contactId, field, value, madeAt = 0 }) => ({
        id: String(contactId),
        what: `${field} “${value}” of ${new Date(madeAt).toISOString()} is not on the customer`,
      }))
      for (const edit of late) await editContact(pushers, edit, edit.contactId, undefined)
      return {
        what: 'an edit of a contact that was told is on its customer when nothing is under way any more',
        checked: made.length,
        failures,
      }
    },
  }
}

/** Does them in their order, some at the same time. */
async function atOnce<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values()
  const worker = async () => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

const isMade = ({ state }: PlannedEdit): boolean => state === 'made'

const isTold = ({ contactId = 0, madeAt = 0 }: PlannedEdit, { witness }: Pushers): boolean =>
  witness.contactTold(contactId, madeAt)

const customerBody = ({ person, excluded, externalId, writtenPhone }: PlannedCustomer) => {
  const [, ...others] = person.phones
  return {
    name: person.name,
    externalId,
    phones: writtenPhone === '' ? [] : [writtenPhone, ...others].map((phone) => ({ type: 'mobile', phone })),
    emails: person.emails.map((email) => ({ type: 'home', email })),
    ...(person.website !== '' && { urls: [{ type: 'website', url: person.website }] }),
    ...(person.address !== '' && { locations: [workLocation(person)] }),
    ...(excluded === 'shared email' && { sharedEmails: [{ email: `family.${externalId}@example.com` }] }),
    ...(excluded === 'shared phone' && { sharedPhones: [{ phone: person.phones[0] }] }),
  }
}

const workLocation = ({ address, city, zip, state, country }: Person) => ({
  type: 'work',
  address,
  cityName: city,
  zipCode: zip,
  countryCode: country,
  ...(state !== '' && { regionName: state }),
})

/** A creation whose answer was lost is found by the id that it brought along. */
async function createCustomer({ kustomer }: Pushers, customer: PlannedCustomer): Promise<void> {
  let { status, body } = await kustomer.ask('POST', '/customers', customerBody(customer))
  if (status === 409) {
    ;({ status, body } = await kustomer.ask('GET', `/customers/externalId=${customer.externalId}`))
  }
  if (status !== 201 && status !== 200)
    throw new Error(`customer ${customer.externalId}: ${JSON.stringify(body)}`)
  customer.id = body.data.id
  customer.modifiedAt = body.data.attributes.modifiedAt
}

async function addContact({ cloudtalk, emulators }: Pushers, contact: PlannedContact): Promise<void> {
  const { person } = contact
  const { countries = [] } = person.country === '' ? {} : await countriesOf(emulators.cloudtalk)
  const country = countries.find(({ country_code }) => country_code === person.country)
  const { status, body } = await cloudtalk.ask('PUT', '/contacts/add.json', {
    name: person.name,
    ContactNumber: person.phones.map((public_number) => ({ public_number })),
    ContactEmail: person.emails.map((email) => ({ email })),
    website: person.website,
    address: person.address,
    city: person.city,
    zip: person.zip,
    state: person.state,
    ...(country && { country_id: country.id }),
  })
  if (status !== 201) throw new Error(`contact ${person.name}: ${JSON.stringify(body)}`)
  contact.id = Number(body.responseData.data.id)
}

let countries: Promise<Record<string, { id: number; country_code: string }[]>> | undefined
/** They are the same in every account. */
const countriesOf = (cloudtalk: Vendor) => {
  countries ??= cloudtalk.state()
  return countries
}

async function endCall({ emulators }: Pushers, record: CallRecord): Promise<void> {
  const { id, uuid } = await emulators.cloudtalk.control<{ id: number; uuid: string }>(
    'POST',
    '/calls',
    record.call,
  )
  record.id = id
  record.uuid = uuid
}

async function sendMessage({ emulators }: Pushers, record: MessageRecord): Promise<void> {
  const { id } = await emulators.cloudtalk.control<{ id: number }>('POST', '/messages', record.message)
  record.id = id
}

interface Editor {
  /** Makes what can be made by now, at most this share of all. @returns what is waited for. */
  round(share: number): Promise<Failure[]>
}

function editor(plan: Plan, pushers: Pushers, early: PlannedContact[]): Editor {
  /** A contact that no webhook told of gets its customer by a `sync` only, or within a quarter of an hour. */
  const mayCome = ({ record, side }: PlannedEdit): boolean =>
    side === 'cloudtalk' || record.kind === 'customer' || pushers.witness.contactTold(record.id ?? 0, 0)
  return {
    async round(share) {
      const sides = await look(pushers)
      const some = (count: number) => Math.ceil(count * share)
      const due = plan.edits.filter((edit, at) => edit.state === 'planned' && isNext(plan.edits, edit, at))
      await atOnce(due.slice(0, some(plan.edits.length)), (edit) => makeEdit(pushers, sides, edit))
      const calls = plan.calls.filter(
        ({ id, edits, editsMade }) => id !== undefined && editsMade < edits.length,
      )
      await atOnce(calls.slice(0, some(plan.calls.length)), (record) => editCall(pushers, record))
      await atOnce(early.splice(0), async (contact) => {
        // Who it is like has its contact already; else it would become that customer's contact.
        if (sides.contactOf.has(contact.like?.id ?? '')) await addContact(pushers, contact)
        else early.push(contact)
      })
      return [
        ...early.map(({ like }) => ({ id: String(like?.id), what: 'the customer has no contact' })),
        ...plan.edits
          .filter((edit, at) => edit.state === 'planned' && isNext(plan.edits, edit, at) && mayCome(edit))
          .map(({ record, side }) => ({
            id: String(record.id),
            what: `the ${record.kind} is not in ${side}`,
          })),
        ...plan.calls
          .filter(({ edits, editsMade }) => editsMade < edits.length)
          .map(({ id }) => ({ id: String(id), what: 'the call could not be edited' })),
      ]
    },
  }
}

/** Edits of one record are made one after the other. */
const isNext = (edits: readonly PlannedEdit[], edit: PlannedEdit, at: number): boolean => {
  const before = edits[at - 1]
  return before?.record !== edit.record || before.state !== 'planned'
}

/** Where the records of one side are found on the other, as a person sees it. */
interface Sides {
  /** By customer id. */
  contactOf: Map<string, { id: number; emails: string[] }>
  /** By contact id. */
  customerOf: Map<string, string>
}

async function look({ emulators }: Pushers): Promise<Sides> {
  const { contacts = [] } = await emulators.cloudtalk.state()
  const { customers = [] } = await emulators.kustomer.state()
  const contactOf: Sides['contactOf'] = new Map()
  for (const contact of contacts) {
    for (const { url } of contact.external_urls) contactOf.set(url.split('/').at(-1), contact)
  }
  return {
    contactOf,
    customerOf: new Map(customers.map(({ id, attributes }) => [attributes.externalId, id])),
  }
}

async function makeEdit(pushers: Pushers, sides: Sides, edit: PlannedEdit): Promise<void> {
  const { record, side } = edit
  if (side === 'kustomer') {
    const id = record.kind === 'customer' ? record.id : sides.customerOf.get(String(record.id))
    if (id !== undefined) await editCustomer(pushers, edit, id)
    return
  }
  const contact = record.kind === 'customer' ? sides.contactOf.get(record.id ?? '') : undefined
  const id = contact?.id ?? (record.kind === 'contact' ? record.id : undefined)
  if (id !== undefined) await editContact(pushers, edit, id, contact?.emails)
}

/** Reads, changes, writes what was read: nobody's change in between is overwritten. */
async function editCustomer({ kustomer }: Pushers, edit: PlannedEdit, id: string): Promise<void> {
  const { record } = edit
  const edited = async () => {
    const { body } = await kustomer.ask('GET', `/customers/${id}`)
    const { attributes } = body.data
    const change = { ...customerChange(edit, attributes), rev: attributes.rev }
    const written = await kustomer.tryOnce('PATCH', `/customers/${id}`, change)
    if (written?.status === 200) return written.body.data
    if (written && written.status !== 409) throw new Error(`customer ${id}: ${JSON.stringify(written.body)}`)
    return undefined
  }
  const saved = await until(`customer ${id} is edited`, edited, PATIENCE_MS)
  applyEdit(record.person, edit)
  if (record.kind === 'customer') record.modifiedAt = saved.attributes.modifiedAt
  edit.state = 'told'
}

const LOCATION_FIELDS: Partial<Record<EditedField, string>> = {
  address: 'address',
  city: 'cityName',
  zip: 'zipCode',
}

interface CustomerLists {
  emails: { type?: string; email: string }[]
  urls: { type?: string; url: string }[]
  locations: { type?: string }[]
}

/** Kustomer takes lists as a whole. */
function customerChange({ field, value }: PlannedEdit, { emails, urls, locations }: CustomerLists): object {
  if (field === 'name') return { name: value }
  if (field === 'emails') {
    const others = emails.filter(({ email }) => email !== value).map(({ type, email }) => ({ type, email }))
    return { emails: [...others, { type: 'home', email: value }] }
  }
  if (field === 'website') {
    return { urls: [...urls.filter(({ type }) => type !== 'website'), { type: 'website', url: value }] }
  }
  const work = locations.find(({ type }) => type === 'work')
  const edited = { ...work, type: 'work', [LOCATION_FIELDS[field] ?? field]: value }
  return { locations: work ? locations.map((one) => (one === work ? edited : one)) : [edited] }
}

/** @param emails those of the contact where they are not the record's own. */
async function editContact(
  { cloudtalk }: Pushers,
  edit: PlannedEdit,
  id: number | undefined,
  emails: string[] | undefined,
): Promise<void> {
  const { record, field, value } = edit
  const known = emails ?? record.person.emails
  const list = known.includes(value) ? known : [...known, value]
  const body = field === 'emails' ? { ContactEmail: list.map((email) => ({ email })) } : { [field]: value }
  edit.madeAt = Date.now()
  const { status, body: answer } = await cloudtalk.ask('POST', `/contacts/edit/${id}.json`, body)
  if (status !== 200) throw new Error(`contact ${id}: ${JSON.stringify(answer)}`)
  if (edit.state === 'planned') applyEdit(record.person, edit)
  edit.state = 'made'
  edit.contactId = id
}

async function editCall({ emulators }: Pushers, record: CallRecord): Promise<void> {
  const edit = record.edits[record.editsMade]
  if (!edit) return
  await emulators.cloudtalk.control('PATCH', `/calls/${record.id}`, edit)
  record.editsMade++
}
