import { setTimeout as wait } from 'node:timers/promises'
import type { Db } from '../../store/database.ts'
import { findRun, isOver, type Run, runRecordsOf, saveRunRecords, updateRun } from '../../store/runs.ts'
import { openScratch } from '../../store/scratch.ts'
import { createBulkWriter } from '../bulk-writer.ts'
import { isEnrichment } from '../calls/enrich-call.ts'
import { createContactWriter } from '../contacts/contact-writer.ts'
import { createCustomerWriter } from '../contacts/customer-writer.ts'
import type { SyncContext } from '../context.ts'
import { uncounted } from '../counts.ts'
import type { RaisedEvent, SyncEvent } from '../event.ts'
import { createExpected } from '../expected.ts'
import { createLocks } from '../locks.ts'
import { settle } from '../settle.ts'
import { createRehearsal } from './rehearsal.ts'
import { nextItems, runEvent } from './run-plan.ts'

/** Records that are settled at the same time, as a worker of the queue does. */
const AT_ONCE = 50
const BUSY_MS = 20
const PAUSED_LOOK_MS = 200

/**
 * Settles a run's work list on a copy of the database and with vendors that only remember: the same code comes to the
 * same outcomes, and nothing is written but what would become of each record.
 */
export async function preview(context: SyncContext, run: Run, goOn: () => void): Promise<void> {
  const { db, connection } = context
  const scratch = await openScratch(db, connection, run.id)
  const locks = createLocks(scratch.db, context.pace)
  try {
    const rehearsal = createRehearsal(context, scratch.db)
    const expected = createExpected()
    const bulkWriter = createBulkWriter(rehearsal.vendors, { firstBackoffMs: 0 }, { customers: expected })
    const followUps: RaisedEvent[] = []
    const rehearsed: SyncContext = {
      ...context,
      // It tells what a sync would do; a connection is looked at this way before it is switched on.
      settings: { ...context.settings, active: true },
      db: scratch.db,
      vendors: rehearsal.vendors,
      locks,
      contactWriter: createContactWriter(rehearsal.vendors),
      bulkWriter,
      customerWriter: createCustomerWriter(rehearsal.vendors, bulkWriter, expected),
      counts: uncounted,
      raise: async (events) => {
        followUps.push(...events)
      },
    }
    for (;;) {
      if (!(await untilNotPaused(db, run.id, goOn))) return
      const items = await nextItems(rehearsed, run.id, AT_ONCE)
      if (!items) break
      await Promise.all(items.map((item) => rehearse(rehearsed, runEvent(connection, run, item).event, goOn)))
      await saveRunRecords(db, run.id, await runRecordsOf(scratch.db, run.id, items))
      await updateRun(db, run.id, { raised: (await findRun(scratch.db, run.id))?.raised ?? run.raised })
    }
    const { cloudtalk, kustomer } = rehearsal.requests()
    const additions = followUps.filter(
      ({ event }) => event.kind === 'call' && isEnrichment(event.about),
    ).length
    // What a call is given later is one request, and its note is brought up to date by another.
    const requests = { cloudtalk: cloudtalk + additions, kustomer: kustomer + additions }
    await updateRun(db, run.id, { estimate: { ...requests, seconds: context.vendors.secondsFor(requests) } })
  } finally {
    locks.close()
    await scratch.close()
  }
}

/** @returns whether it goes on; false where somebody has cancelled it. */
export async function untilNotPaused(db: Db, runId: string, goOn: () => void): Promise<boolean> {
  for (;;) {
    goOn()
    const run = await findRun(db, runId)
    if (!run || isOver(run)) return false
    if (!run.paused) return true
    await wait(PAUSED_LOOK_MS)
  }
}

/** Until it is settled: what a vendor does not show for the moment is waited for, as the run will. */
async function rehearse(context: SyncContext, event: SyncEvent, goOn: () => void): Promise<void> {
  let crowded = false
  for (let attempt = 0; ; ) {
    goOn()
    const settled = await settle(context, { ...event, attempt, crowded }, 'backfill')
    if (settled.kind === 'done' || settled.kind === 'dead') return
    if (settled.kind === 'again') attempt++
    else crowded = true
    const until = Date.now() + (settled.kind === 'again' ? settled.inMs : BUSY_MS)
    const isBack = () => settled.kind === 'again' && settled.untried && context.vendors.away().length === 0
    while (Date.now() < until && !isBack()) {
      goOn()
      await wait(Math.max(1, Math.min(PAUSED_LOOK_MS, until - Date.now())))
    }
  }
}
