import { type Context, Hono } from 'hono'
import type { Child } from 'hono/jsx'
import { z } from 'zod'
import { apiTokens, removeToken, type StoredToken } from '../../../store/api-tokens.ts'
import { makeToken, newToken } from '../../auth/api-token.ts'
import { needs } from '../../auth/guard.ts'
import { AskingButton } from '../asks-first.tsx'
import { Ago, Empty, Notice, Time } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { notDone, note } from '../doing.ts'
import { link, Page, type ShownConnection } from '../layout.tsx'
import { refused } from '../refused.tsx'
import { RoleChoice } from '../role-choice.tsx'
import { tell } from '../told.ts'
import { typed } from '../typed.ts'

/** A form gives text, and nothing as empty text. */
const tokenForm = newToken.extend({
  days: z.preprocess((days) => (days === '' ? undefined : Number(days)), newToken.shape.days),
})

export const tokensPage = new Hono<ConsoleEnv>()
  .use('/people/tokens/*', needs('people', refused))
  .post('/people/tokens', async (c) => {
    const given = await typed(c)
    const form = tokenForm.safeParse(given)
    const refuse = (problem: string) => show(c, <Notice tone="bad">{problem}</Notice>, given)
    if (!form.success) return refuse('Give a name, a role, and a number of days or none.')
    const { name, role } = form.data
    const made = await makeToken(c.var.ports.db, form.data, c.var.person.name)
    if (!made) return refuse(`There is an API token “${name}” already: give it another name.`)
    await note(c, { did: 'made', subject: `the API token ${name} as ${role}` })
    return show(
      c,
      <Notice tone="good">
        <p>The token “{name}”. Copy it now: it is kept as a digest only, and not shown again.</p>
        <p>
          <code>{made.token}</code>
        </p>
      </Notice>,
    )
  })
  .post('/people/tokens/:id/revoke', async (c) => {
    const id = c.req.param('id')
    const name = z.uuid().safeParse(id).success ? await removeToken(c.var.ports.db, id) : undefined
    if (name === undefined) return notDone(c, link(c.var.shown, '/people'), 'This token is gone already.')
    await note(c, { did: 'revoked', subject: `the API token ${name}` })
    tell(c, { tone: 'good', text: `The token “${name}” is refused from now on.` })
    return c.redirect(link(c.var.shown, '/people'), 303)
  })

/** What became of a new token. @param given what was typed, where there is none. */
async function show(
  c: Context<ConsoleEnv>,
  notice: Child,
  given?: Record<string, string>,
): Promise<Response> {
  const { ports, shown } = c.var
  return c.html(
    <Page title="API tokens" path="/people" c={c}>
      {notice}
      <Tokens tokens={await apiTokens(ports.db)} shown={shown} now={ports.now()} given={given} />
      <p>
        <a href={link(shown, '/people')}>Back to People</a>
      </p>
    </Page>,
    given ? 400 : 200,
  )
}

interface TokensProps {
  tokens: readonly StoredToken[]
  /** Typed before, and shown again. */
  given?: Record<string, string> | undefined
  shown: ShownConnection
  now: Date
}

/** What programs may act with. */
export const Tokens = ({ tokens, given, shown, now }: TokensProps) => (
  <section aria-labelledby="tokens">
    <h2 id="tokens">API tokens</h2>
    <p class="soft">
      With one a program does by the <a href={link(shown, '/api')}>API</a> what its role allows, and reads{' '}
      <code>/metrics</code>. Give each program its own.
    </p>
    <form method="post" action={link(shown, '/people/tokens')} class="row">
      <label>
        Token for
        <input name="name" required maxlength={100} value={given?.name} />
      </label>
      <RoleChoice label="Role of the token" role={given?.role} />
      <label>
        Days <small>(empty = no end)</small>
        <input name="days" type="number" min={1} max={3_650} value={given?.days} />
      </label>
      <button type="submit">Make token</button>
    </form>
    {tokens.length === 0 ? (
      <Empty>None yet. Make one for each program that shall use the API.</Empty>
    ) : (
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Name</th>
              <th>Role</th>
              <th>Made</th>
              <th>Ends</th>
              <th>Last used</th>
              <th>
                <span class="soft">Revoke</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {tokens.map((token) => (
              <TokenRow token={token} shown={shown} now={now} />
            ))}
          </tbody>
        </table>
      </div>
    )}
  </section>
)

const TokenRow = ({ token, shown, now }: { token: StoredToken; shown: ShownConnection; now: Date }) => (
  <tr>
    <td>{token.name}</td>
    <td>{token.role}</td>
    <td>
      <Time at={token.madeAt} /> by {token.madeBy}
    </td>
    <td>{token.expiresAt ? <Ends at={token.expiresAt} now={now} /> : 'never'}</td>
    <td>{token.lastUsedAt ? <Ago at={token.lastUsedAt} now={now} /> : 'never'}</td>
    <td>
      <form method="post" action={link(shown, `/people/tokens/${token.id}/revoke`)}>
        <AskingButton
          class="danger"
          aria-label={`Revoke ${token.name}`}
          asks={`Revoke the token “${token.name}”? The program that has it is refused at once.`}
        >
          Revoke
        </AskingButton>
      </form>
    </td>
  </tr>
)

const Ends = ({ at, now }: { at: Date; now: Date }) =>
  at <= now ? <span class="badge bad">ended</span> : <Time at={at} />
