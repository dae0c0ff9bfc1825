import { type Context, Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Db } from '../../store/database.ts'
import { admit } from '../auth/admit.ts'
import type { Auth } from '../auth/auth.ts'
import { type Begun, begun, type SignOn, SignOnRefused } from '../auth/sign-on.ts'
import { addressOf } from '../limit-address.ts'
import { signInAs } from './session.ts'

export interface SignOnPorts {
  auth: Auth
  db: Db
  signOn: SignOn
}

/** Each costs requests to the provider; an office behind one address signs in in the morning. */
const ATTEMPTS = 100
const ATTEMPTS_SECONDS = 15 * 60
/** The provider may ask for a password and a second factor meanwhile. */
const BEGUN_SECONDS = 15 * 60
const COOKIE = 'sign-on'

/** To the provider, and back from it. @param refuse the sign-in page, saying why. */
export function signOnPages(
  { auth, db, signOn }: SignOnPorts,
  refuse: (c: Context, status: 403 | 429 | 502, problem: string) => Promise<Response>,
): Hono {
  const attempts = new RateLimiterMemory({ points: ATTEMPTS, duration: ATTEMPTS_SECONDS })
  const trying = async (c: Context, work: () => Promise<Response>): Promise<Response> => {
    const allowed = await attempts.consume(addressOf(c)).then(
      () => true,
      () => false,
    )
    if (!allowed) return refuse(c, 429, 'Too many attempts. Try again in a quarter of an hour.')
    try {
      return await work()
    } catch (error) {
      if (error instanceof SignOnRefused) return refuse(c, error.status, error.message)
      throw error
    }
  }
  const options = () => ({
    path: '/sign-in',
    httpOnly: true,
    // The provider's page leads back here: Strict would leave it out.
    sameSite: 'Lax' as const,
    secure: signOn.callback().startsWith('https:'),
  })
  return new Hono()
    .get('/sign-in/with', (c) =>
      trying(c, async () => {
        const { to, begun } = await signOn.begin()
        setCookie(c, COOKIE, JSON.stringify(begun), { ...options(), maxAge: BEGUN_SECONDS })
        return c.redirect(to.href, 303)
      }),
    )
    .get('/sign-in/callback', (c) =>
      trying(c, async () => {
        const begun = begunIn(c)
        deleteCookie(c, COOKIE, options())
        if (!begun) {
          throw new SignOnRefused(403, 'This sign-in was begun elsewhere, or too long ago. Start again.')
        }
        const who = await signOn.finish(new URL(c.req.url).search, begun)
        await signInAs(c, auth, await admit(db, auth, who))
        return c.redirect('/', 303)
      }),
    )
}

function begunIn(c: Context): Begun | undefined {
  try {
    return begun.parse(JSON.parse(getCookie(c, COOKIE) ?? ''))
  } catch {
    return undefined
  }
}
