import { createHash } from 'node:crypto'
import type { ContactRow } from '../../cloudtalk/index.ts'
import { sameEmail } from '../../mapping/emails.ts'
import { wireNumber } from '../../mapping/phones.ts'
import type { ContactFields } from '../../mapping/records.ts'
import { knownContacts, mirrorContacts, missedBySweep, type SweptContact } from '../../store/contacts.ts'
import { moveCursor, readCursor } from '../../store/cursors.ts'
import type { SyncContext } from '../context.ts'

const PAGE = 1_000
const CURSOR = 'contacts'
/** Some accounts show the first number and email only (contract §2.1); one row with two tells that this one does not. */
const WHOLE_ROWS = 'contacts/whole-rows'

/** What a sweep found; the first one of a connection finds nothing, for it has nothing to compare with. */
export interface Swept {
  sweep: number
  /** Contacts whose row is new or says something else than what is known. */
  changed: string[]
  /** Contacts that the sweep before saw and this one did not. */
  missing: string[]
}

/**
 * Reads the whole contact index into the mirror: one request per thousand contacts. Its rows carry no date (contract
 * cloudtalk §2.1), so a change is found by comparing what a row shows with what was known.
 */
export async function readContacts(context: SyncContext): Promise<Swept> {
  const { db, connection } = context
  const sweep = context.now().getTime()
  const first = (await readCursor(db, connection, CURSOR)) === undefined
  let whole = (await readCursor(db, connection, WHOLE_ROWS)) !== undefined
  const changed: string[] = []
  for (let page = 1; ; page++) {
    const batch = await context.vendors.cloudtalk((cloudtalk) =>
      cloudtalk.contacts.list({ page, limit: PAGE }),
    )
    for (const { id, path } of batch.unreadable) {
      context.log.error({ contact: id, path }, 'a row of the contact index cannot be read')
    }
    const known = await knownContacts(
      db,
      connection,
      batch.items.map(({ id }) => id),
    )
    if (!whole && batch.items.some(({ numbers, emails }) => numbers.length > 1 || emails.length > 1)) {
      whole = true
      await moveCursor(db, connection, WHOLE_ROWS, 'seen')
    }
    const rows = batch.items.map((row) => sweptContact(row, known.get(row.id), whole, first))
    await mirrorContacts(db, connection, sweep, rows)
    changed.push(...rows.filter((row) => row.changed).map(({ id }) => id))
    if (page >= batch.pageCount) break
  }
  await moveCursor(db, connection, CURSOR, String(sweep))
  return { sweep, changed, missing: first ? [] : await missedBySweep(db, connection, sweep) }
}

type Known = { print: string | undefined; fields: ContactFields | undefined; changed: boolean }

function sweptContact(
  row: ContactRow,
  known: Known | undefined,
  whole: boolean,
  first: boolean,
): SweptContact {
  const { id, name, company = null } = row
  const numbers = row.numbers.flatMap((number) => wireNumber(number) ?? [])
  const { emails } = row
  const shows = JSON.stringify([name, company, numbers, emails])
  const print = createHash('sha256').update(shows).digest('base64url').slice(0, 22)
  const fields = known?.fields
  // The second number of a row that shows the first only is still known.
  const swept = {
    id,
    name,
    print,
    numbers: whole ? numbers : [...numbers, ...(fields?.numbers ?? [])],
    emails: whole ? emails : [...emails, ...(fields?.emails ?? [])],
  }
  if (known?.print === print) return { ...swept, says: 'same', changed: known.changed && !first }
  const asKnown =
    fields !== undefined &&
    fields.name === name &&
    fields.company === company &&
    shown(numbers, fields.numbers, whole, (one, other) => one === other) &&
    shown(emails, fields.emails, whole, sameEmail)
  return { ...swept, says: asKnown ? 'known' : 'news', changed: !asKnown && !first }
}

/** Whether a row's list is what is known of it, all of it or the first. */
const shown = (
  row: readonly string[],
  known: readonly string[],
  whole: boolean,
  same: (one: string, other: string) => boolean,
): boolean => {
  const expected = whole ? known : known.slice(0, 1)
  return row.length === expected.length && row.every((item, at) => same(item, expected[at] ?? ''))
}
