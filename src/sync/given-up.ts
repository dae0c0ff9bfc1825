import { CloudTalkError } from '../cloudtalk/index.ts'
import { KustomerError } from '../kustomer/index.ts'
import type { Pace } from './context.ts'

const CAUSES: readonly string[] = ['timeout', 'aborted', 'gateway']
/** Kustomer works on these only after it has taken them (contract §2.8). */
const LATER = /^(POST|PUT) \/\w+\/bulk$/

/**
 * Whether it is about a write that nobody waits for any longer, after a time-out of ours or of a gateway, or in a stop,
 * or about a lost bulk request. The vendor may do it yet: a look right after it finds nothing, and what is made then is
 * there twice; what is written then may be overwritten by it.
 */
export const givenUp = (error: unknown): boolean => {
  if (!(error instanceof KustomerError || error instanceof CloudTalkError)) return false
  const { failure, route } = error
  if (failure.kind !== 'unreachable' || !failure.maybeDone) return false
  return CAUSES.includes(failure.cause) || (error instanceof KustomerError && LATER.test(route))
}

/** Two minutes at the usual pace: a CloudTalk on a busy machine did a write 31 seconds after it was sent. */
const FIRST_BACKOFFS = 60

/**
 * For how many milliseconds nobody settles a record of which the vendor may work on a write yet: one that was given up,
 * or was under way when its process died.
 */
export const leaveMsOf = ({ firstBackoffMs }: Pick<Pace, 'firstBackoffMs'>): number =>
  FIRST_BACKOFFS * firstBackoffMs
