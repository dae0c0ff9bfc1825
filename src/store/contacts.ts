import { sql } from 'kysely'
import type { ContactFields, E164 } from '../mapping/records.ts'
import { nameKey } from '../mapping/text.ts'
import type { Db } from './database.ts'
import { replaceNumbers } from './numbers.ts'

/** One row of CloudTalk's contact index: all that matching needs. */
export interface IndexedContact {
  id: string
  name: string
  numbers: readonly E164[]
}

/** Puts rows of the contact index into the mirror; what we wrote ourselves (`synced`) stays. */
export async function mirrorContacts(
  db: Db,
  connection: string,
  contacts: readonly IndexedContact[],
): Promise<void> {
  if (contacts.length === 0) return
  const rows = contacts.map((contact) => ({
    id: contact.id,
    name: contact.name,
    name_key: nameKey(contact.name),
  }))
  await sql`
    insert into contact (connection, id, name, name_key)
    select distinct on (id) ${connection}, id, name, name_key
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id text, name text, name_key text)
    on conflict (connection, id) do update set name = excluded.name, name_key = excluded.name_key`.execute(db)
  const numbers = contacts.flatMap((contact) =>
    contact.numbers.map((e164) => ({ recordId: contact.id, channel: 'phone' as const, e164 })),
  )
  await replaceNumbers(
    db,
    connection,
    'contact',
    contacts.map((contact) => contact.id),
    numbers,
  )
}

/** Records what a contact holds after our write. */
export async function saveSyncedContact(
  db: Db,
  connection: string,
  id: string,
  fields: ContactFields,
): Promise<void> {
  const synced = JSON.stringify(fields)
  const row = { name: fields.name, name_key: nameKey(fields.name), synced }
  await db
    .insertInto('contact')
    .values({ connection, id, ...row })
    .onConflict((conflict) => conflict.columns(['connection', 'id']).doUpdateSet(row))
    .execute()
  const numbers = fields.numbers.map((e164) => ({ recordId: id, channel: 'phone' as const, e164 }))
  await replaceNumbers(db, connection, 'contact', [id], numbers)
}

export async function findSyncedContact(
  db: Db,
  connection: string,
  id: string,
): Promise<ContactFields | undefined> {
  const row = await db
    .selectFrom('contact')
    .select('synced')
    .where('connection', '=', connection)
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.synced ?? undefined
}

/** Ids of the contacts with this name key that no customer is linked to. */
export async function unlinkedContactsNamed(db: Db, connection: string, key: string): Promise<string[]> {
  const rows = await db
    .selectFrom('contact')
    .select('id')
    .where('connection', '=', connection)
    .where('name_key', '=', key)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('link')
            .select('link.contact_id')
            .whereRef('link.connection', '=', 'contact.connection')
            .whereRef('link.contact_id', '=', 'contact.id'),
        ),
      ),
    )
    .orderBy('id')
    .execute()
  return rows.map((row) => row.id)
}

/** Forgets a contact that CloudTalk no longer has. */
export async function forgetContact(db: Db, connection: string, id: string): Promise<void> {
  await replaceNumbers(db, connection, 'contact', [id], [])
  await db.deleteFrom('contact').where('connection', '=', connection).where('id', '=', id).execute()
}
