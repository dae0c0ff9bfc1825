import { sql } from 'kysely'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createDatabase, databaseKinds } from '../../test/helpers/databases.ts'
import { type DatabaseLocation, openDatabase } from '../store/database.ts'
import { customerEvent } from '../sync/event.ts'
import { openQueue } from './queue.ts'

test.each(databaseKinds)('on %s, a slow batch is not taken from a process that is alive', async (kind) => {
  const { env, drop } = await createDatabase(kind)
  const location: DatabaseLocation =
    env.DATABASE_URL === undefined
      ? { kind: 'embedded', folder: `${env.DATA_DIR}/database` }
      : { kind: 'postgres', url: env.DATABASE_URL }
  const database = await openDatabase(location)
  try {
    // As versions before made it.
    await sql`update pgboss.queue set expire_seconds = 900`.execute(database.db)
    const queue = await openQueue(database, pino({ level: 'silent' }))
    const event = customerEvent('default', 'c1', { source: 'webhook' })
    await queue.raise([{ event, priority: 'live', dedupeKey: 'c1' }])
    const { rows } = await sql`select expire_seconds from pgboss.job where name = 'settle'`.execute(
      database.db,
    )
    expect(rows).toEqual([{ expire_seconds: 86_400 }])
    await queue.close()
  } finally {
    await database.close()
    await drop()
  }
})
