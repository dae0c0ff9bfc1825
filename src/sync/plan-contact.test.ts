import { describe, expect, test } from 'vitest'
import type { ContactFields } from '../mapping/records.ts'
import type { Link } from '../store/links.ts'
import {
  adoptedFields,
  type ContactFacts,
  type ContactPlan,
  carriedOver,
  planContact,
} from './plan-contact.ts'

const [A, B, C, D] = ['+442071838750', '+442071838751', '+442071838752', '+442071838753'] as const
const url = (name: string) => ({ name, url: `https://${name}.example.com` })

const fields = (more: Partial<ContactFields> = {}): ContactFields => ({
  name: 'Zoë',
  company: null,
  website: null,
  address: null,
  city: null,
  zip: null,
  state: null,
  countryId: null,
  favoriteAgentId: null,
  numbers: [A],
  emails: [],
  externalUrls: [],
  ...more,
})
const link = (more: Partial<Link> = {}): Link => ({
  customerId: 'c1',
  contactId: '9',
  origin: 'created',
  base: fields(),
  synced: fields(),
  ...more,
})
const renamed = fields({ name: 'Zoe' })

const plans: { label: string; facts: Partial<ContactFacts>; plan: ContactPlan }[] = [
  {
    label: 'an ineligible customer is left out',
    facts: { ineligible: 'SHARED_PHONE' },
    plan: { kind: 'skip', reason: 'SHARED_PHONE' },
  },
  {
    label: 'an ineligible customer keeps its contact, which the outcome names',
    facts: { ineligible: 'SHARED_EMAIL', link: link() },
    plan: { kind: 'skip', reason: 'SHARED_EMAIL', contactId: '9' },
  },
  {
    label: 'an ineligible customer joins nobody',
    facts: { ineligible: 'NO_PHONE', desired: fields(), match: { contactId: '5', by: 'phone' } },
    plan: { kind: 'skip', reason: 'NO_PHONE' },
  },
  { label: 'nothing wanted is nothing done', facts: {}, plan: { kind: 'skip', reason: 'NO_PHONE' } },
  {
    label: 'a deleted customer without a link',
    facts: { ineligible: 'DELETED' },
    plan: { kind: 'skip', reason: 'DELETED' },
  },
  {
    label: 'a deleted customer leaves its contact',
    facts: { ineligible: 'DELETED', link: link() },
    plan: { kind: 'unlink', contactId: '9' },
  },
  {
    label: 'a deleted customer leaves its intent',
    facts: { ineligible: 'DELETED', link: link({ contactId: undefined }) },
    plan: { kind: 'unlink', contactId: undefined },
  },
  {
    label: 'a new customer',
    facts: { desired: fields() },
    plan: { kind: 'create', fields: fields(), intended: undefined },
  },
  {
    label: 'a new customer whose earlier try left no word',
    facts: { desired: renamed, link: link({ contactId: undefined, synced: undefined }) },
    plan: { kind: 'create', fields: renamed, intended: fields() },
  },
  {
    label: 'an intent without fields',
    facts: { desired: renamed, link: link({ contactId: undefined, base: undefined, synced: undefined }) },
    plan: { kind: 'create', fields: renamed, intended: renamed },
  },
  {
    label: 'an intent is not given up for a contact that matches',
    facts: {
      desired: fields(),
      link: link({ contactId: undefined, synced: undefined }),
      match: { contactId: '5', by: 'name' },
    },
    plan: { kind: 'create', fields: fields(), intended: fields() },
  },
  {
    label: 'a contact with the number',
    facts: { desired: fields(), match: { contactId: '5', by: 'phone' } },
    plan: { kind: 'adopt', contactId: '5', by: 'phone', fields: fields() },
  },
  {
    label: 'a contact with the name',
    facts: { desired: fields(), match: { contactId: '5', by: 'name' } },
    plan: { kind: 'adopt', contactId: '5', by: 'name', fields: fields() },
  },
  {
    label: 'nothing new',
    facts: { desired: fields(), link: link() },
    plan: { kind: 'none', contactId: '9', fields: fields(), base: undefined },
  },
  {
    label: 'a link wins over a match',
    facts: { desired: fields(), link: link(), match: { contactId: '5', by: 'phone' } },
    plan: { kind: 'none', contactId: '9', fields: fields(), base: undefined },
  },
  {
    label: 'one changed field is sent alone',
    facts: { desired: renamed, link: link() },
    plan: { kind: 'update', contactId: '9', changes: { name: 'Zoe' }, fields: renamed, base: renamed },
  },
  {
    label: 'what somebody changed in CloudTalk stays while the customer says the same',
    facts: { desired: fields(), link: link({ synced: renamed }) },
    plan: { kind: 'none', contactId: '9', fields: renamed, base: undefined },
  },
  {
    label: 'the customer says by now what the contact holds already',
    facts: { desired: renamed, link: link({ synced: renamed }) },
    plan: { kind: 'none', contactId: '9', fields: renamed, base: renamed },
  },
  {
    label: 'a number added in Kustomer joins the one added in CloudTalk',
    facts: { desired: fields({ numbers: [A, B] }), link: link({ synced: fields({ numbers: [A, C] }) }) },
    plan: {
      kind: 'update',
      contactId: '9',
      changes: { numbers: [A, B, C] },
      fields: fields({ numbers: [A, B, C] }),
      base: fields({ numbers: [A, B] }),
    },
  },
  {
    label: 'a contact that we never wrote gets everything',
    facts: { desired: fields(), link: link({ synced: undefined }) },
    plan: { kind: 'update', contactId: '9', changes: fields(), fields: fields(), base: fields() },
  },
]

test.each(plans)('$label', ({ facts, plan }) => {
  const none = { ineligible: undefined, link: undefined, desired: undefined, match: undefined }
  expect(planContact({ ...none, ...facts })).toEqual(plan)
})

describe('carried over', () => {
  interface Case {
    label: string
    base: Partial<ContactFields> | undefined
    desired: Partial<ContactFields>
    synced: Partial<ContactFields>
    holds: Partial<ContactFields>
  }
  const cases: Case[] = [
    {
      label: 'a value that changed',
      base: { city: 'London' },
      desired: { city: 'Paris' },
      synced: { city: 'Rome' },
      holds: { city: 'Paris' },
    },
    {
      label: 'a value that was emptied',
      base: { city: 'London' },
      desired: { city: null },
      synced: { city: 'London' },
      holds: { city: null },
    },
    {
      label: 'not a value that did not change',
      base: { city: 'London' },
      desired: { city: 'London' },
      synced: { city: 'Rome' },
      holds: { city: 'Rome' },
    },
    {
      label: 'one field, and not its neighbours',
      base: { city: 'London', zip: '1' },
      desired: { city: 'Paris', zip: '1' },
      synced: { city: 'London', zip: '2' },
      holds: { city: 'Paris', zip: '2' },
    },
    {
      label: 'a number that went: the others of CloudTalk stay',
      base: { numbers: [A, B] },
      desired: { numbers: [A] },
      synced: { numbers: [A, B, C] },
      holds: { numbers: [A, C] },
    },
    {
      label: 'a number exchanged for another',
      base: { numbers: [A] },
      desired: { numbers: [B] },
      synced: { numbers: [C, A, D] },
      holds: { numbers: [B, C, D] },
    },
    {
      label: 'a number that CloudTalk had already, once',
      base: { numbers: [A] },
      desired: { numbers: [A, B] },
      synced: { numbers: [A, B] },
      holds: { numbers: [A, B] },
    },
    {
      label: 'not a number taken away in CloudTalk while the customer says the same',
      base: { numbers: [A, B] },
      desired: { numbers: [A, B] },
      synced: { numbers: [A] },
      holds: { numbers: [A] },
    },
    {
      label: 'an email, whatever its case',
      base: { emails: ['One@example.com'] },
      desired: { emails: ['two@example.com'] },
      synced: { emails: ['one@EXAMPLE.com', 'Two@example.com', 'three@example.com'] },
      holds: { emails: ['two@example.com', 'three@example.com'] },
    },
    {
      label: 'not another spelling of an email',
      base: { emails: ['one@example.com'] },
      desired: { emails: ['ONE@example.com'] },
      synced: { emails: ['one@example.com', 'two@example.com'] },
      holds: { emails: ['one@example.com', 'two@example.com'] },
    },
    {
      label: 'a link with another name, in place of itself',
      base: { externalUrls: [url('one')] },
      desired: { externalUrls: [{ ...url('one'), name: 'renamed' }] },
      synced: { externalUrls: [url('one'), url('two')] },
      holds: { externalUrls: [{ ...url('one'), name: 'renamed' }, url('two')] },
    },
    {
      label: 'everything, where nobody knows what it said before',
      base: undefined,
      desired: { numbers: [A, B], city: null },
      synced: { numbers: [C], city: 'Rome' },
      holds: { numbers: [A, B, C], city: null },
    },
  ]
  test.each(cases)('$label', ({ base, desired, synced, holds }) => {
    expect(carriedOver(fields(desired), base && fields(base), fields(synced))).toEqual(fields(holds))
  })
})

describe('adopted', () => {
  const full = (tag: string): Omit<ContactFields, 'numbers' | 'emails' | 'externalUrls'> => ({
    name: `name ${tag}`,
    company: `company ${tag}`,
    website: `website ${tag}`,
    address: `address ${tag}`,
    city: `city ${tag}`,
    zip: `zip ${tag}`,
    state: `state ${tag}`,
    countryId: `country ${tag}`,
    favoriteAgentId: `agent ${tag}`,
  })
  const cases: {
    label: string
    existing: Partial<ContactFields>
    desired: Partial<ContactFields>
    holds: Partial<ContactFields>
  }[] = [
    { label: "the customer's values win", existing: full('x'), desired: full('y'), holds: full('y') },
    {
      label: 'what the customer does not say stays',
      existing: full('x'),
      desired: {},
      holds: { ...full('x'), name: 'Zoë' },
    },
    { label: 'what the contact lacks comes', existing: {}, desired: full('y'), holds: full('y') },
    {
      label: "numbers of both, the contact's first, each once",
      existing: { numbers: [C, A] },
      desired: { numbers: [A, B] },
      holds: { numbers: [C, A, B] },
    },
    {
      label: 'emails of both, in any case once',
      existing: { emails: ['One@example.com'] },
      desired: { emails: ['one@example.com', 'two@example.com'] },
      holds: { emails: ['One@example.com', 'two@example.com'] },
    },
    {
      label: 'links of both, ours last',
      existing: { externalUrls: [url('one'), url('two')] },
      desired: { externalUrls: [url('ours')] },
      holds: { externalUrls: [url('one'), url('two'), url('ours')] },
    },
    {
      label: 'no more than three links, and ours among them',
      existing: { externalUrls: [url('one'), url('two'), url('three')] },
      desired: { externalUrls: [url('ours')] },
      holds: { externalUrls: [url('one'), url('two'), url('ours')] },
    },
    {
      label: 'our link that is there already, as we name it',
      existing: { externalUrls: [{ ...url('ours'), name: 'old' }, url('one')] },
      desired: { externalUrls: [url('ours')] },
      holds: { externalUrls: [url('one'), url('ours')] },
    },
  ]
  test.each(cases)('$label', ({ existing, desired, holds }) => {
    expect(adoptedFields(fields(existing), fields(desired))).toEqual(fields(holds))
  })
})
