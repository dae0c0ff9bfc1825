import { describe, expect, test } from 'vitest'
import {
  day,
  first,
  fourth,
  inStep,
  isCustomerLink,
  linkOf,
  lookups,
  second,
  third,
} from '../../test/helpers/contact-groups.ts'
import { type GroupFacts, type GroupMember, ownOf, ownWith, planGroup } from './contact-group.ts'
import { nothingOwn } from './merge-customers.ts'
import type { ContactFields, E164 } from './records.ts'
import type { SharedFields } from './shared-fields.ts'

const links = (...ids: string[]) =>
  ids.map((id, at) => ({ ...linkOf(id), name: at === 0 ? 'Kustomer' : `Kustomer ${at + 1}` }))

const member = (
  customerId: string,
  fields: Partial<ContactFields> = {},
  more: Partial<Omit<GroupMember, 'fields'>> = {},
): GroupMember => ({
  customerId,
  modifiedAt: day(10),
  frozen: false,
  fields: { ...inStep, externalUrls: [linkOf(customerId)], ...fields },
  ...more,
})

/** A customer without a value of its own but what a case gives it. */
const bare = (
  customerId: string,
  fields: Partial<ContactFields>,
  more: Partial<GroupMember> = {},
): GroupMember =>
  member(
    customerId,
    { name: '', address: null, city: null, zip: null, countryId: null, numbers: [], emails: [], ...fields },
    more,
  )

const plan = (facts: Partial<GroupFacts>) =>
  planGroup({
    contact: inStep,
    members: [member('a')],
    base: inStep,
    own: nothingOwn,
    directions: { import: true, export: true },
    isCustomerLink,
    lookups,
    ...facts,
  })

/** The members with what is written to them, as a customer that takes everything would show it. */
const after = (
  members: readonly GroupMember[],
  writes: ReturnType<typeof planGroup>['toCustomers'],
): GroupMember[] =>
  members.map((one) => {
    const changes = writes.find(({ customerId }) => customerId === one.customerId)?.changes
    return { ...one, fields: { ...one.fields, ...changes } }
  })

/** A settle, and the one after it with some further edits. */
const twice = (
  facts: Partial<GroupFacts>,
  edits: { contact?: Partial<ContactFields>; members?: GroupMember[]; directions?: GroupFacts['directions'] },
) => {
  const before = plan(facts)
  const members = after(facts.members ?? [member('a')], before.toCustomers)
  return plan({
    ...facts,
    contact: { ...before.fields, ...edits.contact },
    members: edits.members ?? members,
    directions: edits.directions ?? facts.directions ?? { import: true, export: true },
    ...before.next(members),
  })
}

interface Case extends Partial<Omit<GroupFacts, 'contact' | 'base'>> {
  why: string
  contact?: Partial<ContactFields>
  base?: Partial<ContactFields>
  toContact?: Partial<ContactFields>
  toCustomers?: Record<string, Partial<SharedFields>>
  conflicts?: { field: string; kept: string }[]
}

const run = (cases: Case[]) =>
  test.each(cases)('$why', ({ why: _why, contact, base, toContact, toCustomers, conflicts, ...facts }) => {
    const result = plan({ ...facts, contact: { ...inStep, ...contact }, base: { ...inStep, ...base } })
    expect(result.toContact).toEqual(toContact ?? {})
    expect(result.fields).toEqual({ ...inStep, ...contact, ...toContact })
    expect(Object.fromEntries(result.toCustomers.map((one) => [one.customerId, one.changes]))).toEqual(
      toCustomers ?? {},
    )
    expect(result.conflicts).toEqual(conflicts ?? [])
  })

const exportOff = { import: true, export: false }
const importOff = { import: false, export: true }

describe('one customer', () => {
  run([
    { why: 'nothing changed' },
    { why: 'the customer changed', members: [member('a', { city: 'Leeds' })], toContact: { city: 'Leeds' } },
    { why: 'the customer emptied it', members: [member('a', { zip: null })], toContact: { zip: null } },
    { why: 'the contact changed', contact: { city: 'Leeds' }, toCustomers: { a: { city: 'Leeds' } } },
    { why: 'the contact emptied it', contact: { zip: null }, toCustomers: { a: { zip: null } } },
    {
      why: 'each changed another field',
      members: [member('a', { name: 'Ann' })],
      contact: { city: 'Leeds' },
      toContact: { name: 'Ann' },
      toCustomers: { a: { city: 'Leeds' } },
    },
    {
      why: 'each added and removed a number',
      members: [member('a', { numbers: [second, third] })],
      contact: { numbers: [first, fourth] },
      toContact: { numbers: [third, fourth] },
      toCustomers: { a: { numbers: [third, fourth] } },
    },
    {
      why: 'the contact moved its numbers',
      contact: { numbers: [second, first] },
      toCustomers: { a: { numbers: [second, first] } },
    },
    {
      why: 'both changed, the contact later',
      members: [member('a', { city: 'York' })],
      contact: { city: 'Leeds' },
      contactModifiedAt: day(11),
      toCustomers: { a: { city: 'Leeds' } },
      conflicts: [{ field: 'city', kept: 'contact' }],
    },
    {
      why: 'both changed, the customer later',
      members: [member('a', { city: 'York' })],
      contact: { city: 'Leeds' },
      contactModifiedAt: day(9),
      toContact: { city: 'York' },
      conflicts: [{ field: 'city', kept: 'customer' }],
    },
    {
      why: 'both changed, nobody knows when the contact did',
      members: [member('a', { city: 'York' })],
      contact: { city: 'Leeds' },
      toContact: { city: 'York' },
      conflicts: [{ field: 'city', kept: 'customer' }],
    },
    {
      why: 'the contact lost all its numbers: they come back',
      contact: { numbers: [] },
      contactModifiedAt: day(11),
      toContact: { numbers: [first, second] },
      conflicts: [{ field: 'numbers', kept: 'customer' }],
    },
  ])
})

describe('a direction that is off', () => {
  run([
    {
      why: 'no export of an edit',
      directions: exportOff,
      contact: { city: 'Leeds', numbers: [first, third] },
    },
    {
      why: 'without export the customer has the last word',
      directions: exportOff,
      contact: { city: 'Leeds' },
      contactModifiedAt: day(11),
      members: [member('a', { city: 'York' })],
      toContact: { city: 'York' },
      conflicts: [{ field: 'city', kept: 'customer' }],
    },
    {
      why: 'no import of an edit',
      directions: importOff,
      members: [
        member('a', { city: 'Leeds', numbers: [first, third], company: 'Lee', externalUrls: [linkOf('b')] }),
      ],
    },
    {
      why: 'without import the contact has the last word',
      directions: importOff,
      contact: { city: 'Leeds' },
      contactModifiedAt: day(9),
      members: [member('a', { city: 'York' })],
      toCustomers: { a: { city: 'Leeds' } },
      conflicts: [{ field: 'city', kept: 'contact' }],
    },
    {
      why: 'a conflict that nothing is written for is none',
      directions: importOff,
      contact: { numbers: [] },
    },
  ])

  test('without export, edits of the contact outlive those of the customer', () => {
    const facts = { directions: exportOff, contact: { ...inStep, city: 'Leeds', numbers: [first, third] } }
    const edited = member('a', { name: 'Ann', numbers: [first, second, fourth] })
    const result = twice(facts, { members: [edited] })
    expect(result.fields).toEqual({ ...inStep, name: 'Ann', city: 'Leeds', numbers: [first, fourth, third] })
    expect(twice(facts, { members: [member('a', { city: 'York' })] }).fields.city).toBe('York')
  })

  test('switched on later, what was held back goes over', () => {
    const contact = { ...inStep, city: 'Leeds', numbers: [first, third] }
    expect(
      twice({ directions: exportOff, contact }, { directions: { import: true, export: true } }).toCustomers,
    ).toEqual([{ customerId: 'a', changes: { city: 'Leeds', numbers: [first, third] } }])
    const members = [
      member('a', { city: 'Leeds', company: 'Lee', numbers: [first, third], externalUrls: [linkOf('b')] }),
    ]
    expect(
      twice({ directions: importOff, members }, { directions: { import: true, export: true } }).toContact,
    ).toEqual({ city: 'Leeds', company: 'Lee', numbers: [first, third], externalUrls: [linkOf('b')] })
  })

  test('without import, edits of the customer outlive those of the contact', () => {
    const members = [member('a', { city: 'Leeds', numbers: [first, third] })]
    const result = twice(
      { directions: importOff, members },
      { contact: { name: 'Ann', numbers: [first, second, fourth] } },
    )
    expect(result.toCustomers).toEqual([
      { customerId: 'a', changes: { name: 'Ann', numbers: [first, third, fourth] } },
    ])
    expect(result.toContact).toEqual({})
  })

  test('without import, the order that a customer gives its numbers is not taken back', () => {
    const facts = { directions: importOff, members: [member('a', { numbers: [second, first] })] }
    const once = plan(facts)
    const again = plan({ ...facts, ...once.next(facts.members) })
    expect([once, again].map(({ toCustomers }) => toCustomers)).toEqual([[], []])
  })

  test('without export, the contact edits its own values freely', () => {
    const own = { ...nothingOwn, city: 'London', company: 'Lee', numbers: [second] }
    const facts = {
      directions: exportOff,
      own,
      members: [member('a', { city: null, company: null, numbers: [first] })],
      base: { ...inStep, company: 'Lee', numbers: [second, first] },
    }
    const contact = { ...inStep, city: 'Leeds', company: 'Lee & Sons', numbers: [first] }
    expect(twice({ ...facts, contact }, {}).toContact).toEqual({})
    // Edited once more before the next settle.
    const again = { city: 'York', numbers: [first, second] }
    expect(twice({ ...facts, contact }, { contact: again }).toContact).toEqual({})
    const cleared = { city: null, company: null }
    expect(twice({ ...facts, contact }, { contact: cleared }).toContact).toEqual({})
  })

  test('without import, the contact keeps its own values whatever a customer says meanwhile', () => {
    const contact = { ...inStep, company: 'Lee' }
    const own = { ...nothingOwn, city: 'London', company: 'Lee' }
    const said = twice(
      {
        directions: importOff,
        contact,
        own,
        base: contact,
        members: [member('a', { city: 'York', company: 'Else' })],
      },
      { members: [member('a', { city: null, company: null })], directions: { import: true, export: true } },
    )
    expect(said.toContact).toEqual({})
    expect(said.toCustomers).toEqual([])
  })
})

describe('frozen customers', () => {
  run([
    {
      why: 'take no writes',
      members: [member('a', {}, { frozen: true })],
      contact: { city: 'Leeds', numbers: [first] },
    },
    {
      why: 'give nothing where all are frozen, and make no conflict',
      members: [member('a', { city: 'York' }, { frozen: true })],
      contact: { numbers: [] },
    },
    {
      why: 'an edit of their value goes to the newest that is not',
      members: [
        member('a', {}, { frozen: true, modifiedAt: day(12) }),
        bare('b', { numbers: [second] }),
        bare('c', { numbers: [second] }, { modifiedAt: day(11) }),
      ],
      base: { externalUrls: links('a', 'c', 'b') },
      contact: { city: 'Leeds', numbers: [second] },
      toCustomers: { c: { city: 'Leeds' } },
    },
    {
      why: 'which side is newer does not depend on them',
      members: [
        member('a', { city: null }, { frozen: true, modifiedAt: day(20) }),
        bare('b', { city: 'York' }),
      ],
      base: { externalUrls: links('a', 'b') },
      contact: { city: 'Leeds' },
      contactModifiedAt: day(12),
      toCustomers: { b: { city: 'Leeds' } },
      conflicts: [{ field: 'city', kept: 'contact' }],
    },
  ])

  test('once thawed, a customer gets the edits that it missed', () => {
    const facts = {
      members: [member('a', {}, { frozen: true })],
      contact: { ...inStep, city: 'Leeds', numbers: [first] },
    }
    expect(twice(facts, {}).toCustomers).toEqual([])
    expect(twice(facts, { members: [member('a')] }).toCustomers).toEqual([
      { customerId: 'a', changes: { city: 'Leeds', numbers: [first] } },
    ])
  })

  test('a number that is held back for a frozen customer does not hold back the others', () => {
    const frozen = bare('b', { numbers: [second] }, { frozen: true })
    const facts = {
      members: [member('a', { numbers: [first, third] }), frozen],
      contact: { ...inStep, numbers: [first] },
      base: { ...inStep, externalUrls: links('b', 'a') },
    }
    expect(plan(facts).toContact).toEqual({ numbers: [first, third] })
    expect(plan(facts).toCustomers).toEqual([])
    const removed = twice(facts, { contact: { numbers: [first] } })
    expect(removed.toContact).toEqual({})
    expect(removed.toCustomers).toEqual([{ customerId: 'a', changes: { numbers: [first] } }])
  })
})

describe('the first join', () => {
  const contact: ContactFields = {
    ...inStep,
    name: 'Old name',
    company: 'Own company',
    website: 'not a website',
    city: 'Own city',
    favoriteAgentId: '7',
    numbers: ['+44999' as E164, third],
    emails: ['n/a', ...Array.from({ length: 11 }, (_, at) => `${at}@example.com`)],
    externalUrls: [{ name: 'Shop', url: 'https://shop.example' }],
  }
  const own = ownOf(contact, lookups)
  const members = [member('a', { city: null })]
  const facts = { contact, members, base: undefined, own }

  test('the customers’ values win where they have one, the contact’s own stay, no customer is written', () => {
    const { fields, toCustomers, conflicts, provenance } = plan(facts)
    expect(fields).toEqual({
      ...contact,
      name: 'Ann Lee',
      numbers: [third, first, second, '+44999'],
      emails: [...contact.emails, 'ann@example.com'],
      externalUrls: [...contact.externalUrls, linkOf('a')],
    })
    expect([toCustomers, conflicts]).toEqual([[], []])
    expect(provenance).toMatchObject({ name: 'a', city: 'contact', company: 'contact' })
  })

  test('nothing is written after it', () => {
    const again = twice(facts, {})
    expect([again.toContact, again.toCustomers]).toEqual([{}, []])
  })

  test('a customer’s value takes the place of the contact’s own for good', () => {
    const joined = twice(facts, { members: [member('a', { city: 'Leeds', company: 'Lee' })] })
    expect(joined.toContact).toEqual({ city: 'Leeds', company: 'Lee' })
    const one = plan(facts)
    const two = plan({ ...facts, contact: one.fields, ...one.next(members), members: [member('a')] })
    const gone = plan({ ...facts, contact: two.fields, ...two.next([member('a')]), members })
    expect(two.toContact).toEqual({ city: 'London' })
    expect(gone.toContact).toEqual({ city: null })
  })

  test('an own value that is edited becomes a customer’s', () => {
    const edited = twice(facts, { contact: { city: 'Leeds', numbers: [third, first, second, fourth] } })
    expect(edited.toCustomers).toEqual([
      { customerId: 'a', changes: { numbers: [first, second, fourth], city: 'Leeds' } },
    ])
    const written = after(members, edited.toCustomers)
    expect(edited.next(written).own.city).toBeUndefined()
    expect(edited.next(written).base).toMatchObject({ city: 'Leeds' })
  })

  test('an own number stays when the customers’ numbers go, until somebody removes it from the contact', () => {
    const left = twice(facts, { members: [member('a', { city: null, numbers: [second] })] })
    expect(left.fields.numbers).toEqual([third, second, '+44999'])
    const removed = twice(facts, { contact: { numbers: [first, second] } })
    expect([removed.toContact, removed.toCustomers]).toEqual([{}, []])
    expect(removed.next(members).own.numbers).toEqual([])
    expect(removed.next(members).base.numbers).not.toContain(third)
  })

  test('without import it changes nothing, and what the customers say comes when that is on', () => {
    const off = { ...facts, directions: importOff }
    expect(plan(off)).toMatchObject({ toContact: {}, toCustomers: [] })
    expect(twice(off, { directions: { import: true, export: true } }).fields).toEqual(plan(facts).fields)
  })
})

describe('customers of one contact', () => {
  const pair = [
    bare(
      'a',
      { name: 'Ann Lee', city: 'London', zip: 'N1 9GU', numbers: [first], emails: ['ann@example.com'] },
      { modifiedAt: day(10) },
    ),
    bare(
      'b',
      { address: '10 Work Road', zip: 'E1', countryId: '235', numbers: [second, first] },
      { modifiedAt: day(5) },
    ),
  ]
  const base = { externalUrls: links('a', 'b') }
  const trio = [...pair, bare('c', { state: 'Kent', numbers: [second, third] }, { modifiedAt: day(11) })]
  const ofThree = { state: 'Kent', numbers: [second, third, first], externalUrls: links('c', 'a', 'b') }
  run([
    { why: 'in step', members: pair, base },
    { why: 'three in step', members: trio, base: ofThree, contact: ofThree },
    {
      why: 'each edit goes to the customer that the value came from',
      members: pair,
      base,
      contact: { city: 'Leeds', address: '11 Work Road' },
      toCustomers: { b: { address: '11 Work Road' }, a: { city: 'Leeds' } },
    },
    {
      why: 'what is new goes to the newest',
      members: trio,
      base: ofThree,
      contact: {
        ...ofThree,
        website: 'https://lee.example',
        numbers: [second, third, first, fourth],
        emails: ['ann@example.com', 'lee@example.com'],
      },
      toCustomers: {
        c: { website: 'https://lee.example', numbers: [second, third, fourth], emails: ['lee@example.com'] },
      },
    },
    {
      why: 'a removed number goes from all who hold it',
      members: trio,
      base: ofThree,
      contact: { ...ofThree, numbers: [third, first] },
      toCustomers: { b: { numbers: [first] }, c: { numbers: [third] } },
    },
    {
      why: 'no customer loses its last number',
      members: trio,
      base: ofThree,
      contact: { ...ofThree, numbers: [second, third] },
      toCustomers: { b: { numbers: [second] } },
    },
    {
      why: 'an emptied field is emptied in all, or an older value would come up',
      members: trio,
      base: ofThree,
      contact: { ...ofThree, zip: null },
      toCustomers: { b: { zip: null }, a: { zip: null } },
    },
    {
      why: 'a number that one of two holders gave up stays',
      members: [pair[0], { ...pair[1], fields: { ...pair[1]?.fields, numbers: [second] } }] as GroupMember[],
      base,
    },
    {
      why: 'a customer’s own number leaves with it, one of the contact’s own does not',
      members: [pair[0], { ...pair[1], fields: { ...pair[1]?.fields, numbers: [first] } }] as GroupMember[],
      own: { numbers: [third], emails: [] },
      base: { ...base, numbers: [third, first, second] },
      contact: { numbers: [third, first, second] },
      toContact: { numbers: [third, first] },
    },
    {
      why: 'an email in another spelling is the same one',
      members: pair,
      base,
      contact: { emails: ['ANN@Example.com'] },
    },
  ])

  test('a removal is no news to a customer that could not take it', () => {
    const facts = {
      members: trio,
      base: { ...inStep, ...ofThree },
      contact: { ...inStep, ...ofThree, numbers: [second, third] },
    }
    const again = twice(facts, {})
    expect([again.toContact, again.toCustomers]).toEqual([{}, []])
    expect(again.fields.numbers).not.toContain(first)
  })

  test('more numbers than one customer could hold are not taken for removed', () => {
    const many = Array.from({ length: 14 }, (_, at) => `+4420718387${50 + at}` as E164)
    const members = [
      bare('a', { ...inStep, numbers: many.slice(0, 8) }),
      bare('b', { numbers: many.slice(8) }, { modifiedAt: day(9) }),
    ]
    const contact = { ...inStep, numbers: many }
    const facts = { members, contact, base: { ...contact, externalUrls: links('a', 'b') } }
    expect(plan(facts)).toMatchObject({ toContact: {}, toCustomers: [] })
  })

  test('a customer that joins gives what it has more', () => {
    const joined = bare('b', { name: 'Bea', state: 'Kent', numbers: [third] }, { modifiedAt: day(5) })
    expect(plan({ members: [member('a'), joined] }).toContact).toEqual({
      state: 'Kent',
      numbers: [first, second, third],
      externalUrls: links('a', 'b'),
    })
  })

  test('the values of a customer that leaves go, unless the contact keeps them', () => {
    const members = pair.slice(0, 1)
    const facts = {
      members,
      base: { ...inStep, ...base },
      contact: { ...inStep, externalUrls: links('a', 'b') },
    }
    const gone = { numbers: [first], address: null, countryId: null, externalUrls: links('a') }
    expect(plan(facts).toContact).toEqual(gone)
    const own = ownWith(nothingOwn, (pair[1] as GroupMember).fields)
    expect(plan({ ...facts, own }).toContact).toEqual({ externalUrls: links('a') })
    expect(own).not.toHaveProperty('externalUrls')
  })

  test('an edit elsewhere that makes another customer the newest does not move the numbers', () => {
    const [a, b] = pair as [GroupMember, GroupMember]
    const members = [a, { ...b, modifiedAt: day(20), fields: { ...b.fields, state: 'Kent' } }]
    const result = plan({ members, base: { ...inStep, ...base }, contact: { ...inStep, ...base } })
    expect(result.toContact).toMatchObject({ state: 'Kent' })
    expect(result.toContact).not.toHaveProperty('numbers')
    expect(result.next(members).base.numbers).toEqual([first, second])
  })

  test('an edit that only a frozen customer hides is not sent again and again', () => {
    const members = [member('a', {}, { frozen: true, modifiedAt: day(20) }), bare('b', { numbers: [second] })]
    const facts = {
      members,
      base: { ...inStep, externalUrls: links('a', 'b') },
      contact: { ...inStep, city: 'Leeds' },
    }
    expect(plan(facts).toCustomers).toEqual([{ customerId: 'b', changes: { city: 'Leeds' } }])
    expect(twice(facts, {})).toMatchObject({ toContact: {}, toCustomers: [] })
  })
})

describe('links', () => {
  const other = (name: string) => ({ name, url: `https://${name}.example` })
  run([
    {
      why: 'ours moved: the foreign ones stay in front',
      members: [member('b')],
      contact: { externalUrls: [linkOf('a'), other('shop')] },
      toContact: { externalUrls: [other('shop'), linkOf('b')] },
    },
    { why: 'ours taken away by a person stays away', contact: { externalUrls: [] } },
    { why: 'in another order', contact: { externalUrls: [other('shop'), linkOf('a')] } },
    {
      why: 'at most three',
      members: [
        member('a', {}, { modifiedAt: day(13) }),
        member('b', {}, { modifiedAt: day(12) }),
        member('c'),
      ],
      contact: { externalUrls: [other('shop'), linkOf('a')] },
      toContact: { externalUrls: [other('shop'), ...links('a', 'b')] },
    },
    {
      why: 'no room',
      members: [member('b')],
      base: { externalUrls: [] },
      contact: { externalUrls: [other('one'), other('two'), other('three')] },
    },
    {
      why: 'four foreign ones are left as they are',
      members: [member('b')],
      contact: { externalUrls: [other('one'), other('two'), other('three'), other('four')] },
    },
  ])
})

describe('company and favorite agent only come from the customer', () => {
  const [lee, seven] = [{ company: 'Lee' }, { favoriteAgentId: '7' }]
  run([
    { why: 'changed', members: [member('a', { ...lee, ...seven })], toContact: { ...lee, ...seven } },
    { why: 'changed on the contact', contact: { ...lee, ...seven } },
    { why: 'emptied on the contact', members: [member('a', lee)], base: lee },
    { why: 'emptied', base: lee, contact: lee, toContact: { company: null } },
    { why: 'changed on both', members: [member('a', lee)], contact: { company: 'Else' }, toContact: lee },
    { why: 'changed on both alike', members: [member('a', lee)], contact: lee },
    {
      why: 'of two customers the newest that has one',
      members: [member('a', lee), member('b', { ...seven }, { modifiedAt: day(11) })],
      base: { externalUrls: links('b', 'a') },
      toContact: { ...lee, ...seven },
    },
  ])

  test('an edit of the contact lasts until the customer changes', () => {
    const facts = {
      members: [member('a', lee)],
      base: { ...inStep, ...lee },
      contact: { ...inStep, company: 'Else' },
    }
    expect(twice(facts, {}).toContact).toEqual({})
    expect(twice(facts, { members: [member('a', { company: 'Lee & Sons' })] }).toContact).toEqual({
      company: 'Lee & Sons',
    })
    expect(twice(facts, { members: [member('a')] }).toContact).toEqual({ company: null })
  })
})

describe('what one side cannot hold', () => {
  const emails = Array.from({ length: 12 }, (_, at) => `${at}@example.com`)
  run([
    { why: 'numbers that do not exist', contact: { numbers: ['+44999', first, second] } },
    {
      why: 'they stay when the list is written',
      contact: { numbers: ['+44999', first, second], emails: ['n/a', 'ann@example.com'] },
      members: [member('a', { numbers: [first], emails: [] })],
      toContact: { numbers: [first, '+44999'], emails: ['n/a'] },
    },
    { why: 'a website that is none', contact: { website: 'n/a' } },
    {
      why: 'a country that nobody knows',
      base: { countryId: null },
      contact: { countryId: '777' },
      members: [member('a', { countryId: null })],
    },
    { why: 'line breaks and blanks', contact: { address: ' 10 Work\nRoad', city: ' London ' } },
    { why: 'an email in another case', contact: { emails: ['Ann@Example.com'] } },
  ])

  test('emails that the customer has no room for stay on the contact without further writes', () => {
    const full = member('a', { emails: emails.slice(0, 10) })
    const contact = { ...inStep, emails }
    const facts = { members: [full], contact, base: { ...inStep, emails: emails.slice(0, 10) } }
    const one = plan(facts)
    const two = plan({ ...facts, ...one.next([full]), contact: one.fields })
    expect([one.toContact, two.toContact]).toEqual([{}, {}])
    expect(two.next([full]).base.emails).toEqual(emails.slice(0, 10))
    const less = member('a', { emails: emails.slice(1, 10) })
    const three = plan({ ...facts, ...two.next([full]), contact: two.fields, members: [less] })
    expect(three.fields.emails).toEqual(emails.slice(1))
    const four = plan({ ...facts, ...three.next([less]), contact: three.fields, members: [less] })
    expect(four.toCustomers).toEqual([{ customerId: 'a', changes: { emails: emails.slice(1, 11) } }])
  })

  test('a name cannot be emptied: the customer’s comes back', () => {
    const back = twice({ contact: { ...inStep, name: '' } }, { members: [member('a')] })
    expect(back.fields.name).toBe('Ann Lee')
  })
})

test('a website that shows once another is removed is a new one, and so is a name that stands in', () => {
  const facts = {
    base: { ...inStep, website: 'https://one.example' },
    members: [member('a', { website: 'https://one.example' })],
  }
  const shows = [member('a', { website: 'https://two.example' })]
  const { next, toCustomers } = plan({ ...facts, contact: { ...inStep, website: null } })
  expect(toCustomers).toEqual([{ customerId: 'a', changes: { website: null } }])
  expect(plan({ members: shows, ...next(shows) })).toMatchObject({
    toContact: { website: 'https://two.example' },
    toCustomers: [],
  })

  const nameless = plan({ contact: { ...inStep, name: '' } })
  const standsIn = [member('a', { name: 'ann@example.com' })]
  expect(
    plan({ contact: { ...inStep, name: '' }, members: standsIn, ...nameless.next(standsIn) }),
  ).toMatchObject({
    toContact: { name: 'ann@example.com' },
    toCustomers: [],
  })
})

test('what a customer says only after the plan is no news that was dealt with', () => {
  const { next } = plan({ contact: { ...inStep, numbers: [first, second, third] } })
  const raced = member('a', { city: 'Leeds', numbers: [first, second, third, fourth] })
  expect(
    plan({ contact: { ...inStep, numbers: [first, second, third] }, members: [raced], ...next([raced]) }),
  ).toMatchObject({
    toContact: { city: 'Leeds', numbers: [first, second, third, fourth] },
    toCustomers: [],
  })
})
