import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  changed,
  fetchOf,
  leakOf,
  MARKS,
  mutation,
  oddAnswer,
  oddOrMarked,
  type Recorded,
} from '../../test/helpers/mutations.ts'
import { createKustomer, type Kustomer, KustomerError, parseKustomerWebhook } from './index.ts'
import { payload } from './test-server.ts'

/** Whatever comes, there is a value or a KustomerError, and it tells nobody's number. */

const CASES = 5_000
const seed = Number(process.env.FUZZ_SEED ?? Date.now())
/** A number is looked up with its `+` and without. */
const MOST_REQUESTS = 2

const chat = { channel: 'chat', app: 'cloudtalk' } as const
const webhook = { name: 'n', url: 'https://x.example', events: [] }

/** The answers of lists that were recorded as single records. */
const listOf = (name: string): unknown => {
  const { data } = payload(name) as { data: unknown }
  return { data: [data, data], links: { next: null }, meta: { total: 2, totalPages: 1 } }
}

type Call = (client: Kustomer) => Promise<unknown>
const cases: { method: string; good: unknown[]; call: Call }[] = [
  { method: 'auth.current', good: [payload('token')], call: (k) => k.auth.current() },
  { method: 'users.list', good: [payload('users')], call: (k) => k.users.list() },
  { method: 'users.get', good: [payload('user')], call: (k) => k.users.get('u') },
  { method: 'users.byEmail', good: [payload('users')], call: (k) => k.users.byEmail('maya@acme.example') },
  { method: 'users.current', good: [payload('user')], call: (k) => k.users.current() },
  { method: 'teams.list', good: [payload('teams')], call: (k) => k.teams.list() },
  { method: 'tags.list', good: [payload('tags')], call: (k) => k.tags.list() },
  { method: 'companies.get', good: [payload('company')], call: (k) => k.companies.get('c') },
  { method: 'companies.list', good: [listOf('company')], call: (k) => k.companies.list() },
  {
    method: 'companies.create',
    good: [payload('company')],
    call: (k) => k.companies.create({ name: 'Alpine' }),
  },
  { method: 'customers.get', good: [payload('customer')], call: (k) => k.customers.get('c') },
  { method: 'customers.byEmail', good: [payload('customer')], call: (k) => k.customers.byEmail('a@b.c') },
  { method: 'customers.byPhone', good: [payload('customer')], call: (k) => k.customers.byPhone('+491') },
  {
    method: 'customers.byExternalId',
    good: [payload('customer')],
    call: (k) => k.customers.byExternalId('1'),
  },
  { method: 'customers.create', good: [payload('customer')], call: (k) => k.customers.create({ name: 'J' }) },
  {
    method: 'customers.update',
    good: [payload('customer')],
    call: (k) => k.customers.update('c', { name: 'J' }),
  },
  { method: 'customers.delete', good: [{}], call: (k) => k.customers.delete('c') },
  { method: 'customers.merge', good: [payload('merge')], call: (k) => k.customers.merge('a', 'b') },
  { method: 'customers.search', good: [payload('customer-search')], call: (k) => k.customers.search({}) },
  {
    method: 'customers.searchArchive',
    good: [payload('customer-archive-search')],
    call: (k) => k.customers.searchArchive({}),
  },
  { method: 'customers.list', good: [payload('customer-search')], call: (k) => k.customers.list() },
  {
    method: 'conversations.create',
    good: [payload('conversation')],
    call: (k) => k.conversations.create({ customer: 'c' }),
  },
  { method: 'conversations.get', good: [payload('conversation')], call: (k) => k.conversations.get('c') },
  {
    method: 'conversations.byExternalId',
    good: [payload('conversation')],
    call: (k) => k.conversations.byExternalId('1'),
  },
  {
    method: 'conversations.update',
    good: [payload('conversation')],
    call: (k) => k.conversations.update('c', { status: 'done' }),
  },
  {
    method: 'conversations.moveTo',
    good: [payload('conversation')],
    call: (k) => k.conversations.moveTo('c', 'd'),
  },
  { method: 'conversations.delete', good: [{}], call: (k) => k.conversations.delete('c') },
  {
    method: 'conversations.forCustomer',
    good: [listOf('conversation')],
    call: (k) => k.conversations.forCustomer('c'),
  },
  {
    method: 'conversations.search',
    good: [payload('conversation-search')],
    call: (k) => k.conversations.search({}),
  },
  { method: 'notes.create', good: [payload('note')], call: (k) => k.notes.create('c', { body: 'x' }) },
  { method: 'notes.update', good: [payload('note')], call: (k) => k.notes.update('n', { body: 'x' }) },
  { method: 'notes.get', good: [payload('note')], call: (k) => k.notes.get('n') },
  { method: 'notes.list', good: [payload('notes')], call: (k) => k.notes.list('c') },
  { method: 'notes.delete', good: [{}], call: (k) => k.notes.delete('n') },
  { method: 'messages.create', good: [payload('message')], call: (k) => k.messages.create('c', chat) },
  {
    method: 'messages.byExternalId',
    good: [payload('message')],
    call: (k) => k.messages.byExternalId('1'),
  },
  { method: 'messages.update', good: [payload('message')], call: (k) => k.messages.update('m', chat) },
  { method: 'messages.list', good: [listOf('message')], call: (k) => k.messages.list('c') },
  {
    method: 'bulk.create',
    good: [payload('bulk')],
    call: (k) => k.bulk.create('customers', [{ name: 'J' }]),
  },
  {
    method: 'bulk.update',
    good: [payload('bulk')],
    call: (k) => k.bulk.update('notes', [{ id: 'n', body: 'x' }]),
  },
  { method: 'bulk.status', good: [payload('bulk')], call: (k) => k.bulk.status('b') },
  { method: 'bulk.batches', good: [payload('bulk-batches')], call: (k) => k.bulk.batches('b') },
  {
    method: 'webhooks.events',
    good: [{ events: ['a.b'] }, { data: { attributes: { events: ['a.b'] } } }],
    call: (k) => k.webhooks.events(),
  },
  { method: 'webhooks.list', good: [listOf('outbound-webhook')], call: (k) => k.webhooks.list() },
  { method: 'webhooks.get', good: [payload('outbound-webhook')], call: (k) => k.webhooks.get('w') },
  { method: 'webhooks.create', good: [payload('outbound-webhook')], call: (k) => k.webhooks.create(webhook) },
  {
    method: 'webhooks.update',
    good: [payload('outbound-webhook')],
    call: (k) => k.webhooks.update('w', { enabled: true }),
  },
  { method: 'webhooks.delete', good: [{}], call: (k) => k.webhooks.delete('w') },
]

const received = ['webhook-customer-update', 'webhook-conversation-create']

const EACH = Math.ceil(CASES / (cases.length + received.length))

/** As recorded, and full of what must not be told. */
const refusals = [
  ...['error-duplicate', 'error-oas', 'error-observed', 'error-pointer', 'error-portal'].map(payload),
  {
    errors: [
      {
        code: MARKS[0],
        title: MARKS[1],
        detail: MARKS.join(),
        message: MARKS[0],
        source: { parameter: MARKS[1], parameters: [...MARKS], pointer: `/data/attributes/${MARKS[0]}` },
      },
    ],
  },
]
const budget = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'retry-after']
const clientOf = (fetch: typeof globalThis.fetch): Kustomer =>
  createKustomer({ apiUrl: 'https://acme.example', apiKey: 'k', userAgent: 't', fetch })

function expectOwnError(error: unknown): void {
  if (!(error instanceof KustomerError)) throw error
  expect(leakOf(error, ['detail'])).toBeUndefined()
}

test('every method of the client is among the cases', () => {
  const client = clientOf(fetch)
  const methods = Object.entries(client).flatMap(([folder, own]) =>
    Object.keys(own).map((name) => `${folder}.${name}`),
  )
  expect(cases.map(({ method }) => method).toSorted()).toEqual(methods.toSorted())
})

test.each(cases)('$method: a value or a KustomerError, whatever is answered', async ({ good, call }) => {
  const recorded: Recorded = { good, refusals, budget }
  const ends = { value: 0, error: 0 }
  await fc.assert(
    fc.asyncProperty(oddAnswer, async (answer) => {
      const { fetch, asked } = fetchOf(answer, recorded)
      await call(clientOf(fetch)).then(
        () => ends.value++,
        (error: unknown) => {
          ends.error++
          expectOwnError(error)
        },
      )
      expect(asked.times).toBeLessThanOrEqual(MOST_REQUESTS)
    }),
    { numRuns: EACH, seed, timeout: 2_000 },
  )
  // Else nothing was fuzzed but the one or the other. Rarer than one in twenty for about one seed in a hundred.
  expect(Math.min(ends.value, ends.error)).toBeGreaterThan(EACH / 50)
})

test.each(received)('%s: an event or a KustomerError, whatever is sent', (name) => {
  const recorded = payload(name)
  fc.assert(
    fc.property(mutation(oddOrMarked), (changes) => {
      try {
        parseKustomerWebhook(changed(recorded, changes))
      } catch (error) {
        expectOwnError(error)
      }
    }),
    { numRuns: EACH, seed },
  )
})
