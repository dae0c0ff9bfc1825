import type { ReasonCode } from '../../mapping/reasons.ts'
import type { RecordKind } from '../../store/schema.ts'

/** What a day's records came to (requirements §7, promise 4). */
export interface Proof {
  /** `YYYY-MM-DD` in the connection's zone, and the moments that it spans; ISO UTC. */
  day: string
  from: string
  to: string
  provedAt: string
  calls: Tally
  messages: Tally
  customers: Tally
  contacts: Tally
  /** Conversations of that day that this service's key has created in Kustomer. */
  conversations: { total: number; unexplained: number }
  /** Everything that is neither done nor skipped nor under way. */
  problems: Problem[]
  /** Records that `repair` has put back into the queue. */
  repaired: number
}

export interface Tally {
  total: number
  /** It stands on the other side as it is. */
  done: number
  skipped: Partial<Record<ReasonCode, number>>
  /** It was logged, and somebody has deleted its conversation or a note of it in Kustomer since. */
  deleted: number
  /** It ended before the connection began, and no run has brought it over. */
  before: number
  pending: number
  failed: number
  unexplained: number
}

export interface Problem {
  kind: RecordKind | 'conversation'
  id: string
  what: ProblemKind
  conversationId?: string
}

/** What can be wrong, and how it is told. */
export const problems = {
  failed: 'it failed; trace tells why',
  'never settled': 'nothing was decided about it, and nothing waits for it',
  'not logged': 'it is said to be logged, but nothing of it is known to stand in Kustomer',
  'not waiting': 'it is said to be waiting, but nothing in the queue is about it',
  'out of date': 'CloudTalk shows something newer than what was logged',
  'not ours': 'no call and no message of CloudTalk explains this conversation',
} as const

export type ProblemKind = keyof typeof problems

export const emptyTally = (): Tally => ({
  total: 0,
  done: 0,
  skipped: {},
  deleted: 0,
  before: 0,
  pending: 0,
  failed: 0,
  unexplained: 0,
})

/** The day is proved when nothing is unexplained and nothing has failed. */
export const isProved = (proof: Proof): boolean => proof.problems.length === 0

/** Whether all of the day was over when it was proved. */
export const isWhole = ({ provedAt, to }: Proof): boolean => provedAt >= to
