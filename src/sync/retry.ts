import { v7 as uuid } from 'uuid'
import { type Failure, type FailureFilter, failures } from '../store/failures.ts'
import type { RecordKind } from '../store/schema.ts'
import type { SyncContext } from './context.ts'
import { callEvent, contactEvent, customerEvent, messageEvent, type SyncEvent } from './event.ts'

/** Records that are raised in one statement. */
const PAGE = 500

/** The event by which a person, or a proof, has a record settled again. */
export function eventOf(
  connection: string,
  { kind, id }: { kind: RecordKind; id: string },
  source: 'person' | 'poll',
): SyncEvent {
  switch (kind) {
    case 'call':
      return callEvent(connection, id, { about: 'call', source })
    case 'message':
      return messageEvent(connection, id, { about: 'message', source })
    case 'customer':
      return customerEvent(connection, id, { source })
    case 'contact':
      return contactEvent(connection, id, { source })
  }
}

/**
 * Has failed records settled again, behind what happens now.
 *
 * @param dropDead takes away what the queue keeps of their failure.
 * @returns how many.
 */
export async function retryFailed(
  context: SyncContext,
  filter: FailureFilter,
  dropDead: (records: readonly Failure[]) => Promise<void>,
): Promise<number> {
  const { db, connection, raise } = context
  let count = 0
  let last: Failure | undefined
  for (;;) {
    const page = await failures(db, connection, filter, PAGE, last)
    last = page.at(-1)
    if (!last) return count
    await raise(
      page.map((failure) => ({
        event: eventOf(connection, failure, 'person'),
        priority: 'retry',
        dedupeKey: `${connection}/${failure.kind}/${failure.id}/retry/${uuid()}`,
      })),
    )
    await dropDead(page)
    count += page.length
  }
}
