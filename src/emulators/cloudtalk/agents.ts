import type { Handler } from './api.ts'
import { idOf } from './api.ts'
import { page } from './pages.ts'
import type { Agent, Store } from './store.ts'

const defaultNumber = (store: Store, { call_number_id }: Agent): string =>
  store.numbers.find(({ id }) => id === call_number_id)?.caller_id_e164 ?? ''

/** GET /agents/index.json (§4). */
export const indexAgents: Handler = (account, request) => {
  const { store } = account
  const id = request.query.get('id') ?? ''
  const number = request.query.get('associated_number') ?? ''
  const agents = store.agents.filter(
    (agent) =>
      (id === '' || agent.id === idOf(id)) && (number === '' || defaultNumber(store, agent) === number),
  )
  return page(account, request, agents, (agent) => ({
    Agent: {
      id: String(agent.id),
      name: String(100_000 + agent.id),
      firstname: agent.firstname,
      lastname: agent.lastname,
      email: agent.email,
      is_daily_limit_ok: true,
      status_outbound: true,
      availability_status: agent.availability_status,
      extension: agent.extension,
      // A number here, not a string: so in the published example.
      call_number_id: agent.call_number_id,
      default_number: defaultNumber(store, agent),
      associated_numbers: [defaultNumber(store, agent)],
    },
  }))
}

/** An agent inside a call or as a contact's favourite (§3.1); a call without agent has one full of nulls. */
export const callAgent = (store: Store, agent: Agent | undefined) => ({
  id: agent ? String(agent.id) : null,
  firstname: agent?.firstname ?? null,
  lastname: agent?.lastname ?? null,
  fullname: agent ? `${agent.firstname} ${agent.lastname}` : null,
  email: agent?.email ?? null,
  language: agent ? 'en' : null,
  role: agent ? 'Agent' : null,
  status: agent?.availability_status ?? null,
  default_outbound_number: agent ? defaultNumber(store, agent) : null,
  associated_numbers: agent ? [defaultNumber(store, agent)] : [],
  groups: agent
    ? store.groups
        .filter(({ agent_ids }) => agent_ids.includes(agent.id))
        .map(({ internal_name }) => internal_name)
    : [],
})
