import { describe, expect, test } from 'vitest'
import type { Call } from '../../mapping/records.ts'
import { callSettings } from '../../mapping/settings.ts'
import type { StoredCall } from '../../store/calls.ts'
import { nothingStands, type Standing } from '../../store/timeline.ts'
import { type CallPlan, planCall } from './plan-call.ts'

const NUMBER = '+442071838750'
const ENDED = '2026-10-01T10:00:00.000Z'

const stored = (call: Partial<Call> = {}, standing: Partial<Standing> = {}): StoredCall => ({
  call: {
    id: '7',
    type: 'incoming',
    externalNumber: NUMBER,
    internalNumber: '+442071838700',
    isVoicemail: false,
    talkingTime: 30,
    waitingTime: 4,
    answeredAt: ENDED,
    endedAt: ENDED,
    notes: [],
    tags: [],
    ratings: [],
    ...call,
  },
  detail: undefined,
  standing: { ...nothingStands, ...standing },
  version: 1,
})
const loggedAt = new Date(ENDED)
const intentAt = new Date(ENDED)
const { endedAt: _, ...notEnded } = stored().call
const { externalNumber: __, ...withheld } = stored().call

interface Case {
  label: string
  call: StoredCall | undefined
  settings?: Parameters<typeof callSettings.parse>[0]
  customerId?: string
  plan: CallPlan
}

const cases: Record<string, Case[]> = {
  'waits for': [
    { label: 'a call that nobody shows', call: undefined, plan: { kind: 'wait', reason: 'CALL_NOT_FOUND' } },
    {
      label: 'the end, even of a call that will be left out',
      call: { ...stored(), call: { ...notEnded, type: 'internal' } },
      plan: { kind: 'wait', reason: 'NOT_ENDED' },
    },
    {
      label: 'the end, whoever calls',
      call: { ...stored(), call: notEnded },
      customerId: 'c1',
      plan: { kind: 'wait', reason: 'NOT_ENDED' },
    },
  ],
  'leaves out': [
    {
      label: 'an internal call',
      call: stored({ type: 'internal' }),
      customerId: 'c1',
      plan: { kind: 'skip', reason: 'INTERNAL_CALL' },
    },
    {
      label: 'a type that is switched off',
      call: stored(),
      settings: { answered: { log: false } },
      customerId: 'c1',
      plan: { kind: 'skip', reason: 'TYPE_NOT_LOGGED' },
    },
    {
      label: 'a number that is not connected',
      call: stored(),
      settings: { connectedNumbers: ['+442071838701'] },
      customerId: 'c1',
      plan: { kind: 'skip', reason: 'NUMBER_NOT_CONNECTED' },
    },
    {
      label: 'an unknown number, where the settings say so',
      call: stored(),
      settings: { unknownNumbers: 'skip' },
      plan: { kind: 'skip', reason: 'UNKNOWN_NUMBER' },
    },
    {
      label: 'a withheld number, where the settings say so of unknown ones',
      call: { ...stored(), call: withheld },
      settings: { unknownNumbers: 'skip' },
      plan: { kind: 'skip', reason: 'UNKNOWN_NUMBER' },
    },
  ],
  logs: [
    {
      label: 'for the owner of the number',
      call: stored(),
      customerId: 'c1',
      plan: { kind: 'log', customer: { kind: 'known', id: 'c1' }, lookFirst: false },
    },
    {
      label: 'for the owner, although unknown numbers are left out',
      call: stored(),
      settings: { unknownNumbers: 'skip' },
      customerId: 'c1',
      plan: { kind: 'log', customer: { kind: 'known', id: 'c1' }, lookFirst: false },
    },
    {
      label: 'without a customer, by default',
      call: stored(),
      plan: { kind: 'log', customer: { kind: 'leave-unlinked' }, lookFirst: false },
    },
    {
      label: 'with a new customer, where the settings say so',
      call: stored(),
      settings: { unknownNumbers: 'create-customer' },
      plan: { kind: 'log', customer: { kind: 'create-customer' }, lookFirst: false },
    },
    {
      label: 'no new customer without a number',
      call: { ...stored(), call: withheld },
      settings: { unknownNumbers: 'create-customer' },
      plan: { kind: 'log', customer: { kind: 'leave-unlinked' }, lookFirst: false },
    },
    {
      label: 'on a connected number',
      call: stored(),
      settings: { connectedNumbers: ['+442071838700'] },
      customerId: 'c1',
      plan: { kind: 'log', customer: { kind: 'known', id: 'c1' }, lookFirst: false },
    },
    {
      label: 'after a look, when an earlier try left no word of its end',
      call: stored({}, { intentAt }),
      customerId: 'c1',
      plan: { kind: 'log', customer: { kind: 'known', id: 'c1' }, lookFirst: true },
    },
    {
      label: 'after a look, also for nobody',
      call: stored({}, { intentAt, conversationId: 'k1' }),
      plan: { kind: 'log', customer: { kind: 'leave-unlinked' }, lookFirst: true },
    },
  ],
  follows: [
    {
      label: 'where it is',
      call: stored({}, { loggedAt, customerId: 'c1' }),
      customerId: 'c1',
      plan: { kind: 'follow', moveTo: undefined },
    },
    {
      label: 'and stays with its customer when another has the number',
      call: stored({}, { loggedAt, customerId: 'c1' }),
      customerId: 'c2',
      plan: { kind: 'follow', moveTo: undefined },
    },
    {
      label: 'to the customer that now has the number',
      call: stored({}, { loggedAt, unlinked: true, customerId: 'holder' }),
      customerId: 'c1',
      plan: { kind: 'follow', moveTo: 'c1' },
    },
    {
      label: 'nobody while the number is unknown',
      call: stored({}, { loggedAt, unlinked: true }),
      plan: { kind: 'follow', moveTo: undefined },
    },
    {
      label: 'although its type is left out by now',
      call: stored({}, { loggedAt }),
      settings: { answered: { log: false }, unknownNumbers: 'skip' },
      plan: { kind: 'follow', moveTo: undefined },
    },
  ],
}

describe.each(Object.entries(cases))('%s', (_kind, ofKind) => {
  test.each(ofKind)('$label', ({ call, settings, customerId, plan }) => {
    expect(planCall({ stored: call, settings: callSettings.parse(settings ?? {}), customerId })).toEqual(plan)
  })
})
