import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  day,
  first,
  fourth,
  inStep,
  isCustomerLink,
  lookups,
  second,
  third,
} from '../../test/helpers/contact-groups.ts'
import { contactFromCustomer } from './contact-from-customer.ts'
import { type GroupFacts, type GroupMember, ownOf, planGroup } from './contact-group.ts'
import { contactAsCustomer } from './contact-view.ts'
import { type CustomerRecord, customerPatch } from './customer-from-contact.ts'
import { emptyCustomer } from './customer-record.ts'
import { ineligible } from './eligibility.ts'
import { combineCustomers, type MergeMember, type OwnFields } from './merge-customers.ts'
import type { ContactFields, E164 } from './records.ts'
import { type SharedFields, sharedFieldNames } from './shared-fields.ts'

/** A world of one contact and its customers, settled as the sync settles it. */
interface World {
  contact: ContactFields
  contactModifiedAt: string
  customers: { record: CustomerRecord; weight: string; lastSynced?: MergeMember }[]
  base: ContactFields | undefined
  own: OwnFields
}

const membersOf = ({ customers }: World): GroupMember[] =>
  customers.map(({ record, weight, lastSynced }) => {
    const frozen = ineligible(record) !== undefined
    const { fields } = contactFromCustomer(record, lookups)
    return {
      ...(frozen && lastSynced ? lastSynced : { customerId: record.id, modifiedAt: weight, fields }),
      frozen,
    }
  })

const factsOf = (world: World, directions: GroupFacts['directions']): GroupFacts => ({
  contact: world.contact,
  contactModifiedAt: world.contactModifiedAt,
  members: membersOf(world),
  base: world.base,
  own: world.own,
  directions,
  isCustomerLink,
  lookups,
})

const settle = (world: World, directions: GroupFacts['directions']) => {
  const facts = factsOf(world, directions)
  const result = planGroup(facts)
  const bodies = new Map(
    result.toCustomers.map(({ customerId, changes }) => {
      const customer = world.customers.find(({ record }) => record.id === customerId)
      return [customerId, customerPatch(customer?.record ?? emptyCustomer, changes, lookups).body]
    }),
  )
  const customers = world.customers.map((one) => {
    const { company, ...body } = bodies.get(one.record.id) ?? {}
    return { ...one, record: { ...one.record, ...body, ...(company && { companyId: company }) } }
  })
  const synced = facts.members.map((one, at): MergeMember => {
    const { frozen, ...known } = one
    if (frozen) return known
    return { ...known, fields: contactFromCustomer(customers[at]?.record ?? emptyCustomer, lookups).fields }
  })
  const writes = [...bodies.values(), result.toContact].flatMap((body) => Object.keys(body))
  const settled: World = {
    ...world,
    contact: result.fields,
    customers: customers.map((one, at) => ({ ...one, ...(synced[at] && { lastSynced: synced[at] }) })),
    ...result.next(synced),
  }
  return { world: settled, writes, result }
}

type Settled = ReturnType<typeof settle>

/** A name that is none, or an email or a number that stands in for one. */
const standInName = /^$|[@+]/

/** Settles until nothing is written any more; what comes of the first and of the last settle. */
const settleAll = (world: World, directions: GroupFacts['directions']): [Settled, ...Settled[]] => {
  const one = settle(world, directions)
  const two = settle(one.world, directions)
  const three = settle(two.world, directions)
  // Where no name is more than an email, the first email is shown: a customer of ten may learn of it one settle later.
  const learnsLater = standInName.test(world.contact.name) && world.contact.emails.length > 10
  expect(learnsLater ? settle(three.world, directions).writes : three.writes).toEqual([])
  return [one, two, three]
}

const place = fc.option(fc.constantFrom('London', 'Leeds', 'York', ' Bath '))
const long = fc.constantFrom('London', 'two\nlines', 'word '.repeat(60))
const number = fc.constantFrom(first, second, third, fourth)
const spelled = fc.constantFrom(
  'a@example.com',
  'A@Example.com',
  'b@example.com',
  'c@example.com',
  'd@example.com',
)
const emailsOf = (more: string[]) =>
  fc.uniqueArray(fc.oneof(spelled, fc.constantFrom('b@example.com', ...more)), {
    selector: (one) => one.toLowerCase(),
    maxLength: 5,
  })
const many = Array.from({ length: 12 }, (_, at) => `${at}@example.com`)
const contactEdit: fc.Arbitrary<Partial<ContactFields>> = fc.record(
  {
    name: fc.constantFrom('Ann', 'Bea', 'Cid', '', 'a@example.com'),
    numbers: fc.uniqueArray(fc.oneof(number, fc.constantFrom<E164>('+44999', '+44998'))),
    emails: emailsOf(['n/a']),
    website: fc.constantFrom(null, 'one.example', 'https://two.example', 'n/a'),
    address: place,
    city: place,
    zip: place,
    state: place,
    countryId: fc.constantFrom(null, '235', '61', '777'),
    company: fc.constantFrom(null, 'Lee', 'Else'),
    favoriteAgentId: fc.constantFrom(null, '7', '8'),
    externalUrls: fc.constantFrom([], [{ name: 'Shop', url: 'https://shop.example' }]),
  },
  { requiredKeys: [] },
)
/** With more than a customer has room for. */
const roomy = fc
  .tuple(
    contactEdit,
    fc.constantFrom({}, { emails: many }, { emails: many.toReversed() }, { address: 'two\nlines' }),
  )
  .map(([edit, more]): Partial<ContactFields> => ({ ...edit, ...more }))
const location = fc.record({
  type: fc.constantFrom('work', 'home'),
  address: place,
  address2: fc.option(long),
  cityName: fc.oneof(place, long),
  zipCode: fc.oneof(place, long),
  regionName: place,
  regionCode: fc.constantFrom(null, 'CA'),
  countryName: fc.constantFrom(null, 'Denmark', 'Great Britain', 'Nowhere'),
})
const recordEdit = (fewestPhones: number): fc.Arbitrary<Partial<CustomerRecord>> =>
  fc.record(
    {
      name: fc.constantFrom(null, 'Ann', 'Bea', 'Dan'),
      phones: fc
        .uniqueArray(number, { minLength: fewestPhones })
        .map((list) => list.map((phone) => ({ phone, type: 'mobile' }))),
      emails: emailsOf([]).map((list) => list.map((email) => ({ email, type: 'home' }))),
      urls: fc.array(
        fc.record({
          url: fc.constantFrom('https://one.example', 'two.example'),
          type: fc.constantFrom('website', 'blog'),
        }),
        { maxLength: 1 },
      ),
      locations: fc.array(location, { maxLength: 2 }),
      companyId: fc.constantFrom(null, 'Lee', 'Kin'),
      createdById: fc.constantFrom(null, '7', '9'),
    },
    { requiredKeys: [] },
  )
const anyDirections = fc.record({ import: fc.boolean(), export: fc.boolean() })
const worldWith = (fewestPhones: number, atMost = 3) =>
  fc
    .record({
      contact: contactEdit,
      records: fc.array(recordEdit(1), { minLength: 1, maxLength: atMost }),
    })
    .chain(({ contact, records }) => {
      const start: ContactFields = { ...inStep, name: 'Old', externalUrls: [], ...contact }
      const world: World = {
        contact: start,
        contactModifiedAt: day(1),
        customers: records.map((record, at) => ({
          record: {
            ...emptyCustomer,
            name: 'Eve',
            phones: [{ phone: first }],
            ...record,
            id: 'abc'.charAt(at),
          },
          weight: day(1),
        })),
        base: undefined,
        own: ownOf(start, lookups),
      }
      const edit = fc.record({
        contact: fewestPhones > 0 ? contactEdit : roomy,
        customers: fc.array(fc.record({ at: fc.nat(records.length - 1), edit: recordEdit(fewestPhones) }), {
          maxLength: 2,
        }),
        contactFirst: fc.boolean(),
        directions: anyDirections,
        settles: fc.nat(2),
      })
      return fc.record({ world: fc.constant(world), edits: fc.array(edit, { minLength: 1, maxLength: 4 }) })
    })

interface Edit {
  contact: Partial<ContactFields>
  customers: { at: number; edit: Partial<CustomerRecord> }[]
  contactFirst: boolean
}

const edited = (world: World, round: number, { contact, customers, contactFirst }: Edit): World => {
  const [early, late] = [day(2 * round + 2), day(2 * round + 3)]
  return {
    ...world,
    contact: { ...world.contact, ...contact },
    ...(Object.keys(contact).length > 0 && { contactModifiedAt: contactFirst ? early : late }),
    customers: world.customers.map((one, at) => {
      const mine = customers.filter((edit) => edit.at === at)
      if (mine.length === 0) return one
      const record = Object.assign({}, one.record, ...mine.map(({ edit }) => edit))
      return { ...one, record, weight: contactFirst ? late : early }
    }),
  }
}

/** What the customers say together, and the contact as they would say it. */
const sidesOf = (world: World): { customers: SharedFields; contact: SharedFields } => {
  const customers = combineCustomers(membersOf(world), world.own).fields
  const known = [customers, ...(world.base ? [world.base] : [])]
  return { customers, contact: contactAsCustomer(world.contact, known, lookups) }
}

const keysOf = (items: readonly string[]) => new Set(items.map((item) => item.toLowerCase()))
const isSame = (one: Set<string>, other: Set<string>) => one.symmetricDifference(other).size === 0

/** Ten times what a quiet machine needs for the slowest of them. */
const PATIENCE_MS = 90_000
const runs = { numRuns: 300 }

test(
  'once the edits stop, two settles are enough; a side that is off is never written, invalid numbers stay',
  () => {
    fc.assert(
      fc.property(worldWith(0), anyDirections, ({ world, edits }, last) => {
        let now = world
        for (const [round, edit] of edits.entries()) {
          now = edited(now, round, edit)
          for (let settles = 0; settles < edit.settles; settles++) {
            const { world: next, result, writes } = settle(now, edit.directions)
            if (!edit.directions.import) expect(result.toContact).toEqual({})
            if (!edit.directions.export) expect(result.toCustomers).toEqual([])
            if (!edit.directions.import && !edit.directions.export) expect(writes).toEqual([])
            now = next
          }
        }
        const invalid = now.contact.numbers.filter((one) => one.startsWith('+4499'))
        const [end] = settleAll(now, last)
        expect(end.world.contact.numbers).toEqual(expect.arrayContaining(invalid))
      }),
      runs,
    )
  },
  PATIENCE_MS,
)

test(
  'the plan does not depend on the order of the customers, and we make none ineligible',
  () => {
    fc.assert(
      fc.property(worldWith(0), ({ world, edits }) => {
        let now = world
        for (const [round, edit] of edits.entries()) {
          now = edited(now, round, edit)
          const facts = factsOf(now, edit.directions)
          const [one, other] = [
            planGroup(facts),
            planGroup({ ...facts, members: facts.members.toReversed() }),
          ]
          expect(other.toCustomers.toReversed()).toEqual(one.toCustomers)
          const { toCustomers: _order, next: _next, ...rest } = one
          expect(other).toMatchObject(rest)
          expect(other.next(facts.members)).toEqual(one.next(facts.members))
          const before = membersOf(now)
          now = settle(now, edit.directions).world
          expect(membersOf(now).map(({ frozen }) => frozen)).toEqual(before.map(({ frozen }) => frozen))
        }
      }),
      runs,
    )
  },
  PATIENCE_MS,
)

test(
  'a value that only one side changed is what both hold',
  () => {
    fc.assert(
      fc.property(worldWith(1), anyDirections, ({ world, edits }, directions) => {
        let now = settleAll(world, directions).at(-1)?.world ?? world
        for (const [round, edit] of edits.entries()) {
          const before = sidesOf(now)
          const changed = edited(now, round, edit)
          const shown = sidesOf(changed)
          const names = [changed.contact, ...membersOf(changed).map(({ fields }) => fields)].map(
            ({ name }) => name,
          )
          const settled = settleAll(changed, directions)
          now = settled.at(-1)?.world ?? now
          const holds = sidesOf(now)
          for (const field of sharedFieldNames) {
            if (field === 'numbers' || field === 'emails') continue
            const onContact = shown.contact[field] !== before.contact[field]
            const onCustomers = shown.customers[field] !== before.customers[field]
            // Nobody can empty a name, and one that only stands in moves with the emails and numbers.
            if (field === 'name' && names.some((name) => standInName.test(name))) continue
            if (onContact && !onCustomers) {
              expect([field, holds.contact[field]]).toEqual([field, shown.contact[field]])
              if (directions.export)
                expect([field, holds.customers[field]]).toEqual([field, shown.contact[field]])
            }
            if (onCustomers && !onContact) {
              expect([field, holds.customers[field]]).toEqual([field, shown.customers[field]])
              if (directions.import)
                expect([field, holds.contact[field]]).toEqual([field, shown.customers[field]])
            }
          }
          // Nobody loses the last number.
          if (shown.contact.numbers.length === 0) continue
          if (settled.some(({ result }) => result.conflicts.some(({ field }) => field === 'numbers')))
            continue
          for (const field of ['numbers', 'emails'] as const) {
            const [was, said] = [keysOf(before.contact[field]), keysOf(before.customers[field])]
            const [contact, customers] = [keysOf(shown.contact[field]), keysOf(shown.customers[field])]
            const [onContact, onCustomers] = [keysOf(holds.contact[field]), keysOf(holds.customers[field])]
            // Of a customer that would be left without a number, all stay.
            const spared = membersOf(now)
              .filter(({ fields }) => keysOf(fields.numbers).isDisjointFrom(keysOf(holds.contact.numbers)))
              .flatMap(({ fields }) => fields.numbers as string[])
            if (isSame(said, customers)) {
              expect(onContact).toEqual(contact)
              if (!directions.export) continue
              expect(onCustomers.isSupersetOf(contact.difference(was))).toBe(true)
              const kept = was.difference(contact).intersection(onCustomers)
              expect([...kept].filter((key) => !spared.includes(key))).toEqual([])
            } else if (isSame(was, contact)) {
              expect(onCustomers.isSupersetOf(customers.difference(said))).toBe(true)
              expect(onCustomers.isDisjointFrom(said.difference(customers))).toBe(true)
              if (!directions.import) continue
              expect(onContact.isSupersetOf(customers.difference(said))).toBe(true)
              expect(onContact.isDisjointFrom(said.difference(customers))).toBe(true)
            }
          }
        }
      }),
      runs,
    )
  },
  PATIENCE_MS,
)

test(
  'nothing is invented: whatever either side holds, somebody typed',
  () => {
    const valuesOf = (world: World): Map<string, Set<unknown>> => {
      const shown = [world.contact, sidesOf(world).contact, ...membersOf(world).map(({ fields }) => fields)]
      const values = (field: keyof SharedFields) =>
        new Set(shown.flatMap((fields): unknown[] => [fields[field]].flat()))
      return new Map(sharedFieldNames.map((field) => [field, values(field)]))
    }
    fc.assert(
      fc.property(worldWith(0), ({ world, edits }) => {
        let now = world
        const typed = new Map(sharedFieldNames.map((field) => [field as string, new Set<unknown>([null])]))
        const note = () => {
          for (const [field, values] of valuesOf(now))
            typed.set(field, values.union(typed.get(field) ?? new Set()))
        }
        note()
        for (const [round, edit] of edits.entries()) {
          now = edited(now, round, edit)
          note()
          now = settle(now, edit.directions).world
          for (const [field, values] of valuesOf(now)) {
            const isStandIn = (value: unknown) => field === 'name' && /[@+]/.test(String(value))
            const invented = [...values.difference(typed.get(field) ?? new Set())].filter(
              (value) => !isStandIn(value),
            )
            expect([field, ...invented]).toEqual([field])
          }
        }
      }),
      runs,
    )
  },
  PATIENCE_MS,
)
