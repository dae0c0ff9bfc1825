import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { addToken, tokenBy } from '../../store/api-tokens.ts'
import type { Db } from '../../store/database.ts'
import { digestOf } from '../../store/invitations.ts'
import { ROLES, type Role, roleOf } from './roles.ts'

/** So that people, and those who look for leaked secrets, know one when they see it. */
const PREFIX = 'ctk_'
const BYTES = 32
const SHAPE = /^ctk_[\w-]{43}$/
const LONGEST_DAYS = 3_650

/** What a token is made from, as a form or JSON gives it. */
export const newToken = z.strictObject({
  name: z.string().trim().min(1, 'a name is missing').max(100).meta({ description: 'the audit names it' }),
  role: z.enum(ROLES),
  days: z
    .int()
    .min(1)
    .max(LONGEST_DAYS)
    .optional()
    .meta({ description: 'until it ends; without it, it lasts until it is revoked' }),
})

/** Who asks by a token. */
export interface Caller {
  /** As the audit names it. */
  name: string
  role: Role
}

/** @returns the token itself, which is not kept; undefined where another one has the name. */
export async function makeToken(
  db: Db,
  asked: z.output<typeof newToken>,
  madeBy: string,
): Promise<{ id: string; token: string } | undefined> {
  const token = PREFIX + randomBytes(BYTES).toString('base64url')
  const { name, role, days } = asked
  const id = await addToken(db, { digest: digestOf(token), name, role, madeBy, days })
  return id === undefined ? undefined : { id, token }
}

/** @returns undefined for what is no token, or no longer one. */
export async function callerOf(db: Db, given: string): Promise<Caller | undefined> {
  if (!SHAPE.test(given)) return undefined
  const found = await tokenBy(db, digestOf(given))
  const role = roleOf(found?.role)
  return found && role && { name: `API token ${found.name}`, role }
}
