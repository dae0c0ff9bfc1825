import type { CallEvent, SyncEvent } from './event.ts'

/**
 * Several events about one record, waiting together, are settled as few: by the newest version that any of them
 * carries, for each purpose once, and for each run that waits for it.
 *
 * @param events of one record.
 * @returns in the order in which they are to be settled.
 */
export function mergeEvents(events: readonly SyncEvent[]): SyncEvent[] {
  const byPurpose = Map.groupBy(events, (event) => ('about' in event ? event.about : event.kind))
  return [...byPurpose.values()].flatMap(mergeGroup).sort((one, other) => orderOf(one) - orderOf(other))
}

/** One for each run that waits for its outcome; the others go with the first of them. */
function mergeGroup(group: readonly SyncEvent[]): SyncEvent[] {
  const byRun = [...Map.groupBy(group, ({ runId }) => runId ?? '')]
  const ofNoRun = byRun.find(([runId]) => runId === '')?.[1] ?? []
  const [first = [], ...others] = byRun.filter(([runId]) => runId !== '').map(([, events]) => events)
  return [[...first, ...ofNoRun], ...others]
    .filter((events) => events.length > 0)
    .map((events) => events.reduce(mergeTwo))
}

function mergeTwo(one: SyncEvent, other: SyncEvent): SyncEvent {
  const { runId, round } = one.runId === undefined ? other : one
  const { beside: _beside, ...strong } = stronger(one, other)
  const beside = runId === undefined ? undefined : besideOf(one, other)
  const since = [one, other].flatMap(({ busySince }) => busySince ?? [])
  return {
    ...strong,
    attempt: Math.min(one.attempt, other.attempt),
    ...(runId !== undefined && { runId }),
    ...(round !== undefined && { round }),
    ...(beside !== undefined && { beside }),
    ...(since.length > 0 && { busySince: Math.min(...since) }),
  }
}

/** What a person wants goes before what was told, and that before what was found. */
const BESIDE: readonly SyncEvent['source'][] = ['person', 'follow-up', 'webhook', 'poll']

function besideOf(...events: SyncEvent[]): SyncEvent['source'] | undefined {
  const sources = events.map(({ runId, source, beside }) => (runId === undefined ? source : beside))
  return BESIDE.find((source) => sources.includes(source))
}

function stronger(one: SyncEvent, other: SyncEvent): SyncEvent {
  if (one.kind === 'customer' && other.kind === 'customer') {
    return (other.version?.rev ?? -1) > (one.version?.rev ?? -1) ? other : one
  }
  if (one.kind === 'contact' && other.kind === 'contact') {
    const look = [one, other].some((event) => event.came === 0 || event.look)
    return {
      ...(asksCloudTalk(one) ? one : other),
      came: one.came + other.came,
      ...(look && { look }),
    }
  }
  if (one.kind === 'call' && other.kind === 'call') return strongerCall(one, other)
  return one
}

function strongerCall(one: CallEvent, other: CallEvent): CallEvent {
  const uuid = one.uuid ?? other.uuid
  // A webhook says that CloudTalk may show more by now than the mirror does; a page has just been put there.
  const call = asksCloudTalk(one) || !asksCloudTalk(other) ? one : other
  return { ...call, ...(uuid !== undefined && { uuid }) }
}

const asksCloudTalk = ({ source }: SyncEvent): boolean => source !== 'poll' && source !== 'run'

/** It is logged before its customer is looked for again, and both before what is added later. */
const ORDER: readonly string[] = ['call', 'message', 'customer', 'detail', 'summary', 'transcript']
const orderOf = (event: SyncEvent): number => ('about' in event ? ORDER.indexOf(event.about) : 0)
