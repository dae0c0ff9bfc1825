import type { Clock } from '../clock.ts'
import { createRateLimit, type RateLimit, type Taken, type Window } from '../rate-limit.ts'
import { tooManyRequests } from './errors.ts'
import type { KustomerSwitches } from './switches.ts'

type LimitName =
  | 'requestsPerMinute'
  | 'searchesPerMinute'
  | 'creationsPerCustomerPerMinute'
  | 'updatesPerObjectPerMinute'

/** The org's budgets (contract §1.4). A changed switch starts its budget anew. */
export type Limits = {
  /** @throws {KustomerError} 429 when the budget of the key is spent. */
  take: (name: LimitName, key?: string, by?: string) => Taken
  /**
   * Takes one for each of the keys, which may repeat, or for none of them.
   *
   * @throws {KustomerError} 429 when one of the budgets has not enough left.
   */
  takeAll: (name: LimitName, keys: readonly string[]) => void
  /** The windows in which something was asked of this budget, the oldest first. */
  windows: (name: LimitName) => readonly Window[]
  clear: () => void
}

export const createLimits = (clock: Clock, switches: () => KustomerSwitches): Limits => {
  const budgets = new Map<LimitName, { limit: number; budget: RateLimit }>()

  const budgetOf = (name: LimitName): RateLimit => {
    const limit = switches()[name]
    const known = budgets.get(name)
    if (known?.limit === limit) return known.budget
    const budget = createRateLimit({ clock, limit })
    budgets.set(name, { limit, budget })
    return budget
  }

  return {
    take: (name, key, by) => {
      const taken = budgetOf(name).take(key, 1, by)
      if (!taken.allowed) throw tooManyRequests(switches().tooManyRequestsCode, taken)
      return taken
    },
    takeAll: (name, keys) => {
      const budget = budgetOf(name)
      const wanted = new Map<string, number>()
      for (const key of keys) wanted.set(key, (wanted.get(key) ?? 0) + 1)
      for (const [key, count] of wanted) {
        const found = budget.look(key)
        if (found.remaining >= count) continue
        throw tooManyRequests(switches().tooManyRequestsCode, { ...found, allowed: false })
      }
      for (const key of keys) budget.take(key)
    },
    windows: (name) => budgetOf(name).windows(),
    clear: () => budgets.clear(),
  }
}
