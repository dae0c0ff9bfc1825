import { assignmentOfMessage } from '../../mapping/assignment.ts'
import { chatMessageFromMessage } from '../../mapping/chat-message.ts'
import { conversationFromMessage, skipMessage } from '../../mapping/conversation-from-message.ts'
import { noteFromMessage } from '../../mapping/note-from-message.ts'
import { wireNumber } from '../../mapping/phones.ts'
import type { Message } from '../../mapping/records.ts'
import type { MessageSettings } from '../../mapping/settings.ts'
import { findMessage, type StoredMessage } from '../../store/messages.ts'
import type { Outcome } from '../../store/outcomes.ts'
import type { ToldMessage } from '../../store/schema.ts'
import type { SyncContext } from '../context.ts'
import type { MessageEvent } from '../event.ts'
import { assignLater, withAssignment } from '../timeline/assign.ts'
import { customerOf } from '../timeline/find-customer.ts'
import { followHeadline, followItem, type HeadlineChange } from '../timeline/follow-item.ts'
import type { Caller, TimelineItem } from '../timeline/item.ts'
import { logItem } from '../timeline/log-item.ts'
import { planTimeline } from '../timeline/plan.ts'
import { leftAlone, saysOf } from '../undo/left-alone.ts'
import { isLastWord } from './last-word.ts'
import { inTalk } from './talk.ts'

/** Logs one SMS or WhatsApp message in Kustomer, or brings its log up to date (requirements §4). */
export async function logMessage(context: SyncContext, event: MessageEvent): Promise<Outcome> {
  const stored = await findMessage(context.db, context.connection, event.id)
  if (!stored) throw new Error(`message ${event.id} was raised before it was kept`)
  const alone = await leftAlone(context, event, stored.undone, saysOf.message(stored.message))
  if (alone) return { ...alone, version: stored.version }
  const message = await named(context, stored.message)
  const settings = context.settings[message.channel]
  const item = messageItem(context, stored, message, settings)
  const { standing, caller } = item
  const customerId =
    standing.loggedAt && !standing.unlinked
      ? standing.customerId
      : await customerOf(context, caller, event.source)
  const plan = planTimeline({
    standing,
    skip: skipMessage(message, settings),
    unknownNumbers: settings.unknownNumbers,
    caller,
    customerId,
  })
  const outcome = await applyPlan(context, event, item, plan, { message, settings })
  return { ...outcome, version: stored.version }
}

async function applyPlan(
  context: SyncContext,
  event: MessageEvent,
  item: TimelineItem,
  plan: ReturnType<typeof planTimeline>,
  { message, settings }: { message: Message; settings: MessageSettings },
): Promise<Outcome> {
  const { agentMap } = context.settings
  const known = assignmentOfMessage(message, agentMap, context.directory.userIdByEmail)
  switch (plan.kind) {
    case 'skip':
      return { outcome: 'skipped', reason: plan.reason, sentence: 'The message is not logged.' }
    case 'follow': {
      const outcome = await followItem(context, item, plan.moveTo)
      await followHeadline(context, item, () => headlineChange(context, item))
      const assigned = await assignLater(context, item, known)
      return assigned ? withAssignment(outcome, assigned) : outcome
    }
    case 'log': {
      // The other of the two webhook systems may yet tell the agent, or CloudTalk who it is.
      const assignment = message.agent?.email === undefined ? ('later' as const) : known
      const toLog = { ...plan, assignment, attempt: event.attempt }
      if (settings.threading === 'per-message') return logItem(context, item, toLog)
      return inTalk(context, item, toLog, { message, hours: settings.windowHours })
    }
  }
}

/**
 * What a message that was sent changes when it turns out to have failed: its conversation is called so, and opened again
 * if nothing was said since.
 */
async function headlineChange(context: SyncContext, item: TimelineItem): Promise<HeadlineChange> {
  const { conversationId = '', joined } = item.standing
  const { name, status } = item.conversation
  const last = await isLastWord(context, item, conversationId)
  return { ...(!joined && { name }), ...(last && { status }) }
}

/** With the names that CloudTalk's webhooks do not tell, as far as CloudTalk does. */
async function named({ directory }: SyncContext, told: ToldMessage): Promise<Message> {
  const isNamed = told.agentName !== undefined && told.agentEmail !== undefined
  await directory.readNames(isNamed ? undefined : told.agentId)
  return withNames(directory, told)
}

/** The same with the names that have been read already. */
export function withNames(directory: SyncContext['directory'], told: ToldMessage): Message {
  const { agentId, agentName, agentEmail, contactId, contactName, ...message } = told
  const agent = agentId === undefined ? undefined : directory.agent(agentId)
  const line = message.internalNumber === undefined ? undefined : directory.line(message.internalNumber)
  const name = agentName ?? agent?.name
  const email = agentEmail ?? agent?.email
  return {
    ...message,
    ...((agentId ?? name ?? email) !== undefined && {
      agent: { id: agentId ?? '', ...(name && { name }), ...(email && { email }) },
    }),
    ...(contactId !== undefined && { contact: { id: contactId, ...(contactName && { name: contactName }) } }),
    ...(line?.name && { numberName: line.name }),
    ...(line?.groupName && { groupName: line.groupName }),
  }
}

const callerOf = ({ externalNumber, channel, contact }: Message): Caller => ({
  number: wireNumber(externalNumber),
  channel: channel === 'whatsapp' ? 'whatsapp' : 'phone',
  contact,
})

/** A message as it is to stand on the timeline. */
export function messageItem(
  { settings: { timeZone } }: SyncContext,
  { id, standing }: StoredMessage,
  message: Message,
  settings: MessageSettings,
): TimelineItem {
  return {
    kind: 'message',
    id,
    caller: callerOf(message),
    // It keeps the name that it got at first, even if its channel or its id were told later.
    conversation: { ...conversationFromMessage(message, settings), externalId: id },
    chat: settings.chatMessage
      ? { ...chatMessageFromMessage(message, timeZone), externalId: `chat-${id}` }
      : undefined,
    noteOf: (literalSubject, contactName) => ({
      ...noteFromMessage(message, { literalSubject, ...(contactName !== undefined && { contactName }) }),
      externalId: id,
    }),
    standing,
  }
}
