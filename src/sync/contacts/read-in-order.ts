import { type CustomerPage, SEARCH_PAGE_SIZE, SEARCH_PAGES, type SearchQuery } from '../../kustomer/index.ts'

/** One millisecond, the finest that Kustomer tells (contract kustomer §1.3). */
export interface Moment {
  gte: string
  lt: string
}

/** Where customers are read from. Both requests deal with the rows themselves, and give the page for its end. */
export interface CustomerSource {
  search(query: SearchQuery, page: number): Promise<CustomerPage>
  /** The plain list of those created at one moment, without those last modified before the other. */
  list(created: Moment, modified: Moment, page: number): Promise<CustomerPage>
}

/** Earlier than any customer. */
export const BEGINNING = '1970-01-01T00:00:00.000Z'
const ATTRIBUTES = { modifiedAt: 'customer_modified_at', createdAt: 'customer_created_at' } as const

/**
 * Reads every customer modified since a time, oldest first, also while they are edited. Each query starts where the
 * page before it ended: page numbers would shift under an edit, which moves its customer to the end and another out of
 * sight. Where more than a page share one moment of modification (an import does that), the creation is walked through
 * in the same way; where more than a page share both, see {@link readTwins}.
 *
 * @throws where a search shows nothing but unreadable rows: nothing tells where to start the next one.
 */
export const readInOrder = (source: CustomerSource, from: string): Promise<void> =>
  walk(source, 'modifiedAt', [], from, (modified) =>
    walk(source, 'createdAt', [{ customer_modified_at: modified }], BEGINNING, (created) =>
      readTwins(source, modified, created),
    ),
  )

async function walk(
  source: CustomerSource,
  by: keyof typeof ATTRIBUTES,
  within: object[],
  from: string,
  readMoment: (moment: Moment) => Promise<void>,
): Promise<void> {
  const attribute = ATTRIBUTES[by]
  let since = from
  let page = 1
  for (;;) {
    const query = { and: [...within, { [attribute]: { gte: since } }], sort: [{ [attribute]: 'asc' }] }
    const { customers, unreadable } = await source.search(query, page)
    if (customers.length + unreadable.length < SEARCH_PAGE_SIZE) return
    if (customers.length === 0) {
      page += 1
      if (page > SEARCH_PAGES) throw new Error(`no customer of a whole search can be read, ${by} ${since}`)
      continue
    }
    page = 1
    const first = customers[0]?.[by] ?? since
    const last = customers.at(-1)?.[by] ?? since
    if (first < last) {
      since = last
    } else {
      const moment = momentOf(last)
      await readMoment(moment)
      since = moment.lt
    }
  }
}

/**
 * Reads customers that share both times, which nothing orders. An edit takes its customer out of the moment, and none
 * comes in: if as many different ones were shown as the first page counts, they are all. If not, or if there are more
 * than a search shows (§1.5), the plain list tells: an edit moves nobody there, and it has no last page. Its pages are
 * of 100 instead of 500, but their budget is ten times that of searches (§1.4). It has no deleted ones.
 */
async function readTwins(source: CustomerSource, modified: Moment, created: Moment): Promise<void> {
  const query = {
    and: [{ customer_modified_at: modified }, { customer_created_at: created }],
    sort: [{ customer_created_at: 'asc' }],
  }
  const shown = new Set<string | undefined>()
  let counted: number | undefined
  for (let page = 1; page <= SEARCH_PAGES; page++) {
    const { customers, unreadable, total } = await source.search(query, page)
    for (const { id } of [...customers, ...unreadable]) shown.add(id)
    if (page === 1) counted = total
    if (counted === undefined || counted > SEARCH_PAGES * SEARCH_PAGE_SIZE) break
    if (customers.length + unreadable.length < SEARCH_PAGE_SIZE) break
  }
  if (shown.size === counted) return
  for (let page = 1; ; page++) {
    const { next } = await source.list(created, modified, page)
    if (next === undefined) return
  }
}

const momentOf = (time: string): Moment => ({
  gte: time,
  lt: new Date(Date.parse(time) + 1).toISOString(),
})
