import { z } from 'zod'
import { type PageQuery, readPage } from './page.ts'
import type { Transport } from './transport.ts'
import { id, text } from './wire.ts'

const group = z
  .object({ id, internal_name: text })
  .transform((row) => ({ id: row.id, name: row.internal_name }))

/** `Group` in the example, `Groups` in the schema (contract §4). */
const groupRow = z.union([
  z.object({ Group: group }).transform((row) => row.Group),
  z.object({ Groups: group }).transform((row) => row.Groups),
])

export type Group = z.output<typeof groupRow>

export function groups(transport: Transport) {
  return {
    list: ({ page, limit }: PageQuery) =>
      readPage(transport, '/groups/index.json', { page, limit }, groupRow),
  }
}
