import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { apiTokens, type StoredToken } from '../../../store/api-tokens.ts'
import { latestDeeds } from '../../../store/audit.ts'
import { INVITATION_DAYS } from '../../../store/invitations.ts'
import { endSession, people, type StoredPerson } from '../../../store/people.ts'
import { needs } from '../../auth/guard.ts'
import { ROLES } from '../../auth/roles.ts'
import { type PeopleDesk, PersonUnchanged, peopleDesk } from '../../people.ts'
import { AskingButton, asksFirst } from '../asks-first.tsx'
import { Deeds, inWords, Notice, Time } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { doing, notDone, note } from '../doing.ts'
import { link, Page, type ShownConnection } from '../layout.tsx'
import { refused } from '../refused.tsx'
import { RoleChoice } from '../role-choice.tsx'
import { type Misfit, typed } from '../typed.ts'
import { Tokens } from './tokens.tsx'

const inviteForm = z.object({
  name: z.string().trim().min(1),
  email: z.email().trim().toLowerCase(),
  role: z.enum(ROLES),
})
const roleForm = z.object({ role: z.enum(ROLES) })

const DEEDS = 50

/** As the administrator's own browser reaches the console; behind a proxy the request itself names another scheme. */
const deskOf = (c: Context<ConsoleEnv>): PeopleDesk =>
  peopleDesk(c.var.ports.db, c.var.ports.auth, c.req.header('origin') ?? c.var.ports.publicUrl)

const peopleLink = (c: Context<ConsoleEnv>): string => link(c.var.shown, '/people')

const mayNot = (c: Context<ConsoleEnv>): Response =>
  notDone(c, peopleLink(c), 'You cannot do this to yourself: ask another administrator.')

export const peoplePage = new Hono<ConsoleEnv>()
  .use('/people/*', needs('people', refused), asksFirst(peopleLink))
  .get('/people', (c) => show(c))
  .post('/people', async (c) => {
    const given = await typed(c)
    const form = inviteForm.safeParse(given)
    if (!form.success) return show(c, { misfit: { problem: 'Give a name, an email and a role.', given } })
    try {
      const { address } = await deskOf(c).invite(form.data)
      await note(c, { did: 'invited', subject: `${form.data.email} as ${form.data.role}` })
      return show(c, { invited: { email: form.data.email, address } })
    } catch (error) {
      if (!(error instanceof PersonUnchanged)) throw error
      return show(c, { misfit: { problem: error.message, given } })
    }
  })
  .post('/people/:id/reset', async (c) => {
    const reset = await deskOf(c).reset(c.req.param('id'))
    if (!reset) return c.notFound()
    await note(c, { did: 'reset the password of', subject: reset.email })
    return show(c, { invited: reset })
  })
  .post('/people/:id/role', async (c) => {
    const id = c.req.param('id')
    const form = roleForm.safeParse(await c.req.parseBody())
    if (!form.success) return notDone(c, peopleLink(c), 'Choose a role.')
    if (id === c.var.person.id) return mayNot(c)
    const { role } = form.data
    const deed = { did: `gave the role ${role} to`, subject: await deskOf(c).named(id) }
    return doing(c, { back: peopleLink(c), deed, done: `The role is ${role} now.` }, () =>
      deskOf(c).giveRole(id, role),
    )
  })
  .post('/people/:id/remove', async (c) => {
    const id = c.req.param('id')
    if (id === c.var.person.id) return mayNot(c)
    const deed = { did: 'removed', subject: await deskOf(c).named(id) }
    return doing(c, { back: peopleLink(c), deed, done: 'Removed; they are signed out.' }, () =>
      deskOf(c).remove(id),
    )
  })
  .post('/people/sessions/:id/end', async (c) => {
    const id = c.req.param('id')
    const deed = { did: 'ended a session of', subject: await deskOf(c).named(id) }
    return doing(c, { back: peopleLink(c), deed, done: 'The session is ended.' }, async () => {
      if (!(await endSession(c.var.ports.db, id))) throw new PersonUnchanged('This session is over already.')
    })
  })

interface Shown {
  /** Whoever is to be sent an address. */
  invited?: { email: string; address: string }
  /** An invitation that does not fit. */
  misfit?: Misfit
}

async function show(c: Context<ConsoleEnv>, { invited, misfit }: Shown = {}): Promise<Response> {
  const { ports, shown, person } = c.var
  const isPast = (end: Date | undefined) => end !== undefined && end <= ports.now()
  const provider = (await ports.signOn.setting())?.name
  const [everybody, tokens, deeds] = await Promise.all([
    people(ports.db),
    apiTokens(ports.db),
    latestDeeds(ports.db, DEEDS),
  ])
  return c.html(
    <Page title="People" lead="Who can sign in, what they may do, and what they did." path="/people" c={c}>
      {invited && (
        <Notice tone="good">
          <p>
            Send {invited.email} this address. It works once, for {INVITATION_DAYS} days, and is not shown
            again:
          </p>
          <p>
            <code>{invited.address}</code>
          </p>
        </Notice>
      )}
      <section aria-labelledby="invite">
        <h2 id="invite">Invite</h2>
        {misfit && <Notice tone="bad">{misfit.problem}</Notice>}
        <form method="post" action={link(shown, '/people')} class="row">
          <label>
            Name
            <input name="name" required value={misfit?.given.name} />
          </label>
          <label>
            Email
            <input name="email" type="email" required value={misfit?.given.email} />
          </label>
          <RoleChoice role={misfit?.given.role} />
          <button type="submit">Invite</button>
        </form>
        <p class="soft">
          Admin: everything. Supervisor: sees everything, retries, decides reviews, associates conversations.
          Agent: looks up, changes nothing.
        </p>
      </section>
      {everybody.map((one) => (
        <PersonPanel
          one={one}
          self={one.id === person.id}
          tokens={tokens.filter(({ madeBy, expiresAt }) => madeBy === one.name && !isPast(expiresAt))}
          shown={shown}
        />
      ))}
      <section aria-labelledby="sign-on">
        <h2 id="sign-on">Single sign-on</h2>
        <p>
          <a href={link(shown, '/people/sign-on')}>
            {provider === undefined
              ? 'Let people sign in with the account of your company'
              : `With ${provider}`}
          </a>
        </p>
      </section>
      <Tokens tokens={tokens} shown={shown} now={ports.now()} />
      <Deeds title="Who did what" deeds={deeds} none="Nobody has done anything by hand yet." />
    </Page>,
    misfit ? 400 : 200,
  )
}

/** Whoever goes may have kept a token: it does not go with them. */
const tokensStay = (tokens: readonly StoredToken[]): string => {
  if (tokens.length === 0) return ''
  const names = tokens.map(({ name }) => `“${name}”`).join(', ')
  return ` API tokens made by somebody of this name go on until they are revoked: ${names}.`
}

interface PersonProps {
  one: StoredPerson
  self: boolean
  /** Made by somebody of this name. */
  tokens: readonly StoredToken[]
  shown: ShownConnection
}

const PersonPanel = ({ one, self, tokens, shown }: PersonProps) => (
  <section aria-labelledby={`person-${one.id}`}>
    <h2 id={`person-${one.id}`}>
      {one.name} <small>{one.email}</small> <span class="badge calm">{one.role}</span>{' '}
      {one.invited && <span class="badge busy">invited</span>} {self && <small>you</small>}
    </h2>
    {!self && (
      <div class="actions">
        <form method="post" action={link(shown, `/people/${one.id}/role`)} class="picker">
          <RoleChoice role={one.role} label={`Role of ${one.name} `} />
          <button type="submit" class="quiet">
            Give
          </button>
        </form>
        <form method="post" action={link(shown, `/people/${one.id}/reset`)}>
          <AskingButton
            class="quiet"
            asks={`End the password of ${one.name} (${one.email})? They are signed out everywhere, and choose a new one at an address that is shown to you once.`}
          >
            New password
          </AskingButton>
        </form>
        <form method="post" action={link(shown, `/people/${one.id}/remove`)}>
          <AskingButton
            class="danger"
            asks={`Remove ${one.name} (${one.email})? They are signed out at once.${tokensStay(tokens)}`}
          >
            Remove
          </AskingButton>
        </form>
      </div>
    )}
    {one.sessions.length > 0 && (
      <ul>
        {one.sessions.map(({ id, since, address, browser }) => (
          <li>
            <form method="post" action={link(shown, `/people/sessions/${id}/end`)} class="actions">
              <span>
                Signed in <Time at={since} /> <small>{[address, browser].filter(Boolean).join(', ')}</small>
              </span>
              <AskingButton
                class="quiet"
                aria-label={`End the session of ${one.name}`}
                asks={`End the session of ${one.name} (${one.email}) since ${inWords(since)}${browser ? `, ${browser}` : ''}? Whoever has it signs in again.`}
              >
                End
              </AskingButton>
            </form>
          </li>
        ))}
      </ul>
    )}
  </section>
)
