import { sql } from 'kysely'
import type { E164 } from '../mapping/records.ts'
import { nameKey } from '../mapping/text.ts'
import { asked, batched, rowsByItem } from './batched.ts'
import type { Db } from './database.ts'
import { toJson } from './json.ts'
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
    from jsonb_to_recordset(${toJson(rows)}::jsonb) as r(id text, name text, name_key text)
    on conflict (connection, id) do update set name = excluded.name, name_key = excluded.name_key`.execute(db)
  const numbers = contacts.flatMap((contact) =>
    contact.numbers.map((e164) => ({ connection, record_id: contact.id, channel: 'phone' as const, e164 })),
  )
  await replaceNumbers(
    db,
    'contact',
    contacts.map((contact) => ({ connection, record_id: contact.id })),
    numbers,
  )
}

/** Ids of the contacts with this name key that no customer is linked to. */
export const unlinkedContactsNamed = (db: Db, connection: string, key: string): Promise<string[]> =>
  unlinkedNamed(db, { connection, name_key: key })

const unlinkedNamed = batched<{ connection: string; name_key: string }, string[]>(async (db, items) => {
  const { rows } = await sql<{ item: number; id: string }>`
    select i.item, c.id
    from contact c join ${asked(items)} as i(item int, connection text, name_key text)
      on c.connection = i.connection and c.name_key = i.name_key
    where not exists (select 1 from link l where l.connection = c.connection and l.contact_id = c.id)
    order by c.id`.execute(db)
  return rowsByItem(rows, items.length).map((own) => own.map((row) => row.id))
})

/** Forgets a contact that CloudTalk no longer has. */
export async function forgetContact(db: Db, connection: string, id: string): Promise<void> {
  await replaceNumbers(db, 'contact', [{ connection, record_id: id }], [])
  await db.deleteFrom('contact').where('connection', '=', connection).where('id', '=', id).execute()
}
