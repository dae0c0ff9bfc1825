import { talkGoesOn } from '../../store/talks.ts'
import type { SyncContext } from '../context.ts'
import type { TimelineItem } from '../timeline/item.ts'

/** Whether nothing later was said in the conversation: the last word of a talk decides whether it is done. */
export const isLastWord = async (
  { db, connection }: SyncContext,
  item: TimelineItem,
  conversationId: string,
): Promise<boolean> => !(await talkGoesOn(db, connection, conversationId, item.conversation.createdAt))
