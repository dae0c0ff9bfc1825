import { type BudgetPolicy, correctBudget, takeFromBudget } from '../store/budgets.ts'
import type { Db } from '../store/database.ts'
import type { Priority } from './event.ts'

/** The part of a vendor's limit that each lane may use up, 0 to 1. */
export type Shares = Readonly<Record<Priority, number>>

/** What an answer's headers tell; times in epoch ms. */
export interface BudgetHeaders {
  status: number
  limit?: number
  remaining?: number
  resetAt?: number
}

/** Grants are fetched this many at a time where the limit is large: each fetch is a statement. */
const BATCH = 8
const LARGE_LIMIT = 300
/** A lane that was refused asks again this soon, or when the window turns. */
const ASK_AGAIN_MS = 250
/** A difference below this is requests in flight, not somebody else's traffic. */
const TOLERANCE = 5
const DATABASE_AWAY_MS = 1_000
const ORDER: readonly Priority[] = ['live', 'retry', 'enrichment', 'backfill']

/**
 * Holds every request to one vendor account until the budget that all processes share has room for it, live first.
 */
export class BudgetGate {
  readonly #db: Db
  readonly #policy: BudgetPolicy
  readonly #shares: Shares
  readonly #waiting: Record<Priority, (() => void)[]> = { live: [], retry: [], enrichment: [], backfill: [] }
  #stock = { count: 0, share: 0, until: 0 }
  #pumping = false
  #timer: NodeJS.Timeout | undefined
  #inFlight = 0
  #last: { remaining: number; resetAt: number | undefined } | undefined

  constructor(db: Db, policy: BudgetPolicy, shares: Shares) {
    this.#db = db
    this.#policy = policy
    this.#shares = shares
  }

  /** Resolves when one request may leave. */
  async enter(priority: Priority): Promise<void> {
    if (this.#useStock(this.#shares[priority])) {
      this.#inFlight++
      return
    }
    await new Promise<void>((resolve) => {
      this.#waiting[priority].push(resolve)
      void this.#pump()
    })
    this.#inFlight++
  }

  leave(): void {
    this.#inFlight--
  }

  /** Learns from an answer: the limit, what the vendor has counted, and when its window turns. */
  async learn({ status, limit, remaining, resetAt }: BudgetHeaders): Promise<void> {
    if (status === 429) {
      await this.#correct(
        this.#last ? { limit: limit ?? this.#policy.limit, remaining: 0, resetAt } : undefined,
      )
      return
    }
    if (limit === undefined || remaining === undefined) return
    const last = this.#last
    this.#last = { remaining, resetAt }
    // Answers overtake each other, so that "more remains" means a new window only beyond what is in flight.
    const turned = last !== undefined && remaining > last.remaining + this.#inFlight + 1
    const newEnd = resetAt !== undefined && resetAt !== last?.resetAt
    const first = last === undefined && remaining < limit - TOLERANCE
    if (turned || newEnd || first || limit !== this.#policy.limit) {
      this.#policy.limit = limit
      await this.#correct({ limit, remaining, resetAt }, turned || (newEnd && last !== undefined))
    }
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  async #correct(
    reading: { limit: number; remaining: number; resetAt: number | undefined } | undefined,
    turned = false,
  ): Promise<void> {
    if (reading) {
      if (turned) this.#stock = { count: 0, share: 0, until: 0 }
      await correctBudget(this.#db, this.#policy.account, {
        limit: reading.limit,
        used: reading.limit - reading.remaining + (turned ? Math.max(0, this.#inFlight - 1) : 0),
        turned,
        ...(reading.resetAt !== undefined && { windowEndsAt: new Date(reading.resetAt) }),
      })
    }
    void this.#pump()
  }

  #useStock(share: number): boolean {
    if (this.#stock.count <= 0 || this.#stock.share > share || this.#stock.until < Date.now()) return false
    this.#stock.count--
    return true
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return
    this.#pumping = true
    clearTimeout(this.#timer)
    try {
      for (;;) {
        const priority = ORDER.find((lane) => this.#waiting[lane].length > 0)
        if (priority === undefined) return
        const queue = this.#waiting[priority]
        const share = this.#shares[priority]
        const wanted = Math.max(queue.length, this.#policy.limit >= LARGE_LIMIT ? BATCH : 1)
        const { granted, turnsInMs } = await takeFromBudget(this.#db, this.#policy, share, wanted)
        if (granted === 0) {
          this.#timer = setTimeout(
            () => void this.#pump(),
            Math.max(10, Math.min(turnsInMs + 5, ASK_AGAIN_MS)),
          )
          return
        }
        const served = queue.splice(0, granted)
        for (const go of served) go()
        this.#stock = {
          count: granted - served.length,
          share,
          until: Date.now() + turnsInMs,
        }
      }
    } catch {
      // The database is away; the settles that wait here go on when it is back.
      this.#timer = setTimeout(() => void this.#pump(), DATABASE_AWAY_MS)
    } finally {
      this.#pumping = false
    }
  }
}
