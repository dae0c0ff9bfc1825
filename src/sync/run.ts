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

/** Starts a run. @returns its id, once it is in the database: from then on a restart goes on with it. */
export async function beginRun(context: SyncContext, from: Date | undefined): Promise<string> {
  const id = uuid()
  await startRun(context.db, { id, connection: context.connection, from })
  void readForRun(context, id, from)
  return id
}

/** Goes on with what a stopped or killed process left; reading again raises nothing twice. */
export async function resumeRuns(context: SyncContext): Promise<void> {
  for (const run of await unfinishedRuns(context.db, context.connection)) {
    if (run.state === 'reading') void readForRun(context, run.id, run.from)
  }
}

/** How far a run is; a run all of whose records are settled is thereby done. */
export async function checkRun(context: SyncContext, id: string): Promise<RunProgress | undefined> {
  const run = await runProgress(context.db, id)
  if (run?.state !== 'settling') return run
  const raised = total(run.raised)
  if (total(run.settled) < raised) return run
  const finishedAt = context.now()
  await updateRun(context.db, id, { state: 'done', finishedAt })
  return { ...run, state: 'done', finishedAt }
}

async function readForRun(context: SyncContext, id: string, from: Date | undefined): Promise<void> {
  try {
    const raised = { customer: await raiseCustomers(context, id), call: 0 }
    await updateRun(context.db, id, { raised })
    if (from) raised.call = await raiseCalls(context, id, from)
    await updateRun(context.db, id, { state: 'settling', raised })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    context.log.error({ run: id, err: error }, 'a run could not read on')
    await updateRun(context.db, id, { state: 'failed', error: reason, finishedAt: context.now() })
  }
}

async function raiseCustomers(context: SyncContext, runId: string): Promise<number> {
  const { connection } = context
  await context.directory.refresh()
  await context.directory.readCompanies()
  await readContacts(context)
  const seen = new Set<string>()
  await readCustomersSince(context, BEGINNING, false, async (customers) => {
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

async function raiseCalls(context: SyncContext, runId: string, from: Date): Promise<number> {
  const { db, connection } = context
  let count = 0
  await readCallsBetween(context, from, context.now(), async (ids) => {
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
