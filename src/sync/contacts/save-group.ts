import { isDeepStrictEqual } from 'node:util'
import { contactFromCustomer } from '../../mapping/contact-from-customer.ts'
import type { GroupPlan } from '../../mapping/contact-group.ts'
import type { ContactFields } from '../../mapping/records.ts'
import type { CustomerVersion } from '../../store/customers.ts'
import { type Link, saveGroup as store } from '../../store/links.ts'
import type { SyncContext } from '../context.ts'
import type { Group, GroupEvent } from './load-group.ts'
import { lookupsFor } from './lookups.ts'

/**
 * Keeps what both sides of a group hold after its writes; nothing where that is known already.
 * @param editIntent what an edit of the contact was about to write, where its answer has not come.
 */
export async function saveGroup(
  context: SyncContext,
  event: GroupEvent,
  group: Group,
  plan: GroupPlan,
  written: ReadonlyMap<string, CustomerVersion>,
  read: boolean,
  editIntent?: Partial<ContactFields>,
): Promise<void> {
  const after = await Promise.all(
    group.members.map(async (member) => {
      const customer = written.get(member.customerId)
      if (!customer) return member
      return { ...member, fields: contactFromCustomer(customer, await lookupsFor(context, customer)).fields }
    }),
  )
  const { base, own } = plan.next(after)
  const { fields } = plan
  const members = group.links.map((link, at) => ({
    ...link,
    contactId: event.contactId,
    base: after[at]?.fields,
    modifiedAt: after[at]?.modifiedAt || undefined,
    ownWriteAt: ownWriteOf(link, written.get(link.customerId), group.customers.get(link.customerId)),
  }))
  const { stored, links } = group
  const now = { fields, base, own, members }
  const before = { fields: stored?.fields, base: stored?.base, own: stored?.own, members: links }
  if (!read && isDeepStrictEqual(plain(now), plain(before))) return
  await store(context.db, {
    connection: context.connection,
    contactId: event.contactId,
    ...now,
    provenance: members.length > 1 ? plan.provenance : undefined,
    echoes: 0,
    read,
    editIntent,
  })
}

/** When our last write modified the customer; one whose answer did not come shows by its revision. */
function ownWriteOf(
  link: Link,
  written: CustomerVersion | undefined,
  customer: CustomerVersion | undefined,
): string | undefined {
  if (written) return written.modifiedAt ?? undefined
  return customer && customer.rev === link.ownWriteRev ? (customer.modifiedAt ?? undefined) : link.ownWriteAt
}

/** As the database gives it back: without what is undefined. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/**
 * Notes who is joined, and what was the contact's own before: if the answer to the write is lost, what it did is known as
 * the customer's, and not taken for an edit of the contact.
 */
export async function intendJoin(context: SyncContext, event: GroupEvent, group: Group): Promise<void> {
  await store(context.db, {
    connection: context.connection,
    contactId: event.contactId,
    fields: group.contact,
    base: group.base,
    own: group.own,
    provenance: undefined,
    members: group.links.map((link) => ({ ...link, contactId: event.contactId })),
    echoes: 0,
    read: false,
  })
}
