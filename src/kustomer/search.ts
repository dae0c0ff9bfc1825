import type { z } from 'zod'
import { ask } from './requests.ts'
import type { Transport } from './transport.ts'
import { type Page, type PageRequest, paged } from './wire.ts'

/** The most rows of a page, and the most pages of a query (§1.5): 50,000 rows, then ask anew from the last row on. */
export const SEARCH_PAGE_SIZE = 500
export const SEARCH_PAGES = 100

/** Criteria such as `{ customer_modified_at: { gte: '2026-01-01T00:00:00.000Z' } }` (§2.6). */
export type SearchQuery = {
  and?: object | object[]
  or?: object | object[]
  not?: object | object[]
  sort?: object | object[]
  timeZone?: string
  includeDeleted?: boolean
}

/** The archive has what was not active for two years, the ordinary search the rest (§1.7). */
type SearchRoute = '/customers/search' | '/customers/archive/search'

/** One endpoint searches every kind of record (§2.6): an index, so never right after a write (§1.7). */
export const search = <T>(
  transport: Transport,
  route: SearchRoute,
  context: 'customer' | 'conversation' | 'message' | 'note' | 'company',
  schema: z.ZodType<T>,
  query: SearchQuery,
  { page, pageSize }: PageRequest,
): Promise<Page<T>> =>
  ask(transport, paged(schema), {
    method: 'POST',
    route,
    path: route,
    query: { page, pageSize },
    body: { ...query, queryContext: context },
    kind: 'search',
  })
