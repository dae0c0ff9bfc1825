import { createAuth } from './auth.ts'
import { createBulk } from './bulk.ts'
import { createCompanies } from './companies.ts'
import { createConversations } from './conversations.ts'
import { createCustomers } from './customers.ts'
import { createMessages } from './messages.ts'
import { createNotes } from './notes.ts'
import { createTags } from './tags.ts'
import { createTeams } from './teams.ts'
import { createTransport, type KustomerOptions } from './transport.ts'
import { createUsers } from './users.ts'
import { createWebhooks } from './webhooks.ts'

/**
 * A client of Kustomer's REST API for one org. Every method throws a `KustomerError` when it fails, and nothing
 * else; it neither retries nor waits.
 */
export const createKustomer = (options: KustomerOptions) => {
  const transport = createTransport(options)
  return {
    auth: createAuth(transport),
    users: createUsers(transport),
    teams: createTeams(transport),
    tags: createTags(transport),
    companies: createCompanies(transport),
    customers: createCustomers(transport),
    conversations: createConversations(transport),
    notes: createNotes(transport),
    messages: createMessages(transport),
    bulk: createBulk(transport),
    webhooks: createWebhooks(transport),
  }
}

export type Kustomer = ReturnType<typeof createKustomer>
