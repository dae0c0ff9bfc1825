import { Hono } from 'hono'
import { recipesOf } from '../../src/commands/recipes.ts'
import { type Config, type ConnectionConfig, readConfig } from '../../src/config.ts'
import type { Doors } from '../../src/http/doors.ts'
import { listen } from '../../src/http/server.ts'
import { cloudtalkWebhooks } from '../../src/http/webhooks-cloudtalk.ts'
import { kustomerWebhooks } from '../../src/http/webhooks-kustomer.ts'
import type { OpenDatabase } from '../../src/store/database.ts'
import { historyOf } from '../../src/store/outcomes.ts'
import { pollContacts } from '../../src/sync/contacts/poll-contacts.ts'
import { pollCustomers } from '../../src/sync/contacts/poll-customers.ts'
import {
  contactEvent,
  customerEvent,
  type RaisedEvent,
  recordKey,
  type SyncEvent,
} from '../../src/sync/event.ts'
import { mergeEvents } from '../../src/sync/merge-events.ts'
import { settle } from '../../src/sync/settle.ts'
import { openBase, type Process, restart, startProcess } from './crashing.ts'
import { createDatabase } from './databases.ts'
import { type Emulators, startEmulators } from './emulators.ts'
import { type FaultRule, setFaults } from './faults.ts'

/** Settles by hand: whatever is raised waits until the test says who settles it, when, how often and beside whom. */

const NO_LIMIT = 10_000_000
const SECOND = 1_000

export interface Bench {
  emulators: Emulators
  /** Everything anew: both vendors empty, a connection that has never synced. */
  begin(): Promise<Settling>
  close(): Promise<void>
}

export interface Settling {
  emulators: Emulators
  /** Events that nobody has settled yet, in the order in which they came. */
  waiting: SyncEvent[]
  /** What must never be: errors of the service itself, and events that it has given up. */
  troubles: string[]
  /** Two seconds of the vendors' time: CloudTalk tells whole ones. @returns its epoch ms. */
  tick(): number
  /** Every webhook has come in. */
  heard(): Promise<void>
  /** Takes an event out, with all others about its record if they are to be settled as one. */
  take(which: number, together: boolean): SyncEvent | undefined
  settle(event: SyncEvent): Promise<void>
  /** One in each of two processes. */
  settleTwo(one: SyncEvent, other: SyncEvent): Promise<void>
  /** The process dies before its `count`-th statement, and the queue gives the event out again. */
  settleAndDie(event: SyncEvent, count: number): Promise<void>
  settleWithFault(event: SyncEvent, vendor: 'cloudtalk' | 'kustomer', fault: FaultRule): Promise<void>
  poll(side: 'customers' | 'contacts'): Promise<void>
  /** Settles what waits, then every record, until a whole round has written nothing. @throws where none comes. */
  untilQuiet(): Promise<void>
  end(): void
}

export async function startBench(): Promise<Bench> {
  let skew = 0
  const now = () => Date.now() + skew
  const emulators = await startEmulators({ now })
  await emulators.cloudtalk.control('PUT', '/switches', {
    rateLimit: NO_LIMIT,
    analyticsDelayMs: 0,
    recordingDelayMs: 0,
  })
  const limits = { requestsPerMinute: NO_LIMIT, searchesPerMinute: NO_LIMIT, searchLagMs: 0 }
  await emulators.kustomer.control('PUT', '/switches', limits)
  const testDatabase = await createDatabase('postgres')
  const database = await openBase(testDatabase)
  const config = readConfig({ ...emulators.env, ...testDatabase.env })
  const current: { doors: Doors | undefined } = { doors: undefined }
  const server = await listenFor(current)
  let runs = 0
  return {
    emulators,
    async begin() {
      const [first] = config.connections
      if (!first) throw new Error('there is no connection')
      const connection = { ...first, id: `run-${++runs}` }
      const tick = () => {
        skew += 2 * SECOND
        return now()
      }
      return beginRun({ emulators, database, config: connection, current, url: server.url, tick })
    },
    async close() {
      await server.close()
      await emulators.close()
      await database.close()
      await testDatabase.drop()
    },
  }
}

/** The real doors of whichever run there is. */
async function listenFor(current: { doors: Doors | undefined }) {
  const doors: Doors = {
    kustomer: (id) => current.doors?.kustomer(id),
    cloudtalk: (id) => current.doors?.cloudtalk(id),
  }
  const app = new Hono().route('/webhooks/kustomer', kustomerWebhooks(doors)).route(
    '/webhooks/cloudtalk',
    cloudtalkWebhooks(doors, () => new Date()),
  )
  const { server, port } = await listen(app, 0)
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  }
}

interface RunPorts {
  emulators: Emulators
  database: OpenDatabase
  config: ConnectionConfig
  current: { doors: Doors | undefined }
  url: string
  tick(): number
}

/** Its tries end sooner than any event that is ever settled, or it would never be quiet. */
const MOST_ROUNDS = 8
const MOST_SETTLES = 400
/** With their waits a few tries take longer than it is from poll to poll, and what those find may be what helps. */
const SOON_TRIES = 3

async function beginRun(ports: RunPorts): Promise<Settling> {
  const { emulators, database, config, current, url, tick } = ports
  const waiting: SyncEvent[] = []
  const troubles: string[] = []
  /** Until the next poll. */
  const later: SyncEvent[] = []
  const keys = new Set<string>()
  const raise = async (events: readonly RaisedEvent[]) => {
    for (const { event, dedupeKey } of events) {
      if (!keys.has(dedupeKey)) waiting.push(event)
      keys.add(dedupeKey)
    }
  }
  const processPorts = { db: database.db, raise, stumbled: (line: string) => void troubles.push(line) }
  let left = await startProcess(config, processPorts)
  const right = await startProcess(config, processPorts)
  const token = await anew(emulators, config, url)
  // That a vendor was heard of is for the console.
  const seen = () => undefined
  current.doors = {
    kustomer: () => ({ token: () => token, raise, seen, refused: seen }),
    cloudtalk: () => ({ ...left.connection.doors.cloudtalk, raise, seen }),
  }

  const settleIn = async ({ connection }: Process, event: SyncEvent) => {
    const settled = await settle(connection.context, event, 'live')
    if (settled.kind === 'again') {
      const next = { ...event, attempt: event.attempt + 1 }
      const tries = next.attempt % SOON_TRIES === 0 ? later : waiting
      tries.push(next)
    }
    if (settled.kind === 'busy') waiting.push({ ...event, crowded: true })
    if (settled.kind !== 'dead') return
    const story = await historyOf(database.db, event.connection, event.kind, event.id)
    troubles.push(`given up: ${recordKey(event)}, ${story.map(({ sentence }) => sentence).join(' | ')}`)
  }
  const heard = async () => {
    await Promise.all([emulators.cloudtalk.webhooksIdle(), emulators.kustomer.webhooksIdle()])
  }
  const settleAlone = async (event: SyncEvent) => {
    await settleIn(left, event)
    await heard()
  }
  const settleWaiting = async () => {
    await heard()
    for (let settled = 0; waiting.length > 0; settled++) {
      if (settled > MOST_SETTLES) throw new Error(`it never ends: ${JSON.stringify(waiting.slice(0, 3))}`)
      const [event] = waiting.splice(0, 1)
      if (event) await settleAlone(event)
    }
  }
  const { context } = left.connection
  const poll = async (side: 'customers' | 'contacts') => {
    waiting.push(...later.splice(0))
    const polling = left.connection.context
    await (side === 'customers' ? pollCustomers(polling) : pollContacts(polling))
  }
  const lookAtAll = async () => {
    await poll('customers')
    await poll('contacts')
    const [{ customers = [] }, { contacts = [] }] = await Promise.all([
      emulators.kustomer.state(),
      emulators.cloudtalk.state(),
    ])
    const asked = { source: 'poll' } as const
    waiting.push(...customers.map(({ id }) => customerEvent(context.connection, id, asked)))
    waiting.push(...contacts.map(({ id }) => contactEvent(context.connection, String(id), asked)))
    await settleWaiting()
  }
  return {
    emulators,
    waiting,
    troubles,
    tick,
    heard,
    take: (which, together) => takeFrom(waiting, which, together),
    settle: settleAlone,
    async settleTwo(one, other) {
      await Promise.all([settleIn(left, one), settleIn(right, other)])
      await heard()
    },
    async settleAndDie(event, count) {
      left.dieAt(count)
      // What the dead process said to the queue, nobody has heard.
      await settleIn(left, event).catch((error: unknown) => {
        if (!left.isDead()) throw error
      })
      if (left.isDead()) waiting.push(event)
      left = await restart(left, config, processPorts)
      await heard()
    },
    async settleWithFault(event, vendor, fault) {
      await setFaults(emulators[vendor], fault)
      await settleIn(left, event)
      await setFaults(emulators[vendor])
      await heard()
    },
    poll,
    async untilQuiet() {
      for (let round = 0; round < MOST_ROUNDS; round++) {
        await settleWaiting()
        const before = await writesOf(emulators)
        await lookAtAll()
        if ((await writesOf(emulators)) === before && later.length === 0) return
      }
      throw new Error('every round has written something')
    },
    end() {
      current.doors = undefined
      left.end()
      right.end()
    },
  }
}

/** Empties both vendors and has them tell this connection. @returns the token of Kustomer's deliveries. */
async function anew(
  { cloudtalk, kustomer }: Emulators,
  connection: ConnectionConfig,
  url: string,
): Promise<string> {
  await Promise.all([cloudtalk.control('POST', '/reset'), kustomer.control('POST', '/reset')])
  const config: Pick<Config, 'connections'> = { connections: [connection] }
  await cloudtalk.control('PUT', '/workflows', recipesOf(config as Config, url))
  const { data } = await kustomer.api<{ data: { attributes: { token: string } } }>(
    'POST',
    '/outbound-webhooks',
    {
      name: connection.id,
      url: `${url}/webhooks/kustomer/${connection.id}`,
      events: ['kustomer.customer.create', 'kustomer.customer.update'],
    },
  )
  return data.attributes.token
}

function takeFrom(waiting: SyncEvent[], which: number, together: boolean): SyncEvent | undefined {
  const at = which % Math.max(1, waiting.length)
  const [event] = waiting.splice(at, 1)
  if (!event || !together) return event
  const others = waiting.filter((other) => recordKey(other) === recordKey(event))
  const [merged, ...rest] = mergeEvents([event, ...others])
  waiting.splice(0, waiting.length, ...waiting.filter((other) => !others.includes(other)), ...rest)
  return merged
}

/** Requests that have changed something, or were to. */
export async function writesOf({ cloudtalk, kustomer }: Emulators): Promise<number> {
  const counts = await Promise.all([cloudtalk.requests(), kustomer.requests()])
  return counts
    .flatMap(({ byRoute }) => Object.entries(byRoute))
    .filter(([route]) => !route.startsWith('GET ') && !route.endsWith('/search'))
    .reduce((sum, [, count]) => sum + count, 0)
}
