import { type Kysely, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import * as first from './migrations/0001-first.ts'
import * as bothWays from './migrations/0002-both-ways.ts'
import * as messages from './migrations/0003-messages.ts'
import * as reliability from './migrations/0004-reliability.ts'
import * as consoleTables from './migrations/0005-console.ts'
import * as countedEchoes from './migrations/0006-counted-echoes.ts'
import * as invitations from './migrations/0007-invitations.ts'
import * as budgetTurns from './migrations/0008-budget-turns.ts'
import * as settings from './migrations/0009-settings.ts'
import * as apiTokens from './migrations/0010-api-tokens.ts'
import * as signOn from './migrations/0011-sign-on.ts'
import * as pages from './migrations/0012-pages.ts'
import * as undo from './migrations/0013-undo.ts'
import * as contactsOfCalls from './migrations/0014-contacts-of-calls.ts'
import * as heardBudgets from './migrations/0015-heard-budgets.ts'
import * as standingRecords from './migrations/0016-standing-records.ts'
import * as unassociated from './migrations/0017-unassociated.ts'
import * as editIntents from './migrations/0018-edit-intents.ts'
import * as looks from './migrations/0019-looks.ts'
import * as writing from './migrations/0020-writing.ts'
import type { Database } from './schema.ts'

/** Every step of the schema, oldest first; forward only. */
export const migrations = {
  '0001-first': first,
  '0002-both-ways': bothWays,
  '0003-messages': messages,
  '0004-reliability': reliability,
  '0005-console': consoleTables,
  '0006-counted-echoes': countedEchoes,
  '0007-invitations': invitations,
  '0008-budget-turns': budgetTurns,
  '0009-settings': settings,
  '0010-api-tokens': apiTokens,
  '0011-sign-on': signOn,
  '0012-pages': pages,
  '0013-undo': undo,
  '0014-contacts-of-calls': contactsOfCalls,
  '0015-heard-budgets': heardBudgets,
  '0016-standing-records': standingRecords,
  '0017-unassociated': unassociated,
  '0018-edit-intents': editIntents,
  '0019-looks': looks,
  '0020-writing': writing,
}

/**
 * Brings the schema up to date; forward only, under Kysely's migration lock, so that several processes may start at once.
 * @throws with the failing migration's name, or when the database is newer than this program.
 */
export async function migrate(db: Kysely<Database>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error, results } = await migrator.migrateToLatest()
  if (error === undefined) return
  const failed = results?.find((result) => result.status === 'Error')?.migrationName
  const reason = error instanceof Error ? error.message : String(error)
  if (error instanceof Error && isOfNetwork(error)) {
    throw new Error(
      `The database cannot be reached (${reason}). Check DATABASE_URL, and that the server runs.`,
      {
        cause: error,
      },
    )
  }
  throw new Error(
    failed === undefined
      ? `The database's schema does not fit this version (${reason}). Start the version that made it, or a newer one.`
      : `Migration ${failed} failed and was rolled back: ${reason}`,
    { cause: error },
  )
}

/** The pool's own time limit has no code. */
const isOfNetwork = (error: Error): boolean =>
  'code' in error
    ? /^(ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|28|3D)/.test(String(error.code))
    : /connection timeout|connect$/.test(error.message)

/** @returns the newest migration of the database, where this program does not know it. */
export async function newerMigration(db: Kysely<Database>): Promise<string | undefined> {
  const { rows } = await sql<{ name: string }>`
    select name from kysely_migration order by name desc limit 1`.execute(db)
  const newest = rows[0]?.name
  return newest === undefined || Object.hasOwn(migrations, newest) ? undefined : newest
}
