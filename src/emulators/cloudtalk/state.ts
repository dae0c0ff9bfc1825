import type { AccountWebhook } from './account-webhooks.ts'
import type { Store } from './store.ts'
import type { Workflow } from './workflows.ts'

/** `GET /__emulator/state`: everything as stored, flat, each kind a list. */
export const stateOf = (store: Store, workflows: Workflow[], accountWebhooks: AccountWebhook[]) => ({
  contacts: [...store.contacts.all()],
  calls: [...store.calls.values()],
  agents: store.agents,
  groups: store.groups,
  numbers: store.numbers,
  messages: store.messages,
  workflows,
  accountWebhooks,
  tags: [...store.tags.values()],
  notes: [...store.notes.values()],
  activities: [...store.activities.values()],
  countries: store.countries,
  attributes: store.attributes,
})
