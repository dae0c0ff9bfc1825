import { sharedFromCustomer } from '../../mapping/customer-from-contact.ts'
import { ineligible } from '../../mapping/eligibility.ts'
import { matchKeys } from '../../mapping/matching.ts'
import { staleContacts, unlinkedContacts } from '../../store/contacts.ts'
import { customersAfter } from '../../store/customers.ts'
import { linkedCustomers } from '../../store/links.ts'
import { findRun, openItems, planItems, type Run, type RunItem, updateRun } from '../../store/runs.ts'
import { groupLookups } from '../contacts/lookups.ts'
import type { SyncContext } from '../context.ts'
import { eventOf, type RaisedEvent } from '../event.ts'
import { isHolder } from '../timeline/unknown-caller.ts'

/**
 * The work list of a run, in waves: customers that come first among those they may be merged with, then those who
 * follow them, then the contacts that are still without a customer, then calls. So a run comes to the same result
 * however its settles interleave, and a preview can tell it.
 */

const PAGE = 1_000
/** Far behind the longest chain of customers that share a name. */
const CONTACTS_WAVE = 1_000_000
export const CALLS_WAVE = CONTACTS_WAVE + 1

/** Puts every customer of the mirror on the list. */
export async function planCustomers(context: SyncContext, run: Run): Promise<void> {
  const { db, connection, settings } = context
  const lookups = await groupLookups(context)
  /** What customers without a contact are found by → the last wave of one who has it. */
  const waves = new Map<string, number>()
  let count = 0
  for (let after = ''; ; ) {
    const customers = await customersAfter(db, connection, after, PAGE)
    const last = customers.at(-1)
    if (!last) break
    after = last.id
    const linked = await linkedCustomers(
      db,
      connection,
      customers.map(({ id }) => id),
    )
    const byWave = new Map<number, string[]>()
    for (const customer of customers) {
      if (isHolder(customer) || (customer.deleted && !linked.has(customer.id))) continue
      count++
      let wave = 0
      if (!linked.has(customer.id) && ineligible(customer, settings.defaultCountry) === undefined) {
        const { phones, emails, name } = matchKeys(sharedFromCustomer(customer, lookups), settings.matching)
        const keys = [...phones, ...emails, ...(name === undefined ? [] : [`name ${name}`])]
        wave = 1 + Math.max(-1, ...keys.map((key) => waves.get(key) ?? -1))
        for (const key of keys) waves.set(key, wave)
      }
      byWave.set(wave, [...(byWave.get(wave) ?? []), customer.id])
    }
    for (const [wave, ids] of byWave) {
      await planItems(
        db,
        run.id,
        wave,
        ids.map((id) => ({ kind: 'customer', id })),
      )
    }
  }
  await updateRun(db, run.id, { raised: { ...run.raised, customer: count } })
}

/**
 * What a run is to settle next: the first of the first wave that is not settled. The contacts are put on the list once
 * the customers are settled, for nobody knows before which of them have no customer.
 *
 * @returns nothing when all is settled.
 */
export async function nextItems(
  context: SyncContext,
  runId: string,
  limit: number,
): Promise<RunItem[] | undefined> {
  const run = await findRun(context.db, runId)
  const open = await openItems(context.db, runId, limit)
  if (!run) return undefined
  const contactsPlanned = run.raised.contact !== undefined
  if (open && (open.wave !== CALLS_WAVE || contactsPlanned)) return open.items
  if (contactsPlanned) return undefined
  await planContacts(context, run)
  return nextItems(context, runId, limit)
}

/**
 * Puts the contacts on the list that have no customer now, and of the others those whose row in the index says something
 * new, or that have failed.
 */
async function planContacts(context: SyncContext, run: Run): Promise<void> {
  const { db, connection, settings } = context
  const wanted = settings.export ? [unlinkedContacts, staleContacts] : [staleContacts]
  let count = 0
  for (const read of wanted) {
    for (let after = ''; ; ) {
      const ids = await read(db, connection, after, PAGE)
      const last = ids.at(-1)
      if (last === undefined) break
      after = last
      count += ids.length
      await planItems(
        db,
        run.id,
        CONTACTS_WAVE,
        ids.map((id) => ({ kind: 'contact', id })),
      )
    }
  }
  await updateRun(db, run.id, { raised: { ...run.raised, contact: count } })
}

/** A record of a run's work list as the event that settles it. */
export function runEvent(connection: string, run: Pick<Run, 'id' | 'round'>, item: RunItem): RaisedEvent {
  const event = eventOf(connection, item, { source: 'run', runId: run.id, round: run.round })
  const dedupeKey = `${connection}/run/${run.id}/${run.round}/${item.kind}/${item.id}`
  return { event, priority: 'backfill', dedupeKey }
}
