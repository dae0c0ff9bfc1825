import type { Clock } from '../clock.ts'
import type { Switches } from '../switches.ts'
import type { WebhookSender } from '../webhook-sender.ts'
import { type ApiKey, createKeys, type Keys } from './auth.ts'
import { createEvents, type Events } from './events.ts'
import { createIds } from './ids.ts'
import { createLater, type Later } from './later.ts'
import { createLimits, type Limits } from './limits.ts'
import type { Resource } from './resource.ts'
import { createSearchIndex, type SearchIndex } from './search-index.ts'
import { createStore, type Store } from './store.ts'
import type { KustomerSwitches } from './switches.ts'

/** Everything an operation works with: the one organisation of the emulator. */
export type Org = {
  clock: Clock
  switches: () => KustomerSwitches
  store: Store
  keys: Keys
  limits: Limits
  searchIndex: SearchIndex
  events: Events
  later: Later
  newId: () => string
  /** Now, as the vendor writes times. */
  timestamp: () => string
  /** Milliseconds of a real minute → of an emulator's. */
  scaled: (ms: number) => number
  /** Follow-up of every write: the index learns of it, subscribers hear of it. */
  written: (before: Resource | undefined, after: Resource) => void
  clear: () => void
}

export function createOrg({
  clock,
  seed,
  switches,
  webhooks,
}: {
  clock: Clock
  seed: number
  switches: Switches<KustomerSwitches>
  webhooks: WebhookSender
}): Org {
  const scaled = (ms: number) => (ms * clock.minuteMs) / 60_000
  const store = createStore()
  const newId = createIds({ clock, seed })
  const timestamp = () => new Date(clock.now()).toISOString()
  const searchIndex = createSearchIndex(clock, () => scaled(switches.current().searchLagMs))
  const events = createEvents({ store, switches: switches.current, webhooks, newId, timestamp, scaled })
  const later = createLater(clock, scaled)
  const keys = createKeys()
  const limits = createLimits(clock, switches.current)
  return {
    clock,
    switches: switches.current,
    store,
    keys,
    limits,
    searchIndex,
    events,
    later,
    newId,
    timestamp,
    scaled,
    written: (before, after) => {
      searchIndex.write(after)
      events.publish(before, after)
    },
    clear: () => {
      later.clear()
      searchIndex.clear()
      limits.clear()
      keys.clear()
      Object.assign(store, createStore())
    },
  }
}

/** Who wrote a record, for its relationships. */
export const authorship = (key: ApiKey) => ({ createdBy: key.userId, modifiedBy: key.userId })
