import type { RecordKind } from '../store/schema.ts'
import type { SyncContext } from './context.ts'
import { record } from './record.ts'

/** One row of a page that nobody can read does not hide the others, and is not passed over in silence. */
export async function recordUnreadable(
  context: SyncContext,
  kind: RecordKind,
  { id, path }: { id: string | undefined; path: string },
): Promise<void> {
  context.log.error({ kind, id, path }, 'a row of a page cannot be read')
  if (id === undefined) return
  await record(context, {
    kind,
    recordId: id,
    outcome: 'failed',
    reason: 'UNREADABLE_ANSWER',
    sentence: `The ${kind} is shown in a form that is not understood, at ${path}.`,
    requests: 0,
    source: 'poll',
  })
}
