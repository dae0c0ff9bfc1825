import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type BudgetNow,
  type BudgetPolicy,
  budgetNow,
  bulkCountsOnce,
  correctBudget,
  giveBack,
  takeFromBudget,
} from '../store/budgets.ts'
import type { Db } from '../store/database.ts'
import { VendorAway } from './circuit.ts'
import type { Priority } from './event.ts'
import { Stopping } from './stopping.ts'

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
const PAST_MS = 5_000
const ORDER: readonly Priority[] = ['live', 'retry', 'enrichment', 'backfill']

/** What a request may take with it. */
interface Grant {
  turn: number
  /** Taken from the budget for it. */
  units: number
  /** Operations that it may carry. */
  room: number
  /** Operations that it carries. */
  carries: number
}

const grants = new AsyncLocalStorage<Map<BudgetGate, Grant>>()

interface Waiting {
  upTo: number
  go(grant: Grant): void
  stop(error: Stopping): void
}

/**
 * Holds every request to one vendor account until the budget that all processes share has room for it, live first.
 */
export class BudgetGate {
  readonly #db: Db
  readonly #policy: BudgetPolicy
  readonly #shares: Shares
  readonly #marginMs: number
  readonly #waiting: Record<Priority, Waiting[]> = { live: [], retry: [], enrichment: [], backfill: [] }
  /** Granted and not used yet, by lane; worthless when the window turns. */
  readonly #stock: Record<Priority, { count: number; until: number; turn: number }> = {
    live: { count: 0, until: 0, turn: 0 },
    retry: { count: 0, until: 0, turn: 0 },
    enrichment: { count: 0, until: 0, turn: 0 },
    backfill: { count: 0, until: 0, turn: 0 },
  }
  #pumping = false
  #closed = false
  #timer: NodeJS.Timeout | undefined
  #inFlight = 0
  #bulkIsOne = false
  /** The newest window that this process knows of, and our own answers in it. */
  #turn = -1
  #answered = 0
  #told = { used: 0, resetAt: undefined as number | undefined }
  /** Whether an answer has told the account's limit, which is only assumed before. */
  #limitTold = false
  /** Operations answered in the window that ends at `told.resetAt`, and the most that the vendor has counted. */
  #carried = 0
  #most = 0
  #bulkWindow = 0

  /**
   * @param marginMs how much later than the vendor says its window is taken to turn: clocks differ, and a share that is
   * spent a moment too early is refused whole.
   */
  constructor(db: Db, policy: BudgetPolicy, shares: Shares, marginMs: number) {
    this.#db = db
    this.#policy = policy
    this.#shares = shares
    this.#marginMs = marginMs
  }

  /**
   * Lets one request leave when the budget has room for it, with at most as many operations as it is told.
   * @throws {Stopping} once it is closed.
   */
  async through<T>(priority: Priority, upTo: number, call: (room: number) => Promise<T>): Promise<T> {
    const grant = await this.#enter(priority, upTo)
    this.#inFlight++
    try {
      const held = new Map(grants.getStore() ?? [])
      return await grants.run(held.set(this, grant), () => call(grant.room))
    } catch (error) {
      // Nothing was sent: the minute is not used up by what waited here when the vendor went away.
      if (error instanceof VendorAway) await this.#giveBack(grant, grant.units)
      throw error
    } finally {
      this.#inFlight--
    }
  }

  /** A bulk request leaves with this many operations. */
  async carries(count: number): Promise<void> {
    const grant = grants.getStore()?.get(this)
    if (!grant) return
    grant.carries = count
    const left = grant.units - Math.max(1, count)
    if (left > 0) await this.#giveBack(grant, left)
  }

  /** What cannot be given back is only not used. */
  async #giveBack({ turn }: Grant, count: number): Promise<void> {
    await giveBack(this.#db, this.#policy.account, turn, count).catch(() => undefined)
  }

  async #enter(priority: Priority, upTo: number): Promise<Grant> {
    if (this.#closed) throw new Stopping()
    const stock = this.#useStock(priority, upTo)
    if (stock) return stock
    return new Promise<Grant>((go, stop) => {
      this.#waiting[priority].push({ upTo, go, stop })
      void this.#pump()
    })
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

  /** Learns from an answer: the limit, what the vendor has counted, and when its window turns. */
  async learn({ status, limit, remaining, resetAt: told }: BudgetHeaders): Promise<void> {
    // An end that is past, seconds taken for a date, is as good as none; and a limit of nothing is none either.
    const resetAt = told !== undefined && told > Date.now() - PAST_MS ? told : undefined
    if (limit !== undefined && limit <= 0) return
    const { turn, carries } = grants.getStore()?.get(this) ?? { turn: this.#turn, carries: 1 }
    if (status === 429) {
      // About one record (contract kustomer §1.4), not about the budget: of that something is left, or its limit is another.
      if (remaining !== undefined && remaining > 0) return
      if (this.#limitTold && limit !== undefined && limit !== this.#policy.limit) return
      this.#bulkIsOne = false
      const refusedAt = limit ?? this.#policy.limit
      await this.#correct({ limit: refusedAt, used: refusedAt, turn, exceeded: true }, resetAt)
      return
    }
    if (limit === undefined || remaining === undefined) return
    this.#limitTold = true
    const used = limit - remaining
    if (resetAt !== undefined) await this.#learnBulk(resetAt, used, carries)
    if (turn < this.#turn) return
    if (turn > this.#turn) this.#begin(turn)
    this.#answered++
    // The vendor cannot have counted less than it has answered us, unless it counts a new window.
    const turned = resetAt === undefined && used + this.#inFlight < this.#answered
    const first = this.#answered === 1
    const news = first || (resetAt ?? 0) > (this.#told.resetAt ?? 0) || limit !== this.#policy.limit
    if (turned || news || used >= this.#told.used + OTHERS_STEP) {
      await this.#correct({ limit, used, turn, turned }, resetAt)
      if (turned && this.#turn === turn) this.#begin(turn + 1)
    }
  }

  #begin(turn: number): void {
    this.#turn = turn
    this.#answered = 0
    this.#told = { used: 0, resetAt: undefined }
    for (const stock of Object.values(this.#stock)) stock.count = 0
  }

  async #learnBulk(resetAt: number, used: number, carries: number): Promise<void> {
    if (resetAt < this.#bulkWindow || this.#bulkIsOne) return
    if (resetAt > this.#bulkWindow) {
      this.#bulkWindow = resetAt
      this.#carried = 0
      this.#most = 0
    }
    this.#carried += carries
    this.#most = Math.max(this.#most, used)
    // Were operations counted, the vendor would have counted at least those that it has answered.
    if (this.#carried <= this.#most) return
    this.#bulkIsOne = true
    await bulkCountsOnce(this.#db, this.#policy.account)
  }

  /** Lets nobody wait any longer. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const waiting of Object.values(this.#waiting)) {
      for (const { stop } of waiting.splice(0)) stop(new Stopping())
    }
  }

  async #correct(
    reading: { limit: number; used: number; turn: number; turned?: boolean; exceeded?: boolean },
    resetAt: number | undefined,
  ): Promise<void> {
    this.#policy.limit = reading.limit
    this.#told = { used: reading.used, resetAt: resetAt ?? this.#told.resetAt }
    await correctBudget(this.#db, this.#policy.account, {
      turned: false,
      exceeded: false,
      ...reading,
      inFlight: this.#inFlight,
      ...(resetAt !== undefined && {
        windowEndsAt: new Date(Math.min(resetAt, Date.now() + LONGEST_WINDOW_MS) + this.#marginMs),
      }),
    })
    void this.#pump()
  }

  #useStock(priority: Priority, upTo: number): Grant | undefined {
    const stock = this.#stock[priority]
    if (stock.count <= 0 || stock.until < Date.now()) return undefined
    const units = this.#bulkIsOne ? 1 : Math.min(upTo, stock.count)
    stock.count -= units
    return { turn: stock.turn, units, room: this.#bulkIsOne ? upTo : units, carries: 1 }
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
        const asked = queue.reduce((sum, { upTo }) => sum + (this.#bulkIsOne ? 1 : upTo), 0)
        const wanted = Math.max(asked, this.#policy.limit >= LARGE_LIMIT ? BATCH : 1)
        const askedAt = Date.now()
        const taken = await takeFromBudget(this.#db, this.#policy, share, wanted)
        const { granted, turnsInMs, turn, bulkIsOne } = taken
        this.#bulkIsOne = bulkIsOne
        if (turn > this.#turn) this.#begin(turn)
        if (granted === 0) {
          this.#timer = setTimeout(
            () => void this.#pump(),
            Math.max(10, Math.min(turnsInMs + 5, ASK_AGAIN_MS)),
          )
          return
        }
        // A process that stood still meanwhile would send them into the next window, which others have used by now.
        const until = askedAt + turnsInMs
        if (Date.now() > until) continue
        let left = granted
        while (left > 0) {
          const next = queue.shift()
          if (!next) break
          const units = bulkIsOne ? 1 : Math.min(next.upTo, left)
          left -= units
          next.go({ turn, units, room: bulkIsOne ? next.upTo : units, carries: 1 })
        }
        this.#stock[priority] = { count: left, until, turn }
      }
    } catch {
      // The database is away; the settles that wait here go on when it is back.
      this.#timer = setTimeout(() => void this.#pump(), DATABASE_AWAY_MS)
    } finally {
      this.#pumping = false
    }
  }
}
