import { type Call, type Operation, type Operations, ok } from './call.ts'
import { badParameter } from './errors.ts'
import { pageLink, readPage } from './pages.ts'
import type { Resource } from './resource.ts'
import { readBodyAs } from './schema-problems.ts'
import { searchBody } from './schemas/search.ts'
import { contextOf, searchOrder, searchTest } from './search-criteria.ts'
import { render } from './wire.ts'

/** At pageSize 500 that is 50,000 rows; to go on, search again from the last time seen (contract §1.5). */
const MAX_PAGES = 100
const MAX_PAGE_SIZE = 500

const ROLES = [
  'org.permission.search.create',
  'org.permission.search.update',
  'org.permission.search_global.create',
  'org.permission.search_preview.create',
  'org.user.search.read',
  'org.admin.search.read',
]

/** The ordinary search knows what moved in the past two years, the archive the rest (contract §1.7). */
function findIn(call: Call, archived: boolean): Resource[] {
  const { org } = call
  const body = readBodyAs(searchBody, call.body)
  const context = contextOf(body)
  const matches = searchTest(body, context)
  const order = searchOrder(body, context)
  if (context === 'kobject') return []
  const cutoff = new Date(org.clock.now())
  cutoff.setUTCFullYear(cutoff.getUTCFullYear() - 2)
  const oldest = cutoff.toISOString()
  const found = org.searchIndex.of(context).filter((resource) => {
    if (resource.deleted && body.includeDeleted !== true) return false
    const old = String(resource.attributes.updatedAt) < oldest
    return old === archived && matches(resource)
  })
  return order(found)
}

function search(call: Call, archived: boolean) {
  const { org, query } = call
  const { page, pageSize } = readPage(query, MAX_PAGE_SIZE)
  const beyondCap = page > MAX_PAGES
  if (beyondCap && org.switches().searchBeyondCap === 'badparam') {
    throw badParameter('page', `At most ${MAX_PAGES} pages`, '/query/page/maximum')
  }
  const found = findIn(call, archived)
  const totalPages = Math.max(1, Math.ceil(found.length / pageSize))
  const start = (page - 1) * pageSize
  const rows = beyondCap ? [] : found.slice(start, start + pageSize)
  const link = (number: number) => pageLink(call, number, pageSize)
  const hasNext = page < totalPages && (page < MAX_PAGES || org.switches().searchNextBeyondCap)
  const idsOnly = query.get('idsOnly') === 'true'
  return ok({
    meta: { pageSize, page, total: found.length, totalPages, aggregations: {}, timed_out: false },
    links: {
      self: link(page),
      first: link(1),
      prev: page > 1 ? link(page - 1) : null,
      next: hasNext ? link(page + 1) : null,
      last: link(totalPages),
    },
    data: rows.map((row) => (idsOnly ? { type: row.type, id: row.id } : render(row))),
  })
}

const searching = (archived: boolean): Operation => ({
  roles: ROLES,
  search: true,
  handle: (call) => search(call, archived),
})

/** One search for all objects, as the index has them (contract §2.6). */
export const searchOperations: Operations = {
  'POST /customers/search': searching(false),
  'POST /customers/archive/search': searching(true),
}
