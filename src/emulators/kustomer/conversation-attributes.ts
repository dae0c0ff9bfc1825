import type { Attributes } from './resource.ts'
import type { Channel } from './schemas/conversation.ts'

type ConversationStatus = 'open' | 'snoozed' | 'done'

/** Attributes of a conversation that something here reads by name; the rest are carried along. */
export type ConversationAttributes = Attributes & {
  name: string | null
  externalId: string | null
  status: ConversationStatus
  channels: Channel[]
  direction: 'in' | 'out'
  tags: string[]
  assignedUsers: string[]
  assignedTeams: string[]
  messageCount: number
  inboundMessageCount: number
  outboundMessageCount: number
  noteCount: number
  lastMessageDirection: 'in' | 'out' | null
  createdAt: string
  updatedAt: string
  modifiedAt: string
  rev: number
}

/** An empty conversation (contract §4, "201 example" and the fuller set seen in 2025). */
export const NEW_CONVERSATION = {
  name: null,
  externalId: null,
  channels: [],
  status: 'open' as const,
  direction: 'in' as const,
  priority: 3,
  messageCount: 0,
  inboundMessageCount: 0,
  outboundMessageCount: 0,
  noteCount: 0,
  satisfaction: 0,
  satisfactionLevel: {},
  tags: [],
  suggestedTags: [],
  suggestedShortcuts: [],
  predictions: [],
  sentiment: {},
  firstMessageIn: {},
  firstMessageOut: {},
  lastMessageIn: {},
  lastMessageOut: {},
  lastMessageUnrespondedTo: {},
  lastMessageUnrespondedToSinceLastDone: {},
  lastMessageDirection: null,
  firstResponse: {},
  firstResponseSinceLastDone: {},
  lastResponse: {},
  firstDone: {},
  lastDone: {},
  assignedUsers: [],
  assignedTeams: [],
  spam: false,
  ended: false,
  deleted: false,
  locked: false,
  snooze: null,
  subStatus: null,
  defaultLang: null,
  locale: null,
  custom: {},
  roleGroupVersions: [],
  accessOverride: [],
  modificationHistory: {},
  billingStatus: 'no_messages',
  phase: 'initial',
  matchedTimeBasedRules: [],
}

/** When each of the fields that the vendor watches was last changed. */
const WATCHED = [
  'name',
  'priority',
  'assignedTeams',
  'assignedUsers',
  'defaultLang',
  'status',
  'tags',
  'custom',
]

export function historyAfter(previous: Attributes, written: Attributes, now: string): Attributes {
  const history = previous.modificationHistory as Attributes
  const moved = WATCHED.filter((field) => written[field] !== undefined).map((field) => [`${field}At`, now])
  return { ...history, ...Object.fromEntries(moved) }
}

/** What follows from a change of status: opened, closed, first and last time. */
export function statusAttributes(
  previous: Attributes,
  status: string,
  now: string,
  userId?: string,
): Attributes {
  if (previous.status === status) return {}
  const done = { createdAt: now, ...(userId ? { createdBy: userId } : {}) }
  if (status === 'open') return { open: { statusAt: now }, snooze: null }
  if (status === 'snoozed') return { snoozed: { statusAt: now } }
  const first = previous.firstDone as Attributes
  return {
    done: { statusAt: now },
    lastDone: done,
    firstDone: 'createdAt' in first ? first : done,
    snooze: null,
  }
}
