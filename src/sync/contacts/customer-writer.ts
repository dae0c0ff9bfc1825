import { setTimeout as wait } from 'node:timers/promises'
import { v7 as uuid } from 'uuid'
import {
  BULK_ITEMS,
  type BulkBatch,
  type CustomerWrite,
  type Kustomer,
  KustomerError,
} from '../../kustomer/index.ts'
import { emptyCustomer } from '../../mapping/customer-record.ts'
import type { CustomerVersion } from '../../store/customers.ts'
import { coalesce } from '../coalesce.ts'
import type { Pace } from '../context.ts'
import { createExpected, type Expected } from '../expected.ts'
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

const ROUTE = 'POST /customers/bulk'
/** Kustomer works on a bulk request later (contract §2.8); a request that nobody ends is given up after this long. */
const BULK_PATIENCE_MS = 10 * 60_000
const LONGEST_LOOK_MS = 30_000

type Created = { id: string } | { error: KustomerError }

export function createCustomerWriter(vendors: Vendors, pace: Pace): CustomerWriter {
  const expected = createExpected()
  const createTogether = coalesce<CustomerWrite, Created>(
    BULK_ITEMS,
    (board) => createInBulk(vendors, board, pace),
    expected.count,
  )
  return {
    async create(body) {
      if (currentMeter().priority !== 'backfill') {
        return vendors.kustomer((kustomer) => kustomer.customers.create(body))
      }
      const created = await createTogether(body)
      if ('error' in created) throw created.error
      return asSent(created.id, body)
    },
    expected,
  }
}

/** One item that Kustomer cannot read makes the whole request a 400: then each half goes on its own. */
async function createInBulk(
  vendors: Vendors,
  board: () => readonly CustomerWrite[],
  pace: Pace,
): Promise<Created[]> {
  const sent = await vendors.kustomer((kustomer) => sendInBulk(kustomer, board()))
  if ('error' in sent) {
    const { bodies, error } = sent
    if (bodies.length === 1) return [{ error }]
    const middle = Math.ceil(bodies.length / 2)
    const first = await createInBulk(vendors, () => bodies.slice(0, middle), pace)
    return [...first, ...(await createInBulk(vendors, () => bodies.slice(middle), pace))]
  }
  const batches = await batchesOf(vendors, sent.bulkId, pace)
  const results = new Map(
    batches.flatMap((batch) => batch.results.map((result) => [result.clientRef, result])),
  )
  return sent.refs.map((ref) => {
    const result = results.get(ref)
    if (result?.objectId !== undefined) return { id: result.objectId }
    return { error: new KustomerError(ROUTE, failureOf(result?.error)) }
  })
}

async function sendInBulk(
  kustomer: Kustomer,
  bodies: readonly CustomerWrite[],
): Promise<{ bulkId: string; refs: string[] } | { bodies: readonly CustomerWrite[]; error: KustomerError }> {
  const refs = bodies.map(() => uuid())
  try {
    const items = bodies.map((body, index) => ({ ...body, _clientRef: refs[index] ?? '' }))
    return { bulkId: (await kustomer.bulk.create('customers', items)).id, refs }
  } catch (error) {
    // More than 100 KB is refused as well (contract §1.6).
    const divide = error instanceof KustomerError && ['rejected', 'tooLarge'].includes(error.failure.kind)
    if (!divide) throw error
    return { bodies, error }
  }
}

/** The only words published are "duplicate detected" (contract §2.4). */
function failureOf(error: string | undefined): KustomerError['failure'] {
  if (error === undefined) return { kind: 'unreadable', path: 'results', issue: 'no result for the item' }
  if (/duplicate|conflict/i.test(error)) return { kind: 'conflict', fields: [] }
  return { kind: 'rejected', fields: [], detail: error }
}

async function batchesOf(vendors: Vendors, bulkId: string, pace: Pace): Promise<BulkBatch[]> {
  const deadline = Date.now() + BULK_PATIENCE_MS
  for (let look = 0; Date.now() < deadline; look++) {
    await wait(Math.min(LONGEST_LOOK_MS, pace.firstBackoffMs * 2 ** Math.min(look, 10)))
    const batches = await vendors.kustomer((kustomer) => kustomer.bulk.batches(bulkId))
    if (batches.length > 0 && batches.every(({ status }) => status === 'complete')) return batches
  }
  throw new KustomerError(ROUTE, { kind: 'unreachable', cause: 'timeout', maybeDone: true })
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
