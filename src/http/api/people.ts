import { z } from 'zod'
import { latestDeeds } from '../../store/audit.ts'
import { endSession, people } from '../../store/people.ts'
import { problem } from '../problem.ts'
import { decided } from './decided.ts'
import { type Asked, route } from './route.ts'
import { byId, role, time } from './schemas.ts'

const subject = 'People'
const DEEDS = 500

const done = z.object({ done: z.literal(true) }).meta({ id: 'Done' })
const address = z
  .string()
  .meta({ description: 'where the person chooses a password: it works once, and is not shown again' })

const noSuchPerson = ({ c }: Asked) => problem(c, 404, 'There is no such person.', 'Load the list again.')

export const peopleRoutes = [
  route({
    method: 'get',
    path: '/people',
    subject,
    does: 'Who can sign in or is invited to, and where they are signed in.',
    ability: 'people',
    ofConnection: false,
    answer: z.object({
      people: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          email: z.string(),
          role: z.string().nullable(),
          invited: z.boolean().meta({ description: 'has not chosen a password yet' }),
          sessions: z.array(
            z.object({
              id: z.string(),
              since: time,
              address: z.string().nullable(),
              browser: z.string().nullable(),
            }),
          ),
        }),
      ),
    }),
    handle: async ({ db }) => ({ people: await people(db) }),
  }),
  route({
    method: 'post',
    path: '/people',
    subject,
    does: 'Invites somebody.',
    ability: 'people',
    ofConnection: false,
    body: z.strictObject({
      name: z.string().trim().min(1),
      email: z.email().trim().toLowerCase(),
      role,
    }),
    status: 201,
    answer: z.object({ id: z.string(), address }),
    refuses: [409],
    handle: (asked, { body }) => {
      const deed = { did: 'invited', subject: `${body.email} as ${body.role}` }
      return decided(asked, deed, async () => {
        const invited = await asked.desk.invite(body)
        await asked.note(deed.did, deed.subject)
        return invited
      })
    },
  }),
  route({
    method: 'post',
    path: '/people/{id}/role',
    subject,
    does: 'Gives somebody a role. The last administrator stays one.',
    ability: 'people',
    ofConnection: false,
    params: byId,
    body: z.strictObject({ role }),
    answer: done,
    refuses: [409],
    handle: async (asked, { params: { id }, body }) => {
      const deed = { did: `gave the role ${body.role} to`, subject: await asked.desk.named(id) }
      return decided(asked, deed, async () => {
        await asked.desk.giveRole(id, body.role)
        await asked.note(deed.did, deed.subject)
        return { done: true as const }
      })
    },
  }),
  route({
    method: 'post',
    path: '/people/{id}/reset',
    subject,
    does: 'Ends somebody’s password and sessions, and gives an address for choosing a new one.',
    ability: 'people',
    ofConnection: false,
    params: byId,
    answer: z.object({ email: z.string(), address }),
    refuses: [404],
    handle: async (asked, { params: { id } }) => {
      const reset = await asked.desk.reset(id)
      if (!reset) return noSuchPerson(asked)
      await asked.note('reset the password of', reset.email)
      return reset
    },
  }),
  route({
    method: 'delete',
    path: '/people/{id}',
    subject,
    does: 'Removes somebody, who is signed out at once. The last administrator stays. API tokens that the person made go on until they are revoked.',
    ability: 'people',
    ofConnection: false,
    params: byId,
    answer: done,
    refuses: [409],
    handle: async (asked, { params: { id } }) => {
      const deed = { did: 'removed', subject: await asked.desk.named(id) }
      return decided(asked, deed, async () => {
        await asked.desk.remove(id)
        await asked.note(deed.did, deed.subject)
        return { done: true as const }
      })
    },
  }),
  route({
    method: 'delete',
    path: '/people/sessions/{id}',
    subject,
    does: 'Ends a session; whoever has it signs in again.',
    ability: 'people',
    ofConnection: false,
    params: byId,
    answer: done,
    refuses: [404],
    handle: async ({ c, db, desk, note }, { params: { id } }) => {
      const whose = await desk.named(id)
      if (!(await endSession(db, id))) {
        return problem(c, 404, 'There is no such session.', 'Load the list of people again.')
      }
      await note('ended a session of', whose)
      return { done: true as const }
    },
  }),
  route({
    method: 'get',
    path: '/audit',
    subject,
    does: `Who did what by hand: the latest ${DEEDS}, newest first.`,
    ability: 'people',
    ofConnection: false,
    answer: z.object({
      deeds: z.array(z.object({ at: time, who: z.string(), did: z.string(), subject: z.string() })),
    }),
    handle: async ({ db }) => ({ deeds: await latestDeeds(db, DEEDS) }),
  }),
]
