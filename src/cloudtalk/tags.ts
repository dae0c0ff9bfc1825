import { z } from 'zod'
import { createdAnswer } from './created.ts'
import { type PageQuery, readPage } from './page.ts'
import type { Transport } from './transport.ts'
import { id, text } from './wire.ts'

const tag = z.object({ id, name: text })

/** Nested under `Tag` in the example, flat in the schema (contract §4). */
const tagRow = z.union([z.object({ Tag: tag }).transform((row) => row.Tag), tag])

/** Contacts and calls share one list of tags (contract §4). */
export type Tag = z.output<typeof tagRow>

export function tags(transport: Transport) {
  return {
    list: ({ page, limit }: PageQuery) => readPage(transport, '/tags/index.json', { page, limit }, tagRow),
    /** A name already in use is `rejected` with the field `name`. */
    add: (name: string) =>
      transport.json({ method: 'PUT', path: '/tags/add.json', body: { name } }, createdAnswer),
  }
}
