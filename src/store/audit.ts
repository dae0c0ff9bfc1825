import type { Db } from './database.ts'
import { toJson } from './json.ts'

/** What somebody did by hand. */
export interface Deed {
  at: Date
  /** Name of the person, or what stands for the command line. */
  who: string
  did: string
  /** What it was done to. */
  subject: string
}

/** What is done to how a connection works. */
const SETTINGS_DEEDS = ['connected', 'changed'] as const

export async function recordDeed(
  db: Db,
  deed: Omit<Deed, 'at'> & { connection: string | undefined; details?: unknown },
): Promise<void> {
  const { connection, who, did, subject, details = {} } = deed
  await db
    .insertInto('audit')
    .values({ connection: connection ?? null, who, did, subject, details: toJson(details) })
    .execute()
}

/** The latest, newest first. */
export const latestDeeds = (db: Db, limit: number): Promise<Deed[]> =>
  db.selectFrom('audit').select(['at', 'who', 'did', 'subject']).orderBy('id', 'desc').limit(limit).execute()

/** What was changed of how a connection works, newest first. */
export const settingsDeeds = (db: Db, connection: string, limit: number): Promise<Deed[]> =>
  db
    .selectFrom('audit')
    .select(['at', 'who', 'did', 'subject'])
    .where('connection', '=', connection)
    .where('did', 'in', SETTINGS_DEEDS)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
