import type { CustomerVersion } from '../store/customers.ts'
import type { RecordKind } from '../store/schema.ts'

/**
 * Terminology. An *event* says that one record may have changed; it is a hint, never the truth. To *settle* it is to
 * load what is true now, decide, apply, and record the outcome. Webhooks, pollers, runs and retries raise the same
 * events, so there is one road for all.
 */
export type SyncEvent = CustomerEvent | ContactEvent | CallEvent | MessageEvent

interface EventBase {
  connection: string
  source: EventSource
  /** Settles of this event that have ended in waiting or in a failure worth repeating. */
  attempt: number
  runId?: string
  /** The run's round in which it was raised. */
  round?: number
  /** What an event of no run came from that is settled with it: that outlives the run. */
  beside?: EventSource
  /** It has met another settle in its way: shared requests do not wait for it. */
  crowded?: boolean
  /** Since when that was so, over all of its tries; epoch ms. */
  busySince?: number
  /** It waits for a vendor that is away, and is let go when that is back. */
  held?: boolean
}

export type EventSource = 'webhook' | 'poll' | 'run' | 'follow-up' | 'person'

export interface CustomerEvent extends EventBase {
  kind: 'customer'
  id: string
  /** The customer as a signed webhook carried it: saves the request that would load it. */
  version?: CustomerVersion
}

export interface ContactEvent extends EventBase {
  kind: 'contact'
  id: string
  /** Webhooks of a change that this event stands for: our own writes cause some, too. */
  came: number
  /** Somebody has seen a change that is no webhook's: it is looked at even if the webhooks were echoes. */
  look?: boolean
}

export interface CallEvent extends EventBase {
  kind: 'call'
  id: string
  /** When the call ended, as far as the sender knew; ISO. It narrows the page that is read for it. */
  endedAt?: string
  /** By which some webhooks name the call, where one has told both ids. */
  uuid?: string
  /** What the settle is for: the call as CloudTalk shows it now, or what is learned of it later. */
  about: 'call' | 'customer' | CallEnrichment
}

/** What other hosts of CloudTalk know of a call some time after it: the way it took, AI summary, transcript. */
export type CallEnrichment = 'detail' | 'summary' | 'transcript'

export interface MessageEvent extends EventBase {
  kind: 'message'
  /** As it is called in Kustomer. */
  id: string
  about: 'message' | 'customer'
}

/** What is left of an event whose run raises nothing any more: what came from elsewhere. */
export function withoutRun<E extends SyncEvent>(event: E): E | undefined {
  const { runId: _run, round: _round, beside, ...rest } = event
  // The rest of an event is an event of its kind.
  return beside === undefined ? undefined : ({ ...rest, source: beside } as E)
}

/** Live events are settled before retries, retries before enrichment, enrichment before backfill. */
export type Priority = 'live' | 'retry' | 'enrichment' | 'backfill'

export interface RaisedEvent {
  event: SyncEvent
  priority: Priority
  /** Two events with the same key are one. */
  dedupeKey: string
  startAfter?: Date
}

/** Puts events into the queue; when it returns they survive a crash. */
export type Raise = (events: readonly RaisedEvent[]) => Promise<void>

/** One settle at a time for each of these. */
export const recordKey = (event: { connection: string; kind: RecordKind; id: string }): string =>
  `${event.connection}/${event.kind}/${event.id}`

export const callEvent = (
  connection: string,
  id: string,
  rest: Pick<CallEvent, 'about' | 'source' | 'endedAt' | 'uuid' | 'runId' | 'round'>,
): CallEvent => ({ kind: 'call', connection, id, attempt: 0, ...rest })

export const messageEvent = (
  connection: string,
  id: string,
  rest: Pick<MessageEvent, 'about' | 'source' | 'runId' | 'round'>,
): MessageEvent => ({ kind: 'message', connection, id, attempt: 0, ...rest })

export const customerEvent = (
  connection: string,
  id: string,
  rest: Pick<CustomerEvent, 'source' | 'version' | 'runId' | 'round'>,
): CustomerEvent => ({ kind: 'customer', connection, id, attempt: 0, ...rest })

export const contactEvent = (
  connection: string,
  id: string,
  rest: Pick<ContactEvent, 'source' | 'runId' | 'round'> & { came?: number },
): ContactEvent => ({ kind: 'contact', connection, id, attempt: 0, came: 0, ...rest })

/** The event that has a record of any kind settled as it is now. */
export function eventOf(
  connection: string,
  { kind, id }: { kind: RecordKind; id: string },
  rest: Pick<EventBase, 'source' | 'runId' | 'round'>,
): SyncEvent {
  switch (kind) {
    case 'customer':
      return customerEvent(connection, id, rest)
    case 'contact':
      return contactEvent(connection, id, rest)
    case 'call':
      return callEvent(connection, id, { ...rest, about: 'call' })
    case 'message':
      return messageEvent(connection, id, { ...rest, about: 'message' })
  }
}
