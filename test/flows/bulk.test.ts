import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { addContact, createCustomer, customer } from '../helpers/records.ts'
import { type BareService, startBareService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** Records that share a request share nothing else: one that is refused fails alone. */

let emulators: Emulators
let bare: BareService
let refusing: Server | undefined
afterEach(async () => {
  await bare?.close()
  await emulators?.close()
  refusing?.closeAllConnections()
  refusing?.close()
  refusing = undefined
})

const TEN = Array.from({ length: 10 }, (_, at) => at)
const number = (n: number) => `+4420718387${50 + n}`
const person = (n: number, more: Record<string, unknown> = {}) => ({
  name: `Person ${n}`,
  ContactNumber: [{ public_number: number(n) }],
  ...more,
})

const start = async (env: Record<string, string> = {}) => {
  bare = await startBareService({ ...emulators, env: { ...emulators.env, ...env } })
}

async function begin(): Promise<string> {
  return bare.service.operations.beginRun('sync', undefined)
}
const isDone = (id: string) =>
  until('the run is done', async () => (await bare.service.operations.run(id))?.state === 'done')

/** What became of the records of a kind, by id. */
async function recordsOf(id: string, kind: 'customer' | 'contact'): Promise<Record<string, string>> {
  const records = await bare.service.operations.runRecords(id)
  return Object.fromEntries(records.filter((one) => one.kind === kind).map((one) => [one.id, one.reason]))
}
const routes = async (vendor: 'cloudtalk' | 'kustomer') => (await emulators[vendor].requests()).byRoute
const contacts = async () => (await emulators.cloudtalk.state()).contacts ?? []
const customers = async () => (await emulators.kustomer.state()).customers ?? []
const externalIds = async () => (await customers()).map(({ attributes }) => attributes.externalId).toSorted()
const lastOf = async (id: string) => {
  const records = await bare.service.operations.trace(id)
  return records.find((record) => record.id === id)?.story.at(-1)
}

test('to CloudTalk: one contact in ten that is refused fails alone, with its reason', async () => {
  emulators = await startEmulators({ minuteMs: 100 })
  // Kustomer takes an address without a dot, CloudTalk does not.
  const email = (n: number) => (n === 4 ? 'person@localhost' : `person.${n}@example.com`)
  const ids: string[] = []
  for (const n of TEN) {
    const body = customer(number(n), { name: `Person ${n}`, emails: [{ email: email(n) }] })
    ids.push(await createCustomer(emulators, body))
  }
  await start()
  await until('the search shows them', async () => {
    const found = await emulators.kustomer.api<{ data: unknown[] }>('POST', '/customers/search', { and: [] })
    return found.data.length === TEN.length
  })
  const run = await begin()
  await isDone(run)
  expect(await recordsOf(run, 'customer')).toEqual(
    Object.fromEntries(ids.map((id, n) => [id, n === 4 ? 'REJECTED_BY_CLOUDTALK' : 'CREATED'])),
  )
  expect((await contacts()).map(({ name }) => name).toSorted()).toEqual(
    TEN.filter((n) => n !== 4).map((n) => `Person ${n}`),
  )
  expect((await routes('cloudtalk'))['POST /bulk/contacts.json']).toBe(1)
  // Mended in Kustomer, it goes through; the others are not written again.
  const refused = ids[4] ?? ''
  await emulators.kustomer.api('PUT', `/customers/${refused}`, { emails: [{ email: 'person@example.com' }] })
  const again = await begin()
  await isDone(again)
  const mended = await until('the mended one is there', async () => {
    const id = await begin()
    await isDone(id)
    return (await contacts()).length === TEN.length
  })
  expect(mended).toBe(true)
  expect((await routes('cloudtalk'))['POST /bulk/contacts.json']).toBeGreaterThanOrEqual(2)
})

test('to Kustomer: one in ten that Kustomer alone knows is linked, and the nine are created', async () => {
  emulators = await startEmulators({ minuteMs: 100 })
  const ids: string[] = []
  for (const n of TEN) ids.push(await addContact(emulators, person(n)))
  // The search does not show it before the run has read.
  await emulators.kustomer.control('PUT', '/switches', { searchLagMs: 3_600_000 })
  const known = await createCustomer(emulators, customer(number(6), { name: 'Somebody Else' }))
  await start()
  const run = await begin()
  await isDone(run)
  expect(await recordsOf(run, 'contact')).toEqual(
    Object.fromEntries(ids.map((id, n) => [id, n === 6 ? 'MATCHES_EXISTING_CUSTOMER' : 'EXPORTED'])),
  )
  expect(await lastOf(ids[6] ?? '')).toMatchObject({ outcome: 'linked', customerId: known })
  expect(await customers()).toHaveLength(10)
  expect(await routes('kustomer')).toMatchObject({ 'POST /customers/bulk': 1 })
})

/** Kustomer as the emulator, but for one word in a body that makes it refuse the whole request. */
async function startRefusing(word: string): Promise<string> {
  refusing = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const { host: _host, connection: _connection, ...headers } = request.headers
    if (request.method === 'POST' && request.url?.endsWith('/customers/bulk') && body.includes(word)) {
      const problem = { status: 400, code: 'badparam', title: 'Invalid value', source: { parameter: 'name' } }
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ errors: [problem] }))
      return
    }
    const answer = await fetch(`${emulators.kustomer.url}${request.url}`, {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(body.length > 0 && { body }),
    })
    const text = await answer.text()
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      ...Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith('x-'))),
    })
    response.end(text)
  })
  await new Promise<void>((listening) => refusing?.listen(0, '127.0.0.1', () => listening()))
  return `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`
}

test('to Kustomer: one in ten that makes the whole request a 400 fails alone, and the nine are created', async () => {
  emulators = await startEmulators({ minuteMs: 100 })
  const ids: string[] = []
  for (const n of TEN) ids.push(await addContact(emulators, person(n, n === 3 ? { name: 'Refused' } : {})))
  await start({ KUSTOMER_API_URL: await startRefusing('Refused') })
  const run = await begin()
  await isDone(run)
  expect(await recordsOf(run, 'contact')).toEqual(
    Object.fromEntries(ids.map((id, n) => [id, n === 3 ? 'REJECTED_BY_KUSTOMER' : 'EXPORTED'])),
  )
  expect(await externalIds()).toEqual(ids.filter((_, n) => n !== 3).toSorted())
})

test('a lost answer of POST /customers/bulk doubles nobody', async () => {
  emulators = await startEmulators({ minuteMs: 100 })
  const ids: string[] = []
  for (const n of TEN) ids.push(await addContact(emulators, person(n)))
  await start()
  await setFaults(emulators.kustomer, { route: 'POST /customers/bulk', kind: 'lostAnswer' })
  const run = await begin()
  await until('an answer was lost', async () => ((await routes('kustomer'))['POST /customers/bulk'] ?? 0) > 0)
  await setFaults(emulators.kustomer)
  await isDone(run)
  expect(await externalIds()).toEqual(ids.toSorted())
  expect(new Set(Object.values(await recordsOf(run, 'contact')))).toEqual(new Set(['EXPORTED']))
  // They are linked: another run finds nothing to do.
  const again = await begin()
  await isDone(again)
  expect(await recordsOf(again, 'contact')).toEqual({})
  expect(await customers()).toHaveLength(ids.length)
})

test('a lost answer of a run’s bulk request to CloudTalk doubles nobody', async () => {
  emulators = await startEmulators({ customers: 25, minuteMs: 100 })
  await start()
  await setFaults(emulators.cloudtalk, { route: 'POST /bulk/contacts.json', kind: 'lostAnswer' })
  const run = await begin()
  await until('an answer was lost', async () => (await contacts()).length > 0)
  await setFaults(emulators.cloudtalk)
  await isDone(run)
  const links = (await contacts()).flatMap(({ external_urls }) =>
    external_urls.map(({ url }: { url: string }) => url),
  )
  expect(new Set(links).size).toBe(links.length)
  const records = Object.values(await recordsOf(run, 'customer'))
  expect(records.filter((reason) => reason === 'CREATED').length).toBe((await contacts()).length)
})

/** Kustomer takes at most 100 KB in a request (contract kustomer §1.6): a hundred full customers are more. */
test('to Kustomer: contacts that are too much for one request together go through', async () => {
  emulators = await startEmulators({ minuteMs: 100 })
  await emulators.cloudtalk.control('PUT', '/switches', { rateLimit: 1_000 })
  const all = Array.from({ length: 100 }, (_, at) => at)
  const ids = await Promise.all(
    all.map((n) =>
      addContact(emulators, {
        name: `Person ${n} ${'of the long name '.repeat(8)}`.slice(0, 150),
        website: `https://example.com/${n}/${'path/'.repeat(15)}`.slice(0, 100),
        address: `${n} ${'Long Street '.repeat(20)}`.slice(0, 255),
        city: 'City of Cities '.repeat(8).slice(0, 120),
        state: 'State of States '.repeat(8).slice(0, 120),
        ContactNumber: [{ public_number: `+44207183${8700 + n}` }],
        ContactEmail: [0, 1, 2, 3].map((e) => ({
          email: `person.${n}.${e}.${'long.'.repeat(8)}box@example.com`,
        })),
      }),
    ),
  )
  await start()
  const run = await begin()
  await isDone(run)
  expect(new Set(Object.values(await recordsOf(run, 'contact')))).toEqual(new Set(['EXPORTED']))
  expect(await customers()).toHaveLength(ids.length)
})
