import { createHash } from 'node:crypto'
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

/** An invitation is good for this long. */
export const INVITATION_DAYS = 7

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

/** Of an invitation's token this alone is kept. */
export const digestOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Lets whoever has the token choose a password; an earlier address of the same person ends. */
export async function invite(db: Db, personId: string, digest: string): Promise<void> {
  await db.deleteFrom('invitation').where('person_id', '=', personId).execute()
  const expires_at = sql<Date>`clock_timestamp() + make_interval(days => ${INVITATION_DAYS})`
  await db.insertInto('invitation').values({ digest, person_id: personId, expires_at }).execute()
}

/** Who may choose a password with this token. */
export async function invitedBy(db: Db, digest: string): Promise<{ id: string; email: string } | undefined> {
  return db
    .selectFrom('invitation')
    .innerJoin('person', 'person.id', 'invitation.person_id')
    .select(['person.id', 'person.email'])
    .where('invitation.digest', '=', digest)
    .where('invitation.expires_at', '>', sql<Date>`clock_timestamp()`)
    .executeTakeFirst()
}

/** @returns false where somebody was faster, or it has expired. */
export async function useInvitation(db: Db, digest: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('invitation')
    .where('digest', '=', digest)
    .where('expires_at', '>', sql<Date>`clock_timestamp()`)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
