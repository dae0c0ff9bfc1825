import { type CustomerPage, SEARCH_PAGE_SIZE, SEARCH_PAGES } from '../kustomer/index.ts'
import { type CustomerVersion, mirrorCustomers } from '../store/customers.ts'
import type { SyncContext } from './context.ts'
import { recordUnreadable } from './record-unreadable.ts'
import { isHolder } from './unknown-caller.ts'

/**
 * Reads every customer modified since a time, oldest first, into the mirror. Each query starts where the page before
 * it ended: page numbers would shift under an edit, which moves its customer to the end and another out of sight.
 * Only where more customers than a page share one moment are further pages of one query read.
 *
 * @param onPage is called when a page stands in the mirror; customers at its edges come twice.
 * @returns the latest modification seen, ISO; `from` when there was none.
 * @throws where more share one moment than a query shows (contract kustomer §1.5).
 */
export async function readCustomersSince(
  context: SyncContext,
  from: string,
  includeDeleted: boolean,
  onPage: (customers: CustomerVersion[]) => Promise<void>,
): Promise<string> {
  let since = from
  let page = 1
  for (;;) {
    const { customers: found, unreadable } = await searchPage(context, since, page, includeDeleted)
    const customers = found.filter((customer) => !isHolder(customer))
    await mirrorCustomers(context.db, context.connection, customers, context.settings.defaultCountry)
    await onPage(customers)
    for (const row of unreadable) await recordUnreadable(context, 'customer', row)
    const latest = found.at(-1)?.modifiedAt ?? since
    if (found.length + unreadable.length < SEARCH_PAGE_SIZE) return latest
    page = latest > since ? 1 : page + 1
    since = latest
    if (page > SEARCH_PAGES) {
      throw new Error(`more than ${SEARCH_PAGE_SIZE * SEARCH_PAGES} customers were modified at ${since}`)
    }
  }
}

async function searchPage(
  context: SyncContext,
  since: string,
  page: number,
  includeDeleted: boolean,
): Promise<CustomerPage> {
  return context.vendors.kustomerSearch((kustomer) =>
    kustomer.customers.search(
      {
        and: [{ customer_modified_at: { gte: since } }],
        sort: [{ customer_modified_at: 'asc' }],
        ...(includeDeleted && { includeDeleted: true }),
      },
      { page, pageSize: SEARCH_PAGE_SIZE },
    ),
  )
}
