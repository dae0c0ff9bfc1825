import { z } from 'zod'
import { ask } from './requests.ts'
import type { Transport } from './transport.ts'
import { list, optional, single, text } from './wire.ts'

const relation = optional(z.looseObject({ data: optional(z.looseObject({ id: z.string() })) }))

/** The API key itself (§1.2): its roles, and the machine user that its writes carry. */
const tokenSchema = z
  .looseObject({
    id: text,
    attributes: z.looseObject({ name: text, roles: list(z.string()) }),
    relationships: optional(z.looseObject({ user: relation, org: relation })),
  })
  .transform(({ id, attributes: { name, roles }, relationships }) => ({
    id,
    name,
    roles,
    userId: relationships?.user?.data?.id,
    orgId: relationships?.org?.data?.id,
  }))

export type KustomerToken = z.output<typeof tokenSchema>

export const createAuth = (transport: Transport) => ({
  current: (): Promise<KustomerToken> =>
    ask(transport, single(tokenSchema), {
      method: 'GET',
      route: '/auth/tokens/current',
      path: '/auth/tokens/current',
    }),
})
