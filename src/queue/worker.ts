import { setTimeout as wait } from 'node:timers/promises'
import type { JobResult, JobWithMetadata } from 'pg-boss'
import type { Logger } from 'pino'
import { endWaiting } from '../store/cancelled.ts'
import type { Db } from '../store/database.ts'
import {
  endLeases,
  type Holder,
  keepRenewing,
  leftForMs,
  newHolder,
  takeAllLeases,
  takeLeases,
} from '../store/leases.ts'
import { type RaisedEvent, recordKey, type SyncEvent, withoutRun } from '../sync/event.ts'
import { mergeEvents } from '../sync/merge-events.ts'
import type { Halt } from '../sync/runs/run-halt.ts'
import type { Settled } from '../sync/settle.ts'
import { underLeases } from '../sync/under-leases.ts'
import {
  ANY_BATCH,
  ANY_WORKERS,
  BATCH,
  LIVE_WORKERS,
  POLL_SECONDS,
  PRIORITY,
  priorityOf,
  SETTLE,
} from './policy.ts'
import { againKey, type Queue } from './queue.ts'

export interface WorkerPorts {
  db: Db
  queue: Queue
  log: Logger
  /** For so long nobody settles a record whose settle has given up a write, or has died while it wrote. */
  leaveMs: number
  settle(event: SyncEvent, priority: RaisedEvent['priority']): Promise<Settled>
  /** Events of this connection are in the queue because a vendor is away; by now it may be back. */
  heldBack(connection: string): Promise<void>
  /** Whether somebody has paused this run since the event was raised, or cancelled it. */
  halted(runId: string, round: number): Promise<Halt>
}

/** A record that is being settled elsewhere is looked at again this soon, here and then by way of the queue. */
const LEASE_RETRY_MS = 40
const LEASE_TRIES = 8
const BUSY_MS = 300

type EventJob = JobWithMetadata<SyncEvent>
type ComesAgain = Extract<Settled, { kind: 'again' }>

/** Starts this process's workers. @returns how to stop renewing leases; the queue's own close stops the workers. */
export async function startWorkers(ports: WorkerPorts): Promise<() => void> {
  const leases: ProcessLeases = { holder: newHolder(ports.leaveMs), keys: new Set() }
  const options = {
    batchSize: BATCH,
    perJobResults: true,
    includeMetadata: true,
    burstWhenBatchFull: true,
    pollingIntervalSeconds: POLL_SECONDS,
    notifyPollingIntervalSeconds: POLL_SECONDS,
  } as const
  const handler = (jobs: EventJob[]): Promise<JobResult[]> => settleBatch(ports, leases, jobs)
  await ports.queue.boss.work(
    SETTLE,
    { ...options, localConcurrency: LIVE_WORKERS, minPriority: PRIORITY.live },
    handler,
  )
  await ports.queue.boss.work(
    SETTLE,
    { ...options, batchSize: ANY_BATCH, localConcurrency: ANY_WORKERS },
    handler,
  )
  return keepRenewing(ports.db, leases.holder, leases.keys, (error) =>
    ports.log.error({ err: error }, 'leases not renewed'),
  )
}

/** The leases that this process has at the moment. */
interface ProcessLeases {
  holder: Holder
  keys: Set<string>
}

async function settleBatch(
  ports: WorkerPorts,
  leases: ProcessLeases,
  batch: EventJob[],
): Promise<JobResult[]> {
  const { holder, keys } = leases
  const { jobs, results } = await withoutHalted(ports, batch)
  const byRecord = Map.groupBy(jobs, (job) => recordKey(job.data))
  const taken = await takeLeases(ports.db, holder, [...byRecord.keys()])
  for (const key of taken) keys.add(key)
  await Promise.all(
    [...byRecord].map(async ([key, group]) => {
      const again: RaisedEvent[] = []
      let leave = false
      const priority = priorityOf(Math.max(...group.map((job) => job.priority)))
      const events = mergeEvents(group.map((job) => job.data))
      if (!taken.has(key) && !(await takeSoon(ports.db, holder, key))) {
        const busyMs = Math.max(BUSY_MS, await leftForMs(ports.db, [key]))
        await ports.queue.raise(events.map((event) => later(event, priority, busyMs)))
        results.push(...group.map(({ id }) => completed(id)))
        return
      }
      keys.add(key)
      try {
        const settled = await underLeases(holder, [key], () =>
          settleGroup(ports, group, events, priority, again),
        )
        leave = settled.leave
        // At once, not with the slowest of the batch: what is held back must be in the queue to be let go.
        await ports.queue.raise(again)
        if (settled.heldBack !== undefined) await ports.heldBack(settled.heldBack)
        results.push(...settled.results)
      } finally {
        keys.delete(key)
        // What is not given back is not renewed any more, and runs out.
        await endLeases(ports.db, holder, [key], leave).catch((error: unknown) =>
          ports.log.warn({ err: error }, 'a lease could not be given back'),
        )
      }
    }),
  )
  return results
}

/**
 * An event of a paused run is done with: the run raises it anew when it goes on. One of a cancelled run is not raised
 * any more, so what waited for it waits no longer. What came from elsewhere meanwhile is settled all the same.
 */
async function withoutHalted(
  ports: WorkerPorts,
  batch: readonly EventJob[],
): Promise<{ jobs: EventJob[]; results: JobResult[] }> {
  const jobs: EventJob[] = []
  const results: JobResult[] = []
  const cancelled: SyncEvent[] = []
  for (const job of batch) {
    const { runId, round = 0 } = job.data
    const halt = runId === undefined ? undefined : await ports.halted(runId, round)
    const left = halt && withoutRun(job.data)
    if (!halt) jobs.push(job)
    else if (left) jobs.push({ ...job, data: left })
    else results.push(completed(job.id))
    if (halt === 'cancelled' && !left) cancelled.push(job.data)
  }
  await endWaiting(ports.db, cancelled)
  return { jobs, results }
}

/** Most settles are over soon, and the queue is half a second late with what it gets back. */
async function takeSoon(db: Db, holder: Holder, key: string): Promise<boolean> {
  for (let tried = 1; tried <= LEASE_TRIES; tried++) {
    await wait(LEASE_RETRY_MS)
    if (await takeAllLeases(db, holder, [key])) return true
  }
  return false
}

/** Never rejects: the others of the batch are still under way, and their leases with them. */
async function settleGroup(
  ports: WorkerPorts,
  group: readonly EventJob[],
  events: readonly SyncEvent[],
  priority: RaisedEvent['priority'],
  again: RaisedEvent[],
): Promise<{ results: JobResult[]; leave: boolean; heldBack?: string | undefined }> {
  let dead = false
  let givenUp: ComesAgain | undefined
  let heldBack: string | undefined
  try {
    for (const settling of events) {
      // What the vendor may do yet would overwrite what is written now.
      const settled: Settled = givenUp
        ? { kind: 'again', inMs: givenUp.inMs, held: false, untried: true, givenUp: false }
        : await ports.settle(settling, priority)
      if (settled.kind === 'dead') dead = true
      if (settled.kind === 'again' && settled.givenUp) givenUp = settled
      const { runId, round = 0 } = settling
      const comesAgain = settled.kind === 'again' || settled.kind === 'busy'
      const cancelled =
        comesAgain && runId !== undefined && (await ports.halted(runId, round)) === 'cancelled'
      const event = cancelled ? withoutRun(settling) : settling
      if (!event) {
        await endWaiting(ports.db, [settling])
      } else if (settled.kind === 'busy') {
        const { busySince = Date.now() } = event
        const busyMs = Math.max(BUSY_MS, settled.forMs)
        again.push(later({ ...event, crowded: true, busySince }, priority, busyMs))
      } else if (settled.kind === 'again') {
        const { held, untried, inMs } = settled
        if (held && untried) heldBack = event.connection
        const next = { ...event, held, attempt: event.attempt + (untried ? 0 : 1) }
        again.push(later(next, untried ? priority : retryPriority(priority), inMs))
      }
    }
    return { results: resultsOf(group, dead), leave: givenUp !== undefined, heldBack }
  } catch (error) {
    // The outcome could not be recorded, so it did not happen: the queue gives the jobs out again.
    ports.log.error({ err: error }, 'a settle could not be recorded')
    return { results: group.map(({ id }) => ({ id, status: 'failed' })), leave: givenUp !== undefined }
  }
}

const completed = (id: string): JobResult => ({ id, status: 'completed' })

/** One dead letter a record is enough: the other jobs of its group are covered by it. */
function resultsOf(group: readonly EventJob[], dead: boolean): JobResult[] {
  return group.map(({ id }, index) => (dead && index === 0 ? { id, status: 'deadletter' } : completed(id)))
}

/** What has failed once no longer goes ahead of what happens now; backfill stays where it is. */
const retryPriority = (priority: RaisedEvent['priority']): RaisedEvent['priority'] =>
  priority === 'live' ? 'retry' : priority

const later = (event: SyncEvent, priority: RaisedEvent['priority'], inMs: number): RaisedEvent => ({
  event,
  priority,
  dedupeKey: againKey(event),
  startAfter: new Date(Date.now() + inMs),
})
