import { afterEach, expect, test } from 'vitest'
import { lookAtContacts, pollContacts } from '../../src/sync/contacts/poll-contacts.ts'
import { type Emulators, startEmulators, type WorldSize } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { atNoon } from '../helpers/noon.ts'
import { addContact, createCustomer, customer, editContact } from '../helpers/records.ts'
import { type BareService, startBareService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** Contact changes that no webhook tells of: the service has no door here, and its rounds are made by hand. */

let emulators: Emulators
let bare: BareService
afterEach(async () => {
  await bare?.close()
  await emulators?.close()
})

const DAY_MS = 24 * 60 * 60_000
const number = (n: number) => `+4420718387${50 + n}`
const numbers = (...all: number[]) => ({
  ContactNumber: all.map((n) => ({ public_number: number(n) })),
})
/** As the index shows numbers and emails: the first only, or all of them. */
const FORMS = ['object', 'array'] as const

const startEmulatorsOnly = async (size: WorldSize, switches: Record<string, unknown> = {}) => {
  emulators = await startEmulators({ minuteMs: 100, ...size })
  await emulators.cloudtalk.control('PUT', '/faults', { rules: [], webhooks: { drop: 1 } })
  await emulators.cloudtalk.control('PUT', '/switches', switches)
}

const settled = () =>
  until('everything is settled', async () => (await bare.service.operations.pending()) === 0)

async function sweep(): Promise<void> {
  await pollContacts(bare.service.context)
  await settled()
}

/** The slow look at what the index does not show. @param at what the service takes for now. */
async function look(at = new Date()): Promise<void> {
  await until('CloudTalk’s budget is idle', () => bare.service.context.vendors.cloudtalkIdle())
  await lookWhileIdle(at)
}

async function lookWhileIdle(at: Date): Promise<void> {
  await lookAtContacts({ ...bare.service.context, now: () => at })
  await settled()
}

async function sync(): Promise<void> {
  const { operations } = bare.service
  const id = await operations.beginRun('sync', undefined)
  await until('the run is done', async () => (await operations.run(id))?.state === 'done')
  await settled()
}

const cloudtalkRequests = async () => {
  const { total, byRoute } = await emulators.cloudtalk.requests()
  return {
    total,
    index: byRoute['GET /contacts/index.json'] ?? 0,
    shows: byRoute['GET /contacts/show/:id.json'] ?? 0,
    writes: byRoute['POST /bulk/contacts.json'] ?? 0,
  }
}
const contacts = async () => (await emulators.cloudtalk.state()).contacts ?? []
const customers = async () => (await emulators.kustomer.state()).customers ?? []
const customerOf = async (contactId: string) =>
  (await customers()).find(({ attributes }) => attributes.externalId === contactId)
const lastOf = async (id: string) => {
  const records = await bare.service.operations.trace(id)
  return records.find((record) => record.id === id)?.story.at(-1)
}

test.each(FORMS)('with numbers as %s, a sweep finds what is new, changed or gone, once', async (form) => {
  await startEmulatorsOnly({}, { indexRelations: form })
  const add = (name: string, more: Record<string, unknown>) => addContact(emulators, { name, ...more })
  const renamed = await add('Ann Old', numbers(1))
  const renumbered = await add('Bob Bell', numbers(2))
  const remailed = await add('Cid Bell', { ...numbers(3), ContactEmail: [{ email: 'cid@example.com' }] })
  const deleted = await add('Dan Bell', numbers(4))
  const same = await add('Eve Bell', numbers(5))
  const second = await add('Fay Bell', numbers(6, 7))
  const emptied = await add('Gil Bell', { ...numbers(8), ContactEmail: [{ email: 'gil@example.com' }] })
  bare = await startBareService(emulators)

  await sweep()
  expect(await cloudtalkRequests()).toMatchObject({ index: 1, shows: 0 })
  expect(await customers()).toEqual([])
  await sync()
  const sameBefore = await customerOf(same)
  expect(await customers()).toHaveLength(7)
  const synced = await cloudtalkRequests()
  await sweep()
  expect(await cloudtalkRequests()).toMatchObject({ total: synced.total + 1, index: synced.index + 1 })

  const fresh = await add('Hal New', numbers(9))
  await editContact(emulators, renamed, { name: 'Ann New' })
  await editContact(emulators, renumbered, numbers(10))
  await editContact(emulators, remailed, { ContactEmail: [{ email: 'c@example.com' }] })
  await editContact(emulators, second, numbers(6, 11))
  await editContact(emulators, emptied, { ContactEmail: [] })
  await emulators.cloudtalk.api('DELETE', `/contacts/delete/${deleted}.json`)
  await sweep()

  const { shows } = await cloudtalkRequests()
  expect(shows - synced.shows).toBe(form === 'array' ? 7 : 6)
  const phonesOf = async (id: string) =>
    (await customerOf(id)).attributes.phones.map(({ phone }: { phone: string }) => phone)
  expect((await customerOf(fresh)).attributes).toMatchObject({ name: 'Hal New' })
  expect((await customerOf(renamed)).attributes.name).toBe('Ann New')
  expect(await phonesOf(renumbered)).toEqual([number(10)])
  expect((await customerOf(remailed)).attributes.emails).toMatchObject([{ email: 'c@example.com' }])
  expect((await customerOf(emptied)).attributes.emails).toEqual([])
  // The first number alone is in the index of the one form.
  expect(await phonesOf(second)).toEqual([number(6), number(form === 'array' ? 11 : 7)])
  expect(await customerOf(same)).toEqual(sameBefore)
  expect(await lastOf(deleted)).toMatchObject({ outcome: 'skipped', reason: 'CONTACT_GONE', source: 'poll' })

  const before = await cloudtalkRequests()
  await sweep()
  expect(await cloudtalkRequests()).toMatchObject({ total: before.total + 1, index: before.index + 1 })

  // Its customer stays and is linked no more: with its next change it gets a contact of its own.
  const left = await customerOf(deleted)
  expect(left.attributes.deleted ?? false).toBe(false)
  await emulators.kustomer.api('PUT', `/customers/${left.id}`, { name: 'Dan Again' })
  await sync()
  const again = (await contacts()).find(({ name }) => name === 'Dan Again')
  expect(again?.numbers).toEqual([number(4)])
})

test.each(FORMS)(
  'with numbers as %s, what we wrote ourselves causes no show in the next sweep',
  async (form) => {
    await startEmulatorsOnly({ customers: 60 }, { indexRelations: form })
    bare = await startBareService(emulators)
    const id = await createCustomer(
      emulators,
      customer(number(1), { phones: [{ phone: number(1) }, { phone: number(2) }] }),
    )
    await sync()
    expect((await contacts()).length).toBeGreaterThan(30)
    const imported = await cloudtalkRequests()
    await sweep()
    expect(await cloudtalkRequests()).toMatchObject({ total: imported.total + 1, shows: imported.shows })

    await emulators.kustomer.api('PUT', `/customers/${id}`, {
      name: 'Renamed & <Söhne> "GmbH"',
      phones: [{ phone: number(3) }, { phone: number(1) }],
      emails: [{ email: 'New.One@Example.com' }, { email: 'two@example.com' }],
    })
    await sync()
    const [contact] = (await contacts()).filter(({ numbers: own }) => own.includes(number(3)))
    expect(contact?.name).toBe('Renamed & <Söhne> "GmbH"')
    const updated = await cloudtalkRequests()
    await sweep()
    expect(await cloudtalkRequests()).toMatchObject({ total: updated.total + 1, shows: updated.shows })
  },
)

test('more contacts than a page holds: each page is read, and nothing is raised but what changed', async () => {
  await startEmulatorsOnly({ contacts: 1_004 })
  bare = await startBareService(emulators)
  await sweep()
  expect(await cloudtalkRequests()).toMatchObject({ total: 2, index: 2 })
  const all = (await contacts()).map(({ id }) => String(id))
  const [oldest = '', gone = ''] = all
  const newest = all.at(-1) ?? ''
  await editContact(emulators, oldest, { name: 'Oldest Renamed' })
  await editContact(emulators, newest, { name: 'Newest Renamed' })
  await emulators.cloudtalk.api('DELETE', `/contacts/delete/${gone}.json`)
  const fresh = await addContact(emulators, { name: 'Fresh One', ...numbers(1) })
  const before = await cloudtalkRequests()
  await sweep()
  expect(await cloudtalkRequests()).toMatchObject({ index: before.index + 2, shows: before.shows + 4 })
  expect((await customers()).map(({ attributes }) => attributes.externalId).toSorted()).toEqual(
    [oldest, newest, fresh].toSorted(),
  )
  expect(await lastOf(gone)).toMatchObject({ outcome: 'skipped', reason: 'CONTACT_GONE' })
  const after = await cloudtalkRequests()
  await sweep()
  expect(await cloudtalkRequests()).toMatchObject({ total: after.total + 2 })
})

test('a look writes the links that a run left for later, and finds what the index does not show', async () => {
  await startEmulatorsOnly({})
  const ids = await Promise.all(
    [1, 2, 3].map((n) => addContact(emulators, { name: `Person ${n}`, ...numbers(n) })),
  )
  bare = await startBareService(emulators)
  await sync()
  const linked = async () => {
    const links = (await contacts()).flatMap(({ external_urls }) => external_urls)
    return links.map(({ url }) => url.split('/').at(-1)).toSorted()
  }
  expect(await linked()).toEqual([])
  await look()
  expect(await linked()).toEqual((await customers()).map(({ id }) => id).toSorted())

  const [edited = ''] = ids
  await editContact(emulators, edited, { address: '1 New Street', website: 'https://new.example.com' })
  const before = await cloudtalkRequests()
  await sweep()
  await look()
  expect(await cloudtalkRequests()).toMatchObject({ shows: before.shows, total: before.total + 1 })
  await look(new Date(Date.now() + DAY_MS + 60_000))
  expect((await customerOf(edited)).attributes).toMatchObject({
    locations: [{ type: 'work', address: '1 New Street' }],
    urls: [{ type: 'website', url: 'https://new.example.com' }],
  })
  const after = await cloudtalkRequests()
  expect(after).toMatchObject({ shows: before.shows + ids.length, writes: before.writes })
  await look()
  expect(await cloudtalkRequests()).toEqual(after)
})

test('a contact that failed for good comes again when its row says something new, and with a run', async () => {
  const { timeZone, today } = atNoon()
  await startEmulatorsOnly({})
  const id = await addContact(emulators, { name: 'Ann Bell', ...numbers(1) })
  bare = await startBareService(emulators, { timeZone })
  await sync()
  await editContact(emulators, id, { name: 'Ann Refused' })
  await setFaults(emulators.kustomer, { route: 'PUT /customers/:id', kind: 'status', status: 400 })
  await sweep()
  expect(await lastOf(id)).toMatchObject({ outcome: 'failed', reason: 'REJECTED_BY_KUSTOMER' })
  const failed = await cloudtalkRequests()
  await sweep()
  expect(await cloudtalkRequests()).toMatchObject({ total: failed.total + 1, index: failed.index + 1 })
  expect((await bare.service.operations.prove(today, false)).problems).toEqual([
    { kind: 'contact', id, what: 'failed' },
  ])
  await editContact(emulators, id, { name: 'Ann Again' })
  await sweep()
  expect((await cloudtalkRequests()).shows).toBe(failed.shows + 1)
  expect(await lastOf(id)).toMatchObject({ outcome: 'failed', reason: 'REJECTED_BY_KUSTOMER' })
  await setFaults(emulators.kustomer)
  await sync()
  expect((await customerOf(id)).attributes.name).toBe('Ann Again')
  expect(await lastOf(id)).toMatchObject({ outcome: 'unchanged', source: 'run' })
})

test('an edit that a look found, and that was taken back since, is found by the sweep', async () => {
  await startEmulatorsOnly({})
  const id = await addContact(emulators, { name: 'Ann Bell', ...numbers(1) })
  bare = await startBareService(emulators)
  await sync()
  await look()
  await sweep()
  await editContact(emulators, id, { name: 'Ann Edited' })
  await look(new Date(Date.now() + DAY_MS + 60_000))
  expect((await customerOf(id)).attributes.name).toBe('Ann Edited')
  await editContact(emulators, id, { name: 'Ann Bell' })
  await sweep()
  expect((await customerOf(id)).attributes.name).toBe('Ann Bell')
})

const refusals = [
  { label: 'owed links are refused', vendor: 'cloudtalk', route: 'POST /bulk/contacts.json' },
  { label: 'edits are refused', vendor: 'kustomer', route: 'PUT /customers/:id' },
] as const

test.each(refusals)(
  'contacts whose $label leave the looks to others for a day',
  async ({ vendor, route }) => {
    await startEmulatorsOnly({})
    const ids = await Promise.all(
      Array.from({ length: 11 }, (_, n) => addContact(emulators, { name: `Person ${n}`, ...numbers(n) })),
    )
    bare = await startBareService(emulators)
    await sync()
    const owed = vendor === 'cloudtalk'
    if (!owed) {
      await look()
      await look()
      for (const id of ids) await editContact(emulators, id, { address: '1 New Street' })
    }
    const tomorrow = Date.now() + DAY_MS
    const lookLater = (byMs: number) => look(new Date(tomorrow + byMs))
    const settledOf = async () =>
      owed
        ? (await contacts())
            .filter(({ external_urls }) => external_urls.length > 0)
            .map(({ id }) => String(id))
        : (await customers())
            .filter(({ attributes }) => attributes.locations[0]?.address === '1 New Street')
            .map(({ attributes }) => attributes.externalId)
    await setFaults(emulators[vendor], { route, kind: 'status', status: 400 })
    await lookLater(0)
    const failed = async () => {
      const last = await Promise.all(ids.map(lastOf))
      return ids.filter((_, n) => last[n]?.outcome === 'failed')
    }
    const first = await failed()
    expect(first).toHaveLength(10)
    await setFaults(emulators[vendor])
    await lookLater(1)
    expect(await settledOf()).toEqual(ids.filter((id) => !first.includes(id)))
    await lookLater(DAY_MS)
    expect((await settledOf()).toSorted()).toEqual(ids.toSorted())
  },
)

test('while a run goes on nothing is looked at', async () => {
  await startEmulatorsOnly({})
  await addContact(emulators, { name: 'Ann Bell', ...numbers(1) })
  bare = await startBareService(emulators)
  const { operations } = bare.service
  await sync()
  const id = await operations.beginRun('sync', undefined)
  await operations.pauseRun(id, true)
  await until('the run stands still', async () => (await operations.run(id))?.paused)
  const tomorrow = new Date(Date.now() + 2 * DAY_MS)
  const shows = async () => (await cloudtalkRequests()).shows
  const before = await shows()
  await look(tomorrow)
  expect(await shows()).toBe(before)
  await operations.pauseRun(id, false)
  await until('the run is done', async () => (await operations.run(id))?.state === 'done')
  await look(tomorrow)
  expect(await shows()).toBe(before + 1)
})

test('with more than half of CloudTalk’s budget used nothing is looked at', async () => {
  // One window that never turns: what is used stays used.
  await startEmulatorsOnly({ minuteMs: 1e12 })
  await emulators.kustomer.control('PUT', '/switches', { searchLagMs: 0, bulkDelayMs: 0 })
  await addContact(emulators, { name: 'Ann Bell', ...numbers(1) })
  bare = await startBareService(emulators)
  await sync()
  const tomorrow = new Date(Date.now() + 2 * DAY_MS)
  const before = await cloudtalkRequests()
  await look(tomorrow)
  expect((await cloudtalkRequests()).shows).toBe(before.shows + 1)
  // Somebody else of the account: the service learns of it from its next answer.
  for (let used = 0; used < 25; used++) await emulators.cloudtalk.api('GET', '/agents/index.json')
  await sweep()
  const used = await cloudtalkRequests()
  expect(used.total).toBeGreaterThan(31)
  await lookWhileIdle(new Date(tomorrow.getTime() + DAY_MS))
  expect(await cloudtalkRequests()).toEqual(used)
})
