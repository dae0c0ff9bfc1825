import { KustomerError } from '../../kustomer/index.ts'
import type { Message } from '../../mapping/records.ts'
import { findTalk, type Talk, talkGoesOn } from '../../store/messages.ts'
import type { Outcome } from '../../store/outcomes.ts'
import type { Progress } from '../../store/timeline.ts'
import type { SyncContext } from '../context.ts'
import { lockOf } from '../locks.ts'
import type { TimelineItem } from '../timeline/item.ts'
import { ensureNotes } from '../timeline/notes.ts'
import {
  contactNameOf,
  intend,
  loggedOutcome,
  logItem,
  save,
  setStatus,
  type ToLog,
} from '../timeline/write.ts'
import { vendorForms } from '../vendor-forms.ts'

/**
 * Logs a message as a further note of the talk that it belongs to, or begins one (requirements §4, `window`). Messages
 * of one talk are logged one after the other: two at once would begin two.
 *
 * @throws {Busy} while another one of the talk is being logged.
 */
export async function inTalk(
  context: SyncContext,
  item: TimelineItem,
  plan: ToLog,
  { message, hours }: { message: Message; hours: number },
): Promise<Outcome> {
  const { connection, locks } = context
  const { channel, internalNumber = '', externalNumber = item.id } = message
  const customerId = plan.customer.kind === 'known' ? plan.customer.id : undefined
  const others = [externalNumber, ...(customerId === undefined ? [] : [customerId])]
  const keys = others.map((other) => lockOf.talk(channel, internalNumber, other))
  return locks.hold(connection, keys, async () => {
    const talk = await talkOf(context, item, plan, { message, customerId, hours })
    if (!talk) return logItem(context, item, plan)
    try {
      return await joinTalk(context, item, plan, talk)
    } catch (error) {
      // Somebody deleted the conversation in Kustomer: the talk begins anew.
      if (!(error instanceof KustomerError) || error.failure.kind !== 'notFound') throw error
      await save(context, item, { joined: false })
      return logItem(context, item, plan)
    }
  })
}

/** What an earlier try has begun goes on, whatever has come in between. */
async function talkOf(
  { db, connection }: SyncContext,
  { id, standing }: TimelineItem,
  { lookFirst }: ToLog,
  asking: { message: Message; customerId: string | undefined; hours: number },
): Promise<Talk | undefined> {
  const { conversationId, customerId, unlinked, joined } = standing
  if (joined && conversationId !== undefined) return { conversationId, customerId, unlinked }
  if (lookFirst || conversationId !== undefined) return undefined
  return findTalk(db, connection, { id, ...asking })
}

async function joinTalk(context: SyncContext, item: TimelineItem, plan: ToLog, talk: Talk): Promise<Outcome> {
  const { conversationId, customerId, unlinked } = talk
  const lookFirst = item.standing.joined
  await intend(context, item)
  // Before the note: after a crash it is looked for in this conversation, even if another would be nearer by then.
  const progress: Progress = { conversationId, customerId: customerId ?? null, unlinked, joined: true }
  await save(context, item, progress)
  const contactName = await contactNameOf(context, item, unlinked ? undefined : customerId)
  const forms = await vendorForms(context)
  const { noteIds } = item.standing
  const notes = await ensureNotes(context, forms, { conversationId, lookFirst }, noteIds, (literal) =>
    item.noteOf(literal, contactName),
  )
  await save(context, item, { noteIds: notes.ids, noteBody: notes.body })
  // The last word of a talk decides whether it is done.
  if (!(await talkGoesOn(context.db, context.connection, conversationId, item.conversation.createdAt))) {
    await setStatus(context, conversationId, item.conversation.status)
  }
  await save(context, item, { loggedAt: context.now() })
  return loggedOutcome(context, item, plan, progress)
}
