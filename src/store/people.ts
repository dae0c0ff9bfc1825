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

/** Ends a session; whoever has it signs in again. */
export async function endSession(db: Db, id: string): Promise<void> {
  await db.deleteFrom('person_session').where('id', '=', id).execute()
}

export async function endSessionsOf(db: Db, personId: string): Promise<void> {
  await db.deleteFrom('person_session').where('userId', '=', personId).execute()
}
