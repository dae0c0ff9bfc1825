import type { CallEvent, SyncEvent } from './event.ts'

/**
 * Several events about one record, waiting together, are settled as few: by the newest version that any of them
 * carries, for each purpose once, and for the run that any of them belongs to.
 *
 * @param events of one record.
 * @returns in the order in which they are to be settled.
 */
export function mergeEvents(events: readonly SyncEvent[]): SyncEvent[] {
  const byPurpose = Map.groupBy(events, (event) => (event.kind === 'call' ? event.about : event.kind))
  return [...byPurpose.values()]
    .map((group) => group.reduce(mergeTwo))
    .sort((one, other) => orderOf(one) - orderOf(other))
}

function mergeTwo(one: SyncEvent, other: SyncEvent): SyncEvent {
  const runId = one.runId ?? other.runId
  return {
    ...stronger(one, other),
    attempt: Math.min(one.attempt, other.attempt),
    ...(runId !== undefined && { runId }),
  }
}

function stronger(one: SyncEvent, other: SyncEvent): SyncEvent {
  if (one.kind === 'customer' && other.kind === 'customer') {
    return (other.version?.rev ?? -1) > (one.version?.rev ?? -1) ? other : one
  }
  if (one.kind === 'contact' && other.kind === 'contact') {
    // If one of them is no webhook that could be an echo, the contact is looked at whatever the others are.
    const echoes = one.came > 0 && other.came > 0 ? one.came + other.came : 0
    return { ...(asksCloudTalk(one) ? one : other), came: echoes }
  }
  // A webhook says that CloudTalk may show more by now than the mirror does; a page has just been put there.
  return asksCloudTalk(one) || !asksCloudTalk(other) ? one : other
}

const asksCloudTalk = ({ source }: SyncEvent): boolean => source !== 'poll' && source !== 'run'

/** The call is logged before its customer is looked for again, and both before what is added later. */
const ORDER: readonly CallEvent['about'][] = ['call', 'customer', 'detail']
const orderOf = (event: SyncEvent): number => (event.kind === 'call' ? ORDER.indexOf(event.about) : 0)
