import { v7 as uuid } from 'uuid'
import { type Failure, type FailureFilter, type Retryable, retryable } from '../store/failures.ts'
import type { SyncContext } from './context.ts'
import { eventOf } from './event.ts'

/** Records that are raised in one statement. */
const PAGE = 500

/**
 * Has failed records settled again, behind what happens now; and what was undone, where that is named.
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
  let last: Retryable | undefined
  for (;;) {
    const page = await retryable(db, connection, filter, PAGE, last)
    last = page.at(-1)
    if (!last) return count
    await raise(
      page.map((failure) => ({
        event: eventOf(connection, failure, { source: 'person' }),
        priority: 'retry',
        dedupeKey: `${connection}/${failure.kind}/${failure.id}/retry/${uuid()}`,
      })),
    )
    await dropDead(page)
    count += page.length
  }
}
