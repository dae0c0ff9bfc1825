import { KustomerError } from '../../kustomer/index.ts'
import {
  forgetStanding,
  intendTimeline,
  nothingStands,
  type Progress,
  saveProgress,
} from '../../store/timeline.ts'
import { conversationGone } from '../../store/timeline-conversations.ts'
import type { SyncContext } from '../context.ts'
import type { TimelineItem } from './item.ts'

/** Notes, before the first request, that something is about to be created. */
export async function intend(context: SyncContext, item: TimelineItem): Promise<void> {
  const { db, connection } = context
  if (item.standing.intentAt !== undefined) return
  await intendTimeline(db, { connection, kind: item.kind, id: item.id, externalNumber: item.caller.number })
}

/** Keeps what now stands; nothing given, nothing asked of the database. */
export async function save(context: SyncContext, item: TimelineItem, progress: Progress): Promise<void> {
  const { db, connection } = context
  if (Object.keys(progress).length === 0) return
  await saveProgress(db, { connection, kind: item.kind, id: item.id, progress })
}

/**
 * Of an item whose conversation somebody deleted before all of it was written, the same with nothing standing yet;
 * nothing where the error is another one.
 */
export async function withoutDeleted(
  context: SyncContext,
  item: TimelineItem,
  error: unknown,
): Promise<TimelineItem | undefined> {
  const { db, connection } = context
  const { conversationId, intentAt } = item.standing
  if (conversationId === undefined) return undefined
  if (!(error instanceof KustomerError) || error.failure.kind !== 'notFound') return undefined
  await conversationGone(db, connection, conversationId)
  await forgetStanding(db, { connection, kind: item.kind, id: item.id })
  return { ...item, standing: { ...nothingStands, intentAt } }
}
