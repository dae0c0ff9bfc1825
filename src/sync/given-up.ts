import { CloudTalkError } from '../cloudtalk/index.ts'
import { KustomerError } from '../kustomer/index.ts'

const CAUSES: readonly string[] = ['timeout', 'aborted', 'gateway']

/**
 * Whether it is about a write that nobody waits for any longer, after a time-out of ours or of a gateway, or in a stop.
 * The vendor may do it yet: a look right after it finds nothing, and what is made then is there twice.
 */
export const givenUp = (error: unknown): boolean => {
  if (!(error instanceof KustomerError || error instanceof CloudTalkError)) return false
  const { failure } = error
  return failure.kind === 'unreachable' && failure.maybeDone && CAUSES.includes(failure.cause)
}
