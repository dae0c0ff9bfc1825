import { findCall, mirrorCalls, type StoredCall } from '../../store/calls.ts'
import { currentOutcome, type Outcome } from '../../store/outcomes.ts'
import type { SyncContext } from '../context.ts'
import { type CallEvent, callEvent } from '../event.ts'
import { NotYet } from '../not-yet.ts'
import { readCallDetail } from './call-detail.ts'
import { customerOfCall } from './find-customer.ts'
import { planCall } from './plan-call.ts'
import { followCall, logNewCall } from './write-call.ts'

/** With the waits of `backoffMs`, some 40 minutes: the index has been seen late by seconds, never by minutes. */
const LOOKS_FOR_A_CALL = 15
/** A day of a call that goes on: longer than any call. */
const LOOKS_FOR_AN_END = 300

/** Logs one call in Kustomer, or brings its log up to date (requirements §3). */
export async function logCall(context: SyncContext, event: CallEvent): Promise<Outcome> {
  const { settings } = context
  const stored = await loadCall(context, event)
  const customerId = stored?.call.endedAt ? await ownerOf(context, event, stored) : undefined
  const plan = planCall({ stored, settings: settings.calls, customerId })
  const outcome = await applyPlan(context, event, plan, stored)
  return { ...outcome, ...(stored && { version: stored.version }) }
}

/** As CloudTalk shows it now, unless a poll or a run has just put it into the mirror. */
async function loadCall(context: SyncContext, event: CallEvent): Promise<StoredCall | undefined> {
  const { db, connection } = context
  const mirrored = await findCall(db, connection, event.id)
  const fresh = event.source === 'poll' || event.source === 'run' || event.about !== 'call'
  if (mirrored && fresh) return mirrored
  const call = await context.callReader({ id: event.id, endedAt: event.endedAt })
  if (!call) return mirrored
  await mirrorCalls(db, connection, [call])
  return findCall(db, connection, event.id)
}

async function ownerOf(
  context: SyncContext,
  event: CallEvent,
  stored: StoredCall,
): Promise<string | undefined> {
  if (stored.loggedAt && !stored.unlinked) return stored.customerId
  return customerOfCall(context, stored.call, event.source)
}

async function applyPlan(
  context: SyncContext,
  event: CallEvent,
  plan: ReturnType<typeof planCall>,
  stored: StoredCall | undefined,
): Promise<Outcome> {
  switch (plan.kind) {
    case 'wait':
      throw plan.reason === 'CALL_NOT_FOUND' ? notFound() : notEnded()
    case 'skip':
      return { outcome: 'skipped', reason: plan.reason, sentence: 'The call is not logged.' }
    case 'log': {
      if (!stored) throw notFound()
      // What comes later is asked for by the call itself, not by what is to be added to it.
      if (event.about === 'detail') return detailTooEarly(context, event)
      // Before the call stands: after it, a crash in between would lose the group.
      await raiseDetail(context, event, stored)
      return logNewCall(context, stored, plan)
    }
    case 'follow': {
      if (!stored) throw notFound()
      if (event.about === 'call') await raiseDetail(context, event, stored)
      const current = event.about === 'detail' ? await readCallDetail(context, stored) : stored
      return followCall(context, current, plan.moveTo)
    }
  }
}

/** Waits for the call to be logged, unless nothing is to be expected of it any more. */
async function detailTooEarly(context: SyncContext, event: CallEvent): Promise<Outcome> {
  const outcome = await currentOutcome(context.db, context.connection, 'call', event.id)
  const sentence = 'The call is not logged, so there is nothing to add its group to.'
  const nothing: Outcome = { outcome: 'unchanged', reason: 'NOTHING_CHANGED', sentence }
  if (outcome === 'failed' || outcome === 'skipped') return nothing
  throw new NotYet({ outcome: 'waiting', reason: 'NOT_ENDED', sentence }, LOOKS_FOR_AN_END, nothing)
}

/** Group and IVR are in the analytics detail only, and only incoming calls pass through them. */
async function raiseDetail(context: SyncContext, event: CallEvent, stored: StoredCall): Promise<void> {
  if (stored.detail || stored.call.type !== 'incoming') return
  await context.raise([
    {
      event: callEvent(context.connection, stored.call.id, { about: 'detail', source: 'follow-up' }),
      priority: event.source === 'run' ? 'backfill' : 'enrichment',
      dedupeKey: `${context.connection}/call/${stored.call.id}/detail`,
      startAfter: new Date(context.now().getTime() + context.pace.detailAfterMs),
    },
  ])
}

const notFound = () =>
  new NotYet(
    { outcome: 'waiting', reason: 'CALL_NOT_FOUND', sentence: 'CloudTalk does not show the call yet.' },
    LOOKS_FOR_A_CALL,
    { outcome: 'failed', reason: 'CALL_GONE', sentence: 'CloudTalk never showed the call.' },
  )

const notEnded = () =>
  new NotYet(
    { outcome: 'waiting', reason: 'NOT_ENDED', sentence: 'The call goes on; it is logged after its end.' },
    LOOKS_FOR_AN_END,
    { outcome: 'failed', reason: 'NOT_ENDED', sentence: 'CloudTalk never showed the end of the call.' },
  )
