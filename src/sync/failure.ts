import { CloudTalkError } from '../cloudtalk/index.ts'
import { KustomerError } from '../kustomer/index.ts'
import type { Outcome } from '../store/outcomes.ts'
import type { Vendor } from '../store/schema.ts'
import { VendorAway } from './circuit.ts'
import type { SyncContext } from './context.ts'
import { givenUp, leaveMsOf } from './given-up.ts'
import { Stopping } from './stopping.ts'

/** What to do about a settle that did not end well: the outcome for people, and when to try again. */
export interface FailedSettle {
  outcome: Outcome
  /** Milliseconds until the next try; undefined = only a person or a change of the record can help. */
  retryInMs: number | undefined
  /** The next try need not wait that long once the vendor is back. */
  held?: boolean
  /** Nothing was tried. */
  untried?: boolean
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** What a vendor that is away holds back goes on when it is back; this late even if that was missed. */
const HELD_MS = 10 * MINUTE
const LONGEST_BACKOFF_MS = 5 * MINUTE
/** Limits turn every minute; an answer that says years, in milliseconds for seconds, is not believed. */
const LONGEST_LIMIT_MS = 60 * MINUTE
/** What the key may not do is tried again this often: an operator may have mended it. */
const UNAUTHORIZED_RETRY_MS = 5 * MINUTE
/** Tries of what may be a passing disturbance, before it is called failed. */
const DISTURBANCE_TRIES = 5

/** Doubles from `firstMs` to 5 min, each ± 20 % so that what failed together does not come back together. */
export function backoffMs(firstMs: number, attempt: number, random = Math.random): number {
  const wait = Math.min(LONGEST_BACKOFF_MS, firstMs * 2 ** Math.min(attempt, 16))
  return Math.round(wait * (0.8 + 0.4 * random()))
}

/** Of the context that something failed in. */
export type Surroundings = Pick<SyncContext, 'now'> & {
  pace: Pick<SyncContext['pace'], 'firstBackoffMs'>
  vendors: Pick<SyncContext['vendors'], 'away'>
}

interface Tries {
  attempt: number
  firstBackoffMs: number
  /** Epoch ms. */
  now: number
  /** Who does not accept the key at all. */
  refusing: readonly Vendor[]
}

/** Sorts whatever a settle threw by its kind, never by its text. @param attempt how many tries there were before. */
export function failedSettle(error: unknown, attempt: number, context: Surroundings): FailedSettle {
  const when: Tries = {
    attempt,
    firstBackoffMs: context.pace.firstBackoffMs,
    now: context.now().getTime(),
    refusing: context.vendors.away().flatMap(({ vendor, cause }) => (cause === 'refused' ? [vendor] : [])),
  }
  if (error instanceof VendorAway) {
    const reason = error.circuit.cause === 'refused' ? 'UNAUTHORIZED' : 'VENDOR_UNAVAILABLE'
    const outcome: Outcome = { outcome: 'waiting', reason, sentence: error.message }
    return { outcome, retryInMs: HELD_MS, held: true, untried: true }
  }
  if (error instanceof CloudTalkError) return byKind('cloudtalk', error, when)
  if (error instanceof KustomerError) return byKind('kustomer', error, when)
  if (error instanceof Stopping) {
    const sentence = 'The service was stopped or set up anew; it goes on by itself.'
    return { outcome: { outcome: 'waiting', reason: 'RATE_LIMITED', sentence }, retryInMs: 0 }
  }
  const name = error instanceof Error ? error.name : 'an unknown error'
  const sentence = `The service itself stumbled (${name}); its log tells where.`
  return passing({ outcome: 'waiting', reason: 'INTERNAL_ERROR', sentence }, when)
}

function byKind(vendor: Vendor, error: CloudTalkError | KustomerError, when: Tries): FailedSettle {
  const { failure, message: sentence } = error
  const backoff = backoffMs(when.firstBackoffMs, when.attempt)
  switch (failure.kind) {
    case 'rateLimited': {
      const untilReset = failure.retryAt === undefined ? 0 : failure.retryAt - when.now
      return {
        outcome: { outcome: 'waiting', reason: 'RATE_LIMITED', sentence },
        retryInMs: untilReset > 0 ? Math.min(untilReset, LONGEST_LIMIT_MS) + Math.random() * SECOND : backoff,
      }
    }
    case 'unreachable':
    case 'unavailable': {
      const outcome: Outcome = { outcome: 'waiting', reason: 'VENDOR_UNAVAILABLE', sentence }
      return givenUp(error)
        ? { outcome, retryInMs: Math.max(backoff, leaveMsOf(when)) }
        : { outcome, retryInMs: backoff, held: true }
    }
    case 'unauthorized':
    case 'forbidden': {
      const outcome: Outcome = { outcome: 'waiting', reason: 'UNAUTHORIZED', sentence }
      if (when.refusing.includes(vendor)) return { outcome, retryInMs: HELD_MS, held: true, untried: true }
      return passing(outcome, when, UNAUTHORIZED_RETRY_MS)
    }
    case 'rejected':
    case 'tooLarge':
    case 'gone':
      return {
        outcome: {
          outcome: 'failed',
          reason: vendor === 'cloudtalk' ? 'REJECTED_BY_CLOUDTALK' : 'REJECTED_BY_KUSTOMER',
          sentence,
        },
        retryInMs: undefined,
      }
    case 'unreadable':
      return passing({ outcome: 'waiting', reason: 'UNREADABLE_ANSWER', sentence }, when)
    case 'conflict':
      return passing({ outcome: 'waiting', reason: 'CONFLICT', sentence }, when)
    case 'notFound':
      return passing({ outcome: 'waiting', reason: 'NOT_FOUND', sentence }, when)
  }
}

/** Failed for good only when it has not passed by itself. */
function passing(
  waiting: Outcome,
  { attempt, firstBackoffMs }: Tries,
  retryInMs = backoffMs(firstBackoffMs, attempt),
): FailedSettle {
  if (attempt < DISTURBANCE_TRIES) return { outcome: waiting, retryInMs }
  return { outcome: { ...waiting, outcome: 'failed' }, retryInMs: undefined }
}
