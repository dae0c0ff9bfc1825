import type { Context } from 'hono'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import type { Db } from '../../store/database.ts'
import { type Caller, callerOf } from '../auth/api-token.ts'
import { addressOf, isLocal } from '../limit-address.ts'
import { problem } from '../problem.ts'
import { sameSecret } from '../same-secret.ts'

/** Wrong tokens of one address in a quarter of an hour; a program that is set up wrong is told so sooner. */
const ATTEMPTS = 20
const ATTEMPTS_SECONDS = 15 * 60

/** Who asks, by the bearer token; for anybody else the refusal. */
export type FindCaller = (c: Context) => Promise<Caller | Response>

/** @param own the service's own token, by which commands on this machine ask it; from no other address. */
export function createCallers(db: Db, own: string): FindCaller {
  const attempts = new RateLimiterMemory({ points: ATTEMPTS, duration: ATTEMPTS_SECONDS })
  return async (c) => {
    const [, given] = /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '') ?? []
    if (given !== undefined) {
      // It stands in a file of this machine: from elsewhere it is worth nothing, whoever has read it.
      if (isLocal(c) && sameSecret(given, own)) return { name: 'The command line', role: 'admin' }
      const caller = await callerOf(db, given)
      // 32 random bytes are not guessed: whoever has a right one is not refused for others at the same address.
      if (caller) return caller
      const limited = await attempts.consume(addressOf(c)).then(
        () => undefined,
        (limit: RateLimiterRes) => limit,
      )
      if (limited) {
        c.header('retry-after', String(Math.ceil(limited.msBeforeNext / 1_000)))
        return problem(
          c,
          429,
          'This address has sent too many wrong tokens.',
          'Check the token, and try again in a quarter of an hour.',
        )
      }
    }
    c.header('www-authenticate', 'Bearer')
    return problem(
      c,
      401,
      'The bearer token is missing or not accepted.',
      'An administrator makes one in the console under People.',
    )
  }
}
