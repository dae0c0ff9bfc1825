import { z } from 'zod'
import { ask } from './requests.ts'
import type { Transport } from './transport.ts'
import { flag, type Page, type PageRequest, paged, resource, rev, text } from './wire.ts'

/** Records hold the ids of tags, not their names (§3). */
export const tagSchema = resource(z.object({ rev, name: text, color: text, deleted: flag }))

export type Tag = z.output<typeof tagSchema>

export const createTags = (transport: Transport) => ({
  list: ({ page, pageSize }: PageRequest = {}): Promise<Page<Tag>> =>
    ask(transport, paged(tagSchema), {
      method: 'GET',
      route: '/tags',
      path: '/tags',
      query: { page, pageSize },
    }),
})
