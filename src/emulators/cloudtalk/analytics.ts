import { type Account, type Handler, idOf } from './api.ts'
import type { Call } from './store.ts'

/** The account's number in the examples of the analytics host. */
export const COMPANY_ID = 100_123

/** A host of its own (NestJS): bare bodies, numbers as numbers, texts as they are (§3.3). */
const failure = (statusCode: number, message: string | string[], error: string): Response =>
  Response.json({ statusCode, message, error }, { status: statusCode })

/** Whether the hosts that work on finished calls know this one yet (§3.3). */
export const isAnalysed = ({ clock, switches }: Account, call: Call): boolean =>
  clock.now() - Date.parse(call.ended_at) >= switches().analyticsDelayMs

/** GET /calls/{callId} of the analytics host. */
export const analyticsCall: Handler = (account, { params }) => {
  const { store } = account
  const id = idOf(params.id)
  if (Number.isNaN(id))
    return failure(400, ['callId must be a number conforming to the specified constraints'], 'Bad Request')
  const call = store.calls.get(id)
  if (!call || !isAnalysed(account, call))
    return failure(404, `Call with id '${id}' doesn't exist on company '${COMPANY_ID}'`, 'Not Found')

  const contact = call.contact_id === null ? undefined : store.contacts.get(call.contact_id)
  const country = store.countries.find(({ id }) => id === contact?.country_id)
  const number = store.numbers.find(({ caller_id_e164 }) => caller_id_e164 === call.public_internal)
  return Response.json({
    cdr_id: call.id,
    uuid: call.uuid,
    company_id: COMPANY_ID,
    date: call.started_at,
    contact: {
      id: contact?.id ?? null,
      name: contact?.name ?? null,
      country: country?.country_code ?? null,
      number: call.public_external,
    },
    call_tags: call.tags.map((label) => ({
      id: [...store.tags.values()].find(({ name }) => name === label)?.id ?? null,
      label,
    })),
    call_rating: call.rating,
    internal_number: {
      id: number?.id ?? null,
      name: number?.internal_name ?? null,
      number: call.public_internal,
    },
    call_times: timesOf(call),
    direction: call.type,
    type: 'regular',
    status: statusOf(call),
    call_steps: stepsOf(account, call),
    notes: call.notes.map(({ note }) => note),
    recorded: call.recorded,
    out_of_office: false,
  })
}

/** A voicemail counts as missed here (§3.2, seen). */
const statusOf = ({ outcome }: Call): 'answered' | 'missed' =>
  outcome === 'answered' ? 'answered' : 'missed'

const timesOf = ({ talking_time, waiting_time, wrapup_time }: Call) => ({
  total_time: talking_time + waiting_time + wrapup_time,
  talking_time,
  wrap_up_time: wrapup_time,
  ringing_time: waiting_time,
  waiting_time,
  holding_time: 0,
})

const UNRESOLVED = {
  resolved_by: null,
  resolved_by_call: { id: null, date: null, agent: { id: null, name: null } },
}

/** Group → queue with its agents; without a group the agent stands alone; a voicemail adds its step (§3.3). */
const stepsOf = ({ store }: Account, call: Call): object[] => {
  const status = statusOf(call)
  const agent = store.agents.find(({ id }) => id === (call.user_id ?? call.rung_agent_id))
  const group = store.groups.find(({ id }) => id === call.group_id)
  const agentStep = agent && {
    type: 'agent',
    id: agent.id,
    name: `${agent.firstname} ${agent.lastname}`,
    date: call.answered_at ?? call.started_at,
    call_id: call.id,
    call_times: timesOf(call),
    group_ids: store.groups.filter(({ agent_ids }) => agent_ids.includes(agent.id)).map(({ id }) => id),
    status,
    reason: status === 'answered' ? null : 'not_picked_up',
    ...UNRESOLVED,
  }
  const queueStep = group && {
    type: 'queue',
    id: group.id,
    name: group.internal_name,
    date: call.started_at,
    call_times: timesOf(call),
    status,
    reason: status === 'answered' ? null : 'no_agents_picked_up',
    ...UNRESOLVED,
    strategy: 'ringall',
    agent_calls: agentStep ? [agentStep] : [],
  }
  const voicemailStep = call.outcome === 'voicemail' && {
    type: 'voicemail',
    status: 'SUCCESS',
    total_time: 12,
  }
  return [queueStep ?? agentStep, voicemailStep].filter((step) => typeof step === 'object')
}
