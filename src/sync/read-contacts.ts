import { wireNumber } from '../mapping/phones.ts'
import { mirrorContacts } from '../store/contacts.ts'
import type { SyncContext } from './context.ts'

const PAGE = 1_000

/** Reads the whole contact index into the mirror, for matching: one request per thousand contacts. */
export async function readContacts(context: SyncContext): Promise<void> {
  for (let page = 1; ; page++) {
    const batch = await context.vendors.cloudtalk((cloudtalk) =>
      cloudtalk.contacts.list({ page, limit: PAGE }),
    )
    const rows = batch.items.map(({ id, name, numbers }) => ({
      id,
      name,
      numbers: numbers.flatMap((number) => wireNumber(number) ?? []),
    }))
    for (const { id, path } of batch.unreadable) {
      context.log.error({ contact: id, path }, 'a row of the contact index cannot be read')
    }
    await mirrorContacts(context.db, context.connection, rows)
    if (page >= batch.pageCount) return
  }
}
