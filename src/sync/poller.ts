import type { Logger } from 'pino'
import type { Db } from '../store/database.ts'
import type { Holder } from '../store/leases.ts'
import { VendorAway } from './circuit.ts'
import { holdLease } from './hold-lease.ts'

export interface Poller {
  /** Asks for a round now; one that is under way is followed by another. */
  nudge(): void
  stop(): Promise<void>
}

/**
 * Runs a round every so often, over all processes one at a time. A round that fails is logged and simply comes again:
 * it starts from its cursor.
 */
export function startPoller(
  ports: { db: Db; log: Logger; holder: Holder },
  name: string,
  everyMs: number,
  round: () => Promise<void>,
): Poller {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let wanted = false
  let stopped = false

  function start(): void {
    clearTimeout(timer)
    if (stopped) return
    if (running) {
      wanted = true
      return
    }
    wanted = false
    running = holdLease(ports.db, ports.holder, name, round)
      .then(() => undefined)
      .catch((error: unknown) => {
        // That a vendor is away has been said once.
        if (stopped || error instanceof VendorAway) return
        ports.log.warn({ poller: name, err: error }, 'a round failed and comes again')
      })
      .finally(() => {
        running = undefined
        if (wanted) start()
        else if (!stopped) timer = setTimeout(start, everyMs)
      })
  }

  start()
  return {
    nudge: start,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
