import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import proxyaddr from 'proxy-addr'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { problem } from './problem.ts'

/** Ten times what the vendors may send: Kustomer takes 1,000 writes a minute, and each makes one webhook or two. */
const REQUESTS_PER_MINUTE = 30_000
/** Of those who cannot say who they are, or ask for what is not there. */
const REFUSED_PER_MINUTE = 300
const MINUTE_SECONDS = 60

/** A proxy on this machine or in this network says whom it speaks for; nobody else is believed. */
const isOurProxy = proxyaddr.compile(['loopback', 'linklocal', 'uniquelocal'])

/** Bounds what one address may ask of this process in a minute, and much sooner what it may ask wrongly. */
export function limitAddress(): MiddlewareHandler {
  const requests = new RateLimiterMemory({ points: REQUESTS_PER_MINUTE, duration: MINUTE_SECONDS })
  const refused = new RateLimiterMemory({ points: REFUSED_PER_MINUTE, duration: MINUTE_SECONDS })
  return async (c, next) => {
    const address = addressOf(c)
    const full = await requests.consume(address).then(
      () => undefined,
      (limit: RateLimiterRes) => limit,
    )
    if (full) return tooMany(c, full)
    await next()
    if (c.res.status !== 401 && c.res.status !== 404) return undefined
    // Vendors send for all who use them from the same addresses: who is known is not refused for the others' sake.
    const guessed = await refused.consume(address).then(
      () => undefined,
      (limit: RateLimiterRes) => limit,
    )
    if (guessed) c.res = tooMany(c, guessed)
    return undefined
  }
}

/** Who asks, as far as a proxy of ours or the connection itself tells. */
export function addressOf(c: Context): string {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>
  return incoming ? proxyaddr(incoming as Parameters<typeof proxyaddr>[0], isOurProxy) : ''
}

const isLoopback = proxyaddr.compile(['loopback'])

/** Whether somebody on this machine asks, and not for somebody else. */
export const isLocal = (c: Context): boolean =>
  c.req.header('x-forwarded-for') === undefined && isLoopback(addressOf(c), 0)

function tooMany(c: Context, { msBeforeNext }: RateLimiterRes): Response {
  c.header('retry-after', String(Math.ceil(msBeforeNext / 1_000)))
  return problem(c, 429, 'This address has sent too many requests.', 'Send it again after a minute.')
}
