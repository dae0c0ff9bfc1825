import type { Clock } from './clock.ts'

/** What a request found when it asked for its place in the window. */
export type Taken = {
  allowed: boolean
  limit: number
  /** Requests left in the window, after this one. */
  remaining: number
  /** When the window ends, epoch milliseconds. */
  resetAt: number
}

/** What was asked of a limit in one window, over all its keys. */
export type Window = {
  /** ISO time. */
  startsAt: string
  limit: number
  used: number
  /** Requests answered 429. */
  refused: number
  /** The same by user agent; what was refused was asked, too. */
  by: Record<string, { asked: number; refused: number }>
}

export type RateLimit = {
  /**
   * Takes `count` from the budget of `key` (one shared budget without a key), or nothing where fewer are left.
   * @param by who asks, by its user agent.
   */
  take: (key?: string, count?: number, by?: string) => Taken
  /** What `key` would find now, taking nothing. */
  look: (key?: string) => Taken
  /** The windows in which something was asked, the oldest first. */
  windows: () => readonly Window[]
  clear: () => void
}

/** How many windows are remembered. */
const KEPT = 2_000

/**
 * A fixed window of one emulator minute, aligned to multiples of it, as both vendors publish their limits
 * (CloudTalk contract §1.3, Kustomer contract §1.4).
 */
export const createRateLimit = ({ clock, limit }: { clock: Clock; limit: number }): RateLimit => {
  const used = new Map<string, number>()
  let window = Number.NaN
  const windows: Window[] = []

  const inWindow = (): Window => {
    const startsAt = new Date(window * clock.minuteMs).toISOString()
    const last = windows.at(-1)
    if (last?.startsAt === startsAt) return last
    const fresh = { startsAt, limit, used: 0, refused: 0, by: {} }
    windows.push(fresh)
    if (windows.length > KEPT) windows.shift()
    return fresh
  }

  const look = (key = ''): Taken => {
    const current = Math.floor(clock.now() / clock.minuteMs)
    if (current !== window) {
      used.clear()
      window = current
    }
    const remaining = limit - (used.get(key) ?? 0)
    return { allowed: remaining > 0, limit, remaining, resetAt: (current + 1) * clock.minuteMs }
  }

  return {
    look,
    take: (key = '', count = 1, by = '') => {
      const found = look(key)
      const current = inWindow()
      const theirs = current.by[by] ?? { asked: 0, refused: 0 }
      current.by[by] = theirs
      theirs.asked += count
      if (found.remaining < count) {
        current.refused += 1
        theirs.refused += 1
        return { ...found, allowed: false }
      }
      used.set(key, limit - found.remaining + count)
      current.used += count
      return { ...found, remaining: found.remaining - count }
    },
    windows: () => windows,
    clear: () => {
      used.clear()
      windows.length = 0
    },
  }
}
