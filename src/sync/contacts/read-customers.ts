import { type CustomerPage, SEARCH_PAGE_SIZE, type SearchQuery } from '../../kustomer/index.ts'
import { type CustomerVersion, mirrorCustomers } from '../../store/customers.ts'
import type { SyncContext } from '../context.ts'
import { recordUnreadable } from '../record-unreadable.ts'
import { isHolder } from '../timeline/unknown-caller.ts'
import { BEGINNING, type CustomerSource, readInOrder } from './read-in-order.ts'

/** The most rows of a page of the plain list (contract kustomer §1.5). */
const LIST_PAGE_SIZE = 100

/**
 * Reads every customer modified since a time into the mirror, oldest first, however many share a moment. Those
 * without activity for two years are not among them: see {@link readArchivedCustomers}.
 *
 * @param onPage is called when a page stands in the mirror; customers at its edges come twice.
 * @returns the latest modification seen, ISO; `from` when there was none.
 */
export async function readCustomersSince(
  context: SyncContext,
  from: string,
  includeDeleted: boolean,
  onPage: (customers: CustomerVersion[]) => Promise<void>,
): Promise<string> {
  let latest = from
  const source = sourceOf(context, onPage, async (query, page) => {
    const found = await context.vendors.kustomerSearch((kustomer) =>
      kustomer.customers.search({ ...query, ...(includeDeleted && { includeDeleted }) }, page),
    )
    const last = found.customers.at(-1)?.modifiedAt ?? latest
    if (last > latest) latest = last
    return found
  })
  await readInOrder(source, from)
  return latest
}

/**
 * Reads the customers without activity for two years, which the ordinary search leaves out (contract kustomer §1.7).
 * After {@link readCustomersSince}, not before: who grows too old in between is then seen twice instead of never, and
 * who is active again in between has a webhook.
 *
 * @param onPage is called when a page stands in the mirror; customers at its edges come twice.
 */
export function readArchivedCustomers(
  context: SyncContext,
  onPage: (customers: CustomerVersion[]) => Promise<void>,
): Promise<void> {
  const source = sourceOf(context, onPage, (query, page) =>
    context.vendors.kustomerSearch((kustomer) => kustomer.customers.searchArchive(query, page)),
  )
  return readInOrder(source, BEGINNING)
}

function sourceOf(
  context: SyncContext,
  onPage: (customers: CustomerVersion[]) => Promise<void>,
  search: (query: SearchQuery, page: { page: number; pageSize: number }) => Promise<CustomerPage>,
): CustomerSource {
  const take = async ({ customers: found, unreadable }: Pick<CustomerPage, 'customers' | 'unreadable'>) => {
    const customers = found.filter((customer) => !isHolder(customer))
    await mirrorCustomers(context.db, context.connection, customers, context.settings.defaultCountry)
    await onPage(customers)
    for (const row of unreadable) await recordUnreadable(context, 'customer', row)
  }
  return {
    async search(query, page) {
      const found = await search(query, { page, pageSize: SEARCH_PAGE_SIZE })
      await take(found)
      return found
    },
    async list(created, modified, page) {
      const found = await context.vendors.kustomer((kustomer) =>
        kustomer.customers.list({ page, pageSize: LIST_PAGE_SIZE }, { createdAt: created }),
      )
      // Who was edited meanwhile is kept: the list knows at once, and the search may not before it has been read.
      const customers = found.customers.filter(({ modifiedAt }) => (modifiedAt ?? '') >= modified.gte)
      await take({ ...found, customers })
      return found
    },
  }
}
