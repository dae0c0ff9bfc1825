import {
  type BudgetNow,
  type BudgetPolicy,
  budgetNow,
  correctBudget,
  takeFromBudget,
} from '../store/budgets.ts'
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
const BATCH = 4
const LARGE_LIMIT = 300
/** A lane that was refused asks again this soon, or when the window turns. */
const ASK_AGAIN_MS = 250
/** What others use is told to the database in steps of this many requests. */
const OTHERS_STEP = 10
const DATABASE_AWAY_MS = 1_000
/** Both vendors count by the minute; a window that ends later than this would never end. */
const LONGEST_WINDOW_MS = 120_000
/** A bulk request of fewer operations may look like another process's requests. */
const TELLING_OPERATIONS = 4
const ORDER: readonly Priority[] = ['live', 'retry', 'enrichment', 'backfill']

/** The service stops: what waits for the budget is settled after the next start. */
export class Stopping extends Error {
  override readonly name = 'Stopping' as const
}

interface Waiting {
  /** Requests that it counts as. */
  cost: number
  go(): void
  stop(error: Stopping): void
}

/**
 * Holds every request to one vendor account until the budget that all processes share has room for it, live first.
 */
export class BudgetGate {
  readonly #db: Db
  readonly #policy: BudgetPolicy
  readonly #shares: Shares
  readonly #waiting: Record<Priority, Waiting[]> = { live: [], retry: [], enrichment: [], backfill: [] }
  /** Granted and not used yet, by lane; worthless when the window turns. */
  readonly #stock: Record<Priority, { count: number; until: number }> = {
    live: { count: 0, until: 0 },
    retry: { count: 0, until: 0 },
    enrichment: { count: 0, until: 0 },
    backfill: { count: 0, until: 0 },
  }
  #pumping = false
  #closed = false
  #timer: NodeJS.Timeout | undefined
  #inFlight = 0
  /** Our own answers since the vendor's window was last seen to turn. */
  #answered = 0
  #told = { used: 0, resetAt: undefined as number | undefined }
  /** What the last answer left of the window. */
  #left: number | undefined
  /** Whether a bulk request counts as each of its operations; the contract leaves it open (cloudtalk §2.8). */
  #countsOperations = false

  constructor(db: Db, policy: BudgetPolicy, shares: Shares) {
    this.#db = db
    this.#policy = policy
    this.#shares = shares
  }

  /** Resolves when one request may leave, which counts as `cost`. @throws {Stopping} once it is closed. */
  async enter(priority: Priority, cost = 1): Promise<void> {
    if (this.#closed) throw new Stopping()
    if (this.#useStock(priority, cost)) {
      this.#inFlight++
      return
    }
    await new Promise<void>((go, stop) => {
      this.#waiting[priority].push({ cost, go, stop })
      void this.#pump()
    })
    this.#inFlight++
  }

  /** What the lane may use a minute, as far as the limit is known. */
  perMinute(priority: Priority): number {
    return this.#policy.limit * this.#shares[priority]
  }

  /** How much of it is used up in this minute, by whomever, and what the lanes may take. */
  async now(): Promise<BudgetNow & { liveShare: number; backfillShare: number }> {
    const known = await budgetNow(this.#db, this.#policy.account)
    const { live: liveShare, backfill: backfillShare } = this.#shares
    return { ...(known ?? { limit: this.#policy.limit, used: 0 }), liveShare, backfillShare }
  }

  leave(): void {
    this.#inFlight--
  }

  /** What a request of so many operations counts as, as far as it is known. */
  costOf(operations: number): number {
    return this.#countsOperations ? Math.max(1, operations) : 1
  }

  /**
   * Learns from an answer: the limit, what the vendor has counted, and when its window turns.
   * @param operations of a bulk request.
   */
  async learn({ status, limit, remaining, resetAt }: BudgetHeaders, operations?: number): Promise<void> {
    this.#answered++
    this.#learnCost(remaining, operations)
    if (status === 429) {
      // A 429 with another limit than the account's is about one record (contract kustomer §1.4), not about the budget.
      if (limit !== undefined && limit !== this.#policy.limit) return
      await this.#correct(this.#policy.limit, this.#policy.limit, resetAt, false)
      return
    }
    if (limit === undefined || remaining === undefined) return
    const used = limit - remaining
    // The vendor cannot have counted less than it has answered us, unless it counts a new window.
    const turned =
      used + this.#inFlight < this.#answered || (resetAt ?? 0) > (this.#told.resetAt ?? resetAt ?? 0)
    if (turned) this.#answered = 1
    const news = resetAt !== this.#told.resetAt || limit !== this.#policy.limit
    if (turned || news || used >= this.#told.used + OTHERS_STEP) {
      await this.#correct(limit, used, resetAt, turned)
    }
  }

  /** Lets nobody wait any longer. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const waiting of Object.values(this.#waiting)) {
      for (const { stop } of waiting.splice(0)) stop(new Stopping())
    }
  }

  async #correct(limit: number, used: number, resetAt: number | undefined, turned: boolean): Promise<void> {
    this.#policy.limit = limit
    this.#told = { used, resetAt }
    const endsAt = resetAt && Math.min(resetAt, Date.now() + LONGEST_WINDOW_MS)
    if (turned) for (const stock of Object.values(this.#stock)) stock.count = 0
    await correctBudget(this.#db, this.#policy.account, {
      limit,
      used: turned ? used + this.#inFlight : used,
      turned,
      ...(endsAt !== undefined && { windowEndsAt: new Date(endsAt) }),
    })
    void this.#pump()
  }

  /** Told by a bulk request that was alone on its way: what is left went down by one, or by its operations. */
  #learnCost(remaining: number | undefined, operations = 0): void {
    const before = this.#left
    this.#left = remaining
    if (operations < TELLING_OPERATIONS || this.#inFlight > 1) return
    if (before === undefined || remaining === undefined) return
    if (before - remaining === operations) this.#countsOperations = true
    if (before - remaining === 1) this.#countsOperations = false
  }

  #useStock(priority: Priority, cost: number): boolean {
    const stock = this.#stock[priority]
    if (stock.count < cost || stock.until < Date.now()) return false
    stock.count -= cost
    return true
  }

  #inStock(priority: Priority): number {
    const { count, until } = this.#stock[priority]
    return until < Date.now() ? 0 : count
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
        const asked = queue.reduce((sum, { cost }) => sum + cost, 0)
        const wanted = Math.max(
          asked - this.#inStock(priority),
          this.#policy.limit >= LARGE_LIMIT ? BATCH : 1,
        )
        const { granted, turnsInMs } = await takeFromBudget(this.#db, this.#policy, share, wanted)
        if (granted === 0) {
          this.#timer = setTimeout(
            () => void this.#pump(),
            Math.max(10, Math.min(turnsInMs + 5, ASK_AGAIN_MS)),
          )
          return
        }
        this.#stock[priority] = { count: granted + this.#inStock(priority), until: Date.now() + turnsInMs }
        while (queue[0] && this.#useStock(priority, queue[0].cost)) queue.shift()?.go()
      }
    } catch {
      // The database is away; the settles that wait here go on when it is back.
      this.#timer = setTimeout(() => void this.#pump(), DATABASE_AWAY_MS)
    } finally {
      this.#pumping = false
    }
  }
}
