import type { ContactFields } from '../../mapping/records.ts'
import type { StoredContact } from '../../store/contacts.ts'
import type { SyncContext } from '../context.ts'
import type { EventSource } from '../event.ts'

/** A run and the preview before it count as one look. */
const FRESH_MS = 60 * 60_000

/**
 * What a run need not read again: it has just seen the contact's row in the index, and what the index does not show was
 * known for certain a moment ago. What happens live is always looked at.
 */
export function knownFields(
  { now }: SyncContext,
  source: EventSource,
  stored: StoredContact | undefined,
  withinMs = FRESH_MS,
): ContactFields | undefined {
  if (source !== 'run' || !stored || stored.stale || !stored.readAt) return undefined
  return now().getTime() - stored.readAt.getTime() < withinMs ? stored.fields : undefined
}
