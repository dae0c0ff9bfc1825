import { Hono } from 'hono'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { z } from 'zod'
import { digestOf, invitedBy, useInvitation } from '../../store/invitations.ts'
import { endSessionsOf } from '../../store/people.ts'
import { LEAST_PASSWORD } from '../auth/password.ts'
import { addressOf } from '../limit-address.ts'
import { sameSecret } from '../same-secret.ts'
import { Notice } from './components.tsx'
import { Welcome } from './layout.tsx'
import { signIn, signOut } from './session.ts'
import { type SignOnPorts, signOnPages } from './sign-on.ts'
import { type Misfit, typed } from './typed.ts'

/** Wrong passwords of one email from one address in a quarter of an hour; a person mistypes three or four times. */
const ATTEMPTS = 8
/** From all addresses together: whoever has many has no more guesses. */
const ATTEMPTS_ANYWHERE = 100
const ATTEMPTS_SECONDS = 15 * 60

export interface SignInPorts extends SignOnPorts {
  /** Makes the first administrator, once. */
  setUpToken: string
}

const signInForm = z.object({
  email: z.string().trim().toLowerCase().max(254),
  password: z.string().max(1_000),
})
const passwordForm = z.object({ password: z.string().min(LEAST_PASSWORD) })
const setUpForm = z.object({
  token: z.string(),
  name: z.string().trim().min(1, 'a name is missing'),
  email: z.email('the email is none').trim().toLowerCase(),
  password: z.string().min(LEAST_PASSWORD, `the password needs at least ${LEAST_PASSWORD} characters`),
})

/** The pages for somebody who is not signed in: signing in, and making the first administrator. */
export function signInPages({ auth, db, signOn, setUpToken }: SignInPorts): Hono {
  const provider = async () => (await signOn.setting())?.name
  const attempts = new RateLimiterMemory({ points: ATTEMPTS, duration: ATTEMPTS_SECONDS })
  const fromAnywhere = new RateLimiterMemory({ points: ATTEMPTS_ANYWHERE, duration: ATTEMPTS_SECONDS })
  return new Hono()
    .get('/sign-in', async (c) => {
      if (await auth.personOf(c.req.raw.headers)) return c.redirect('/')
      return c.html(<SignIn someone={await auth.hasPeople()} provider={await provider()} />)
    })
    .route(
      '/',
      signOnPages({ auth, db, signOn }, async (c, status, problem) =>
        c.html(<SignIn someone provider={await provider()} problem={problem} />, status),
      ),
    )
    .post('/sign-in', async (c) => {
      const form = signInForm.safeParse(await c.req.parseBody())
      if (!form.success) {
        const problem = 'Give an email and a password.'
        return c.html(<SignIn someone provider={await provider()} problem={problem} />, 400)
      }
      const { email, password } = form.data
      const key = `${email} ${addressOf(c)}`
      // One after the other: an address that is refused cannot use up what all others have for this email.
      const allowed = await attempts
        .consume(key)
        .then(() => fromAnywhere.consume(email))
        .catch((limit: RateLimiterRes) => limit.msBeforeNext)
      if (typeof allowed === 'number') {
        c.header('retry-after', String(Math.ceil(allowed / 1_000)))
        const minutes = Math.ceil(allowed / 60_000)
        const problem = `Too many attempts. Try again in ${minutes} minutes.`
        return c.html(<SignIn someone email={email} provider={await provider()} problem={problem} />, 429)
      }
      if (await signIn(c, auth, email, password)) {
        await attempts.delete(key)
        return c.redirect('/', 303)
      }
      const problem = 'Email or password is wrong.'
      return c.html(<SignIn someone email={email} provider={await provider()} problem={problem} />, 401)
    })
    .post('/sign-out', async (c) => {
      await signOut(c, auth)
      return c.redirect('/sign-in', 303)
    })
    .get('/welcome', async (c) => {
      const token = c.req.query('token') ?? ''
      const invited = await invitedBy(db, digestOf(token))
      return invited ? c.html(<Choose token={token} email={invited.email} />) : c.html(<NoInvitation />, 403)
    })
    .post('/welcome', async (c) => {
      const given = await typed(c)
      const { token = '' } = given
      const invited = await invitedBy(db, digestOf(token))
      if (!invited) return c.html(<NoInvitation />, 403)
      const form = passwordForm.safeParse(given)
      if (!form.success) {
        const problem = `The password needs at least ${LEAST_PASSWORD} characters.`
        return c.html(<Choose token={token} email={invited.email} problem={problem} />, 400)
      }
      if (!(await useInvitation(db, digestOf(token)))) return c.html(<NoInvitation />, 403)
      await auth.setPassword(invited.id, form.data.password)
      await endSessionsOf(db, invited.id)
      await signIn(c, auth, invited.email, form.data.password)
      return c.redirect('/', 303)
    })
    .get('/set-up', async (c) => {
      if (await auth.hasPeople()) return c.redirect('/sign-in')
      const token = c.req.query('token') ?? ''
      if (!sameSecret(token, setUpToken)) return c.html(<NoToken />, 403)
      return c.html(<SetUp token={token} />)
    })
    .post('/set-up', async (c) => {
      if (await auth.hasPeople()) return c.redirect('/sign-in', 303)
      const given = await typed(c)
      const form = setUpForm.safeParse(given)
      const { token = '' } = given
      if (!sameSecret(token, setUpToken)) return c.html(<NoToken />, 403)
      if (!form.success) {
        const problem = form.error.issues.map(({ message }) => message).join(', ')
        return c.html(<SetUp token={token} misfit={{ problem: `${problem}.`, given }} />, 400)
      }
      const { name, email, password } = form.data
      await auth.addPerson({ name, email, password, role: 'admin' })
      await signIn(c, auth, email, password)
      return c.redirect('/', 303)
    })
}

interface SignInProps {
  /** Whether anybody can sign in yet. */
  someone: boolean
  email?: string
  /** Of single sign-on, by its name. */
  provider: string | undefined
  problem?: string
}

const SignIn = ({ someone, email, provider, problem }: SignInProps) => (
  <Welcome title="Sign in">
    {!someone && (
      <Notice tone="busy">
        Nobody can sign in yet. The service’s log shows an address for making the first administrator.
      </Notice>
    )}
    {problem && <Notice tone="bad">{problem}</Notice>}
    {provider && (
      <p>
        <a class="button" href="/sign-in/with">
          Sign in with {provider}
        </a>
      </p>
    )}
    <form method="post" action="/sign-in" class="stack">
      <label>
        Email
        <input name="email" type="email" autocomplete="username" required value={email} />
      </label>
      <label>
        Password
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      <button type="submit">Sign in</button>
    </form>
  </Welcome>
)

const SetUp = ({ token, misfit }: { token: string; misfit?: Misfit }) => (
  <Welcome title="Make the first administrator">
    <p class="lead">This page works once. Everybody else is invited under People.</p>
    {misfit && <Notice tone="bad">{misfit.problem}</Notice>}
    <form method="post" action="/set-up" class="stack">
      <input type="hidden" name="token" value={token} />
      <label>
        Name
        <input name="name" autocomplete="name" required value={misfit?.given.name} />
      </label>
      <label>
        Email
        <input name="email" type="email" autocomplete="username" required value={misfit?.given.email} />
      </label>
      <NewPassword />
      <button type="submit">Make administrator</button>
    </form>
  </Welcome>
)

const Choose = ({ token, email, problem }: { token: string; email: string; problem?: string }) => (
  <Welcome title="Choose a password">
    <p class="lead">For {email}. This address works once.</p>
    {problem && <Notice tone="bad">{problem}</Notice>}
    <form method="post" action="/welcome" class="stack">
      <input type="hidden" name="token" value={token} />
      <NewPassword />
      <button type="submit">Choose</button>
    </form>
  </Welcome>
)

const NoToken = () => (
  <Welcome title="This address does not fit">
    <p>
      Open the address that the service’s log shows, with all of its characters. After a restart without a key
      of its own the service shows a new one.
    </p>
  </Welcome>
)

const NoInvitation = () => (
  <Welcome title="This invitation works no more">
    <p>
      It was used already, it has expired, or a newer one was made. If you have chosen a password,{' '}
      <a href="/sign-in">sign in</a> with it; else ask an administrator for a new invitation.
    </p>
  </Welcome>
)

const NewPassword = () => (
  <label>
    Password <small>at least {LEAST_PASSWORD} characters</small>
    <input name="password" type="password" autocomplete="new-password" minlength={LEAST_PASSWORD} required />
  </label>
)
