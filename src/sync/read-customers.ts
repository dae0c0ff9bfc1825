import { SEARCH_PAGE_SIZE, SEARCH_PAGES } from '../kustomer/index.ts'
import { type CustomerVersion, mirrorCustomers } from '../store/customers.ts'
import type { SyncContext } from './context.ts'
import { isHolder } from './unknown-caller.ts'

/**
 * Reads every customer modified since a time, oldest first, into the mirror. A query gives at most 50,000 rows; the
 * next one starts where it ended.
 *
 * @param onPage is called when a page stands in the mirror.
 * @returns the latest modification seen, ISO; `from` when there was none.
 */
export async function readCustomersSince(
  context: SyncContext,
  from: string,
  includeDeleted: boolean,
  onPage: (customers: CustomerVersion[]) => Promise<void>,
): Promise<string> {
  let since = from
  for (;;) {
    const latest = await readWindow(context, since, includeDeleted, onPage)
    if (latest.done) return latest.modifiedAt
    if (latest.modifiedAt === since) {
      throw new Error(
        `more than ${SEARCH_PAGE_SIZE * SEARCH_PAGES} customers were modified at ${since}: the search cannot list them`,
      )
    }
    since = latest.modifiedAt
  }
}

async function readWindow(
  context: SyncContext,
  since: string,
  includeDeleted: boolean,
  onPage: (customers: CustomerVersion[]) => Promise<void>,
): Promise<{ modifiedAt: string; done: boolean }> {
  let modifiedAt = since
  for (let page = 1; page <= SEARCH_PAGES; page++) {
    const found = await context.vendors.kustomerSearch((kustomer) =>
      kustomer.customers.search(
        {
          and: [{ customer_modified_at: { gte: since } }],
          sort: [{ customer_modified_at: 'asc' }],
          ...(includeDeleted && { includeDeleted: true }),
        },
        { page, pageSize: SEARCH_PAGE_SIZE },
      ),
    )
    const customers = found.customers.filter((customer) => !isHolder(customer))
    await mirrorCustomers(context.db, context.connection, customers, context.settings.defaultCountry)
    await onPage(customers)
    modifiedAt = found.customers.at(-1)?.modifiedAt ?? modifiedAt
    if (found.next === undefined || found.customers.length < SEARCH_PAGE_SIZE)
      return { modifiedAt, done: true }
  }
  return { modifiedAt, done: false }
}
