import { sql } from 'kysely'
import type { Db } from './database.ts'
import { toJson } from './json.ts'
import type { LiteralForms } from './schema.ts'

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
