import { createClock } from '../clock.ts'
import { createFaults } from '../faults.ts'
import { type Emulator, startEmulator } from '../server.ts'
import { createSwitches } from '../switches.ts'
import { createWebhookSender } from '../webhook-sender.ts'
import { seedWorld } from '../world/seed-world.ts'
import type { World } from '../world/world.ts'
import { createAccountWebhooks } from './account-webhooks.ts'
import type { Account } from './api.ts'
import { editCall, emulateCall } from './emulated-calls.ts'
import { emulateMessage } from './emulated-messages.ts'
import { createEvents } from './events.ts'
import { createHosts, failureOf } from './hosts.ts'
import { createContactIds, storeOf } from './load-world.ts'
import { placeOf, routes } from './routes.ts'
import { stateOf } from './state.ts'
import { switchesSchema } from './switches.ts'
import { createWorkflows } from './workflows.ts'

export type CloudTalkEmulatorOptions = {
  /** 0 takes a free one. @default 0 */
  port?: number
  /** Length of a rate-limit minute in milliseconds. @default 60_000 */
  minuteMs?: number
  /** Of the world and the faults. @default 1 */
  seed?: number
  customers?: number
  contacts?: number
  calls?: number
  /** Instead of a seeded one. */
  world?: World
  /** Epoch milliseconds. @default Date.now */
  now?: () => number
}

/** CloudTalk as the contract describes it: three hosts on one port, `CLOUDTALK` / `emulator`. */
export const createCloudTalkEmulator = async ({
  port = 0,
  minuteMs,
  seed = 1,
  customers,
  contacts,
  calls,
  world,
  now,
}: CloudTalkEmulatorOptions = {}): Promise<Emulator> => {
  const clock = createClock({ ...(minuteMs !== undefined && { minuteMs }), ...(now && { now }) })
  const faults = createFaults(seed)
  const webhooks = createWebhookSender({ faults })
  const switches = createSwitches(switchesSchema)
  const workflows = createWorkflows({ webhooks })
  const accountWebhooks = createAccountWebhooks({ webhooks, clock })
  const store = storeOf(world ?? seedWorld({ customers, contacts, calls, seed, now: clock.now() }))
  const account: Account = {
    store,
    clock,
    events: createEvents({ workflows, accountWebhooks, account: () => account }),
    switches: switches.current,
    newContactId: createContactIds(store),
    baseUrl: '',
  }
  const hosts = createHosts({ account })

  const emulator = await startEmulator({
    port,
    clock,
    seed,
    faults,
    webhooks,
    vendor: {
      fetch: hosts.fetch,
      routeOf: (method, path) => routes.match(method, placeOf(path).path).name,
      failure: failureOf,
      load: (loaded) => {
        account.store = storeOf(loaded)
        account.newContactId = createContactIds(account.store)
        workflows.replace([])
        accountWebhooks.replace([])
        hosts.forget()
      },
      state: () => stateOf(account.store, workflows.current(), accountWebhooks.current()),
      switches,
      controls: {
        'GET /limits': () => ({ requests: hosts.windows() }),
        'POST /calls': emulateCall(account),
        'PATCH /calls/:id': editCall(account),
        'POST /messages': emulateMessage(account),
        'GET /workflows': () => workflows.current(),
        'PUT /workflows': ({ body }) => workflows.replace(body),
        'GET /account-webhooks': () => accountWebhooks.current(),
        'PUT /account-webhooks': ({ body }) => accountWebhooks.replace(body),
      },
    },
  })
  account.baseUrl = emulator.url
  return emulator
}
