import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { needs } from '../../auth/guard.ts'
import { NEWCOMER_ROLES, SignOnRefused, type SignOnSetting, signOnForm } from '../../auth/sign-on.ts'
import { AskingButton } from '../asks-first.tsx'
import { Notice } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { notDone, note } from '../doing.ts'
import { link, Page } from '../layout.tsx'
import { refused } from '../refused.tsx'
import { tell } from '../told.ts'
import { typed } from '../typed.ts'

/** A form gives text: a secret that is not given anew as empty text, several domains as words. */
const form = signOnForm.extend({
  clientSecret: z.preprocess((secret) => (secret === '' ? undefined : secret), signOnForm.shape.clientSecret),
  domains: z.preprocess(
    (text) =>
      String(text)
        .split(/[\s,]+/)
        .filter(Boolean),
    signOnForm.shape.domains,
  ),
})

const PATH = '/people/sign-on'

export const signOnPage = new Hono<ConsoleEnv>()
  .use(`${PATH}/*`, needs('people', refused))
  .get(PATH, async (c) => show(c, await c.var.ports.signOn.setting()))
  .post(PATH, async (c) => {
    const { ports, shown } = c.var
    const given = await typed(c)
    const parsed = form.safeParse(given)
    const current = await ports.signOn.setting()
    if (!parsed.success) return show(c, asGiven(given, current), z.prettifyError(parsed.error), 400)
    try {
      await ports.signOn.save(parsed.data)
    } catch (error) {
      if (!(error instanceof SignOnRefused)) throw error
      return show(c, asGiven(given, current), error.message, 400)
    }
    await note(c, { did: 'set up', subject: `single sign-on with ${parsed.data.name}` })
    tell(c, { tone: 'good', text: `People can sign in with ${parsed.data.name} now.` })
    return c.redirect(link(shown, PATH), 303)
  })
  .post(`${PATH}/off`, async (c) => {
    const { ports, shown } = c.var
    if (!(await ports.signOn.remove())) return notDone(c, link(shown, PATH), 'It is off already.')
    await note(c, { did: 'switched off', subject: 'single sign-on' })
    tell(c, { tone: 'good', text: 'Single sign-on is off. People sign in with their passwords.' })
    return c.redirect(link(shown, PATH), 303)
  })

/** What was typed stays in the form; a secret never goes back into a page. */
function asGiven(given: Record<string, string>, current: SignOnSetting | undefined): SignOnSetting {
  const { name = '', issuer = '', clientId = '', domains = '', role } = given
  return { name, issuer, clientId, domains: domains.split(/[\s,]+/), role: role || (current?.role ?? '') }
}

async function show(
  c: Context<ConsoleEnv>,
  setting: SignOnSetting | undefined,
  problem?: string,
  status: 200 | 400 = 200,
): Promise<Response> {
  const { ports, shown } = c.var
  const stored = await ports.signOn.setting()
  return c.html(
    <Page
      title="Single sign-on"
      lead="Lets people sign in with the account of your company, by OpenID Connect."
      path="/people"
      c={c}
    >
      {problem && <Notice tone="bad">{problem}</Notice>}
      <section aria-labelledby="provider">
        <h2 id="provider">Provider</h2>
        <p>
          At your provider, make a web application with this redirect URI, and put here what it shows you:{' '}
          <code>{ports.signOn.callback()}</code>
        </p>
        <form method="post" action={link(shown, PATH)} class="stack">
          <Field name="name" label="Name" hint="as people know it, such as Okta" value={setting?.name} />
          <Field
            name="issuer"
            label="Issuer"
            hint="an https address; all of the provider’s addresses that the service asks must be below it or beside it on the same host"
            value={setting?.issuer}
          />
          <Field name="clientId" label="Client ID" value={setting?.clientId} />
          <label>
            Client secret{' '}
            <small>
              {stored ? 'leave it empty to keep the stored one' : 'is kept sealed, and never shown again'}
            </small>
            <input name="clientSecret" type="password" autocomplete="off" required={!stored} />
          </label>
          <label>
            Domains{' '}
            <small>whoever has a verified email of one is let in without an invitation; empty = nobody</small>
            <input name="domains" value={setting?.domains.join(' ')} placeholder="example.com" />
          </label>
          <label>
            Role of those who are let in so
            <select name="role">
              {NEWCOMER_ROLES.map((role) => (
                <option value={role} selected={role === setting?.role}>
                  {role}
                </option>
              ))}
            </select>
          </label>
          <button type="submit">Check and save</button>
        </form>
        <p class="soft">
          Somebody who is known here by the email keeps the role. Who is removed under People comes back as a
          newcomer for as long as the provider and the domain allow it: close the account there first.
        </p>
      </section>
      {stored && (
        <form method="post" action={link(shown, `${PATH}/off`)}>
          <AskingButton
            class="danger"
            asks={`Switch off single sign-on with ${stored.name}? Whoever has no password here needs a new invitation.`}
          >
            Switch off
          </AskingButton>
        </form>
      )}
      <p>
        <a href={link(shown, '/people')}>Back to People</a>
      </p>
    </Page>,
    status,
  )
}

const Field = ({
  name,
  label,
  hint,
  value,
}: {
  name: string
  label: string
  hint?: string
  value: string | undefined
}) => (
  <label>
    {label} {hint && <small>{hint}</small>}
    <input name={name} value={value} required autocomplete="off" />
  </label>
)
