import type { Call } from './call.ts'
import { badParameter } from './errors.ts'

type PageRequest = { page: number; pageSize: number }

const DEFAULT_PAGE_SIZE = 100

/** `page` from 1 and `pageSize` (contract §1.5). A number outside its range is refused, as schemas do. */
export function readPage(query: URLSearchParams, maxPageSize: number): PageRequest {
  return {
    page: wholeNumber(query, 'page', 1, Number.MAX_SAFE_INTEGER),
    pageSize: wholeNumber(query, 'pageSize', Math.min(DEFAULT_PAGE_SIZE, maxPageSize), maxPageSize),
  }
}

function wholeNumber(query: URLSearchParams, name: string, fallback: number, most: number): number {
  const given = query.get(name)
  if (given === null) return fallback
  const number = Number(given)
  if (!Number.isInteger(number) || number < 1) throw badParameter(name, 'Not a page number', `/query/${name}`)
  if (number > most) throw badParameter(name, `Greater than ${most}`, `/query/${name}/maximum`)
  return number
}

/** The path of another page of the same list, other parameters kept; clients compare it as text (contract §1.5). */
export function pageLink({ path, query }: Call, page: number, pageSize: number): string {
  const link = new URLSearchParams({ page: String(page), pageSize: String(pageSize) })
  for (const [name, value] of query) {
    if (name !== 'page' && name !== 'pageSize') link.append(name, value)
  }
  return `/v1${path}?${link}`
}

/** A list without totals: `meta` and `links` as most endpoints have them (contract §1.5). */
export function listPage<T>(call: Call, items: readonly T[], show: (item: T) => unknown, maxPageSize = 100) {
  const { page, pageSize } = readPage(call.query, maxPageSize)
  const start = (page - 1) * pageSize
  const link = (number: number) => pageLink(call, number, pageSize)
  return {
    meta: { pageSize, page },
    links: {
      self: link(page),
      first: link(1),
      prev: page > 1 ? link(page - 1) : null,
      next: start + pageSize < items.length ? link(page + 1) : null,
    },
    data: items.slice(start, start + pageSize).map(show),
  }
}
