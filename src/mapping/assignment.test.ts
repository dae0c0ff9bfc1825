import { expect, test } from 'vitest'
import {
  type Assignment,
  type AssignmentFacts,
  type AssignmentRule,
  assignmentOfCall,
  assignmentOfMessage,
  assignmentSentence,
} from './assignment.ts'
import type { Call, CallDetail, Message } from './records.ts'
import type { CallSettings } from './settings.ts'

const users = new Map(['ann', 'bob', 'cleo', 'team'].map((name) => [`${name}@example.com`, `user-${name}`]))
const userIdByEmail = (email: string) => users.get(email)
const teams = new Map([['Night shift', 'team-night']])
const agentMap = { 'desk@example.com': 'team@example.com', 'cleo@example.com': null }

const missed: Call = {
  id: '1002',
  type: 'incoming',
  isVoicemail: false,
  talkingTime: 0,
  waitingTime: 8,
  endedAt: '2026-11-22T10:03:20Z',
  notes: [],
  tags: [],
  ratings: [],
}
const byAgent = (email?: string): Partial<Call> => ({ agent: { id: '99', name: 'Agent', email } })
const favorite = (email: string): Partial<Call> => ({ contact: { id: '7', favoriteAgent: { email } } })
const lastStep = (lastAgentEmail: string): CallDetail => ({ lastAgentEmail })

const assignmentOf = (
  call: Partial<Call>,
  withoutAgent: CallSettings['withoutAgent'],
  detail: CallDetail | undefined,
) => {
  const facts: AssignmentFacts = {
    call: { ...missed, ...call },
    detail,
    settings: { withoutAgent },
    agentMap,
    userIdByEmail,
    teamIdByName: (name) => teams.get(name),
  }
  return assignmentOfCall(facts)
}

const ann: Assignment = { rule: 'agent', userId: 'user-ann' }
const lastBob: Assignment = { rule: 'last-step', userId: 'user-bob' }
const favoriteAnn: Assignment = { rule: 'favorite-agent', userId: 'user-ann' }
const userBob: Assignment = { rule: 'user', userId: 'user-bob' }
const night: Assignment = { rule: 'team', teamId: 'team-night' }
const toBob = { user: 'bob@example.com' }
const toNight = { team: 'Night shift' }

test.each<
  [
    why: string,
    call: Partial<Call>,
    withoutAgent: CallSettings['withoutAgent'],
    detail: CallDetail | undefined,
    assignment: Assignment | 'later' | undefined,
  ]
>([
  ['the agent', { ...byAgent('Ann@example.com'), talkingTime: 9 }, [], {}, ann],
  ['the agent of a missed call', byAgent('ann@example.com'), ['last-step'], lastStep('bob@example.com'), ann],
  ['the agent as mapped', byAgent('desk@example.com'), [], undefined, { rule: 'agent', userId: 'user-team' }],
  ['an agent who is mapped to nobody', byAgent('cleo@example.com'), [toBob], {}, undefined],
  ['an agent whom Kustomer does not know', byAgent('dan@example.com'), [toBob], {}, undefined],
  ['an agent without an email', byAgent(), [toBob], {}, undefined],
  ['nobody is named', {}, [], lastStep('bob@example.com'), undefined],
  ['the last step', {}, ['last-step', toNight], lastStep('bob@example.com'), lastBob],
  ['a voicemail', { isVoicemail: true }, ['last-step'], lastStep('bob@example.com'), lastBob],
  [
    'the last step as mapped',
    {},
    ['last-step'],
    lastStep('desk@example.com'),
    { rule: 'last-step', userId: 'user-team' },
  ],
  ['a last step that is mapped to nobody', {}, ['last-step', toNight], lastStep('cleo@example.com'), night],
  ['a last step that nobody knows', {}, ['last-step', toNight], lastStep('dan@example.com'), night],
  ['a way without an agent', {}, ['last-step', toNight], {}, night],
  ['the favorite agent', favorite('ann@example.com'), ['favorite-agent', toBob], {}, favoriteAnn],
  [
    'the favorite agent as mapped',
    favorite('desk@example.com'),
    ['favorite-agent'],
    {},
    { rule: 'favorite-agent', userId: 'user-team' },
  ],
  ['no favorite agent', { contact: { id: '7' } }, ['favorite-agent', toBob], {}, userBob],
  ['no contact', {}, ['favorite-agent', toBob], {}, userBob],
  ['the user, in any case', {}, [{ user: 'Bob@Example.com' }], {}, userBob],
  [
    'the user, whatever the agent map says',
    {},
    [{ user: 'cleo@example.com' }],
    {},
    { rule: 'user', userId: 'user-cleo' },
  ],
  ['a user who is not there', {}, [{ user: 'dan@example.com' }, toNight], {}, night],
  ['the team', {}, [toNight, toBob], {}, night],
  ['a team that is not there', {}, [{ team: 'Day shift' }, toBob], {}, userBob],
  ['none of them', {}, ['last-step', 'favorite-agent', { team: 'Day shift' }], {}, undefined],
  ['the way is not known yet', {}, ['last-step', toNight], undefined, 'later'],
  [
    'the way is not known yet, of a voicemail',
    { isVoicemail: true },
    ['last-step', toNight],
    undefined,
    'later',
  ],
  [
    'the way is not needed',
    favorite('ann@example.com'),
    ['favorite-agent', 'last-step'],
    undefined,
    favoriteAnn,
  ],
  ['the way is needed in the end', {}, ['favorite-agent', 'last-step'], undefined, 'later'],
  [
    'an outgoing voicemail has no way to wait for',
    { isVoicemail: true, type: 'outgoing' },
    ['last-step', toNight],
    undefined,
    night,
  ],
  ['an answered call without an agent', { talkingTime: 9 }, [toBob], {}, undefined],
  ['an unanswered call', { type: 'outgoing' }, [toBob], {}, undefined],
  ['an internal call', { type: 'internal' }, [toBob], {}, undefined],
])('%s', (_why, call, withoutAgent, detail, assignment) => {
  expect(assignmentOf(call, withoutAgent, detail)).toStrictEqual(assignment)
})

const message: Message = {
  id: '501',
  channel: 'sms',
  direction: 'incoming',
  text: 'Hello',
  media: [],
  at: '2026-11-22T10:03:20Z',
}

test.each<[why: string, agent: Message['agent'], assignment: Assignment | undefined]>([
  ['the agent', { id: '99', email: 'ann@example.com' }, ann],
  ['the agent as mapped', { id: '99', email: 'desk@example.com' }, { rule: 'agent', userId: 'user-team' }],
  ['an agent who is mapped to nobody', { id: '99', email: 'cleo@example.com' }, undefined],
  ['an agent without an email', { id: '99' }, undefined],
  ['no agent', undefined, undefined],
])('a message goes to %s', (_why, agent, assignment) => {
  expect(assignmentOfMessage({ ...message, agent }, agentMap, userIdByEmail)).toStrictEqual(assignment)
})

test.each<[rule: AssignmentRule, sentence: string]>([
  ['agent', 'assigned to its agent'],
  ['last-step', 'assigned to the agent of the call’s last step'],
  ['favorite-agent', 'assigned to the contact’s favorite agent'],
  ['user', 'assigned to the user that the settings name'],
  ['team', 'assigned to the team that the settings name'],
])('%s: %s', (rule, sentence) => {
  expect(assignmentSentence({ rule })).toBe(sentence)
})
