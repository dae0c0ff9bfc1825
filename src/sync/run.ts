import { v7 as uuid } from 'uuid'
import { type RunProgress, runProgress, startRun, unfinishedRuns, updateRun } from '../store/runs.ts'
import { LONGEST_CALL_MS } from './call-dates.ts'
import type { SyncContext } from './context.ts'
import { callEvent, customerEvent } from './event.ts'
import { failedSettle } from './failure.ts'
import { holdLease } from './hold-lease.ts'
import { readCallsSince } from './read-calls.ts'
import { readContacts } from './read-contacts.ts'
import { readCustomersSince } from './read-customers.ts'

/**
 * A run brings over what was there before the service: every customer, and with `from` every call since. It is
 * *reading* (its events are being raised), then *settling* (they wait for budget and workers), then *done*; *failed*
 * only when reading cannot go on. Its events take the same road as live ones, behind them.
 */

/** How soon a stop is noticed while a run waits. */
const LOOK_MS = 200

const BEGINNING = '1970-01-01T00:00:00.000Z'

export interface Runs {
  /** Starts a run. @returns its id, once it is in the database: from then on a restart goes on with it. */
  begin(from: Date | undefined): Promise<string>
  /** Goes on with what a stopped or killed process left; reading again raises nothing twice. */
  resume(): Promise<void>
  /** How far a run is; a run all of whose records are settled is thereby done. */
  check(id: string): Promise<RunProgress | undefined>
  /** Ends the reading after the page that is under way; it goes on with the next start. */
  stop(): Promise<void>
}

class Stopped extends Error {
  override readonly name = 'Stopped' as const
}

export function createRuns(context: SyncContext): Runs {
  const { db, connection } = context
  const holder = uuid()
  const reading = new Set<Promise<boolean>>()
  let stopped = false
  const goOn = () => {
    if (stopped) throw new Stopped()
  }
  /** By one process at a time; a process that dies loses its lease, and another goes on. */
  const readApart = (id: string, from: Date | undefined) => {
    const task = holdLease(db, holder, `${connection}/run/${id}`, () =>
      readPatiently(context, id, from, goOn),
    ).finally(() => reading.delete(task))
    task.catch((error: unknown) => {
      if (!stopped) context.log.error({ run: id, err: error }, 'a run could not be taken up')
    })
    reading.add(task)
  }
  return {
    async begin(from) {
      const id = uuid()
      await startRun(context.db, { id, connection: context.connection, from })
      readApart(id, from)
      return id
    },
    async resume() {
      for (const run of await unfinishedRuns(context.db, context.connection)) {
        if (run.state === 'reading') readApart(run.id, run.from)
      }
    },
    check: (id) => checkRun(context, id),
    async stop() {
      stopped = true
      await Promise.allSettled(reading)
    },
  }
}

async function checkRun(context: SyncContext, id: string): Promise<RunProgress | undefined> {
  const run = await runProgress(context.db, id)
  if (run?.state !== 'settling') return run
  if (total(run.settled) < total(run.raised)) return run
  const finishedAt = context.now()
  await updateRun(context.db, id, { state: 'done', finishedAt })
  return { ...run, state: 'done', finishedAt }
}

/** What passes by itself is waited for; the run stays in its state, and what was raised is not raised again. */
async function readPatiently(
  context: SyncContext,
  id: string,
  from: Date | undefined,
  goOn: () => void,
): Promise<void> {
  const { firstBackoffMs } = context.pace
  for (let attempt = 0; ; attempt++) {
    try {
      return await readForRun(context, id, from, goOn)
    } catch (error) {
      if (error instanceof Stopped) return
      const { outcome, retryInMs } = failedSettle(error, { attempt, firstBackoffMs, now: Date.now() })
      context.log.warn({ run: id, err: error }, 'a run could not read on')
      if (retryInMs === undefined) {
        const finishedAt = context.now()
        return updateRun(context.db, id, { state: 'failed', error: outcome.sentence, finishedAt })
      }
      const until = Date.now() + retryInMs
      while (Date.now() < until) {
        goOn()
        await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_MS, retryInMs)))
      }
    }
  }
}

async function readForRun(
  context: SyncContext,
  id: string,
  from: Date | undefined,
  goOn: () => void,
): Promise<void> {
  const raised = { customer: await raiseCustomers(context, id, goOn), call: 0 }
  await updateRun(context.db, id, { raised })
  if (from) raised.call = await raiseCalls(context, id, from, goOn)
  await updateRun(context.db, id, { state: 'settling', raised })
}

async function raiseCustomers(context: SyncContext, runId: string, goOn: () => void): Promise<number> {
  const { connection } = context
  await context.directory.refresh()
  await context.directory.readCompanies()
  await readContacts(context)
  const seen = new Set<string>()
  await readCustomersSince(context, BEGINNING, false, async (customers) => {
    goOn()
    const fresh = customers.filter(({ id }) => !seen.has(id))
    for (const { id } of fresh) seen.add(id)
    await context.raise(
      fresh.map(({ id }) => ({
        event: customerEvent(connection, id, { source: 'run', runId }),
        priority: 'backfill',
        dedupeKey: `${connection}/run/${runId}/customer/${id}`,
      })),
    )
  })
  return seen.size
}

/** Those that are logged already are settled again too: what the settings left out before may be wanted now. */
async function raiseCalls(
  context: SyncContext,
  runId: string,
  from: Date,
  goOn: () => void,
): Promise<number> {
  const { connection } = context
  const seen = new Set<string>()
  const since = new Date(from.getTime() - LONGEST_CALL_MS)
  await readCallsSince(context, since, async (calls) => {
    goOn()
    const ended = calls.filter(
      ({ id, endedAt }) => endedAt !== undefined && Date.parse(endedAt) >= from.getTime() && !seen.has(id),
    )
    for (const { id } of ended) seen.add(id)
    await context.raise(
      ended.map(({ id }) => ({
        event: callEvent(connection, id, { about: 'call', source: 'run', runId }),
        priority: 'backfill',
        dedupeKey: `${connection}/run/${runId}/call/${id}`,
      })),
    )
  })
  return seen.size
}

const total = (counts: Partial<Record<string, number>>): number =>
  Object.values(counts).reduce<number>((sum, count) => sum + (count ?? 0), 0)
