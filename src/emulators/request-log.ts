/** One vendor request as the emulator saw it; controls are not logged. */
export type LoggedRequest = {
  /** ISO time of arrival. */
  at: string
  method: string
  /** Route name: `METHOD /pattern`. */
  route: string
  /** Path and query as sent. */
  path: string
  /** 0 = no answer left the emulator (faults timeout, reset, lostAnswer). */
  status: number
  ms: number
}

/** How many requests the log keeps; the counts go on. */
const KEPT = 1_000

export type RequestLog = {
  /** A request has arrived; `add` tells how it ended. */
  begin: (route: string) => void
  add: (request: LoggedRequest) => void
  show: () => {
    total: number
    byRoute: Record<string, number>
    byStatus: Record<string, number>
    /** Requests that are not over yet; the other counts are without them. */
    underWay: Record<string, number>
    log: LoggedRequest[]
  }
  clear: () => void
}

export const createRequestLog = (): RequestLog => {
  let total = 0
  let byRoute: Record<string, number> = {}
  let byStatus: Record<string, number> = {}
  let log: LoggedRequest[] = []
  const underWay = new Map<string, number>()
  const change = (route: string, by: number) => {
    const count = (underWay.get(route) ?? 0) + by
    if (count > 0) underWay.set(route, count)
    else underWay.delete(route)
  }
  return {
    begin: (route) => change(route, 1),
    add: (request) => {
      change(request.route, -1)
      total += 1
      byRoute[request.route] = (byRoute[request.route] ?? 0) + 1
      byStatus[request.status] = (byStatus[request.status] ?? 0) + 1
      log.push(request)
      // Cut in blocks: shifting one by one would copy the whole log on every request.
      if (log.length >= 2 * KEPT) log = log.slice(-KEPT)
    },
    show: () => ({ total, byRoute, byStatus, underWay: Object.fromEntries(underWay), log: log.slice(-KEPT) }),
    clear: () => {
      total = 0
      byRoute = {}
      byStatus = {}
      log = []
    },
  }
}
