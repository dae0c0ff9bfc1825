import { afterEach, beforeEach, expect, test } from 'vitest'
import { ids, type LocalEmulator, problem, type Shown, startLocalEmulator } from './local-emulator.ts'

let local: LocalEmulator
beforeEach(async () => {
  local = await startLocalEmulator({ customers: 60 })
})
afterEach(() => local.close())

test('users: by email in any case, by kind, one filter at a time', async () => {
  const maya = (await local.api('GET', '/users?email=MAYA@acme.example')).body.data as Shown[]
  expect(maya).toMatchObject([
    { attributes: { name: 'Maya Lindgren', email: 'maya@acme.example', userType: 'user' } },
  ])
  expect(ids(await local.api('GET', '/users?userType=machine'))).toHaveLength(1)
  expect(ids(await local.api('GET', '/users?deleted=true'))).toEqual([])
  expect(ids(await local.api('GET', '/users?pageSize=500'))).toHaveLength(7)
  const two = await local.api('GET', '/users?email=x&userType=user')
  expect([two.status, problem(two).source]).toEqual([400, { parameter: 'userType' }])
  const [one] = maya
  expect(ids(await local.api('GET', `/users/${one?.id},${one?.id}`))).toHaveLength(2)
  expect(((await local.api('GET', `/users/${one?.id}/teams`)).body.data as Shown[])[0]?.attributes.name).toBe(
    'Sales',
  )
})

test('teams list their members', async () => {
  const reply = await local.api('GET', '/teams')
  const [sales] = reply.body.data as Shown[]
  expect(sales?.attributes).toMatchObject({
    name: 'Sales',
    members: [expect.any(String), expect.any(String)],
  })
  expect((await local.api('GET', `/teams/${sales?.id}`)).status).toBe(200)
})

test('companies are made and changed', async () => {
  expect((await local.api('POST', '/companies', { name: 'ab' })).status).toBe(400)
  const { id } = await local.written('POST', '/companies', { name: 'Quillworks' })
  const changed = await local.written('PATCH', `/companies/${id}`, { name: 'Quillworks Ltd' })
  expect(changed.attributes).toMatchObject({ name: 'Quillworks Ltd', rev: 2 })
  expect((await local.api('PUT', `/companies/${id}`, { rev: 1 })).status).toBe(409)
  expect(ids(await local.api('GET', '/companies?pageSize=100'))).toContain(id)
})

test('the world is there, also what the API would refuse', async () => {
  const state = (await local.control('GET', '/state')).body as Record<string, Shown[]>
  expect(state.customers).toHaveLength(60)
  expect(Object.keys(state)).toEqual([
    'customers',
    'conversations',
    'notes',
    'messages',
    'users',
    'companies',
    'teams',
    'tags',
    'webhooks',
    'bulks',
    'merges',
  ])
  const shared = state.customers?.filter(
    ({ attributes }) => (attributes.sharedWhatsapps as unknown[]).length > 0,
  )
  expect(shared?.length).toBeGreaterThan(0)
  const [first] = state.customers ?? []
  expect((await local.api('GET', `/customers/${first?.id}`)).body.data).toEqual(first)
})

test('ids are the same for the same seed, and a reset forgets keys', async () => {
  await local.control('PUT', '/keys', [{ token: 'other', name: 'Other', roles: ['org.user'] }])
  const before = ids(await local.api('GET', '/customers'))
  await local.control('POST', '/reset', { world: { customers: 60 } })
  expect(ids(await local.api('GET', '/customers'))).toEqual(before)
  expect((await local.api('GET', '/customers', undefined, 'other')).status).toBe(401)
})
