import { contactFromCustomer } from '../../mapping/contact-from-customer.ts'
import { sameValue } from '../../mapping/undo.ts'
import { findCall } from '../../store/calls.ts'
import { findCustomer } from '../../store/customers.ts'
import { findLink } from '../../store/links.ts'
import { findMessage } from '../../store/messages.ts'
import type { RecordKind } from '../../store/schema.ts'
import { lookupsFor } from '../contacts/lookups.ts'
import type { SyncContext } from '../context.ts'
import { saysOf } from './left-alone.ts'

/**
 * Whether our copy of a record says no more than was last settled: what somebody has changed since would be lost if the
 * record were left alone as it is. A contact's copy is changed by settles alone.
 */
export async function isSettled(
  context: SyncContext,
  { kind, id }: { kind: RecordKind; id: string },
): Promise<boolean> {
  const { db, connection } = context
  switch (kind) {
    case 'customer': {
      const customer = await findCustomer(db, connection, id)
      if (!customer?.ahead || sameValue(customer.undone, saysOf.customer(customer))) return true
      // Our own writes and other records move its revision, too.
      const { base } = (await findLink(db, connection, id)) ?? {}
      if (!base) return false
      return sameValue(contactFromCustomer(customer, await lookupsFor(context, customer)).fields, base)
    }
    case 'contact':
      return true
    case 'call':
      return !(await findCall(db, connection, id))?.ahead
    case 'message':
      return !(await findMessage(db, connection, id))?.ahead
  }
}
