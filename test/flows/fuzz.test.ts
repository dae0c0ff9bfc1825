import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { sql } from 'kysely'
import { pino } from 'pino'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openService, type Service } from '../../src/app.ts'
import { recipesOf } from '../../src/commands/recipes.ts'
import { readConfig } from '../../src/config.ts'
import { ACCOUNT_SECRET } from '../helpers/account-webhook.ts'
import { createDatabase, type TestDatabase } from '../helpers/databases.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { mutated, mutation, odd } from '../helpers/mutations.ts'
import { until } from '../helpers/until.ts'

/** Recorded webhooks, mutated: whatever comes, the doors answer, and nothing is stored by halves. */

const CASES = 10_000
const AT_ONCE = 20

let emulators: Emulators
let database: TestDatabase
let service: Service
let doors: Door[]

interface Door {
  path: string
  bases: unknown[]
  headers(body: string): Record<string, string>
}

const payload = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../payloads/${name}.json`, import.meta.url), 'utf8'))

beforeAll(async () => {
  emulators = await startEmulators()
  database = await createDatabase('postgres')
  const config = readConfig({ ...emulators.env, ...database.env, PORT: '0' })
  const [connection] = config.connections
  if (!connection) throw new Error('there is no connection')
  connection.accountWebhookSecret = ACCOUNT_SECRET
  // It takes webhooks and settles nothing.
  service = await openService(config, pino({ level: 'silent' }))
  await service.serve()
  const token = await until('the Kustomer webhook is registered', async () => {
    const { webhooks = [] } = await emulators.kustomer.state()
    return webhooks[0]?.attributes.token as string | undefined
  })
  await until('the token is known', async () => (await post('/webhooks/kustomer/default', '{}', {})) !== 503)
  const workflow = (object: string, action: string, ...bases: string[]): Door => {
    const recipe = recipesOf(config).find(
      ({ trigger }) => trigger.object === object && trigger.action === action,
    )
    if (!recipe) throw new Error(`there is no recipe of ${object} ${action}`)
    return {
      path: '/webhooks/cloudtalk/default',
      bases: bases.map((name) => payload(`cloudtalk/${name}`)),
      headers: () => recipe.headers,
    }
  }
  doors = [
    workflow('Call', 'Ended', 'workflow-call-ended'),
    workflow('Call', 'Modified', 'workflow-call-ended', 'workflow-recording'),
    workflow('Recording', 'Uploaded', 'workflow-recording'),
    workflow('Message', 'Received', 'workflow-message-received'),
    workflow('Message', 'Sent', 'workflow-message-received'),
    workflow('Contact', 'Updated', 'workflow-call-ended'),
    {
      path: '/webhooks/cloudtalk/default',
      bases: [payload('cloudtalk/account-call-ended'), payload('cloudtalk/account-message-received')],
      headers: (body) => {
        const at = new Date()
        return {
          'svix-id': 'msg_1',
          'svix-timestamp': String(Math.floor(at.getTime() / 1_000)),
          'svix-signature': new Webhook(ACCOUNT_SECRET).sign('msg_1', at, body),
        }
      },
    },
    {
      path: '/webhooks/kustomer/default',
      bases: [payload('kustomer/webhook-customer-update'), payload('kustomer/webhook-conversation-create')],
      headers: (body) => ({
        'x-kustomer-webhook-signature': createHmac('sha256', token).update(body).digest('hex'),
      }),
    },
  ]
})
afterAll(async () => {
  await service.close()
  await emulators.close()
  await database.drop()
})

async function post(path: string, body: string, headers: Record<string, string>): Promise<number> {
  const response = await fetch(`${service.publicUrl()}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  await response.arrayBuffer()
  return response.status
}

const delivery = fc.record({
  door: fc.nat(),
  base: fc.nat(),
  changes: mutation(odd),
})

test('10,000 mutated webhooks: no answer above 499, and every stored message is in the queue', async () => {
  const { db } = service.context
  const cases = fc.sample(delivery, { numRuns: CASES, seed: Number(process.env.FUZZ_SEED ?? Date.now()) })
  const answers = new Map<number, number>()
  const wrong: string[] = []
  const deliver = async ({ door: doorAt, base, changes }: (typeof cases)[number]) => {
    const door = doors[doorAt % doors.length]
    if (!door) throw new Error('there is no door')
    const body = mutated(door.bases[base % door.bases.length], changes)
    const status = await post(door.path, body, door.headers(body))
    answers.set(status, (answers.get(status) ?? 0) + 1)
    if (status > 499 || status === 401) wrong.push(`${status} ${door.path} ${body.slice(0, 2_000)}`)
  }
  for (let from = 0; from < cases.length; from += AT_ONCE) {
    await Promise.all(cases.slice(from, from + AT_ONCE).map(deliver))
    expect(wrong).toEqual([])
  }
  expect(answers.get(200)).toBeGreaterThan(CASES / 10)
  expect(answers.get(400)).toBeGreaterThan(CASES / 100)
  const { rows } = await sql`
    select m.id from message m where not exists (
      select 1 from pgboss.job j where j.name = 'settle' and j.data->>'kind' = 'message' and j.data->>'id' = m.id)`.execute(
    db,
  )
  expect(rows).toEqual([])
  expect((await fetch(`${service.publicUrl()}/readyz`)).status).toBe(200)
}, 300_000)
