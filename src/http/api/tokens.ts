import { z } from 'zod'
import { apiTokens, removeToken } from '../../store/api-tokens.ts'
import { makeToken, newToken } from '../auth/api-token.ts'
import { problem } from '../problem.ts'
import { route } from './route.ts'
import { byUuid, time } from './schemas.ts'

const subject = 'API tokens'

export const tokenRoutes = [
  route({
    method: 'get',
    path: '/tokens',
    subject,
    does: 'The API tokens, by name, without what they say.',
    ability: 'people',
    ofConnection: false,
    answer: z.object({
      tokens: z.array(
        z.object({
          id: z.uuid(),
          name: z.string(),
          role: z.string(),
          madeBy: z.string(),
          madeAt: time,
          expiresAt: time.optional(),
          lastUsedAt: time.optional().meta({ description: 'to the minute' }),
        }),
      ),
    }),
    handle: async ({ db }) => ({ tokens: await apiTokens(db) }),
  }),
  route({
    method: 'post',
    path: '/tokens',
    subject,
    does: 'Makes a token, which is shown in this answer and never again.',
    ability: 'people',
    ofConnection: false,
    body: newToken,
    status: 201,
    answer: z.object({ id: z.uuid(), token: z.string() }),
    refuses: [409],
    handle: async ({ c, db, caller, note }, { body }) => {
      const made = await makeToken(db, body, caller.name)
      if (!made) return problem(c, 409, 'Another API token has this name.', 'Give it another name.')
      await note('made', `the API token ${body.name} as ${body.role}`)
      return made
    },
  }),
  route({
    method: 'delete',
    path: '/tokens/{id}',
    subject,
    does: 'Revokes a token: it is refused from now on.',
    ability: 'people',
    ofConnection: false,
    params: byUuid,
    answer: z.object({ name: z.string() }),
    refuses: [404],
    handle: async ({ c, db, note }, { params: { id } }) => {
      const name = await removeToken(db, id)
      if (name === undefined) {
        return problem(c, 404, 'There is no such API token.', 'Load the list of tokens.')
      }
      await note('revoked', `the API token ${name}`)
      return { name }
    },
  }),
]
