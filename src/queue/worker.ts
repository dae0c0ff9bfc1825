import { setTimeout as wait } from 'node:timers/promises'
import type { JobResult, JobWithMetadata } from 'pg-boss'
import type { Logger } from 'pino'
import { v4 as uuid } from 'uuid'
import type { Db } from '../store/database.ts'
import { giveBackAllLeases, LEASE_SECONDS, renewLeases, takeAllLeases, takeLeases } from '../store/leases.ts'
import { type RaisedEvent, recordKey, type SyncEvent } from '../sync/event.ts'
import { mergeEvents } from '../sync/merge-events.ts'
import type { Settled } from '../sync/settle.ts'
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
  settle(event: SyncEvent, priority: RaisedEvent['priority']): Promise<Settled>
  /** Whether somebody has paused this run. */
  paused(runId: string): Promise<boolean>
}

/** A record that is being settled elsewhere is looked at again this soon, here and then by way of the queue. */
const LEASE_RETRY_MS = 40
const LEASE_TRIES = 8
const BUSY_MS = 300
/** So often an event of a paused run looks whether the run goes on. */
const PAUSED_MS = 3_000

type EventJob = JobWithMetadata<SyncEvent>

/** Starts this process's workers. @returns how to stop renewing leases; the queue's own close stops the workers. */
export async function startWorkers(ports: WorkerPorts): Promise<() => void> {
  const holder = uuid()
  const options = {
    batchSize: BATCH,
    perJobResults: true,
    includeMetadata: true,
    burstWhenBatchFull: true,
    pollingIntervalSeconds: POLL_SECONDS,
    notifyPollingIntervalSeconds: POLL_SECONDS,
  } as const
  const handler = (jobs: EventJob[]): Promise<JobResult[]> => settleBatch(ports, holder, jobs)
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
  const renewing = setInterval(
    () => {
      renewLeases(ports.db, holder).catch((error) => ports.log.error({ err: error }, 'leases not renewed'))
    },
    (LEASE_SECONDS * 1_000) / 3,
  )
  return () => clearInterval(renewing)
}

async function settleBatch(ports: WorkerPorts, holder: string, jobs: EventJob[]): Promise<JobResult[]> {
  const byRecord = Map.groupBy(jobs, (job) => recordKey(job.data))
  const taken = await takeLeases(ports.db, holder, [...byRecord.keys()])
  const again: RaisedEvent[] = []
  const results: JobResult[] = []
  await Promise.all(
    [...byRecord].map(async ([key, group]) => {
      const priority = priorityOf(Math.max(...group.map((job) => job.priority)))
      const events = mergeEvents(group.map((job) => job.data))
      if (!taken.has(key) && !(await takeSoon(ports.db, holder, key))) {
        again.push(...events.map((event) => later(event, priority, BUSY_MS)))
        results.push(...group.map(({ id }) => completed(id)))
        return
      }
      try {
        results.push(...(await settleGroup(ports, group, events, priority, again)))
      } finally {
        await giveBackAllLeases(ports.db, holder, [key])
      }
    }),
  )
  await ports.queue.raise(again)
  return results
}

/** Most settles are over soon, and the queue is half a second late with what it gets back. */
async function takeSoon(db: Db, holder: string, key: string): Promise<boolean> {
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
): Promise<JobResult[]> {
  let dead = false
  try {
    for (const event of events) {
      if (event.runId !== undefined && (await ports.paused(event.runId))) {
        again.push(later(event, priority, PAUSED_MS))
        continue
      }
      const settled = await ports.settle(event, priority)
      if (settled.kind === 'dead') dead = true
      if (settled.kind === 'busy') again.push(later(event, priority, BUSY_MS))
      if (settled.kind === 'again') {
        const next = { ...event, attempt: event.attempt + 1 }
        again.push(later(next, retryPriority(priority), settled.inMs))
      }
    }
    return resultsOf(group, dead)
  } catch (error) {
    // The outcome could not be recorded, so it did not happen: the queue gives the jobs out again.
    ports.log.error({ err: error }, 'a settle could not be recorded')
    return group.map(({ id }) => ({ id, status: 'failed' }))
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
