import type { Priority } from './event.ts'
import { currentMeter, type Meter, metered } from './meter.ts'
import { type Held, lentLeases, underLentLeases } from './under-leases.ts'

const ORDER: readonly Priority[] = ['live', 'retry', 'enrichment', 'backfill']
/**
 * Backfill waits this long for company before a request leaves half full. With 100 settles at once on the embedded
 * database, their writes arrive within 20 ms of each other.
 */
const LINGER_MS = 120

interface Waiting<Item, Result> {
  item: Item
  meter: Meter
  lent: readonly Held[]
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Gathers items from settles that run at the same time and sends up to `most` in one request, live ones first.
 *
 * `depart` waits for the budget and then calls `board` for the items that go: whoever has come by then shares the
 * request. It answers one result per item, in order; its rejection is every item's rejection.
 *
 * @param expected items that are on their way, those that wait here included: backfill lingers for them.
 */
export function coalesce<Item, Result>(
  most: number,
  depart: (board: (room?: number) => Item[]) => Promise<Result[]>,
  expected: () => number = () => 0,
): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = []
  /** Lanes of the requests that wait for the budget. */
  const departing: Priority[] = []
  let lingering = false
  let underWay = 0

  async function leave(priority: Priority): Promise<void> {
    departing.push(priority)
    const aboard: Waiting<Item, Result>[] = []
    const lent: Held[] = []
    let boarded = false
    const board = (room = most) => {
      boarded = true
      departing.splice(departing.indexOf(priority), 1)
      waiting.sort((a, b) => ORDER.indexOf(a.meter.priority) - ORDER.indexOf(b.meter.priority))
      aboard.push(...waiting.splice(0, Math.min(most, room)))
      underWay += aboard.length
      if (aboard.length < most) setImmediate(schedule)
      for (const entry of aboard) {
        entry.meter.requests += 1 / aboard.length
        lent.push(...entry.lent)
      }
      return aboard.map(({ item }) => item)
    }
    try {
      const results = await metered({ priority, requests: 0 }, () =>
        underLentLeases(lent, () => depart(board)),
      )
      for (const [index, entry] of aboard.entries()) entry.resolve(results[index] as Result)
    } catch (error) {
      // Refused before anybody could board: those who wait for this departure are told, not left behind.
      if (!boarded) board()
      for (const entry of aboard) entry.reject(error)
    } finally {
      underWay -= aboard.length
    }
  }

  function schedule(): void {
    const urgent = ORDER.find((lane) => waiting.some(({ meter }) => meter.priority === lane))
    if (urgent === undefined) return
    const overtakes = departing.every((lane) => ORDER.indexOf(urgent) < ORDER.indexOf(lane))
    const full = waiting.length >= (departing.length + 1) * most
    if (full || (urgent !== 'backfill' && overtakes)) void leave(urgent)
    else if (departing.length * most < waiting.length) {
      if (lingering) return
      lingering = true
      setTimeout(() => {
        lingering = false
        if (waiting.length < expected() - underWay) schedule()
        else if (departing.length * most < waiting.length) void leave(urgent)
      }, LINGER_MS)
    }
  }

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, meter: currentMeter(), lent: lentLeases(), resolve, reject })
      // After this turn, so that settles that arrive together leave together.
      setImmediate(schedule)
    })
}
