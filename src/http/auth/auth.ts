import { type BetterAuthPlugin, betterAuth } from 'better-auth'
import { createAuthEndpoint } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { admin } from 'better-auth/plugins'
import { adminAc, userAc } from 'better-auth/plugins/admin/access'
import { z } from 'zod'
import type { Db } from '../../store/database.ts'
import { LEAST_PASSWORD } from './password.ts'
import { type Role, roleOf } from './roles.ts'

/** Somebody who has signed in. */
export interface Person {
  id: string
  name: string
  email: string
  role: Role
}

export interface AuthOptions {
  db: Db
  /** What session cookies are signed with. */
  secret: string
  /** Where browsers reach the console: over https its cookies are sent over https only. */
  publicUrl: string
}

/** Begins a session of somebody who has proved elsewhere who they are. */
const signInAs = {
  id: 'sign-in-as',
  endpoints: {
    signInAs: createAuthEndpoint.serverOnly(
      { method: 'POST', body: z.object({ personId: z.string() }) },
      async (c) => {
        const { internalAdapter } = c.context
        const user = await internalAdapter.findUserById(c.body.personId)
        if (!user) throw c.error('UNAUTHORIZED')
        await setSessionCookie(c, { session: await internalAdapter.createSession(user.id), user })
        return c.json({ signedIn: true })
      },
    ),
  },
} satisfies BetterAuthPlugin

/** People, their passwords and sessions: better-auth's, asked by the console's own forms and never over its own routes. */
export function createAuth({ db, secret, publicUrl }: AuthOptions) {
  const auth = betterAuth({
    secret,
    baseURL: publicUrl,
    database: { db, type: 'postgres' },
    user: { modelName: 'person' },
    session: { modelName: 'person_session', cookieCache: { enabled: false } },
    account: { modelName: 'person_account' },
    verification: { modelName: 'person_verification' },
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: LEAST_PASSWORD },
    plugins: [
      signInAs,
      admin({
        defaultRole: 'agent',
        adminRoles: ['admin'],
        // What the library itself lets them do with people; ours is in roles.ts.
        roles: { admin: adminAc, supervisor: userAc, agent: userAc },
      }),
    ],
    advanced: { cookiePrefix: 'cloudtalk-kustomer' },
    telemetry: { enabled: false },
    logger: { disabled: true },
  })
  return {
    api: auth.api,
    /** Who sent this request; undefined for nobody, for the banned, and for roles that are not known. */
    async personOf(headers: Headers): Promise<Person | undefined> {
      const session = await auth.api.getSession({ headers })
      const role = roleOf(session?.user.role)
      if (!session || !role || session.user.banned) return undefined
      const { id, name, email } = session.user
      return { id, name, email, role }
    },
    /** @returns the person's id. @throws {APIError} where the email is taken or the password too short. */
    async addPerson(person: { name: string; email: string; password: string; role: Role }): Promise<string> {
      const { user } = await auth.api.createUser({ body: person })
      return user.id
    },
    async setPassword(personId: string, password: string): Promise<void> {
      const { password: hasher, internalAdapter } = await auth.$context
      await internalAdapter.updatePassword(personId, await hasher.hash(password))
    },
    /** Before the first one, the set-up page is open to whoever has its token. */
    hasPeople: async (): Promise<boolean> =>
      (await db.selectFrom('person').select('id').limit(1).executeTakeFirst()) !== undefined,
  }
}

export type Auth = ReturnType<typeof createAuth>
