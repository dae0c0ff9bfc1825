import { randomBytes } from 'node:crypto'
import { APIError } from 'better-auth/api'
import { recordDeed } from '../../store/audit.ts'
import type { Db } from '../../store/database.ts'
import { personByEmail } from '../../store/people.ts'
import type { Auth } from './auth.ts'
import { roleOf } from './roles.ts'
import { type SignedOn, SignOnRefused } from './sign-on.ts'

/**
 * The person whom a provider has told: known by the email, or a newcomer.
 * @returns the person's id. @throws {SignOnRefused} where nobody with this email is let in.
 */
export async function admit(
  db: Db,
  auth: Auth,
  { email, name, newcomer, provider }: SignedOn,
): Promise<string> {
  const known = await personByEmail(db, email)
  if (known) return known.id
  const role = roleOf(newcomer)
  if (!role) {
    throw new SignOnRefused(
      403,
      `${provider} knows you, but nobody has invited you here. Ask an administrator to invite ${email}.`,
    )
  }
  try {
    const id = await auth.addPerson({ email, name, role, password: randomBytes(24).toString('base64url') })
    await recordDeed(db, {
      connection: undefined,
      who: 'Single sign-on',
      did: 'let in',
      subject: `${email} as ${role}`,
    })
    return id
  } catch (error) {
    // Two sign-ins of one newcomer at once: the other one was faster.
    const other = error instanceof APIError ? await personByEmail(db, email) : undefined
    if (!other) throw error
    return other.id
  }
}
