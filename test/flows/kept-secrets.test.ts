import { createHmac, randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { openService, type Service } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createSignOn } from '../../src/http/auth/sign-on.ts'
import { createVault, readKeys } from '../../src/vault.ts'
import { createDatabase, databaseKinds, type TestDatabase } from '../helpers/databases.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { type OidcProvider, startOidcProvider } from '../helpers/oidc-provider.ts'
import { freePort } from '../helpers/process.ts'
import { until } from '../helpers/until.ts'

let emulators: Emulators
let database: TestDatabase
let service: Service | undefined
let provider: OidcProvider | undefined
afterEach(async () => {
  await service?.close()
  await provider?.close()
  await emulators?.close()
  await database?.drop()
  service = undefined
  provider = undefined
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

/** A connection whose keys an administrator has typed. @returns its id. */
async function typeKeys(): Promise<string> {
  if (!service) throw new Error('no service runs')
  const { configuring } = service
  const id = await configuring.create('Typed', {
    org: 'acme',
    apiKey: 'emulator',
    apiUrl: emulators.kustomer.url,
  })
  await configuring.setCloudTalk(id, { accessKeyId: 'CLOUDTALK', accessKeySecret: 'emulator' })
  return id
}

async function setUpSignOn(key: string): Promise<void> {
  if (!service || !provider) throw new Error('nothing to set up')
  const { db, publicUrl } = service
  const vault = createVault(readKeys(key) ?? [])
  const { issuer, clientId, clientSecret } = provider
  const who = { name: 'Acme ID', issuer, clientId, clientSecret }
  await createSignOn({ db, vault, publicUrl, log: pino({ level: 'silent' }) }).save({
    ...who,
    domains: [],
    role: 'agent',
  })
}

/** Where the button on the sign-in page leads. */
async function signInAddress({ publicUrl }: Service): Promise<string> {
  const { headers } = await fetch(`${publicUrl()}/sign-in/with`, { redirect: 'manual' })
  return new URL(headers.get('location') ?? '', publicUrl()).origin
}

test.each(databaseKinds)(
  '%s: keys rotate: the new one with the old one, then the new one alone',
  async (kind) => {
    emulators = await startEmulators()
    database = await createDatabase(kind)
    provider = await startOidcProvider()
    const port = await freePort()
    const [old, next] = [newKey(), newKey()]
    const token = await firstStart(port, old)
    const typed = await typeKeys()
    await setUpSignOn(old)
    await stop()
    await setFaults(emulators.kustomer, { route: '*', kind: 'status', status: 503 })
    const both = await start(port, `${next},${old}`)
    expect(await deliver(both, token)).toBe(KNOWN)
    await stop()
    const rotated = await start(port, next)
    expect(await deliver(rotated, token)).toBe(KNOWN)
    expect(rotated.connections.get(typed)).toBeDefined()
    expect(await signInAddress(rotated)).toBe(provider.issuer)
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
