import type { Call, ContactFields, Customer } from '../../mapping/records.ts'
import { sameValue } from '../../mapping/undo.ts'
import type { Outcome } from '../../store/outcomes.ts'
import type { ToldMessage } from '../../store/schema.ts'
import { liftUndone } from '../../store/undone.ts'
import type { SyncContext } from '../context.ts'
import type { SyncEvent } from '../event.ts'

/** What a record says, for knowing later whether it has changed: without what our own writes and other records move. */
export const saysOf = {
  customer: (customer: Customer): unknown => {
    const { id, name, externalId, emails, phones, whatsapps, urls, locations } = customer
    const { sharedEmails, sharedPhones, sharedWhatsapps, companyId, deleted } = customer
    const own = { id, name, externalId, emails, phones, whatsapps, urls, locations }
    const shared = { sharedEmails, sharedPhones, sharedWhatsapps, companyId, deleted: deleted === true }
    return plain({ ...own, ...shared })
  },
  contact: (fields: ContactFields): unknown => plain(fields),
  /** Its contact is a record of its own. */
  call: ({ contact: _other, ...call }: Call): unknown => plain(call),
  message: (message: ToldMessage): unknown => plain(message),
}

/** Of a contact that was deleted: its id never comes back. */
export const GONE = 'gone'

/** As the database gives it back. */
const plain = (value: object): unknown => JSON.parse(JSON.stringify(value))

/**
 * Whether a record is left alone because a run of it was undone: pollers and webhooks would do it all again. A change of
 * the record, a run and a person end that; so does what follows from a person's decision.
 *
 * @param undone what the record said then. @param says what it says now.
 */
export async function leftAlone(
  context: SyncContext,
  event: SyncEvent,
  undone: unknown,
  says: unknown,
): Promise<Outcome | undefined> {
  if (undone === undefined || undone === null) return undefined
  const decided = event.source === 'follow-up' && (event.kind === 'customer' || event.kind === 'contact')
  const asked = event.runId !== undefined || event.source === 'person' || decided
  if (!asked && (undone === GONE || sameValue(undone, says))) return ALONE
  const { kind, id } = event
  await liftUndone(context.db, { connection: context.connection, kind, id })
  return undefined
}

/** What becomes of a record that is left alone. */
export const ALONE: Outcome = {
  outcome: 'unchanged',
  reason: 'UNDONE',
  sentence: 'A run of it was undone, and it has not changed since: it is left alone.',
}
