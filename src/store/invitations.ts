import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from './database.ts'

/** An invitation is good for this long. */
export const INVITATION_DAYS = 7

/** Of the token of an invitation or of a program this alone is kept. */
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
