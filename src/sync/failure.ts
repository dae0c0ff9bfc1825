import { CloudTalkError, type CloudTalkFailure } from '../cloudtalk/index.ts'
import { KustomerError, type KustomerFailure } from '../kustomer/index.ts'
import type { Outcome } from '../store/outcomes.ts'

/** What to do about a settle that did not end well: the outcome for people, and when to try again. */
export interface FailedSettle {
  outcome: Outcome
  /** Milliseconds until the next try; undefined = only a person or a change of the record can help. */
  retryInMs: number | undefined
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const FIRST_BACKOFF_MS = 2 * SECOND
const LONGEST_BACKOFF_MS = 5 * MINUTE
/** A key that was refused is asked about again this often: an operator may have mended it. */
const UNAUTHORIZED_RETRY_MS = 5 * MINUTE
/** Tries of what may be a passing disturbance, before it is called failed. */
const DISTURBANCE_TRIES = 5

/** Exponential from 2 s to 5 min, each ± 20 % so that what failed together does not come back together. */
export function backoffMs(attempt: number, random = Math.random): number {
  const wait = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempt, 16))
  return Math.round(wait * (0.8 + 0.4 * random()))
}

/** Sorts whatever a settle threw by its kind, never by its text. */
export function failedSettle(error: unknown, attempt: number, now: number): FailedSettle {
  if (error instanceof CloudTalkError) {
    return byKind('CloudTalk', error.message, error.failure, attempt, now)
  }
  if (error instanceof KustomerError) {
    return byKind('Kustomer', error.message, error.failure, attempt, now)
  }
  const name = error instanceof Error ? error.name : 'an unknown error'
  return passing(
    {
      outcome: 'failed',
      reason: 'INTERNAL_ERROR',
      sentence: `The service itself stumbled (${name}); its log tells where.`,
    },
    attempt,
  )
}

type VendorFailure = CloudTalkFailure | KustomerFailure

function byKind(
  vendor: 'CloudTalk' | 'Kustomer',
  sentence: string,
  failure: VendorFailure,
  attempt: number,
  now: number,
): FailedSettle {
  switch (failure.kind) {
    case 'rateLimited': {
      const untilReset = failure.retryAt === undefined ? 0 : failure.retryAt - now
      return {
        outcome: { outcome: 'waiting', reason: 'RATE_LIMITED', sentence },
        retryInMs: untilReset > 0 ? untilReset + Math.random() * SECOND : backoffMs(attempt),
      }
    }
    case 'unavailable':
    case 'unreachable':
      return {
        outcome: { outcome: 'waiting', reason: 'VENDOR_UNAVAILABLE', sentence },
        retryInMs: backoffMs(attempt),
      }
    case 'unauthorized':
    case 'forbidden':
      return {
        outcome: { outcome: 'waiting', reason: 'UNAUTHORIZED', sentence },
        retryInMs: UNAUTHORIZED_RETRY_MS,
      }
    case 'rejected':
    case 'tooLarge':
    case 'gone':
      return {
        outcome: {
          outcome: 'failed',
          reason: vendor === 'CloudTalk' ? 'REJECTED_BY_CLOUDTALK' : 'REJECTED_BY_KUSTOMER',
          sentence,
        },
        retryInMs: undefined,
      }
    case 'unreadable':
      return passing({ outcome: 'failed', reason: 'UNREADABLE_ANSWER', sentence }, attempt)
    case 'conflict':
    case 'notFound':
      return passing({ outcome: 'failed', reason: 'CONFLICT', sentence }, attempt)
  }
}

/** Failed for good only when it has not passed by itself. */
function passing(outcome: Outcome, attempt: number): FailedSettle {
  if (attempt >= DISTURBANCE_TRIES) return { outcome, retryInMs: undefined }
  return { outcome: { ...outcome, outcome: 'waiting' }, retryInMs: backoffMs(attempt) }
}
