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
  add: (request: LoggedRequest) => void
  show: () => {
    total: number
    byRoute: Record<string, number>
    byStatus: Record<string, number>
    log: LoggedRequest[]
  }
  clear: () => void
}

export const createRequestLog = (): RequestLog => {
  let total = 0
  let byRoute: Record<string, number> = {}
  let byStatus: Record<string, number> = {}
  let log: LoggedRequest[] = []
  return {
    add: (request) => {
      total += 1
      byRoute[request.route] = (byRoute[request.route] ?? 0) + 1
      byStatus[request.status] = (byStatus[request.status] ?? 0) + 1
      log.push(request)
      // Cut in blocks: shifting one by one would copy the whole log on every request.
      if (log.length >= 2 * KEPT) log = log.slice(-KEPT)
    },
    show: () => ({ total, byRoute, byStatus, log: log.slice(-KEPT) }),
    clear: () => {
      total = 0
      byRoute = {}
      byStatus = {}
      log = []
    },
  }
}
