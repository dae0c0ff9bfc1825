import { setTimeout as wait } from 'node:timers/promises'
import { v7 as uuid } from 'uuid'
import { doubtContacts } from '../../store/contacts.ts'
import { type Db, refreshStatistics } from '../../store/database.ts'
import { type Holder, newHolder } from '../../store/leases.ts'
import {
  cancelRun,
  findRun,
  isOver,
  planItems,
  type Run,
  type RunProgress,
  runProgress,
  startRun,
  unfinishedRuns,
  updateRun,
} from '../../store/runs.ts'
import type { RunKind } from '../../store/schema.ts'
import { Busy } from '../busy.ts'
import { LONGEST_CALL_MS } from '../calls/call-dates.ts'
import { readCallsSince } from '../calls/read-calls.ts'
import { readContacts } from '../contacts/read-contacts.ts'
import { readArchivedCustomers, readCustomersSince } from '../contacts/read-customers.ts'
import { BEGINNING } from '../contacts/read-in-order.ts'
import type { SyncContext } from '../context.ts'
import { failedSettle } from '../failure.ts'
import { holdLease } from '../hold-lease.ts'
import { preview } from './preview.ts'
import { FRESH_MS } from './run-halt.ts'
import { CALLS_WAVE, nextItems, planCustomers, runEvent } from './run-plan.ts'
import { planUndo, previewUndo, undo } from './undo.ts'

/**
 * A run brings over what was there before the service: every customer and contact, and with `from` every call since.
 * It is *reading* (both sides go into the mirror), then *settling* (its work list goes through the queue, wave by
 * wave), then *done*; *failed* only when it cannot go on. Its events take the same road as live ones, behind them.
 */

/** Between two looks at a run that goes on. */
const LOOK_MS = 150
const LEASE_LOOK_MS = 500
/** After this long without one, a disturbance counts as the first again. */
const GOES_WELL_MS = 60_000
/** Events of a run that are in the queue at once: enough to keep every worker busy, few enough to pause soon. */
const UNDER_WAY = 600

/** Starting one takes some milliseconds; for a second another one is waited for. */
const START_TRIES = 40
const START_AGAIN_MS = 25

export interface Runs {
  /**
   * Starts a run, or goes on with one like it that was interrupted.
   * @param of the run that an undo, or its preview, is about.
   * @returns its id, once it is in the database: from then on a restart goes on with it.
   * @throws {RunRefused} where it cannot be started now. @throws {Busy} while another one is being started.
   */
  begin(kind: RunKind, from: Date | undefined, of?: string): Promise<string>
  /** Goes on with what a stopped or killed process left; what is settled is not settled again. */
  resume(): Promise<void>
  /** Stops or goes on, in the order of calls. @throws {RunRefused} where it is over. */
  pause(id: string, paused: boolean): Promise<RunProgress | undefined>
  /**
   * Ends a run: when this returns, no process begins another record of it. What is done stays.
   * @throws {RunRefused} where it is over.
   */
  cancel(id: string): Promise<RunProgress | undefined>
  /** How far a run is. */
  check(id: string): Promise<RunProgress | undefined>
  /** Ends after what is under way; it goes on with the next start. */
  stop(): Promise<void>
}

/** What a person asked of a run cannot be done; the message says why, and what can. */
export class RunRefused extends Error {
  override readonly name = 'RunRefused' as const
}

class Stopped extends Error {
  override readonly name = 'Stopped' as const
}

/** @param endQueued has what the queue still holds of a cancelled run taken up at once. */
export function createRuns(context: SyncContext, endQueued: (id: string) => Promise<void>): Runs {
  const { db, connection } = context
  const holder = newHolder()
  const driven = new Map<string, Promise<unknown>>()
  let stopped = false
  const goOn = () => {
    if (stopped) throw new Stopped()
  }
  /** By one process at a time; a process that dies loses its lease, and another goes on. */
  const drive = (id: string) => {
    if (stopped || driven.has(id)) return
    const driving = untilHeld(context, id, goOn, () =>
      holdLease(db, holder, `${connection}/run/${id}`, () => patiently(context, id, goOn)),
    )
      .catch((error: unknown) => {
        if (!stopped) context.log.error({ run: id, err: error }, 'a run could not be taken up')
      })
      .finally(() => driven.delete(id))
    driven.set(id, driving)
  }
  const ours = async (id: string) => {
    const run = await findRun(db, id)
    return run?.connection === connection ? run : undefined
  }
  const over = async (run: Run, verb: string) => {
    const { state } = (await findRun(db, run.id)) ?? run
    return new RunRefused(`The run is ${state} already, so there is nothing to ${verb}.`)
  }
  async function begin(kind: RunKind, from: Date | undefined, of: string | undefined): Promise<string> {
    const unfinished = await unfinishedRuns(db, connection)
    const interrupted = unfinished.find(
      (run) =>
        run.kind === kind && run.of === of && run.from?.getTime() === from?.getTime() && !driven.has(run.id),
    )
    if (interrupted) return interrupted.id
    await checkUndo(context, kind, of)
    checkOthers(kind, unfinished)
    const id = uuid()
    await startRun(db, { id, connection, kind, from, of })
    return id
  }
  return {
    begin: async (kind, from, of) => {
      const id = await oneByOne(db, holder, connection, () => begin(kind, from, of))
      drive(id)
      return id
    },
    async resume() {
      for (const { id } of await unfinishedRuns(db, connection)) drive(id)
    },
    async pause(id, paused) {
      const run = await ours(id)
      if (!run) return undefined
      const verb = paused ? 'pause' : 'resume'
      if (!(await updateRun(db, id, { paused }))) throw await over(run, verb)
      return runProgress(db, id)
    },
    async cancel(id) {
      const run = await ours(id)
      if (!run) return undefined
      if (!(await cancelRun(db, id, context.now()))) throw await over(run, 'cancel')
      await wait(FRESH_MS)
      await endQueued(id)
      return runProgress(db, id)
    },
    check: async (id) => ((await ours(id)) ? runProgress(db, id) : undefined),
    async stop() {
      stopped = true
      await Promise.allSettled(driven.values())
    },
  }
}

/** Two that are started at the same moment would not see each other. @throws {Busy} */
async function oneByOne(
  db: Db,
  holder: Holder,
  connection: string,
  start: () => Promise<string>,
): Promise<string> {
  for (let tried = 1; ; tried++) {
    const held = await holdLease(db, holder, `${connection}/starting-a-run`, start)
    if (held) return held.result
    if (tried === START_TRIES) throw new Busy()
    await wait(START_AGAIN_MS)
  }
}

const isUndo = (kind: RunKind): boolean => kind === 'undo' || kind === 'undo-preview'

async function checkUndo(
  { db, connection }: SyncContext,
  kind: RunKind,
  of: string | undefined,
): Promise<void> {
  if (!isUndo(kind)) return
  const run = of === undefined ? undefined : await findRun(db, of)
  if (run?.connection !== connection || run.kind !== 'sync') {
    throw new RunRefused('There is no such sync. Name one by the id of its run.')
  }
  if (!isOver(run)) throw new RunRefused('The sync is still under way. Cancel it first, or wait for its end.')
}

/** An undo and a sync at the same time would each undo what the other does. */
function checkOthers(kind: RunKind, unfinished: readonly Run[]): void {
  const others = unfinished.filter((run) => run.kind === 'undo' || (run.kind === 'sync' && kind === 'undo'))
  const [other] = others
  if (!other || kind === 'preview' || kind === 'undo-preview') return
  const what = other.kind === 'undo' ? 'An undo' : 'A sync'
  throw new RunRefused(`${what} is under way. Wait for its end, or cancel it.`)
}

/** A process that was killed has its lease for some seconds more; one that lives may go on with the run itself. */
async function untilHeld(
  context: SyncContext,
  id: string,
  goOn: () => void,
  hold: () => Promise<unknown>,
): Promise<void> {
  while (!(await hold())) {
    const run = await findRun(context.db, id)
    if (!run || isOver(run)) return
    goOn()
    await wait(LEASE_LOOK_MS)
  }
}

/** What passes by itself is waited for; the run stays in its state, and what was raised is not raised again. */
async function patiently(context: SyncContext, id: string, goOn: () => void): Promise<void> {
  for (let attempt = 0; ; ) {
    const started = Date.now()
    try {
      return await goThrough(context, id, goOn)
    } catch (error) {
      if (error instanceof Stopped) return
      if (Date.now() - started > GOES_WELL_MS) attempt = 0
      const { outcome, retryInMs, untried = false } = failedSettle(error, attempt, context)
      context.log.warn({ run: id, err: error }, 'a run could not go on')
      if (retryInMs === undefined) {
        const finishedAt = context.now()
        await updateRun(context.db, id, { state: 'failed', error: outcome.sentence, finishedAt })
        return
      }
      if (!untried) attempt++
      const until = Date.now() + retryInMs
      const isBack = () => untried && context.vendors.away().length === 0
      while (Date.now() < until && !isBack()) {
        goOn()
        await wait(Math.min(LOOK_MS, retryInMs))
      }
    }
  }
}

async function goThrough(context: SyncContext, id: string, goOn: () => void): Promise<void> {
  const { db } = context
  const raised = new Set<string>()
  for (;;) {
    goOn()
    const run = await findRun(db, id)
    if (!run || isOver(run)) return
    if (run.paused) await wait(LOOK_MS)
    else if (isUndo(run.kind)) await goThroughUndo(context, run, goOn)
    else if (run.state === 'reading') await read(context, run, goOn)
    else if (run.kind === 'preview') {
      await preview(context, run, goOn)
      await updateRun(db, id, { state: 'done', finishedAt: context.now() })
    } else if (!(await raiseNext(context, run, raised))) {
      await updateRun(db, id, { state: 'done', finishedAt: context.now() })
    }
  }
}

async function goThroughUndo(context: SyncContext, run: Run, goOn: () => void): Promise<void> {
  if (run.state === 'reading') return planUndo(context, run, goOn)
  if (run.kind === 'undo') await undo(context, run, goOn)
  else await previewUndo(context, run, goOn)
  await updateRun(context.db, run.id, { state: 'done', finishedAt: context.now() })
}

/** Fills the mirror of both sides; a run that was interrupted here reads again. */
async function read(context: SyncContext, run: Run, goOn: () => void): Promise<void> {
  await context.directory.refresh()
  await context.directory.readCompanies()
  const page = async () => {
    goOn()
    const now = await findRun(context.db, run.id)
    if (!now || isOver(now)) throw new Stopped()
  }
  const { missing } = await readContacts(context)
  await doubtContacts(context.db, context.connection, missing)
  await readCustomersSince(context, BEGINNING, false, page)
  await readArchivedCustomers(context, page)
  await refreshStatistics(context.db)
  if (run.from) await planCalls(context, run, run.from, page)
  await planCustomers(context, (await findRun(context.db, run.id)) ?? run)
  await updateRun(context.db, run.id, { state: 'settling' })
}

/** Those that are logged already are settled again too: what the settings left out before may be wanted now. */
async function planCalls(
  context: SyncContext,
  run: Run,
  from: Date,
  page: () => Promise<void>,
): Promise<void> {
  const seen = new Set<string>()
  const since = new Date(from.getTime() - LONGEST_CALL_MS)
  await readCallsSince(context, since, async (calls) => {
    await page()
    const ended = calls.filter(
      ({ id, endedAt }) => endedAt !== undefined && Date.parse(endedAt) >= from.getTime() && !seen.has(id),
    )
    for (const { id } of ended) seen.add(id)
    await planItems(
      context.db,
      run.id,
      CALLS_WAVE,
      ended.map(({ id }) => ({ kind: 'call', id })),
    )
  })
  await updateRun(context.db, run.id, { raised: { ...run.raised, call: seen.size } })
}

/** @returns whether anything is left to be settled. */
async function raiseNext(context: SyncContext, run: Run, raised: Set<string>): Promise<boolean> {
  const items = await nextItems(context, run.id, UNDER_WAY)
  if (!items) return false
  const events = items.map((item) => runEvent(context.connection, run, item))
  const fresh = events.filter(({ dedupeKey }) => !raised.has(dedupeKey))
  await context.raise(fresh)
  for (const { dedupeKey } of fresh) raised.add(dedupeKey)
  await wait(LOOK_MS)
  return true
}
