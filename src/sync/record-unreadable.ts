import { currentOutcome } from '../store/outcomes.ts'
import type { RecordKind } from '../store/schema.ts'
import type { SyncContext } from './context.ts'
import { record } from './record.ts'

/**
 * One row of a page that nobody can read does not hide the others, and is not passed over in silence. It is on the page
 * of every round for hours, and told once while nothing has become of it.
 */
export async function recordUnreadable(
  context: SyncContext,
  kind: RecordKind,
  { id, path }: { id: string | undefined; path: string },
): Promise<void> {
  if (id !== undefined && (await isRecorded(context, kind, id))) return
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

/** Whatever the path: it begins with the place of the row on its page, which changes from round to round. */
async function isRecorded({ db, connection }: SyncContext, kind: RecordKind, id: string): Promise<boolean> {
  const current = await currentOutcome(db, connection, kind, id)
  return current?.outcome === 'failed' && current.reason === 'UNREADABLE_ANSWER'
}
