import { PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import { v7 as uuid, v5 as uuidFromKey } from 'uuid'
import type { OpenDatabase } from '../store/database.ts'
import { storable } from '../store/json.ts'
import { clearLeases } from '../store/leases.ts'
import type { RaisedEvent, SyncEvent } from '../sync/event.ts'
import { failInterrupted } from './interrupted.ts'
import {
  DEAD,
  DEAD_PROCESS_RETRY_SECONDS,
  HEARTBEAT_SECONDS,
  LONGEST_BATCH_SECONDS,
  PRIORITY,
  REMEMBER_SECONDS,
  SETTLE,
  WAIT_SECONDS,
  WATCH_SECONDS,
} from './policy.ts'

/** Namespace of job ids: the same event has the same id, whoever raises it. */
const EVENTS = '5f1c7d1e-6a0f-4c0b-9a57-0d3f6f7a2b61'

const TELL_AGAIN_MS = 5_000

export interface Queue {
  boss: PgBoss
  /** Puts events into the queue; when it returns, they survive a crash. */
  raise(events: readonly RaisedEvent[]): Promise<void>
  /** Takes no further job, and ends after those under way; new ones are still put in. */
  stopWorkers(): Promise<void>
  close(): Promise<void>
}

/** Opens the queue in the same database; makes its tables and queues on first use. */
export async function openQueue(database: OpenDatabase, log: Logger): Promise<Queue> {
  const boss = new PgBoss({
    ...database.queue,
    useListenNotify: true,
    superviseIntervalSeconds: WATCH_SECONDS,
    monitorIntervalSeconds: WATCH_SECONDS,
    schedule: false,
    persistWarnings: false,
  })
  // Each worker meets a database that is away twice a second; it is told once every so often.
  let toldAt = Number.NEGATIVE_INFINITY
  boss.on('error', (error) => {
    if (performance.now() - toldAt < TELL_AGAIN_MS) return
    toldAt = performance.now()
    log.error({ err: error }, 'queue')
  })
  await boss.start()
  await boss.createQueue(DEAD, { retentionSeconds: WAIT_SECONDS })
  await boss.createQueue(SETTLE, {
    deadLetter: DEAD,
    notify: true,
    heartbeatSeconds: HEARTBEAT_SECONDS,
    // Retries are ours: their delay depends on what the vendor said. These are for processes that died.
    retryLimit: 1_000,
    retryDelay: DEAD_PROCESS_RETRY_SECONDS,
    deleteAfterSeconds: REMEMBER_SECONDS,
    retentionSeconds: WAIT_SECONDS,
  })
  // A queue that an earlier version has made keeps its own settings otherwise.
  await boss.updateQueue(SETTLE, { expireInSeconds: LONGEST_BATCH_SECONDS })
  if (database.embedded) {
    // Nobody else can be at work on this database: whatever was under way was interrupted.
    await clearLeases(database.db)
    await failInterrupted(database.db, boss)
  }
  const insert = gather((jobs) => boss.insert(SETTLE, jobs))
  return {
    boss,
    raise: (events) => insert(events.map(jobOf)),
    stopWorkers: () => boss.offWork(SETTLE, { wait: true }),
    close: () => boss.stop({ graceful: true, timeout: 2_000, close: !database.embedded }),
  }
}

interface Job {
  id: string
  data: SyncEvent
  priority: number
  startAfter?: Date
  group: { id: string }
}

function jobOf({ event, priority, dedupeKey, startAfter }: RaisedEvent): Job {
  return {
    id: uuidFromKey(dedupeKey, EVENTS),
    data: storable(event),
    priority: PRIORITY[priority],
    group: { id: event.connection },
    ...(startAfter && { startAfter }),
  }
}

/** The next try of an event is an event of its own: its id must differ from the one that just ran. */
export const againKey = (event: SyncEvent): string =>
  `${event.connection}/${event.kind}/${event.id}/again/${uuid()}`

/**
 * Events that arrive while an insert is under way go together in the next one: under load the acknowledgements share
 * commits, alone one is not held back. Repeated ids within one insert are one job.
 */
function gather(insert: (jobs: Job[]) => Promise<unknown>): (jobs: readonly Job[]) => Promise<void> {
  let next: { jobs: Map<string, Job>; done: Promise<void> } | undefined
  let running: Promise<unknown> = Promise.resolve()
  return (jobs) => {
    if (jobs.length === 0) return Promise.resolve()
    if (!next) {
      const batch = { jobs: new Map<string, Job>(), done: Promise.resolve() }
      batch.done = running
        .catch(() => undefined)
        .then(async () => {
          next = undefined
          const inserting = insert([...batch.jobs.values()])
          running = inserting
          await inserting
        })
      next = batch
    }
    for (const job of jobs) if (!next.jobs.has(job.id)) next.jobs.set(job.id, job)
    return next.done
  }
}
