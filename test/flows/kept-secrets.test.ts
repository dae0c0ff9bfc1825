import { createHmac, randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { openService, type Service } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createDatabase, databaseKinds, type TestDatabase } from '../helpers/databases.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { freePort } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'

let emulators: Emulators
let database: TestDatabase
let service: Service | undefined
afterEach(async () => {
  await service?.close()
  await emulators?.close()
  await database?.drop()
  service = undefined
})

const newKey = () => randomBytes(32).toString('base64')

async function start(port: number, ENCRYPTION_KEY?: string): Promise<Service> {
  const env = { ...emulators.env, ...database.env, PORT: String(port) }
  const config = readConfig({ ...env, ...(ENCRYPTION_KEY !== undefined && { ENCRYPTION_KEY }) })
  const started = await openService(config, pino({ level: 'silent' }))
  service = started
  await started.serve()
  return started
}

async function stop(): Promise<void> {
  await service?.close()
  service = undefined
}

const tokenOf = async (): Promise<string | undefined> =>
  (await emulators.kustomer.state()).webhooks?.[0]?.attributes.token

const sealedIn = ({ context: { db } }: Service) => db.selectFrom('secret').selectAll().execute()

async function deliver({ publicUrl }: Service, token: string): Promise<number> {
  const body = '{}'
  const response = await fetch(`${publicUrl()}/webhooks/kustomer/default`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-kustomer-webhook-signature': createHmac('sha256', token).update(body).digest('hex'),
    },
    body,
  })
  await response.arrayBuffer()
  return response.status
}
/** It is no event, but it is Kustomer's. */
const KNOWN = 400
const NOT_KNOWN_YET = 503

/** With the key that a first start is given, the token is kept. */
async function firstStart(port: number, key: string | undefined): Promise<string> {
  const first = await start(port, key)
  await until('the token is kept', async () => (await sealedIn(first)).length > 0)
  const token = await tokenOf()
  if (token === undefined) throw new Error('there is no webhook')
  expect(JSON.stringify(await sealedIn(first))).not.toContain(token)
  return token
}

test.each([
  { kind: 'embedded', key: undefined },
  { kind: 'postgres', key: newKey() },
] as const)(
  '$kind: after a restart webhooks are known while Kustomer does not answer',
  async ({ kind, key }) => {
    emulators = await startEmulators()
    database = await createDatabase(kind)
    const port = await freePort()
    const token = await firstStart(port, key)
    await stop()
    await setFaults(emulators.kustomer, { route: '*', kind: 'status', status: 503 })
    expect(await deliver(await start(port, key), token)).toBe(KNOWN)
  },
)

test.each(databaseKinds)(
  '%s: keys rotate: the new one with the old one, then the new one alone',
  async (kind) => {
    emulators = await startEmulators()
    database = await createDatabase(kind)
    const port = await freePort()
    const [old, next] = [newKey(), newKey()]
    const token = await firstStart(port, old)
    await stop()
    await setFaults(emulators.kustomer, { route: '*', kind: 'status', status: 503 })
    const both = await start(port, `${next},${old}`)
    expect(await deliver(both, token)).toBe(KNOWN)
    await stop()
    expect(await deliver(await start(port, next), token)).toBe(KNOWN)
    await stop()
    // With neither, what is kept is worth nothing, and the service says and asks again.
    expect(await deliver(await start(port, newKey()), token)).toBe(NOT_KNOWN_YET)
  },
)

test('without a key, processes that share a database keep no secret in it', async () => {
  emulators = await startEmulators()
  database = await createDatabase('postgres')
  const started = await start(await freePort())
  const token = await until('the webhook stands', tokenOf)
  await until('it is known', async () => (await deliver(started, token)) === KNOWN)
  expect(await sealedIn(started)).toEqual([])
})
