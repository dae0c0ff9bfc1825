import { randomBytes } from 'node:crypto'
import { APIError } from 'better-auth/api'
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { latestDeeds } from '../../../store/audit.ts'
import { digestOf, INVITATION_DAYS, invite } from '../../../store/invitations.ts'
import { endSession, endSessionsOf, people, type StoredPerson } from '../../../store/people.ts'
import { needs } from '../../auth/guard.ts'
import { ROLES } from '../../auth/roles.ts'
import { Empty, Notice, Time } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { doing, notDone, note } from '../doing.ts'
import { link, Page, type ShownConnection } from '../layout.tsx'
import { refused } from '../refused.tsx'

const inviteForm = z.object({
  name: z.string().trim().min(1),
  email: z.email().trim().toLowerCase(),
  role: z.enum(ROLES),
})
const roleForm = z.object({ role: z.enum(ROLES) })

const DEEDS = 50

/** An address at which a person chooses a password, shown to the administrator once. */
async function newAddress(c: Context<ConsoleEnv>, personId: string): Promise<string> {
  const token = randomBytes(24).toString('base64url')
  await invite(c.var.ports.db, personId, digestOf(token))
  // As the administrator's own browser reaches the console; behind a proxy the request itself names another scheme.
  return `${c.req.header('origin') ?? c.var.ports.publicUrl}/welcome?token=${token}`
}

const mayNot = (c: Context<ConsoleEnv>): Response =>
  notDone(c, link(c.var.shown, '/people'), 'You cannot do this to yourself: ask another administrator.')

export const peoplePage = new Hono<ConsoleEnv>()
  .use('/people/*', needs('people', refused))
  .get('/people', (c) => show(c))
  .post('/people', async (c) => {
    const { ports } = c.var
    const form = inviteForm.safeParse(await c.req.parseBody())
    if (!form.success) return notDone(c, link(c.var.shown, '/people'), 'Give a name, an email and a role.')
    try {
      const id = await ports.auth.addPerson({ ...form.data, password: randomBytes(24).toString('base64url') })
      const address = await newAddress(c, id)
      await note(c, { did: 'invited', subject: `${form.data.email} as ${form.data.role}` })
      return show(c, { email: form.data.email, address })
    } catch (error) {
      if (!(error instanceof APIError)) throw error
      return notDone(c, link(c.var.shown, '/people'), 'This email has an account already.')
    }
  })
  .post('/people/:id/reset', async (c) => {
    const found = (await people(c.var.ports.db)).find(({ id }) => id === c.req.param('id'))
    if (!found) return c.notFound()
    // The old one ends now, not when the new one is chosen.
    await c.var.ports.auth.setPassword(found.id, randomBytes(24).toString('base64url'))
    await endSessionsOf(c.var.ports.db, found.id)
    const address = await newAddress(c, found.id)
    await note(c, { did: 'reset the password of', subject: found.email })
    return show(c, { email: found.email, address })
  })
  .post('/people/:id/role', async (c) => {
    const id = c.req.param('id')
    const form = roleForm.safeParse(await c.req.parseBody())
    if (!form.success) return notDone(c, link(c.var.shown, '/people'), 'Choose a role.')
    if (id === c.var.person.id) return mayNot(c)
    const { role } = form.data
    const deed = { did: `gave the role ${role}`, subject: `person ${id}` }
    return doing(c, { back: link(c.var.shown, '/people'), deed, done: `The role is ${role} now.` }, () =>
      c.var.ports.auth.api.setRole({ body: { userId: id, role }, headers: c.req.raw.headers }),
    )
  })
  .post('/people/:id/remove', async (c) => {
    const id = c.req.param('id')
    if (id === c.var.person.id) return mayNot(c)
    const deed = { did: 'removed', subject: `person ${id}` }
    return doing(c, { back: link(c.var.shown, '/people'), deed, done: 'Removed; they are signed out.' }, () =>
      c.var.ports.auth.api.removeUser({ body: { userId: id }, headers: c.req.raw.headers }),
    )
  })
  .post('/people/sessions/:id/end', async (c) => {
    const id = c.req.param('id')
    const deed = { did: 'ended a session', subject: id }
    return doing(c, { back: link(c.var.shown, '/people'), deed, done: 'The session is ended.' }, () =>
      endSession(c.var.ports.db, id),
    )
  })

async function show(c: Context<ConsoleEnv>, invited?: { email: string; address: string }): Promise<Response> {
  const { ports, shown, person } = c.var
  const [everybody, deeds] = await Promise.all([people(ports.db), latestDeeds(ports.db, DEEDS)])
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
        <form method="post" action={link(shown, '/people')} class="row">
          <label>
            Name
            <input name="name" required />
          </label>
          <label>
            Email
            <input name="email" type="email" required />
          </label>
          <RoleChoice />
          <button type="submit">Invite</button>
        </form>
        <p class="soft">
          Admin: everything. Supervisor: sees everything, retries, decides reviews, associates conversations.
          Agent: looks up, changes nothing.
        </p>
      </section>
      {everybody.map((one) => (
        <PersonPanel one={one} self={one.id === person.id} shown={shown} />
      ))}
      <section aria-labelledby="deeds">
        <h2 id="deeds">Who did what</h2>
        {deeds.length === 0 ? (
          <Empty>Nobody has done anything by hand yet.</Empty>
        ) : (
          <ul>
            {deeds.map(({ at, who, did, subject }) => (
              <li>
                <Time at={at} /> {who} {did} {subject}
              </li>
            ))}
          </ul>
        )}
      </section>
    </Page>,
  )
}

const RoleChoice = ({ role, label = 'Role' }: { role?: string | null; label?: string }) => (
  <label>
    {label}
    <select name="role">
      {ROLES.toReversed().map((one) => (
        <option value={one} selected={one === role}>
          {one}
        </option>
      ))}
    </select>
  </label>
)

const PersonPanel = ({ one, self, shown }: { one: StoredPerson; self: boolean; shown: ShownConnection }) => (
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
          <button type="submit" class="quiet">
            New password
          </button>
        </form>
        <form
          method="post"
          action={link(shown, `/people/${one.id}/remove`)}
          data-confirm={`Remove ${one.name}? They are signed out at once.`}
        >
          <button type="submit" class="danger">
            Remove
          </button>
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
              <button type="submit" class="quiet" aria-label={`End the session of ${one.name}`}>
                End
              </button>
            </form>
          </li>
        ))}
      </ul>
    )}
  </section>
)
