import { sql } from 'kysely'
import type { Db } from './database.ts'

/** Somebody who can sign in, or is invited to. */
export interface StoredPerson {
  id: string
  name: string
  email: string
  role: string | null
  /** Has not chosen a password yet. */
  invited: boolean
  sessions: StoredSession[]
}

export interface StoredSession {
  id: string
  since: Date
  address: string | null
  browser: string | null
}

/** Everybody, by name, with where they are signed in. */
export async function people(db: Db): Promise<StoredPerson[]> {
  const rows = await db.selectFrom('person').select(['id', 'name', 'email', 'role']).orderBy('name').execute()
  const sessions = await db
    .selectFrom('person_session')
    .select(['id', 'userId', 'createdAt', 'ipAddress', 'userAgent'])
    .where('expiresAt', '>', sql<Date>`clock_timestamp()`)
    .orderBy('createdAt', 'desc')
    .execute()
  const invited = await db.selectFrom('invitation').select('person_id').execute()
  return rows.map((row) => ({
    ...row,
    invited: invited.some(({ person_id }) => person_id === row.id),
    sessions: sessions
      .filter(({ userId }) => userId === row.id)
      .map(({ id, createdAt, ipAddress, userAgent }) => ({
        id,
        since: createdAt,
        address: ipAddress,
        browser: userAgent,
      })),
  }))
}

/** Somebody by the email, whatever they may do. */
export const personByEmail = (db: Db, email: string): Promise<{ id: string } | undefined> =>
  db.selectFrom('person').select('id').where('email', '=', email).executeTakeFirst()

/** Ends a session; whoever has it signs in again. @returns false where there is none. */
export async function endSession(db: Db, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('person_session').where('id', '=', id).executeTakeFirst()
  return numDeletedRows > 0n
}

export async function endSessionsOf(db: Db, personId: string): Promise<void> {
  await db.deleteFrom('person_session').where('userId', '=', personId).execute()
}

/** Why something was not done to a person. */
export type PersonRefusal = 'unknown' | 'last-admin'

/** Gives a role; undefined where that was done. There is always an administrator. */
export const giveRole = (db: Db, id: string, role: string): Promise<PersonRefusal | undefined> =>
  sparingAdmins(db, id, role === 'admin', async (change) => {
    await change.updateTable('person').set({ role }).where('id', '=', id).execute()
  })

/** Removes somebody with all sessions; undefined where that was done. There is always an administrator. */
export const removePerson = (db: Db, id: string): Promise<PersonRefusal | undefined> =>
  sparingAdmins(db, id, false, async (change) => {
    await change.deleteFrom('person').where('id', '=', id).execute()
  })

/** The administrators' rows are held meanwhile: two who remove each other leave one. */
const sparingAdmins = (
  db: Db,
  id: string,
  stays: boolean,
  change: (db: Db) => Promise<void>,
): Promise<PersonRefusal | undefined> =>
  db.transaction().execute(async (held) => {
    const admins = await held
      .selectFrom('person')
      .select('id')
      .where('role', '=', 'admin')
      .orderBy('id')
      .forUpdate()
      .execute()
    const found = await held.selectFrom('person').select('id').where('id', '=', id).executeTakeFirst()
    if (!found) return 'unknown'
    if (!stays && admins.length === 1 && admins[0]?.id === id) return 'last-admin'
    await change(held)
    return undefined
  })
