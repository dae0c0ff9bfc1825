import type { Message } from '../../mapping/records.ts'
import type { Outcome } from '../../store/outcomes.ts'
import { findTalk, type Talk, type TalkQuestion, talkBegins } from '../../store/talks.ts'
import type { Progress } from '../../store/timeline.ts'
import type { SyncContext } from '../context.ts'
import { lockOf } from '../locks.ts'
import { NotYet } from '../not-yet.ts'
import { setStatus } from '../timeline/conversation.ts'
import { contactNameOf } from '../timeline/find-customer.ts'
import type { TimelineItem } from '../timeline/item.ts'
import { loggedOutcome, logItem, type ToLog } from '../timeline/log-item.ts'
import { ensureNotes } from '../timeline/notes.ts'
import { intend, save, withoutDeleted } from '../timeline/standing.ts'
import { vendorForms } from '../vendor-forms.ts'
import { isLastWord } from './last-word.ts'

/** What is known of a message when its talk is looked for. */
export interface InTalk {
  message: Message
  /** The longest silence. */
  hours: number
}

/** A message whose neighbour does not get begun is then logged by itself: minutes later, not never. */
const WAITS_FOR_THE_FIRST = 6

/**
 * Logs a message as a further note of the talk that it belongs to, or begins one (requirements §4, `window`). Messages
 * of one talk are logged one after the other: two at once would begin two.
 *
 * @throws {Busy} while another one of the talk is being logged.
 * @throws {NotYet} while another one that comes before it has begun and not ended.
 */
export async function inTalk(
  context: SyncContext,
  item: TimelineItem,
  plan: ToLog,
  about: InTalk,
): Promise<Outcome> {
  const { connection, locks } = context
  const { message, hours } = about
  const { channel, internalNumber = '', externalNumber = item.id } = message
  const customerId = plan.customer.kind === 'known' ? plan.customer.id : undefined
  const others = [externalNumber, ...(customerId === undefined ? [] : [customerId])]
  const keys = others.map((other) => lockOf.talk(channel, internalNumber, other))
  const question: TalkQuestion = { id: item.id, message, customerId, hours }
  return locks.hold(connection, keys, () => joinOrBegin(context, item, plan, question))
}

async function joinOrBegin(
  context: SyncContext,
  item: TimelineItem,
  plan: ToLog,
  question: TalkQuestion,
): Promise<Outcome> {
  const { db, connection } = context
  const talk = await talkOf(context, item, plan, question)
  if (!talk && item.standing.conversationId === undefined) {
    const intended = item.standing.intentAt !== undefined
    const begins =
      plan.attempt < WAITS_FOR_THE_FIRST && (await talkBegins(db, connection, question, intended))
    if (begins) throw waitsForTheFirst()
  }
  try {
    return talk ? await joinTalk(context, item, plan, talk) : await logItem(context, item, plan)
  } catch (error) {
    // Somebody deleted the conversation in Kustomer: the talk goes on in another one, or begins anew.
    const conversationId = talk?.conversationId ?? item.standing.conversationId
    const standing = { ...item.standing, conversationId }
    const anew = await withoutDeleted(context, { ...item, standing }, error)
    if (!anew) throw error
    return joinOrBegin(context, anew, plan, question)
  }
}

/** What an earlier try has begun goes on, whatever has come in between. */
async function talkOf(
  { db, connection, vendors }: SyncContext,
  { standing, conversation }: TimelineItem,
  { lookFirst }: ToLog,
  question: TalkQuestion,
): Promise<Talk | undefined> {
  const { conversationId, customerId, unlinked, joined } = standing
  if (conversationId !== undefined) return joined ? { conversationId, customerId, unlinked } : undefined
  if (lookFirst) {
    const own = await vendors.kustomer(({ conversations }) =>
      conversations.byExternalId(conversation.externalId),
    )
    if (own) return undefined
  }
  return findTalk(db, connection, question)
}

const waitsForTheFirst = (): NotYet => {
  const sentence = 'Another message of the same talk is logged first.'
  const waiting = { outcome: 'waiting', reason: 'VENDOR_UNAVAILABLE', sentence } as const
  return new NotYet(waiting, WAITS_FOR_THE_FIRST, waiting)
}

async function joinTalk(context: SyncContext, item: TimelineItem, plan: ToLog, talk: Talk): Promise<Outcome> {
  const { conversationId, customerId, unlinked } = talk
  const { joined } = item.standing
  await intend(context, item)
  // Before the note: after a crash it is looked for in this conversation, even if another would be nearer by then.
  const progress: Progress = {
    conversationId,
    customerId: customerId ?? null,
    unlinked,
    joined: true,
    headline: item.conversation.name,
  }
  await save(context, item, progress)
  const contactName = await contactNameOf(context, item.caller, unlinked ? undefined : customerId)
  const forms = await vendorForms(context)
  const part = { conversationId, lookFirst: joined || plan.lookFirst }
  const notes = await ensureNotes(context, forms, part, item.standing, (literal) =>
    item.noteOf(literal, contactName),
  )
  await save(context, item, { noteIds: notes.ids, noteBody: notes.body })
  if (await isLastWord(context, item, conversationId)) {
    await setStatus(context, conversationId, item.conversation.status)
  }
  await save(context, item, { loggedAt: context.now() })
  return loggedOutcome(context, item, plan, progress)
}
