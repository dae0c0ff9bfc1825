import { sql } from 'kysely'
import type { Provenance } from '../mapping/merge-customers.ts'
import type { ContactFields } from '../mapping/records.ts'
import type { Db } from './database.ts'

/** A contact that several customers share, and who gave each of its values. */
export interface SharedContact {
  id: string
  name: string
  fields: ContactFields
  provenance: Provenance
  customers: { id: string; name: string }[]
}

/** In the order of their ids, a page at a time. @param after the last of the page before. */
export async function sharedContacts(
  db: Db,
  connection: string,
  limit: number,
  after: string | undefined,
): Promise<SharedContact[]> {
  const { rows } = await sql<SharedContact>`
    select c.id, c.name, c.fields, c.provenance, shared.customers
    from contact c
    cross join lateral (
      select jsonb_agg(jsonb_build_object('id', l.customer_id,
        'name', coalesce(nullif(k.data->>'name', ''), k.data->>'displayName', '')) order by l.customer_id) as customers,
        count(*) as count
      from link l left join customer k on k.connection = l.connection and k.id = l.customer_id
      where l.connection = c.connection and l.contact_id = c.id
    ) shared
    where c.connection = ${connection} and c.provenance is not null and c.fields is not null
      and c.id > ${after ?? ''} and shared.count > 1
    order by c.id limit ${limit}`.execute(db)
  return rows
}
