import { z } from 'zod'
import { ask, idPath } from './requests.ts'
import type { Transport } from './transport.ts'
import { type Page, type PageRequest, paged, resource, rev, single, text } from './wire.ts'

/** A person, or the machine user of an API key (§3). */
export const userSchema = resource(
  z.object({ rev, name: text, displayName: text, email: text, userType: text, deletedAt: text }),
)

export type User = z.output<typeof userSchema>

export const createUsers = (transport: Transport) => {
  const list = (query: Record<string, string | number | undefined>): Promise<Page<User>> =>
    ask(transport, paged(userSchema), { method: 'GET', route: '/users', path: '/users', query })

  return {
    list: ({ page, pageSize }: PageRequest = {}): Promise<Page<User>> => list({ page, pageSize }),

    get: (id: string): Promise<User> =>
      ask(transport, single(userSchema), { method: 'GET', route: '/users/:id', path: idPath('/users', id) }),

    /** The filter answers a list; only an exact match counts, in any case. */
    byEmail: async (email: string): Promise<User | undefined> => {
      const { items } = await list({ email })
      return items.find((user) => user.email?.toLowerCase() === email.toLowerCase())
    },

    /** The user that this key acts as. */
    current: (): Promise<User> =>
      ask(transport, single(userSchema), { method: 'GET', route: '/users/current', path: '/users/current' }),
  }
}
