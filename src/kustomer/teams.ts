import { z } from 'zod'
import { ask } from './requests.ts'
import type { Transport } from './transport.ts'
import { list, type Page, type PageRequest, paged, resource, rev, text } from './wire.ts'

/** `members` are user ids (§3). */
export const teamSchema = resource(
  z.object({ rev, name: text, displayName: text, members: list(z.string()) }),
)

export type Team = z.output<typeof teamSchema>

export const createTeams = (transport: Transport) => ({
  list: ({ page, pageSize }: PageRequest = {}): Promise<Page<Team>> =>
    ask(transport, paged(teamSchema), {
      method: 'GET',
      route: '/teams',
      path: '/teams',
      query: { page, pageSize },
    }),
})
