import type { Logger } from 'pino'
import type { Db } from '../store/database.ts'
import { giveBackLeases, renewLeases, takeLeases } from '../store/leases.ts'

export interface Poller {
  /** Asks for a round now; one that is under way is followed by another. */
  nudge(): void
  stop(): Promise<void>
}

/** Well before a lease runs out. */
const RENEW_MS = 5_000

/**
 * Runs a round every so often, over all processes one at a time. A round that fails is logged and simply comes again:
 * it starts from its cursor.
 */
export function startPoller(
  ports: { db: Db; log: Logger; holder: string },
  name: string,
  everyMs: number,
  round: () => Promise<void>,
): Poller {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let wanted = false
  let stopped = false

  async function once(): Promise<void> {
    const mine = await takeLeases(ports.db, ports.holder, [name])
    if (mine.size === 0) return
    const renewing = setInterval(
      () => void renewLeases(ports.db, ports.holder).catch(() => undefined),
      RENEW_MS,
    )
    try {
      await round()
    } finally {
      clearInterval(renewing)
      await giveBackLeases(ports.db, ports.holder, mine)
    }
  }

  function start(): void {
    clearTimeout(timer)
    if (stopped) return
    if (running) {
      wanted = true
      return
    }
    wanted = false
    running = once()
      .catch((error: unknown) => {
        if (!stopped) ports.log.warn({ poller: name, err: error }, 'a round failed and comes again')
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
