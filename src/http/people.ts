import { randomBytes } from 'node:crypto'
import { APIError } from 'better-auth/api'
import type { Db } from '../store/database.ts'
import { digestOf, invite } from '../store/invitations.ts'
import { endSessionsOf, giveRole, type PersonRefusal, people, removePerson } from '../store/people.ts'
import type { Auth } from './auth/auth.ts'
import type { Role } from './auth/roles.ts'

/** Something that cannot be done to a person: why, in a sentence. */
export class PersonUnchanged extends Error {
  override readonly name = 'PersonUnchanged' as const
}

/** What an administrator can do with people, from the console or the API. */
export interface PeopleDesk {
  /** @returns the address at which the person chooses a password. @throws {PersonUnchanged} */
  invite(person: { name: string; email: string; role: Role }): Promise<{ id: string; address: string }>
  /** Ends the password and every session. @returns undefined where there is no such person. */
  reset(id: string): Promise<{ email: string; address: string } | undefined>
  /** @throws {PersonUnchanged} */
  giveRole(id: string, role: Role): Promise<void>
  /** @throws {PersonUnchanged} */
  remove(id: string): Promise<void>
  /** How the audit names somebody: by the email. @param id of the person, or of a session. */
  named(id: string): Promise<string>
}

/** @param base where the person reaches the console. */
export function peopleDesk(db: Db, auth: Auth, base: string): PeopleDesk {
  const newAddress = async (personId: string) => {
    const token = randomBytes(24).toString('base64url')
    await invite(db, personId, digestOf(token))
    return `${base}/welcome?token=${token}`
  }
  return {
    async invite(person) {
      try {
        const id = await auth.addPerson({ ...person, password: randomPassword() })
        return { id, address: await newAddress(id) }
      } catch (error) {
        if (error instanceof APIError) throw new PersonUnchanged('This email has an account already.')
        throw error
      }
    },
    async reset(id) {
      const found = (await people(db)).find((person) => person.id === id)
      if (!found) return undefined
      // The old one ends now, not when the new one is chosen.
      await auth.setPassword(found.id, randomPassword())
      await endSessionsOf(db, found.id)
      return { email: found.email, address: await newAddress(found.id) }
    },
    giveRole: async (id, role) => refuse(await giveRole(db, id, role)),
    remove: async (id) => refuse(await removePerson(db, id)),
    async named(id) {
      const everybody = await people(db)
      const found = everybody.find(
        (one) => one.id === id || one.sessions.some((session) => session.id === id),
      )
      return found?.email ?? id
    },
  }
}

const randomPassword = (): string => randomBytes(24).toString('base64url')

const SENTENCES: Record<PersonRefusal, string> = {
  unknown: 'There is no such person.',
  'last-admin': 'This is the last administrator: make another one first.',
}

function refuse(why: PersonRefusal | undefined): void {
  if (why) throw new PersonUnchanged(SENTENCES[why])
}
