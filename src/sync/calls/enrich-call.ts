import {
  type CallDetail as AnalyticsDetail,
  type CloudTalk,
  CloudTalkError,
  type Transcription,
} from '../../cloudtalk/index.ts'
import type { CallDetail, TranscriptLine } from '../../mapping/records.ts'
import { addCallDetail, findCall, type StoredCall } from '../../store/calls.ts'
import type { SyncContext } from '../context.ts'
import { type CallEnrichment, type CallEvent, callEvent, type RaisedEvent } from '../event.ts'
import { NotYet } from '../not-yet.ts'

/** What is learned of a call some time after its end. */
interface Enrichment {
  /** Whether the call may have it, the settings want it, and it is not known yet. */
  wanted(context: SyncContext, stored: StoredCall): boolean
  /** Undefined while CloudTalk does not show it. */
  read(context: SyncContext, callId: string): Promise<CallDetail | undefined>
  /** Until the first look, and between the first two; each later wait is twice as long, up to five minutes. */
  lagMs(context: SyncContext): number
  /** Looks before it counts as something that the call does not have. */
  looks: number
  /** What is then known. */
  never: CallDetail
}

/** Analytics shows a call some seconds after its end; working clients look after 3, 7, 15 and 30 s (contract §3.3). */
const LOOKS_FOR_DETAIL = 10
/** Nobody says how long the analysis of a talk takes. From 20 s on, ten looks are some 35 minutes. */
const LOOKS_FOR_AI = 10

const talked = ({ call }: StoredCall): boolean => call.talkingTime > 0 && call.recorded !== false

const enrichments: Record<CallEnrichment, Enrichment> = {
  detail: {
    // Only incoming calls pass through IVR and groups.
    wanted: (_context, { call, detail }) => call.type === 'incoming' && !wayIsKnown(detail),
    read: async (context, callId) => {
      const answer = await ask(context, ({ analytics }) => analytics.call(callId))
      if (!answer) return undefined
      await context.directory.refresh()
      return detailOf(answer, (agentId) => context.directory.agent(agentId)?.email)
    },
    lagMs: ({ pace }) => pace.detailAfterMs,
    looks: LOOKS_FOR_DETAIL,
    never: { ivrPath: [] },
  },
  summary: {
    wanted: ({ settings }, stored) =>
      settings.calls.lines.aiSummary && talked(stored) && stored.detail?.aiSummary === undefined,
    read: async (context, callId) => {
      const aiSummary = await ask(context, ({ ai }) => ai.summary(callId))
      return aiSummary ? { aiSummary } : undefined
    },
    lagMs: ({ pace }) => pace.aiAfterMs,
    looks: LOOKS_FOR_AI,
    never: {},
  },
  transcript: {
    wanted: ({ settings }, stored) =>
      settings.calls.lines.transcript && talked(stored) && stored.detail?.transcript === undefined,
    read: async (context, callId) => {
      const answer = await ask(context, ({ ai }) => ai.transcription(callId))
      return answer && answer.segments.length > 0 ? { transcript: transcriptOf(answer) } : undefined
    },
    lagMs: ({ pace }) => pace.aiAfterMs,
    looks: LOOKS_FOR_AI,
    never: {},
  },
}

const names = Object.keys(enrichments) as CallEnrichment[]

export const isEnrichment = (about: CallEvent['about']): about is CallEnrichment =>
  names.some((name) => name === about)

/** Whether analytics has told the way of the call, or never will. */
export const wayIsKnown = (detail: CallDetail | undefined): detail is CallDetail =>
  detail?.ivrPath !== undefined

/**
 * Of hosts that no circuit looks after: one that is away, or refuses an account without this part of CloudTalk, does
 * not show it, and the looks are counted.
 */
async function ask<T>(
  context: SyncContext,
  read: (cloudtalk: CloudTalk) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await context.vendors.cloudtalk(read)
  } catch (error) {
    if (error instanceof CloudTalkError && showsNothing(error)) return undefined
    throw error
  }
}

function showsNothing({ failure }: CloudTalkError): boolean {
  // A stop is ours, not the host's.
  if (failure.kind === 'unreachable') return failure.cause !== 'aborted'
  return ['unauthorized', 'forbidden', 'unavailable'].includes(failure.kind)
}

/**
 * Asks later for whatever the call may still be given.
 * @param occasion of one occasion it is asked for once.
 */
export async function raiseEnrichments(
  context: SyncContext,
  event: CallEvent,
  stored: StoredCall,
  occasion = 'first',
): Promise<void> {
  const { connection } = context
  const { id } = stored.call
  const wanted = names.filter((name) => enrichments[name].wanted(context, stored))
  await context.raise(
    wanted.map(
      (about): RaisedEvent => ({
        event: callEvent(connection, id, { about, source: 'follow-up' }),
        priority: event.source === 'run' ? 'backfill' : 'enrichment',
        dedupeKey: `${connection}/call/${id}/${about}/${occasion}`,
        startAfter: new Date(context.now().getTime() + enrichments[about].lagMs(context)),
      }),
    ),
  )
}

/**
 * Reads what the event is about and keeps it; what is known is not asked for again.
 * @throws {NotYet} while CloudTalk does not show it.
 */
export async function enrich(
  context: SyncContext,
  event: CallEvent & { about: CallEnrichment },
  stored: StoredCall,
): Promise<StoredCall> {
  const { db, connection } = context
  const { id } = stored.call
  const enrichment = enrichments[event.about]
  if (!enrichment.wanted(context, stored)) return stored
  const learned = await enrichment.read(context, id)
  if (!learned && event.attempt < enrichment.looks) {
    const sentence = 'CloudTalk does not show yet what is to be added to the note; it is added when it does.'
    const waiting = { outcome: 'waiting', reason: 'CALL_NOT_FOUND', sentence } as const
    throw new NotYet(waiting, enrichment.looks, waiting, enrichment.lagMs(context))
  }
  await addCallDetail(db, { connection, id, detail: learned ?? enrichment.never })
  return (await findCall(db, connection, id)) ?? stored
}

function detailOf(answer: AnalyticsDetail, emailOf: (agentId: string) => string | undefined): CallDetail {
  const ivrPath = answer.steps.flatMap((step) => (step.type === 'ivr' && step.option ? [step.option] : []))
  const agents = answer.steps.flatMap((step) => {
    if (step.type === 'agent') return [step]
    return step.type === 'queue' ? step.agentCalls : []
  })
  const lastAgentId = agents.at(-1)?.id
  const lastAgentEmail = lastAgentId === undefined ? undefined : emailOf(lastAgentId)
  return {
    ivrPath,
    ...(answer.groupName !== undefined && { groupName: answer.groupName }),
    ...(lastAgentEmail !== undefined && { lastAgentEmail }),
  }
}

function transcriptOf({ callers, segments }: Transcription): TranscriptLine[] {
  const agents = new Set(callers.filter(({ type }) => type === 'agent').map((one) => one.localIdentifier))
  return segments.map(({ start, caller, text }) => ({
    start,
    speaker: agents.has(caller) ? 'Agent' : 'Contact',
    text,
  }))
}
