import { badParameter } from './errors.ts'
import type { Customer } from './store.ts'

const TESTS: Record<string, (value: string, bound: string) => boolean> = {
  gt: (value, bound) => value > bound,
  gte: (value, bound) => value >= bound,
  lt: (value, bound) => value < bound,
  lte: (value, bound) => value <= bound,
}

type SortableDate = 'createdAt' | 'updatedAt'

/** `filter[createdAt][gte]=…&filter[updatedAt][lt]=…&sort=-createdAt` (contract §1.5). */
export function filterCustomers(query: URLSearchParams, customers: Customer[]): Customer[] {
  let found = customers
  for (const [name, given] of query) {
    if (!name.startsWith('filter[')) continue
    const [, field, operator] = /^filter\[(createdAt|updatedAt)\]\[(gt|gte|lt|lte)\]$/.exec(name) ?? []
    const test = TESTS[operator ?? '']
    if (!test || Number.isNaN(Date.parse(given))) throw badParameter(name, 'Unknown filter')
    const bound = new Date(given).toISOString()
    found = found.filter(({ attributes }) => test(attributes[field as SortableDate], bound))
  }
  const sort = query.get('sort')
  if (sort === null) return found
  const [, minus, field] = /^(-?)(createdAt|updatedAt)$/.exec(sort) ?? []
  if (field === undefined) throw badParameter('sort', 'Unknown sort')
  const direction = minus === '-' ? -1 : 1
  return found.toSorted((left, right) => {
    const [a, b] = [left.attributes[field as SortableDate], right.attributes[field as SortableDate]]
    return direction * (a < b ? -1 : a > b ? 1 : 0)
  })
}
