import { type Clock, createClock, MINUTE_MS } from '../clock.ts'
import { createFaults } from '../faults.ts'
import { type Emulator, startEmulator } from '../server.ts'
import type { Vendor } from '../vendor.ts'
import { createWebhookSender } from '../webhook-sender.ts'
import { seedWorld } from '../world/seed-world.ts'
import type { World } from '../world/world.ts'
import { createApi, routeOf } from './api.ts'
import { KustomerError, tooManyRequests } from './errors.ts'
import { loadWorld } from './load-world.ts'
import { createOrg, type Org } from './org.ts'
import type { Resource } from './resource.ts'
import { createKustomerSwitches } from './switches.ts'
import { storeMachineUser } from './users.ts'
import { render } from './wire.ts'

export type KustomerEmulatorOptions = {
  /** 0 takes a free one. */
  port: number
  /** Length of one minute of the rate limits and schedules, in milliseconds. @default 60000 */
  minuteMs?: number
  /** @default 1 */
  seed?: number
  /** @default 0, as the next two */
  customers?: number
  contacts?: number
  calls?: number
  /** A world made elsewhere, so that both vendors share it; then the sizes are not used. */
  world?: World
  /** Epoch ms. @default Date.now */
  now?: Clock['now']
}

/**
 * A Kustomer organisation on this machine: `/v1` with the bearer `emulator` of the org `acme`, and the controls
 * under `/__emulator` (also `PUT /__emulator/keys` for more API keys: `[{token, name, roles}]`).
 */
export async function createKustomerEmulator(options: KustomerEmulatorOptions): Promise<Emulator> {
  const { port, minuteMs = MINUTE_MS, seed = 1, customers, contacts, calls, now } = options
  const clock = createClock({ minuteMs, ...(now ? { now } : {}) })
  const faults = createFaults(seed)
  const webhooks = createWebhookSender({ faults })
  const switches = createKustomerSwitches()
  const org = createOrg({ clock, seed, switches, webhooks })
  const api = createApi(org)
  const vendor: Vendor = {
    fetch: api.fetch,
    routeOf,
    failure: (status) => api.refuse(faultOf(status, clock)),
    load: (world) => loadWorld(org, world),
    state: () => stateOf(org),
    switches,
    controls: {
      'GET /limits': () => ({
        requests: org.limits.windows('requestsPerMinute'),
        searches: org.limits.windows('searchesPerMinute'),
      }),
      'PUT /keys': ({ body }) => {
        const keys = org.keys.define(body)
        for (const key of keys) storeMachineUser(org, key)
        return keys.map(({ name, roles, userId }) => ({ name, roles, userId }))
      },
    },
  }
  vendor.load(options.world ?? seedWorld({ customers, contacts, calls, seed, now: clock.now() }))
  const emulator = await startEmulator({ vendor, port, clock, seed, faults, webhooks })
  return {
    ...emulator,
    close: async () => {
      org.later.clear()
      await emulator.close()
    },
  }
}

/** A fault on purpose; a 429 among them says, like a real one, when the minute is over. */
const faultOf = (status: number, { now, minuteMs }: Clock): KustomerError => {
  const resetAt = (Math.floor(now() / minuteMs) + 1) * minuteMs
  return status === 429
    ? tooManyRequests('toomanyrequests', { allowed: false, limit: 1_000, remaining: 0, resetAt })
    : new KustomerError(status, [{ code: 'error', title: `Fault ${status}` }])
}

/** Every living record as the API would show it. */
function stateOf({ store }: Org) {
  const shown = (records: Map<string, Resource>) =>
    [...records.values()].filter(({ deleted }) => !deleted).map(render)
  return {
    customers: shown(store.customers),
    conversations: shown(store.conversations),
    notes: shown(store.notes),
    messages: shown(store.messages),
    users: shown(store.users),
    companies: shown(store.companies),
    teams: shown(store.teams),
    tags: shown(store.tags),
    webhooks: shown(store.webhooks),
    bulks: shown(store.bulks),
    merges: shown(store.merges),
  }
}
