import { setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { BULK_MAX_OPERATIONS } from '../../cloudtalk/index.ts'
import { netWrites } from '../../mapping/undo.ts'
import type { Write } from '../../mapping/write.ts'
import { findCall } from '../../store/calls.ts'
import { findContact } from '../../store/contacts.ts'
import { findCustomer } from '../../store/customers.ts'
import { leftForMs, newHolder } from '../../store/leases.ts'
import { findLink } from '../../store/links.ts'
import { findMessage } from '../../store/messages.ts'
import type { Outcome } from '../../store/outcomes.ts'
import {
  findRun,
  isOver,
  openItems,
  planItems,
  type Run,
  type RunItem,
  reopenItems,
  saveRunRecords,
  updateRun,
} from '../../store/runs.ts'
import type { RecordKind, Undoing } from '../../store/schema.ts'
import {
  beingSettled,
  type WrittenRecord,
  writesOfRecords,
  writtenByRun,
  writtenLater,
} from '../../store/undo-plan.ts'
import { liftUndone, markUndone, undoneAs } from '../../store/undone.ts'
import { Busy } from '../busy.ts'
import type { SyncContext } from '../context.ts'
import { eventOf, recordKey } from '../event.ts'
import { failedSettle } from '../failure.ts'
import { leaveMsOf } from '../given-up.ts'
import { holdLease } from '../hold-lease.ts'
import { lockOf } from '../locks.ts'
import { type Meter, metered } from '../meter.ts'
import { record } from '../record.ts'
import { imaginedStage } from '../undo/imagined-stage.ts'
import { isSettled } from '../undo/is-settled.ts'
import { GONE, saysOf } from '../undo/left-alone.ts'
import { realStage, type Trail } from '../undo/real-stage.ts'
import { keyOf, type Stage, undoRecord, type WrittenByRun } from '../undo/undo-record.ts'
import { untilNotPaused } from './preview.ts'

/**
 * Takes a run back: its records go on a work list in waves, so that of two that have written to the same record of a
 * vendor the later one is undone first. A preview takes the same decisions and no steps.
 */

const PAGE = 500
/** Records that are undone at the same time, so that deletions share requests. */
const AT_ONCE = 50
const LOOK_MS = 200
const BUSY_MS = 60

/** Puts what the run has written on the list. */
export async function planUndo(context: SyncContext, run: Run, goOn: () => void): Promise<void> {
  const { db, connection } = context
  const { of = '' } = run
  // A run that was cancelled ends what it had begun.
  while (await beingSettled(db, connection, of)) {
    goOn()
    await wait(LOOK_MS)
  }
  /** Records of vendors → the last wave of one that has written to it. */
  const waves = new Map<string, number>()
  const raised: Partial<Record<RecordKind, number>> = {}
  for (let before: string | undefined; ; ) {
    goOn()
    const page = await writtenByRun(db, of, before, PAGE)
    const last = page.at(-1)
    if (!last) break
    before = last.at
    const byWave = new Map<number, RunItem[]>()
    for (const record of page) {
      const touched = touchedBy(record)
      const wave = 1 + Math.max(-1, ...touched.map((key) => waves.get(key) ?? -1))
      for (const key of touched) waves.set(key, wave)
      byWave.set(wave, [...(byWave.get(wave) ?? []), { kind: record.kind, id: record.id }])
      raised[record.kind] = (raised[record.kind] ?? 0) + 1
    }
    for (const [wave, items] of byWave) await planItems(db, run.id, wave, items)
  }
  await updateRun(db, run.id, { raised, state: 'settling' })
}

/** Everything whose state the undoing of a record hangs on, or changes. */
function touchedBy({ kind, id, writes }: Pick<WrittenRecord, 'kind' | 'id' | 'writes'>): string[] {
  const touched = netWrites(writes).flatMap((write) => [
    ...(write.to === 'link' ? [`customer ${write.id}`] : [`${write.to} ${write.id}`]),
    ...(write.conversationId === undefined ? [] : [`conversation ${write.conversationId}`]),
    ...(['contact', 'customer'] as const).flatMap((other) =>
      Object.entries(write.fields[other] ?? {}).flatMap(([, named]) =>
        typeof named === 'string' ? [`${other} ${named}`] : [],
      ),
    ),
  ])
  return [...new Set([`${kind} ${id}`, ...touched])]
}

/** Undoes what is left on the list. */
export function undo(context: SyncContext, run: Run, goOn: () => void): Promise<void> {
  return eachItem(context, run, goOn, async (item, written, since) => {
    const trail: Trail = { begun: false, edited: new Map() }
    const done = await patiently(context, run, goOn, (meter) =>
      alone(context, item, written.writes, () =>
        metered(meter, () => undoItem(context, item, written, since, trail)),
      ),
    )
    await raiseEdited(context, run, trail)
    if (!done) return
    const { meter } = done
    const sent = meter.writes ?? []
    const outcome = done.outcome.outcome === 'failed' ? brokenOff(done.outcome, sent) : done.outcome
    await record(context, {
      ...outcome,
      details: { ...outcome.details, ...(sent.length > 0 && { writes: sent }) },
      kind: item.kind,
      recordId: item.id,
      requests: meter.requests,
      source: 'run',
      runId: run.id,
      ...(!trail.edited.has(keyOf(item.kind, item.id)) && (await versionOf(context, item))),
    })
    await save(context, run, item, outcome)
  })
}

async function undoItem(
  context: SyncContext,
  item: RunItem,
  written: WrittenByRun,
  since: Date,
  trail: Trail,
): Promise<Undoing> {
  const record = { connection: context.connection, ...item }
  const key = keyOf(item.kind, item.id)
  const undoneBefore = await undoneAs(context.db, record)
  if (await isSettled(context, item)) {
    // Before the first step: what that causes is met by nobody, even after a crash.
    await leaveAlone(context, item)
  } else trail.edited.set(key, item)
  let kept = false
  try {
    const undoing = await undoRecord(context, written, realStage(context, since, item, trail))
    kept = undoing.takenBack.length > 0
    if (kept && !trail.edited.has(key)) await leaveAlone(context, item)
    return undoing
  } finally {
    // Where nothing was taken back, nothing is left alone, whether the undo failed, waits or was cancelled.
    if (!kept && !trail.begun && undoneBefore === undefined) await liftUndone(context.db, record)
  }
}

/** What somebody has changed and nobody has settled is settled now. */
async function raiseEdited({ connection, raise }: SyncContext, run: Run, { edited }: Trail): Promise<void> {
  await raise(
    [...edited.values()].map((record) => ({
      event: eventOf(connection, record, { source: 'poll' }),
      priority: 'live',
      dedupeKey: `${recordKey({ connection, ...record })}/undo/${run.id}`,
    })),
  )
}

/** Tells what would be taken back, what would stay and why, and how many requests it takes. */
export async function previewUndo(context: SyncContext, run: Run, goOn: () => void): Promise<void> {
  const { db, vendors } = context
  await reopenItems(db, run.id)
  const looks = { cloudtalk: 0, kustomer: 0 }
  const looking: SyncContext = {
    ...context,
    vendors: {
      ...vendors,
      cloudtalk: (call) => {
        looks.cloudtalk++
        return vendors.cloudtalk(call)
      },
      kustomer: (call) => {
        looks.kustomer++
        return vendors.kustomer(call)
      },
    },
  }
  let stage: ReturnType<typeof imaginedStage> | undefined
  await eachItem(looking, run, goOn, async (item, written, since) => {
    stage ??= imaginedStage(since)
    const imagined: Stage = stage
    const done = await patiently(looking, run, goOn, (meter) =>
      metered(meter, () => undoRecord(looking, written, imagined)),
    )
    if (done) await save(context, run, item, done.outcome)
  })
  const { contacts = 0, cloudtalk = 0, kustomer = 0 } = stage?.writes() ?? {}
  const requests = {
    cloudtalk: looks.cloudtalk + cloudtalk + Math.ceil(contacts / BULK_MAX_OPERATIONS),
    kustomer: looks.kustomer + kustomer,
  }
  await updateRun(db, run.id, { estimate: { ...requests, seconds: vendors.secondsFor(requests) } })
}

async function eachItem(
  context: SyncContext,
  run: Run,
  goOn: () => void,
  work: (item: RunItem, written: WrittenByRun, since: Date) => Promise<void>,
): Promise<void> {
  const { db, connection } = context
  const { of = '' } = run
  const since = (await findRun(db, of))?.startedAt ?? run.startedAt
  for (;;) {
    if (!(await untilNotPaused(db, run.id, goOn))) return
    const open = await openItems(db, run.id, AT_ONCE)
    if (!open) return
    const writes = await writesOfRecords(db, of, open.items)
    const items = open.items.map((item) => ({ ...item, writes: writes.get(keyOf(item.kind, item.id)) ?? [] }))
    const later = await writtenLater(db, connection, of, items)
    await Promise.all(
      items.map(({ writes, ...item }) =>
        work(item, { writes, later: later.get(keyOf(item.kind, item.id)) ?? [] }, since),
      ),
    )
  }
}

/** Until it has ended, well or not; nothing where the run was cancelled meanwhile. */
async function patiently(
  context: SyncContext,
  run: Run,
  goOn: () => void,
  work: (meter: Meter) => Promise<Undoing>,
): Promise<{ outcome: Outcome; meter: Meter } | undefined> {
  const meter: Meter = { priority: 'backfill', requests: 0, runId: run.id, writes: [] }
  for (let attempt = 0; ; ) {
    goOn()
    try {
      return { outcome: outcomeOf(await work(meter)), meter }
    } catch (error) {
      const failed = error instanceof Busy ? undefined : failedSettle(error, attempt, context)
      if (failed && failed.retryInMs === undefined) return { outcome: failed.outcome, meter }
      if (failed && !failed.untried) attempt++
      const busyMs = Math.max(BUSY_MS, error instanceof Busy ? error.forMs : 0)
      const until = Date.now() + (failed?.retryInMs ?? busyMs)
      const isBack = () => failed?.untried === true && context.vendors.away().length === 0
      while (Date.now() < until && !isBack()) {
        goOn()
        const current = await findRun(context.db, run.id)
        if (!current || isOver(current)) return undefined
        await wait(Math.max(1, Math.min(LOOK_MS, until - Date.now())))
      }
    }
  }
}

/** Not a failed record: what can be tried again of those is to sync them, and that is what the undo has taken back. */
function brokenOff({ sentence }: Outcome, sent: readonly Write[]): Outcome {
  return sent.length > 0
    ? {
        outcome: 'skipped',
        reason: 'UNDONE_IN_PART',
        sentence: `Some of what the run had written was taken back, then it could not go on: ${sentence}`,
      }
    : { outcome: 'unchanged', reason: 'NOT_UNDONE', sentence: `It could not be taken back: ${sentence}` }
}

function outcomeOf(undo: Undoing): Outcome {
  const details = { undo }
  const [taken, stays] = [undo.takenBack.length > 0, undo.stays.length > 0]
  if (!taken) {
    const sentence = 'Nothing of what the run had written could be taken back.'
    return { outcome: 'unchanged', reason: 'NOT_UNDONE', sentence, details }
  }
  return stays
    ? {
        outcome: 'skipped',
        reason: 'UNDONE_IN_PART',
        sentence: 'Some of what the run had written was taken back; the rest stays.',
        details,
      }
    : {
        outcome: 'skipped',
        reason: 'UNDONE',
        sentence: 'What the run had written was taken back.',
        details,
      }
}

/** Nothing else settles the record meanwhile, nor what it has written to. @throws {Busy} where something does. */
async function alone<T>(
  context: SyncContext,
  item: RunItem,
  writes: readonly Write[],
  work: () => Promise<T>,
): Promise<T> {
  const { db, connection, locks } = context
  const partners = await partnersOf(context, writes)
  const records: RunItem[] = [
    item,
    ...writes.flatMap(({ to, id }) => (to === 'contact' || to === 'customer' ? [{ kind: to, id }] : [])),
    ...partners.map((id) => ({ kind: 'contact' as const, id })),
  ]
  const leases = [...new Set(records.map(({ kind, id }) => recordKey({ connection, kind, id })))]
  const contacts = [
    ...records.filter(({ kind }) => kind === 'contact').map(({ id }) => id),
    ...linkedBy(writes),
  ]
  const holder = newHolder(leaveMsOf(context.pace))
  const held = await holdLease(db, holder, leases, () =>
    locks.hold(connection, contacts.map(lockOf.contact), async () => {
      // It may have been linked to another one until the lock was taken.
      if (!isDeepStrictEqual(await partnersOf(context, writes), partners)) throw new Busy()
      return work()
    }),
  )
  if (!held) throw new Busy(await leftForMs(db, leases))
  return held.result
}

/** The contacts that created customers are linked to by now: what goes with a customer is taken off its contact. */
async function partnersOf({ db, connection }: SyncContext, writes: readonly Write[]): Promise<string[]> {
  const created = writes.filter(({ to, did }) => to === 'customer' && did === 'created')
  const links = await Promise.all(created.map(({ id }) => findLink(db, connection, id)))
  return links.flatMap((link) => link?.contactId ?? [])
}

const linkedBy = (writes: readonly Write[]): string[] =>
  writes.flatMap(({ to, fields }) => (to === 'link' ? [String(fields.contact?.after)] : []))

/** Until it changes, no poll and no webhook syncs it again. */
async function leaveAlone({ db, connection }: SyncContext, { kind, id }: RunItem): Promise<void> {
  const says = await saysNow(db, connection, { kind, id })
  if (says !== undefined) await markUndone(db, { connection, kind, id, stands: says })
}

async function saysNow(db: SyncContext['db'], connection: string, { kind, id }: RunItem): Promise<unknown> {
  switch (kind) {
    case 'customer': {
      const customer = await findCustomer(db, connection, id)
      return customer && saysOf.customer(customer)
    }
    case 'contact': {
      const contact = await findContact(db, connection, id)
      return contact ? contact.fields && saysOf.contact(contact.fields) : GONE
    }
    case 'call': {
      const stored = await findCall(db, connection, id)
      return stored && saysOf.call(stored.call)
    }
    case 'message': {
      const stored = await findMessage(db, connection, id)
      return stored && saysOf.message(stored.message)
    }
  }
}

/** The version that an outcome stands for, so that no poll asks for another one. */
async function versionOf(
  { db, connection }: SyncContext,
  { kind, id }: RunItem,
): Promise<{ version?: number }> {
  const stored =
    kind === 'customer'
      ? (await findCustomer(db, connection, id))?.rev
      : kind === 'call'
        ? (await findCall(db, connection, id))?.version
        : kind === 'message'
          ? (await findMessage(db, connection, id))?.version
          : undefined
  return stored === undefined ? {} : { version: stored }
}

const save = (
  { db }: SyncContext,
  run: Run,
  item: RunItem,
  { outcome, reason, details }: Outcome,
): Promise<void> =>
  saveRunRecords(db, run.id, [{ ...item, outcome, reason, ...(details?.undo && { undo: details.undo }) }])
