import { KustomerError } from '../../kustomer/index.ts'
import { parsePhone } from '../../mapping/phones.ts'
import { changesOf, type Write } from '../../mapping/write.ts'
import { type CustomerVersion, findCustomer, mirrorCustomers } from '../../store/customers.ts'
import { newHolder } from '../../store/leases.ts'
import {
  conversationGone,
  conversationOf,
  moveTimeline,
  recordsOfConversation,
} from '../../store/timeline-conversations.ts'
import { Busy } from '../busy.ts'
import { customerByPhone } from '../by-phone.ts'
import type { SyncContext } from '../context.ts'
import { recordKey } from '../event.ts'
import { leaveMsOf } from '../given-up.ts'
import { holdLease } from '../hold-lease.ts'
import { record } from '../record.ts'
import { ifThere } from './if-there.ts'
import { raiseAssociation } from './raise-unlinked.ts'

/** What a person asked for cannot be done: what, and why. */
export class Unassociable extends Error {
  override readonly name = 'Unassociable' as const
}

export interface Associated {
  conversationId: string
  customerId: string
}

/**
 * Moves a conversation that belongs to nobody yet to the customer that a person names.
 *
 * @param what a conversation, or a call or message in it, by its id.
 * @param whom a customer, by id, email or number.
 * @throws {Unassociable} where there is no such conversation or customer, or it belongs to one already.
 * @throws {Busy} while it is being settled.
 */
export async function associate(context: SyncContext, what: string, whom: string): Promise<Associated> {
  const { db, connection, vendors } = context
  const conversationId = (await conversationOf(db, connection, what)) ?? what
  const records = await recordsOfConversation(db, connection, conversationId)
  if (records.length === 0) {
    throw new Unassociable(`No logged call, message or conversation has the id "${what}".`)
  }
  if (records.every(({ unlinked }) => !unlinked)) {
    throw new Unassociable('The conversation belongs to a customer already.')
  }
  const customer = await customerNamed(context, whom)
  if (!customer) throw new Unassociable('Kustomer has no customer with this id, email or number.')
  const done = await holdLease(db, newHolder(leaveMsOf(context.pace)), records.map(recordKey), async () => {
    const moved = await ifThere(
      vendors.kustomer(({ conversations }) => conversations.moveTo(conversationId, customer.id)),
    )
    if (!moved) {
      await conversationGone(db, connection, conversationId)
      throw new Unassociable('Somebody has deleted the conversation in Kustomer.')
    }
    await moveTimeline(db, connection, conversationId, customer.id)
    const fields = changesOf({ customer: records[0]?.customerId }, { customer: customer.id })
    const write: Write = { to: 'conversation', id: conversationId, did: 'changed', fields }
    const outcomes = records.map(({ kind, id }) =>
      record(context, {
        kind,
        recordId: id,
        outcome: 'linked',
        reason: 'ASSOCIATED',
        sentence: 'Somebody moved the conversation to this customer.',
        details: { writes: [write] },
        requests: 1 / records.length,
        source: 'person',
        customerId: customer.id,
        conversationId,
      }),
    )
    await Promise.all(outcomes)
  })
  if (!done) throw new Busy()
  // The notes name the customer.
  await raiseAssociation(context, records, `person/${customer.id}`)
  return { conversationId, customerId: customer.id }
}

async function customerNamed(context: SyncContext, whom: string): Promise<CustomerVersion | undefined> {
  const { db, connection, vendors, settings } = context
  const mirrored = await findCustomer(db, connection, whom)
  if (mirrored) return mirrored.deleted ? undefined : mirrored
  const number = parsePhone(whom, settings.defaultCountry)
  const found =
    number === undefined || whom.includes('@')
      ? await vendors.kustomer(async ({ customers }) =>
          whom.includes('@') ? customers.byEmail(whom) : unlessNotFound(customers.get(whom)),
        )
      : await customerByPhone(vendors, number)
  if (found) await mirrorCustomers(db, connection, [found], settings.defaultCountry)
  return found
}

async function unlessNotFound<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    // What is no id at all is refused with 400.
    const kinds: string[] = ['notFound', 'rejected']
    if (error instanceof KustomerError && kinds.includes(error.failure.kind)) return undefined
    throw error
  }
}
