import { setTimeout as wait } from 'node:timers/promises'
import type { Write } from '../mapping/write.ts'
import type { Outcome } from '../store/outcomes.ts'
import type { RecordKind, Vendor } from '../store/schema.ts'
import { Busy } from './busy.ts'
import { isEnrichment } from './calls/enrich-call.ts'
import { logCall } from './calls/log-call.ts'
import { exportContact } from './contacts/export-contact.ts'
import { importCustomer } from './contacts/import-customer.ts'
import type { SyncContext } from './context.ts'
import type { Priority, SyncEvent } from './event.ts'
import { backoffMs, failedSettle } from './failure.ts'
import { givenUp } from './given-up.ts'
import { logMessage } from './messages/log-message.ts'
import { metered } from './meter.ts'
import { NotYet } from './not-yet.ts'
import { record } from './record.ts'

/** How a settle ended, for the queue. */
export type Settled =
  | { kind: 'done' }
  /** Comes again after `inMs`. Where a write of it was given up, nobody settles the record before that. */
  | { kind: 'again'; inMs: number; held: boolean; untried: boolean; givenUp: boolean }
  /** Another settle has what it needs, for `forMs` at least: it comes again, and nothing is recorded of this try. */
  | { kind: 'busy'; forMs: number }
  /** Nothing but a person or a change of the record helps: a dead letter. */
  | { kind: 'dead' }

/** Settles one event: load, decide, apply, record the outcome. Never throws for what a record or a vendor does. */
export async function settle(context: SyncContext, event: SyncEvent, priority: Priority): Promise<Settled> {
  const begun = performance.now()
  const writes: Write[] = []
  const meter = { priority, requests: 0, runId: event.runId, writes }
  const ended = await metered(meter, () =>
    patiently((crowded) => attempt(context, { ...event, crowded: crowded || event.crowded === true })),
  )
  if (ended instanceof Busy) return { kind: 'busy', forMs: ended.forMs }
  const nextAt =
    ended.settled.kind === 'again' ? new Date(context.now().getTime() + ended.settled.inMs) : undefined
  await record(context, {
    ...ended.outcome,
    kind: event.kind,
    recordId: event.id,
    requests: meter.requests,
    ...(writes.length > 0 && { details: { ...ended.outcome.details, writes } }),
    source: event.source,
    enrichment: addsLater(event),
    ...(event.runId !== undefined && { runId: event.runId }),
    ...(nextAt && { nextAt }),
  })
  context.counts.settled(event.kind, (performance.now() - begun) / 1_000)
  return ended.settled
}

/** Most settles are over in some milliseconds, and the queue is half a second late with what it gets back. */
const BUSY_TRIES = 12
const BUSY_MS = 25

async function patiently<T>(settled: (again: boolean) => Promise<T | Busy>): Promise<T | Busy> {
  for (let tried = 1; ; tried++) {
    const ended = await settled(tried > 1)
    if (!(ended instanceof Busy) || ended.forMs > 0 || tried === BUSY_TRIES) return ended
    await wait(BUSY_MS * (0.5 + Math.random()))
  }
}

async function attempt(
  context: SyncContext,
  event: SyncEvent,
): Promise<{ outcome: Outcome; settled: Settled } | Busy> {
  try {
    return { outcome: await verbFor(context, event), settled: { kind: 'done' } }
  } catch (error) {
    if (error instanceof Busy) return error
    if (error instanceof NotYet) {
      if (event.attempt >= error.giveUpAfter) {
        return {
          outcome: error.givenUp,
          settled: { kind: error.givenUp.outcome === 'failed' ? 'dead' : 'done' },
        }
      }
      return {
        outcome: error.outcome,
        settled: {
          kind: 'again',
          inMs: backoffMs(error.firstBackoffMs ?? context.pace.firstBackoffMs, event.attempt),
          held: false,
          untried: false,
          givenUp: false,
        },
      }
    }
    const { outcome, retryInMs, held = false, untried = false } = failedSettle(error, event.attempt, context)
    const log = { event: event.kind, id: event.id, attempt: event.attempt, reason: outcome.reason }
    if (outcome.reason === 'INTERNAL_ERROR') context.log.error({ ...log, err: error }, 'settle failed')
    else if (!untried) context.log.warn({ ...log, sentence: outcome.sentence }, 'settle did not end')
    return {
      outcome,
      settled:
        retryInMs === undefined
          ? { kind: 'dead' }
          : { kind: 'again', inMs: retryInMs, held, untried, givenUp: givenUp(error) },
    }
  }
}

/** What a message is made of was told by CloudTalk's webhook. */
const NEEDED: Record<RecordKind, readonly Vendor[]> = {
  customer: ['kustomer', 'cloudtalk'],
  contact: ['kustomer', 'cloudtalk'],
  call: ['kustomer', 'cloudtalk'],
  message: ['kustomer'],
}

const verbFor = async (context: SyncContext, event: SyncEvent): Promise<Outcome> => {
  if (!context.settings.active) return switchedOff
  context.vendors.check(NEEDED[event.kind])
  switch (event.kind) {
    case 'customer':
      return importCustomer(context, event)
    case 'contact':
      return exportContact(context, event)
    case 'call':
      return logCall(context, event)
    case 'message':
      return logMessage(context, event)
  }
}

const switchedOff: Outcome = {
  outcome: 'skipped',
  reason: 'CONNECTION_OFF',
  sentence: 'The connection is switched off.',
}

/** What is added to a call that already stands tells nothing new about how the call itself fared. */
const addsLater = (event: SyncEvent): boolean => event.kind === 'call' && isEnrichment(event.about)
