import { kustomerUserFor } from './agent-map.ts'
import { callType } from './conversation-from-call.ts'
import type { Call, CallDetail, Message } from './records.ts'
import type { CallSettings, Settings } from './settings.ts'

/** What decided who gets a conversation. */
export type AssignmentRule = 'agent' | 'last-step' | 'favorite-agent' | 'user' | 'team'

export interface Assignment {
  rule: AssignmentRule
  userId?: string
  teamId?: string
}

export interface AssignmentFacts {
  call: Call
  /** `undefined` = not asked for yet; a call whose way will never be known has an empty one. */
  detail: CallDetail | undefined
  settings: Pick<CallSettings, 'withoutAgent'>
  agentMap: Settings['agentMap']
  userIdByEmail: (email: string) => string | undefined
  teamIdByName: (name: string) => string | undefined
}

const toUser = (rule: AssignmentRule, userId: string | undefined): Assignment | undefined =>
  userId === undefined ? undefined : { rule, userId }

const toTeam = (teamId: string | undefined): Assignment | undefined =>
  teamId === undefined ? undefined : { rule: 'team', teamId }

/** Whom one entry of `withoutAgent` gives the call to. */
const fromEntry = (
  entry: CallSettings['withoutAgent'][number],
  { call, detail, agentMap, userIdByEmail, teamIdByName }: AssignmentFacts,
): Assignment | undefined => {
  const userOf = (agentEmail: string | undefined) => kustomerUserFor(agentEmail, agentMap, userIdByEmail)
  if (entry === 'last-step') return toUser(entry, userOf(detail?.lastAgentEmail))
  if (entry === 'favorite-agent') return toUser(entry, userOf(call.contact?.favoriteAgent?.email))
  if ('team' in entry) return toTeam(teamIdByName(entry.team))
  return toUser('user', userIdByEmail(entry.user.trim().toLowerCase()))
}

/**
 * Who gets a call: its agent's user or nobody; a missed call or voicemail without an agent goes where the settings say.
 * `later` = it hangs on the call's way, which CloudTalk shows some seconds after the end of an incoming call.
 */
export const assignmentOfCall = (facts: AssignmentFacts): Assignment | 'later' | undefined => {
  const { call, detail, settings, agentMap, userIdByEmail } = facts
  if (call.agent) return toUser('agent', kustomerUserFor(call.agent.email, agentMap, userIdByEmail))
  const type = callType(call)
  if (type !== 'missed' && type !== 'voicemail') return undefined
  for (const entry of settings.withoutAgent) {
    if (entry === 'last-step' && detail === undefined && call.type === 'incoming') return 'later'
    const assignment = fromEntry(entry, facts)
    if (assignment) return assignment
  }
  return undefined
}

/** Who gets a message: its agent's user or nobody. */
export const assignmentOfMessage = (
  message: Message,
  agentMap: Settings['agentMap'],
  userIdByEmail: (email: string) => string | undefined,
): Assignment | undefined => toUser('agent', kustomerUserFor(message.agent?.email, agentMap, userIdByEmail))

const sentences: Record<AssignmentRule, string> = {
  agent: 'assigned to its agent',
  'last-step': 'assigned to the agent of the call’s last step',
  'favorite-agent': 'assigned to the contact’s favorite agent',
  user: 'assigned to the user that the settings name',
  team: 'assigned to the team that the settings name',
}

/** How an outcome's sentence goes on: by which rule the conversation was assigned. */
export const assignmentSentence = ({ rule }: Assignment): string => sentences[rule]
