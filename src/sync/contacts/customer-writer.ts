import type { CustomerWrite } from '../../kustomer/index.ts'
import { emptyCustomer } from '../../mapping/customer-record.ts'
import type { CustomerVersion } from '../../store/customers.ts'
import type { BulkWriter } from '../bulk-writer.ts'
import type { Expected } from '../expected.ts'
import { currentMeter } from '../meter.ts'
import type { Vendors } from '../vendors.ts'

/** Creates customers: what happens live alone and at once, what a run brings over a hundred in a request. */
export interface CustomerWriter {
  /**
   * @returns the customer; of one that was made in bulk only what was sent is known, with the revision 0.
   * @throws {KustomerError} for this customer alone.
   */
  create(body: CustomerWrite): Promise<CustomerVersion>
  /** Creations that are on their way: a bulk request waits for them. */
  expected: Expected
}

/** @param expected what `bulkWriter` waits for. */
export function createCustomerWriter(
  vendors: Vendors,
  bulkWriter: BulkWriter,
  expected: Expected,
): CustomerWriter {
  return {
    async create(body) {
      if (currentMeter().priority !== 'backfill') {
        return vendors.kustomer((kustomer) => kustomer.customers.create(body))
      }
      const { id } = await bulkWriter.create('customers', body)
      return asSent(id, body)
    },
    expected,
  }
}

const asSent = (id: string, { name, externalId, emails, phones, urls, locations }: CustomerWrite) => ({
  ...emptyCustomer,
  id,
  rev: 0,
  ...(name !== undefined && { name }),
  ...(externalId !== undefined && { externalId }),
  ...(emails && { emails }),
  ...(phones && { phones }),
  ...(urls && { urls }),
  ...(locations && { locations }),
})
