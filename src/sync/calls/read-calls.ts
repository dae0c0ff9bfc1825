import type { Call } from '../../mapping/records.ts'
import { mirrorCalls } from '../../store/calls.ts'
import type { SyncContext } from '../context.ts'
import { recordUnreadable } from '../record-unreadable.ts'
import { ZONE_MARGIN_MS } from './call-dates.ts'

/** Rows of a page, the most there are (contract cloudtalk §1.4). */
const PAGE = 1_000

/**
 * Reads every call that began since a time into the mirror. The filter reaches further back than asked, so the rows
 * decide: the list is newest first as far as anybody has seen, and ends for us at the first page that is all older.
 *
 * @param onPage is called when a page stands in the mirror, with the calls since that time.
 */
export async function readCallsSince(
  context: SyncContext,
  since: Date,
  onPage: (calls: readonly Call[]) => Promise<void>,
): Promise<void> {
  for (let page = 1; ; page++) {
    const batch = await context.vendors.cloudtalk((cloudtalk) =>
      cloudtalk.calls.list({ dateFrom: since.getTime() - ZONE_MARGIN_MS, limit: PAGE, page }),
    )
    const calls = batch.items.filter((call) => beganAt(call) >= since.getTime())
    await mirrorCalls(context.db, context.connection, calls)
    for (const row of batch.unreadable) await recordUnreadable(context, 'call', row)
    await onPage(calls)
    const older = calls.length === 0 && newestFirst(batch.items)
    if (page >= batch.pageCount || older) return
  }
}

/** A call whose start is not told counts as one of now. */
const beganAt = (call: Call): number =>
  call.startedAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(call.startedAt)

const newestFirst = (calls: readonly Call[]): boolean =>
  calls.every((call, index) => index === 0 || beganAt(call) <= beganAt(calls[index - 1] ?? call))
