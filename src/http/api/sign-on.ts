import { z } from 'zod'
import { SignOnRefused, signOnForm } from '../auth/sign-on.ts'
import { problem } from '../problem.ts'
import { route } from './route.ts'

const subject = 'Single sign-on'
const none = 'Single sign-on is not set up.'

const { clientSecret: _, ...shape } = signOnForm.shape

export const signOnRoutes = [
  route({
    method: 'get',
    path: '/sign-on',
    subject,
    does: 'The provider by whom people sign in, without its secret.',
    ability: 'people',
    ofConnection: false,
    answer: z.object({ ...shape, role: z.string(), callback: z.string() }),
    refuses: [404],
    handle: async ({ c, signOn }) => {
      const setting = await signOn.setting()
      return setting ? { ...setting, callback: signOn.callback() } : problem(c, 404, none, 'POST it here.')
    },
  }),
  route({
    method: 'post',
    path: '/sign-on',
    subject,
    does: 'Sets single sign-on up or changes it, once the provider has answered.',
    ability: 'people',
    ofConnection: false,
    body: signOnForm,
    answer: z.object({ callback: z.string() }),
    refuses: [409],
    handle: async ({ c, signOn, note }, { body }) => {
      try {
        await signOn.save(body)
      } catch (error) {
        if (error instanceof SignOnRefused) return problem(c, 409, error.message, 'Check what you send.')
        throw error
      }
      await note('set up', `single sign-on with ${body.name}`)
      return { callback: signOn.callback() }
    },
  }),
  route({
    method: 'delete',
    path: '/sign-on',
    subject,
    does: 'Switches single sign-on off; people sign in with their passwords.',
    ability: 'people',
    ofConnection: false,
    answer: z.object({ done: z.literal(true) }),
    refuses: [404],
    handle: async ({ c, signOn, note }) => {
      if (!(await signOn.remove())) return problem(c, 404, none, 'There is nothing to switch off.')
      await note('switched off', 'single sign-on')
      return { done: true as const }
    },
  }),
]
