import { v7 as uuid } from 'uuid'
import { unsettledCalls } from '../store/calls.ts'
import { type RunProgress, runProgress, startRun, unfinishedRuns, updateRun } from '../store/runs.ts'
import type { SyncContext } from './context.ts'
import { callEvent, customerEvent } from './event.ts'
import { readCallsBetween } from './read-calls.ts'
import { readContacts } from './read-contacts.ts'
import { readCustomersSince } from './read-customers.ts'

/**
 * A run brings over what was there before the service: every customer, and with `from` every call since. It is
 * *reading* (its events are being raised), then *settling* (they wait for budget and workers), then *done*; *failed*
 * only when reading cannot go on. Its events take the same road as live ones, behind them.
 */

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
  const reading = new Set<Promise<void>>()
  let stopped = false
  const goOn = () => {
    if (stopped) throw new Stopped()
  }
  const read = (id: string, from: Date | undefined) => {
    const task = readForRun(context, id, from, goOn).finally(() => reading.delete(task))
    reading.add(task)
  }
  return {
    async begin(from) {
      const id = uuid()
      await startRun(context.db, { id, connection: context.connection, from })
      read(id, from)
      return id
    },
    async resume() {
      for (const run of await unfinishedRuns(context.db, context.connection)) {
        if (run.state === 'reading') read(run.id, run.from)
      }
    },
    check: (id) => checkRun(context, id),
    async stop() {
      stopped = true
      await Promise.all(reading)
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

async function readForRun(
  context: SyncContext,
  id: string,
  from: Date | undefined,
  goOn: () => void,
): Promise<void> {
  try {
    const raised = { customer: await raiseCustomers(context, id, goOn), call: 0 }
    await updateRun(context.db, id, { raised })
    if (from) raised.call = await raiseCalls(context, id, from, goOn)
    await updateRun(context.db, id, { state: 'settling', raised })
  } catch (error) {
    if (error instanceof Stopped) return
    const reason = error instanceof Error ? error.message : String(error)
    context.log.error({ run: id, err: error }, 'a run could not read on')
    await updateRun(context.db, id, { state: 'failed', error: reason, finishedAt: context.now() })
  }
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

async function raiseCalls(
  context: SyncContext,
  runId: string,
  from: Date,
  goOn: () => void,
): Promise<number> {
  const { db, connection } = context
  let count = 0
  await readCallsBetween(context, from, context.now(), async (ids) => {
    goOn()
    const ended = await unsettledCalls(db, connection, ids, from)
    count += ended.length
    await context.raise(
      ended.map(({ id }) => ({
        event: callEvent(connection, id, { about: 'call', source: 'run', runId }),
        priority: 'backfill',
        dedupeKey: `${connection}/run/${runId}/call/${id}`,
      })),
    )
  })
  return count
}

const total = (counts: Partial<Record<string, number>>): number =>
  Object.values(counts).reduce<number>((sum, count) => sum + (count ?? 0), 0)
