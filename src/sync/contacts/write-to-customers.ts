import { KustomerError } from '../../kustomer/index.ts'
import type { GroupPlan } from '../../mapping/contact-group.ts'
import { customerPatch } from '../../mapping/customer-from-contact.ts'
import type { SharedFields } from '../../mapping/shared-fields.ts'
import { changesOf } from '../../mapping/write.ts'
import { type CustomerVersion, mirrorCustomers } from '../../store/customers.ts'
import type { SyncContext } from '../context.ts'
import { wrote } from '../meter.ts'
import type { GroupLookups } from './lookups.ts'
import { updateCustomer } from './update-customer.ts'

/** What became of the writes to a group's customers. */
export interface WrittenToCustomers {
  /** `stale`: one of them was edited since the mirror was filled; the mirror has it now, so decide again. */
  kind: 'done' | 'stale'
  /** The customers as they are after their writes. */
  after: Map<string, CustomerVersion>
  /** Customer → what was sent. */
  sent: Record<string, Record<string, unknown>>
  warnings: string[]
}

/**
 * Looks whether one of the customers that are to be written has moved on: lists are written whole (contract kustomer
 * §2.2), and whether a stale revision is refused is not published.
 */
export async function newerCustomers(
  context: SyncContext,
  customers: ReadonlyMap<string, CustomerVersion>,
  writes: GroupPlan['toCustomers'],
): Promise<boolean> {
  let newer = false
  for (const { customerId } of writes) {
    const known = customers.get(customerId)
    if (known && (await refresh(context, known)).rev !== known.rev) newer = true
  }
  return newer
}

async function refresh(context: SyncContext, known: CustomerVersion): Promise<CustomerVersion> {
  const { db, connection, settings, vendors } = context
  const current = await vendors.kustomer((kustomer) => kustomer.customers.get(known.id))
  await mirrorCustomers(db, connection, [current], settings.defaultCountry)
  return current
}

export async function writeToCustomers(
  context: SyncContext,
  customers: ReadonlyMap<string, CustomerVersion>,
  writes: GroupPlan['toCustomers'],
  lookups: GroupLookups,
): Promise<WrittenToCustomers> {
  const result: WrittenToCustomers = { kind: 'done', after: new Map(), sent: {}, warnings: [] }
  for (const { customerId, changes } of writes) {
    const customer = customers.get(customerId)
    if (!customer) continue
    const written = await writeOne(context, customer, changes, lookups)
    if (written === 'stale') return { ...result, kind: 'stale' }
    result.after.set(customerId, written.after)
    result.warnings.push(...written.warnings)
    if (written.sent) result.sent[customerId] = written.sent
  }
  return result
}

interface WrittenOne {
  after: CustomerVersion
  sent: Record<string, unknown> | undefined
  warnings: string[]
}

async function writeOne(
  context: SyncContext,
  customer: CustomerVersion,
  changes: Partial<SharedFields>,
  lookups: GroupLookups,
): Promise<WrittenOne | 'stale'> {
  const { body, warnings } = customerPatch(customer, changes, lookups)
  const texts = warnings.map(({ text }) => text)
  if (Object.keys(body).length === 0) return { after: customer, sent: undefined, warnings: texts }
  try {
    const after = await updateCustomer(context, customer, body)
    const { company: _resent, ...sent } = body
    wrote({ to: 'customer', id: customer.id, did: 'changed', fields: changesOf(customer, sent) })
    return { after, sent, warnings: texts }
  } catch (error) {
    if (!(error instanceof KustomerError) || error.failure.kind !== 'conflict') throw error
    if ((await refresh(context, customer)).rev !== customer.rev) return 'stale'
    return withoutOthersValues(context, customer, changes, lookups, error)
  }
}

/** A number or email that another customer has cannot be written (contract kustomer §2.4); the rest can. */
async function withoutOthersValues(
  context: SyncContext,
  customer: CustomerVersion,
  changes: Partial<SharedFields>,
  lookups: GroupLookups,
  error: KustomerError,
): Promise<WrittenOne | 'stale'> {
  const { numbers, emails, ...rest } = changes
  if (!numbers && !emails) throw error
  const written = await writeOne(context, customer, rest, lookups)
  if (written === 'stale') return written
  const warning = 'A number or an email of the contact belongs to another customer; it was left out.'
  return { ...written, warnings: [...written.warnings, warning] }
}
