import type { Db } from './database.ts'

/** How far a poller has read; undefined before its first round. */
export async function readCursor(db: Db, connection: string, name: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('cursor')
    .select('position')
    .where('connection', '=', connection)
    .where('name', '=', name)
    .executeTakeFirst()
  return row?.position
}

/** Moves the cursor. It is called after what was read stands in the database, never before. */
export async function moveCursor(db: Db, connection: string, name: string, position: string): Promise<void> {
  const moved_at = new Date()
  await db
    .insertInto('cursor')
    .values({ connection, name, position, moved_at })
    .onConflict((conflict) => conflict.columns(['connection', 'name']).doUpdateSet({ position, moved_at }))
    .execute()
}
