import type { Call } from '../mapping/records.ts'
import { mirrorCalls } from '../store/calls.ts'
import type { SyncContext } from './context.ts'

/** Rows of a page, the most there are (contract cloudtalk §1.4). */
const PAGE = 1_000

/** Reads every call of a span of time into the mirror. @param onPage is called when a page stands there. */
export async function readCallsBetween(
  context: SyncContext,
  from: Date,
  to: Date,
  onPage: (calls: readonly Call[]) => Promise<void>,
): Promise<void> {
  for (let page = 1; ; page++) {
    const batch = await context.vendors.cloudtalk((cloudtalk) =>
      cloudtalk.calls.list({ dateFrom: from.getTime(), dateTo: to.getTime(), limit: PAGE, page }),
    )
    await mirrorCalls(context.db, context.connection, batch.items)
    await onPage(batch.items)
    if (page >= batch.pageCount) return
  }
}
