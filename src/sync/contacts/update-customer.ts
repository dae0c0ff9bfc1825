import { type CustomerWrite, KustomerError } from '../../kustomer/index.ts'
import { type CustomerVersion, mirrorCustomers } from '../../store/customers.ts'
import { expectOwnWrite } from '../../store/links.ts'
import { VendorAway } from '../circuit.ts'
import type { SyncContext } from '../context.ts'
import { Stopping } from '../stopping.ts'

/**
 * Writes to a customer. Should the answer be lost, its next revision is known as ours.
 * @throws {KustomerError} as Kustomer refuses it.
 */
export async function updateCustomer(
  { db, connection, settings, vendors }: SyncContext,
  { id, rev }: Pick<CustomerVersion, 'id' | 'rev'>,
  body: CustomerWrite,
): Promise<CustomerVersion> {
  const write: CustomerWrite = { ...body, ...(rev > 0 && { rev }) }
  const expected = await expectOwnWrite(db, connection, id, rev + 1)
  const after = await vendors
    .kustomer(({ customers }) => customers.update(id, write))
    .catch(async (error: unknown) => {
      // Else the next edit of a person would count as this write, and give way to an older one of the contact.
      if (!mayBeDone(error)) await expectOwnWrite(db, connection, id, expected)
      throw error
    })
  await mirrorCustomers(db, connection, [after], settings.defaultCountry)
  return after
}

function mayBeDone(error: unknown): boolean {
  if (error instanceof VendorAway || error instanceof Stopping) return false
  if (!(error instanceof KustomerError)) return true
  const { failure } = error
  if (failure.kind === 'unreachable') return failure.maybeDone
  return failure.kind === 'unavailable' || failure.kind === 'unreadable'
}
