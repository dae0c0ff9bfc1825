import { v7 as uuid } from 'uuid'
import { giveBackLeases, renewLeases, takeLeases } from '../store/leases.ts'
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

/** Well before the lease of the reading runs out. */
const RENEW_MS = 5_000

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
  const reading = new Set<Promise<void>>()
  let stopped = false
  const goOn = () => {
    if (stopped) throw new Stopped()
  }
  /** By one process at a time; a process that dies loses its lease, and another goes on. */
  const read = async (id: string, from: Date | undefined): Promise<void> => {
    const lease = `${connection}/run/${id}`
    const mine = await takeLeases(db, holder, [lease])
    if (mine.size === 0) return
    const renewing = setInterval(() => void renewLeases(db, holder).catch(() => undefined), RENEW_MS)
    try {
      await readForRun(context, id, from, goOn)
    } catch (error) {
      context.log.error({ run: id, err: error }, 'a run could not say how it ended; it is taken up again')
    } finally {
      clearInterval(renewing)
      await giveBackLeases(db, holder, mine).catch(() => undefined)
    }
  }
  const readApart = (id: string, from: Date | undefined) => {
    const task = read(id, from).finally(() => reading.delete(task))
    task.catch((error: unknown) => context.log.error({ run: id, err: error }, 'a run could not be taken up'))
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

/** Those that are logged already are settled again too: what the settings left out before may be wanted now. */
async function raiseCalls(
  context: SyncContext,
  runId: string,
  from: Date,
  goOn: () => void,
): Promise<number> {
  const { connection } = context
  const seen = new Set<string>()
  await readCallsBetween(context, from, context.now(), async (calls) => {
    goOn()
    const ended = calls.filter(({ id, endedAt }) => endedAt !== undefined && !seen.has(id))
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
