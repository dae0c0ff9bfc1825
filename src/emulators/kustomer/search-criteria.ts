import type { z } from 'zod'
import { badParameter } from './errors.ts'
import type { Resource } from './resource.ts'
import type { searchBody } from './schemas/search.ts'
import { isSortable, operatorClassOf, type SearchContext } from './search-attributes.ts'
import { matcher } from './search-operators.ts'
import { readerOf } from './search-values.ts'

type Criteria = Record<string, unknown> | Record<string, unknown>[] | undefined
type Body = z.output<typeof searchBody>
type Test = (resource: Resource) => boolean

const CONTEXTS = ['customer', 'conversation', 'message', 'note', 'company', 'kobject'] as const

/** `customer` when the body does not say; `kobject_<klass>` searches one class (contract §2.6). */
export function contextOf({ queryContext = 'customer' }: Body): SearchContext {
  const context = queryContext.startsWith('kobject_') ? 'kobject' : queryContext
  const known = CONTEXTS.find((name) => name === context)
  if (!known) throw badParameter('queryContext', 'Unknown context', '/properties/queryContext/enum')
  return known
}

/** One test for the whole body. @throws {KustomerError} 400 naming an attribute or operator that is not there. */
export function searchTest(body: Body, context: SearchContext): Test {
  const timeZone = body.timeZone ?? 'GMT'
  const compile = (criteria: Criteria) => testsOf(criteria, context, timeZone)
  const [all, some, none] = [compile(body.and), compile(body.or), compile(body.not)]
  return (resource) =>
    all.every((test) => test(resource)) &&
    (some.length === 0 || some.some((test) => test(resource))) &&
    !none.some((test) => test(resource))
}

function testsOf(criteria: Criteria, context: SearchContext, timeZone: string): Test[] {
  const list = Array.isArray(criteria) ? criteria : criteria ? [criteria] : []
  return list.flatMap((criterion) =>
    Object.entries(criterion).flatMap(([name, conditions]) => {
      const operatorClass = operatorClassOf(context, name)
      if (!operatorClass) throw badParameter(name, 'Unknown search attribute', `/properties/${name}`)
      if (typeof conditions !== 'object' || conditions === null || Array.isArray(conditions)) {
        throw badParameter(name, 'Expected an operator', `/properties/${name}/type`)
      }
      const read = readerOf(context, name)
      const matches = Object.entries(conditions).map(([operator, operand]) =>
        matcher(name, operatorClass, operator, operand, timeZone),
      )
      return [(resource: Resource) => matches.every((fits) => fits(read(resource)))]
    }),
  )
}

/** Puts results in the order asked for; records without a value come last. Without `sort`: as they were made. */
export function searchOrder(body: Body, context: SearchContext): (found: Resource[]) => Resource[] {
  const list = Array.isArray(body.sort) ? body.sort : body.sort ? [body.sort] : []
  const keys = list.flatMap((entry) =>
    Object.entries(entry).map(([name, direction]) => {
      if (!isSortable(context, name)) throw badParameter(name, 'Not sortable', `/properties/sort/${name}`)
      if (direction !== 'asc' && direction !== 'desc') {
        throw badParameter('sort', 'Expected asc or desc', `/properties/sort/${name}`)
      }
      return { read: readerOf(context, name), sign: direction === 'asc' ? 1 : -1 }
    }),
  )
  if (keys.length === 0) return (found) => found
  return (found) =>
    found
      .map((resource) => ({ resource, values: keys.map(({ read }) => sortKey(read(resource))) }))
      .sort((left, right) => compare(left.values, right.values, keys))
      .map(({ resource }) => resource)
}

type SortKey = string | undefined

function compare(left: SortKey[], right: SortKey[], keys: { sign: number }[]): number {
  for (const [index, { sign }] of keys.entries()) {
    const [a, b] = [left[index], right[index]]
    if (a === b) continue
    if (a === undefined) return 1
    if (b === undefined) return -1
    return a < b ? -sign : sign
  }
  return 0
}

function sortKey(value: unknown): SortKey {
  const first = Array.isArray(value) ? value[0] : value
  return first === undefined || first === null ? undefined : String(first)
}
