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

export type RateLimit = {
  /** Takes one request from the budget of `key` (one shared budget without a key). */
  take: (key?: string) => Taken
  /** What `key` would find now, taking nothing. */
  look: (key?: string) => Taken
  clear: () => void
}

/**
 * A fixed window of one emulator minute, aligned to multiples of it, as both vendors publish their limits
 * (CloudTalk contract §1.3, Kustomer contract §1.4).
 */
export const createRateLimit = ({ clock, limit }: { clock: Clock; limit: number }): RateLimit => {
  const used = new Map<string, number>()
  let window = Number.NaN

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
    take: (key = '') => {
      const found = look(key)
      if (!found.allowed) return found
      used.set(key, limit - found.remaining + 1)
      return { ...found, remaining: found.remaining - 1 }
    },
    clear: () => used.clear(),
  }
}
