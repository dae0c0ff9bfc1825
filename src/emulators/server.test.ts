import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createClock } from './clock.ts'
import { createFaults } from './faults.ts'
import { createRoutes } from './routes.ts'
import { type Emulator, startEmulator } from './server.ts'
import { createSwitches } from './switches.ts'
import { createWebhookSender } from './webhook-sender.ts'
import type { World } from './world/world.ts'

let emulator: Emulator
let done: string[]
let world: World | undefined

beforeEach(async () => {
  done = []
  world = undefined
  const faults = createFaults(1)
  const routes = createRoutes({
    'GET /things/:id.json': (id: string) => Response.json({ id }),
    'POST /things.json': (id: string) => {
      done.push(id)
      return Response.json({ id }, { status: 201 })
    },
  })
  emulator = await startEmulator({
    port: 0,
    clock: createClock(),
    seed: 1,
    faults,
    webhooks: createWebhookSender({ faults }),
    vendor: {
      fetch: (request) => {
        const match = routes.match(request.method, new URL(request.url).pathname)
        return match.kind === 'found'
          ? match.handler(match.params.id ?? 'new')
          : Response.json(match, { status: match.kind === 'unknown' ? 404 : 405 })
      },
      routeOf: (method, path) => routes.match(method, path).name,
      failure: (status) => Response.json({ failed: true }, { status }),
      load: (loaded) => {
        world = loaded
      },
      state: () => ({ done }),
      switches: createSwitches(z.strictObject({ strict: z.boolean().default(true) })),
      controls: { 'POST /things/:id': ({ body, params }) => ({ body, params }) },
    },
  })
})
afterEach(() => emulator.close())

const call = async (method: string, path: string, body?: unknown) => {
  const answer = await fetch(emulator.url + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}
const control = (method: string, path: string, body?: unknown) => call(method, `/__emulator${path}`, body)
const setFault = (rule: object) => control('PUT', '/faults', { rules: [rule] })

test('logs vendor requests by route, and leaves controls out', async () => {
  await call('GET', '/things/7.json?x=1')
  await call('GET', '/things/8.json')
  await call('PUT', '/things.json')
  await call('GET', '/nowhere')
  await control('GET', '/state')
  const { body } = await control('GET', '/requests')
  expect(body).toMatchObject({
    total: 4,
    byRoute: { 'GET /things/:id.json': 2, 'PUT /things.json': 1, 'GET (unknown)': 1 },
    byStatus: { 200: 2, 404: 1, 405: 1 },
    log: [
      { method: 'GET', route: 'GET /things/:id.json', path: '/things/7.json?x=1', status: 200 },
      {},
      {},
      {},
    ],
  })
})

test('keeps the last 1,000 requests and counts all', async () => {
  for (let batch = 0; batch < 21; batch += 1)
    await Promise.all(Array.from({ length: 50 }, () => call('GET', '/things/1.json')))
  const { body } = await control('GET', '/requests')
  expect(body).toMatchObject({ total: 1050 })
  expect(body.log).toHaveLength(1000)
})

test('fault status answers in the vendor’s words and does nothing', async () => {
  await setFault({ route: 'POST /things.json', kind: 'status', status: 503 })
  expect(await call('POST', '/things.json', {})).toEqual({ status: 503, body: { failed: true } })
  expect((await call('GET', '/things/1.json')).status).toBe(200)
  expect(done).toEqual([])
})

test('fault reset closes the connection before anything happens', async () => {
  await setFault({ route: '*', kind: 'reset' })
  await expect(call('POST', '/things.json', {})).rejects.toThrow()
  expect(done).toEqual([])
  expect((await control('GET', '/requests')).body).toMatchObject({ byStatus: { 0: 1 } })
})

test('fault lostAnswer does the work and closes the connection', async () => {
  await setFault({ route: 'POST /things.json', kind: 'lostAnswer' })
  await expect(call('POST', '/things.json', {})).rejects.toThrow()
  expect(done).toEqual(['new'])
})

test('fault timeout never answers and does nothing', async () => {
  await setFault({ route: '*', kind: 'timeout' })
  await expect(
    fetch(`${emulator.url}/things.json`, { method: 'POST', signal: AbortSignal.timeout(80) }),
  ).rejects.toThrow(/timeout/i)
  expect(done).toEqual([])
})

test('an emulator with hanging requests closes at once', async () => {
  await setFault({ route: '*', kind: 'timeout' })
  const hanging = fetch(`${emulator.url}/things/1.json`).catch(() => 'closed')
  await expect.poll(async () => (await control('GET', '/requests')).status).toBe(200)
  await emulator.close()
  expect(await hanging).toBe('closed')
})

test('fault slow waits, then answers', async () => {
  await setFault({ route: '*', kind: 'slow', ms: 60 })
  const started = performance.now()
  expect((await call('GET', '/things/1.json')).status).toBe(200)
  expect(performance.now() - started).toBeGreaterThanOrEqual(55)
})

test('a rate strikes the same requests for the same seed', async () => {
  const statuses = async () => {
    await setFault({ route: '*', rate: 0.5, kind: 'status', status: 500 })
    const seen: number[] = []
    for (let index = 0; index < 20; index += 1) seen.push((await call('GET', '/things/1.json')).status)
    return seen
  }
  const first = await statuses()
  expect(new Set(first)).toEqual(new Set([200, 500]))
  expect(await statuses()).toEqual(first)
})

test('reset loads a world and forgets requests and faults, but not switches', async () => {
  await control('PUT', '/switches', { strict: false })
  await setFault({ route: '*', kind: 'reset' })
  await control('POST', '/reset', { world: { customers: 3, contacts: 2, calls: 1, seed: 9 } })
  expect(world).toMatchObject({ customers: { length: 3 }, contacts: { length: 2 }, calls: { length: 1 } })
  expect((await control('GET', '/requests')).body).toEqual({
    total: 0,
    byRoute: {},
    byStatus: {},
    underWay: {},
    log: [],
  })
  expect((await control('GET', '/faults')).body).toMatchObject({ rules: [] })
  expect((await control('GET', '/switches')).body).toEqual({ strict: false })
  await control('POST', '/reset')
  expect(world).toMatchObject({ customers: [], contacts: [], calls: [], people: { length: 6 } })
})

test.each([
  ['PUT', '/faults', { rules: [{ route: '*', kind: 'explode' }] }, 'rules[0].kind'],
  ['PUT', '/faults', { rules: [{ route: '*', kind: 'slow', rate: 2 }] }, 'rules[0].rate'],
  ['PUT', '/faults', { webhooks: { lose: 1 } }, 'lose'],
  ['PUT', '/switches', { loud: true }, 'unknown switch loud'],
  ['PUT', '/switches', { strict: 'yes' }, 'strict'],
  ['PUT', '/switches', [], 'object'],
  ['POST', '/reset', { world: { customers: -1 } }, 'world.customers'],
])('%s %s %j is refused with a message', async (method, path, body, message) => {
  const { status, body: answer } = await control(method, path, body)
  expect(status).toBe(400)
  expect(answer.error).toContain(message)
})

test('a body that is not JSON is refused', async () => {
  const answer = await fetch(`${emulator.url}/__emulator/faults`, { method: 'PUT', body: '{' })
  expect(answer.status).toBe(400)
})

test('the vendor’s own controls get body and parameters', async () => {
  expect((await control('POST', '/things/5', { a: 1 })).body).toEqual({ body: { a: 1 }, params: { id: '5' } })
})
