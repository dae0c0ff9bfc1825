import type { Context, MiddlewareHandler } from 'hono'
import type { Person } from './auth.ts'
import { type Ability, may } from './roles.ts'

export type SignedIn = { Variables: { person: Person } }

/** Who may not is told so, on a page of its own; what it would have shown or done does not happen. */
export const needs =
  <E extends SignedIn>(
    ability: Ability,
    refuse: (c: Context<E>) => Response | Promise<Response>,
  ): MiddlewareHandler<E> =>
  async (c, next) => {
    if (!may(c.get('person').role, ability)) return refuse(c)
    return next()
  }
