import { sql } from 'kysely'
import type { Db } from './database.ts'

/** What a connection hears from, or looks at. */
export type Sight = 'webhook/kustomer' | 'webhook/cloudtalk' | 'poll' | RefusedSight | WorkflowSight
/** A delivery of CloudTalk that was refused: the latest, and the first since one was taken. */
export type RefusedSight = 'refused/cloudtalk' | 'refused/cloudtalk/first'
/** One of CloudTalk's workflows, by its trigger: `workflow/Call Ended`. */
export type WorkflowSight = `workflow/${string}`

/** Notes that it was heard of just now. */
export async function sight(db: Db, connection: string, what: Sight): Promise<void> {
  const at = sql<Date>`clock_timestamp()`
  await db
    .insertInto('sighting')
    .values({ connection, what, at })
    .onConflict((conflict) => conflict.columns(['connection', 'what']).doUpdateSet({ at }))
    .execute()
}

/** When each was last heard of. */
export async function sightings(db: Db, connection: string): Promise<Partial<Record<Sight, Date>>> {
  const rows = await db
    .selectFrom('sighting')
    .select(['what', 'at'])
    .where('connection', '=', connection)
    .execute()
  return Object.fromEntries(rows.map(({ what, at }) => [what, at]))
}

/** Has the workflows wait to be heard of again. */
export async function forgetWorkflows(db: Db, connection: string): Promise<void> {
  await db
    .deleteFrom('sighting')
    .where('connection', '=', connection)
    .where('what', 'like', 'workflow/%')
    .execute()
}
