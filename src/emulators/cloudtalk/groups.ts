import { answer, invalid, notFound } from './answers.ts'
import { type Handler, idOf } from './api.ts'
import { page } from './pages.ts'

/** GET /groups/index.json (§4). */
export const indexGroups: Handler = (account, request) =>
  page(account, request, account.store.groups, ({ id, internal_name }) => ({
    Group: { id: String(id), internal_name },
  }))

const field = (body: unknown, name: string): number =>
  idOf(String((body as Record<string, unknown> | null)?.[name] ?? ''))

/** PUT /groups/add.json puts an agent into a group; groups themselves are made in the dashboard. */
export const addAgentToGroup: Handler = ({ store }, { body }) => {
  const group = store.groups.find(({ id }) => id === field(body, 'group_id'))
  const agent = store.agents.find(({ id }) => id === field(body, 'agent_id'))
  if (!group || !agent) return invalid()
  group.agent_ids = [...new Set([...group.agent_ids, agent.id])]
  return answer({ status: 200, data: { message: 'Agent added successfully.' } })
}

/** DELETE /groups/delete/{agent_id}.json, the group in the body. */
export const removeAgentFromGroup: Handler = ({ store }, { params, body }) => {
  const group = store.groups.find(({ id }) => id === field(body, 'group_id'))
  if (!group) return notFound()
  group.agent_ids = group.agent_ids.filter((id) => id !== idOf(params.id))
  return answer({ status: 200, data: { message: 'Agent deleted successfully.' } })
}
