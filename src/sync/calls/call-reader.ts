import type { Call } from '../../cloudtalk/index.ts'
import { coalesce } from '../coalesce.ts'
import type { Vendors } from '../vendors.ts'
import { LONGEST_CALL_MS, ZONE_MARGIN_MS } from './call-dates.ts'

export interface WantedCall {
  id: string
  /** When it ended, as far as known; ISO. */
  endedAt: string | undefined
}

/** Reads calls by id: one alone by its id, several that wait together by one page of recent calls. */
export type CallReader = (wanted: WantedCall) => Promise<Call | undefined>

/** Rows of a page (contract cloudtalk §1.4): as many settles can share one request. */
const PAGE = 1_000

export function createCallReader(vendors: Vendors, now: () => number): CallReader {
  const readOne = async (id: string): Promise<Call | undefined> => {
    const page = await vendors.cloudtalk((cloudtalk) =>
      cloudtalk.calls.list({ callId: id, page: 1, limit: 1 }),
    )
    return page.items.find((call) => call.id === id)
  }
  const readTogether = coalesce<WantedCall, Call | 'alone' | undefined>(PAGE, (board) =>
    vendors.cloudtalk(async (cloudtalk) => {
      const wanted = board()
      const [only] = wanted
      if (!only) return []
      const alone = wanted.length === 1
      const query = alone
        ? { callId: only.id, page: 1, limit: 1 }
        : { dateFrom: earliest(wanted, now()) - LONGEST_CALL_MS - ZONE_MARGIN_MS, page: 1, limit: PAGE }
      const page = await cloudtalk.calls.list(query)
      const found = new Map(page.items.map((call) => [call.id, call]))
      // A call outside of the page may be older than its sender said: it is asked for by its id.
      return wanted.map(({ id }) => found.get(id) ?? (alone ? undefined : 'alone'))
    }),
  )
  return async (wanted) => {
    const call = await readTogether(wanted)
    return call === 'alone' ? readOne(wanted.id) : call
  }
}

/** A time that cannot be read says nothing of when the call was. */
function earliest(wanted: readonly WantedCall[], now: number): number {
  const times = wanted.map(({ endedAt }) => Date.parse(endedAt ?? '')).filter((at) => !Number.isNaN(at))
  return Math.min(now, ...times)
}
