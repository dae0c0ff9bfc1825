import { sql } from 'kysely'
import type { Db } from './database.ts'
import { toJson } from './json.ts'
import type { LiteralForms, StoredAccounts } from './schema.ts'

export interface StoredConnection {
  id: string
  holderCustomerId: string | null
  literalForms: LiteralForms
  createdAt: Date
}

/** The connection's row, made on first sight. */
export async function ensureConnection(db: Db, id: string): Promise<StoredConnection> {
  await db
    .insertInto('connection')
    .values({ id, holder_customer_id: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return loadConnection(db, id)
}

/** @throws when there is no such connection. */
export async function loadConnection(db: Db, id: string): Promise<StoredConnection> {
  const row = await db.selectFrom('connection').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  return {
    id: row.id,
    holderCustomerId: row.holder_customer_id,
    literalForms: row.literal_forms,
    createdAt: row.created_at,
  }
}

export async function setHolderCustomer(db: Db, id: string, customerId: string): Promise<void> {
  await db.updateTable('connection').set({ holder_customer_id: customerId }).where('id', '=', id).execute()
}

/** Forgets a holder that was deleted in Kustomer; the next unknown caller makes another. */
export async function forgetHolderCustomer(db: Db, id: string, customerId: string): Promise<void> {
  await db
    .updateTable('connection')
    .set({ holder_customer_id: null })
    .where('id', '=', id)
    .where('holder_customer_id', '=', customerId)
    .execute()
}

/** Remembers whether this org's API takes a literal form; other forms stay as they are. */
export async function rememberLiteralForm(db: Db, id: string, forms: LiteralForms): Promise<void> {
  await db
    .updateTable('connection')
    .set({ literal_forms: sql`literal_forms || ${toJson(forms)}::jsonb` })
    .where('id', '=', id)
    .execute()
}

/** What an administrator has set up in the console. */
export interface StoredConfiguration {
  id: string
  /** As saved, by whichever version of the program. */
  settings: unknown
  accounts: StoredAccounts
  revision: number
}

/** Those that somebody has changed by hand, oldest first. */
export const storedConfigurations = (db: Db): Promise<StoredConfiguration[]> =>
  db
    .selectFrom('connection')
    .select(['id', 'settings', 'accounts', 'revision'])
    .where('revision', '>', 0)
    .orderBy('created_at')
    .orderBy('id')
    .execute()

/** Every id that was ever a connection's: what is known by it stays. */
export const connectionIds = async (db: Db): Promise<string[]> =>
  (await db.selectFrom('connection').select('id').execute()).map(({ id }) => id)

/** Another number whenever any of them was changed. */
export async function configurationStamp(db: Db): Promise<number> {
  const { stamp } = await db
    .selectFrom('connection')
    .select(sql<number>`coalesce(sum(revision), 0)::int`.as('stamp'))
    .executeTakeFirstOrThrow()
  return stamp
}

/**
 * Saves what was changed since `revision`, with 0 for a connection that is new or was never changed.
 * @returns whether it was saved: somebody else may have been faster.
 */
export async function saveConfiguration(
  db: Db,
  id: string,
  revision: number,
  change: { settings?: unknown; accounts?: StoredAccounts },
): Promise<boolean> {
  const columns = {
    ...(change.settings !== undefined && { settings: toJson(change.settings) }),
    ...(change.accounts !== undefined && { accounts: toJson(change.accounts) }),
  }
  const saved = await db
    .insertInto('connection')
    .values({ id, holder_customer_id: null, ...columns, revision: 1 })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet({ ...columns, revision: revision + 1 })
        .where('connection.revision', '=', revision),
    )
    .returning('id')
    .execute()
  return saved.length > 0
}
