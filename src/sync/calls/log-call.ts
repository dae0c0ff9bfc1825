import { type Assignment, assignmentOfCall } from '../../mapping/assignment.ts'
import { findCall, mirrorCalls, nameCall, type StoredCall } from '../../store/calls.ts'
import { currentOutcome, type Outcome } from '../../store/outcomes.ts'
import type { SyncContext } from '../context.ts'
import type { CallEvent } from '../event.ts'
import { NotYet } from '../not-yet.ts'
import { assignLater, withAssignment } from '../timeline/assign.ts'
import { customerOf } from '../timeline/find-customer.ts'
import { followHeadline, followItem } from '../timeline/follow-item.ts'
import { logItem } from '../timeline/log-item.ts'
import { leftAlone, saysOf } from '../undo/left-alone.ts'
import { callerOf, callItem } from './call-item.ts'
import { enrich, isEnrichment, raiseEnrichments, wayIsKnown } from './enrich-call.ts'
import { planCall } from './plan-call.ts'

/** With the waits of `backoffMs`, some 40 minutes: the index has been seen late by seconds, never by minutes. */
const LOOKS_FOR_A_CALL = 15
/** A day of a call that goes on: longer than any call. */
const LOOKS_FOR_AN_END = 300

/** Logs one call in Kustomer, or brings its log up to date (requirements §3). */
export async function logCall(context: SyncContext, event: CallEvent): Promise<Outcome> {
  const { settings } = context
  const stored = await loadCall(context, event)
  if (stored) {
    const alone = await leftAlone(context, event, stored.undone, saysOf.call(stored.call))
    if (alone) return { ...alone, version: stored.version }
  }
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
  const call =
    mirrored && fresh ? undefined : await context.callReader({ id: event.id, endedAt: event.endedAt })
  if (call) await mirrorCalls(db, connection, [call])
  if (event.uuid !== undefined) await nameCall(db, { connection, id: event.id, uuid: event.uuid })
  return call ? findCall(db, connection, event.id) : mirrored
}

async function ownerOf(
  context: SyncContext,
  event: CallEvent,
  { call, standing }: StoredCall,
): Promise<string | undefined> {
  if (standing.loggedAt && !standing.unlinked) return standing.customerId
  return customerOf(context, callerOf(call), event.source)
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
      if (isEnrichment(event.about)) return enrichedTooEarly(context, event)
      // Before the call stands: after it, a crash in between would lose the group.
      await raiseEnrichments(context, event, stored)
      const assignment = await assignmentOf(context, stored)
      const outcome = await logItem(context, callItem(context, stored), {
        ...plan,
        assignment,
        attempt: event.attempt,
      })
      // What was raised by a try that failed for good has found nothing to add to.
      if (plan.lookFirst) {
        await raiseEnrichments(context, event, stored, `logged/${context.now().getTime()}`)
      }
      return outcome
    }
    case 'follow': {
      if (!stored) throw notFound()
      if (event.about === 'call') await raiseEnrichments(context, event, stored)
      const { about } = event
      const current = isEnrichment(about) ? await enrich(context, { ...event, about }, stored) : stored
      const item = callItem(context, current)
      const outcome = await followItem(context, item, plan.moveTo)
      await followHeadline(context, item, async () => ({ name: item.conversation.name }))
      if (current.standing.assigned !== 'later' || !wayIsKnown(current.detail)) return outcome
      const assignment = await assignmentOf(context, current)
      const assigned = await assignLater(context, item, assignment === 'later' ? undefined : assignment)
      return assigned ? withAssignment(outcome, assigned) : outcome
    }
  }
}

async function assignmentOf(
  context: SyncContext,
  { call, detail }: StoredCall,
): Promise<Assignment | 'later' | undefined> {
  const { settings, directory } = context
  await directory.refresh()
  if (settings.calls.withoutAgent.some((entry) => typeof entry === 'object' && 'team' in entry)) {
    await directory.readTeams()
  }
  return assignmentOfCall({
    call,
    detail: wayIsKnown(detail) ? detail : undefined,
    settings: settings.calls,
    agentMap: settings.agentMap,
    userIdByEmail: directory.userIdByEmail,
    teamIdByName: directory.teamIdByName,
  })
}

/** Waits for the call to be logged, unless nothing is to be expected of it any more. */
async function enrichedTooEarly(context: SyncContext, event: CallEvent): Promise<Outcome> {
  const current = await currentOutcome(context.db, context.connection, 'call', event.id)
  const sentence = 'The call is not logged, so there is nothing to add to.'
  const nothing: Outcome = { outcome: 'unchanged', reason: 'NOTHING_CHANGED', sentence }
  if (current?.outcome === 'failed' || current?.outcome === 'skipped') return nothing
  throw new NotYet({ outcome: 'waiting', reason: 'NOT_ENDED', sentence }, LOOKS_FOR_AN_END, nothing)
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
