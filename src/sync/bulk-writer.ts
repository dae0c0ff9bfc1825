import { setTimeout as wait } from 'node:timers/promises'
import { v7 as uuid } from 'uuid'
import {
  BULK_ITEMS,
  type Bulk,
  type BulkBatch,
  type BulkItems,
  type BulkKind,
  type ConversationUpdate,
  type Kustomer,
  KustomerError,
  type KustomerFailure,
} from '../kustomer/index.ts'
import { VendorAway } from './circuit.ts'
import { coalesce } from './coalesce.ts'
import type { Pace } from './context.ts'
import type { Expected } from './expected.ts'
import { Stopping } from './stopping.ts'
import type { Vendors } from './vendors.ts'

/** Writes what a run brings over to Kustomer, up to a hundred records of one kind in a request (contract §2.8). */
export interface BulkWriter {
  /**
   * Backfill only: Kustomer works on it some time later.
   *
   * @throws {KustomerError} for this item alone.
   */
  create<K extends BulkKind>(kind: K, body: BulkItems[K]): Promise<{ id: string }>
  /** Backfill only. @throws {KustomerError} for this item alone. */
  update(kind: 'conversations', id: string, body: ConversationUpdate): Promise<void>
}

/** Kustomer works on a bulk request later (contract §2.8); a request that nobody ends is given up after this long. */
const BULK_PATIENCE_MS = 10 * 60_000
const LONGEST_LOOK_MS = 30_000

/** How soon a bulk request is first asked for. */
type LookPace = Pick<Pace, 'firstBackoffMs'>

/** How the end of a bulk request is waited for. */
interface Looks {
  vendors: Vendors
  firstMs: number
  closing: AbortSignal | undefined
}

type Outcome = { id: string | undefined } | { error: unknown }
type Result = BulkBatch['results'][number]
type Referenced<Item> = Item & { _clientRef: string }

/** One way to write: its route for messages, and its request. */
interface Way<Item> {
  route: string
  send(kustomer: Kustomer, items: Referenced<Item>[]): Promise<Bulk>
}

/**
 * @param expected creations that are on their way: a bulk request of their kind waits for them.
 * @param closing from then on nobody waits for the end of a bulk request.
 */
export function createBulkWriter(
  vendors: Vendors,
  pace: LookPace,
  expected: Partial<Record<BulkKind, Expected>> = {},
  closing?: AbortSignal,
): BulkWriter {
  const looks: Looks = { vendors, firstMs: pace.firstBackoffMs, closing }
  const together = <Item extends object>(way: Way<Item>, onTheirWay?: Expected) =>
    coalesce<Item, Outcome>(BULK_ITEMS, (board) => writeInBulk(looks, way, board), onTheirWay?.count)
  const creating = <K extends BulkKind>(kind: K) =>
    together<BulkItems[K]>(
      { route: `POST /${kind}/bulk`, send: (kustomer, items) => kustomer.bulk.create(kind, items) },
      expected[kind],
    )
  const create: { [K in BulkKind]: (body: BulkItems[K]) => Promise<Outcome> } = {
    customers: creating('customers'),
    conversations: creating('conversations'),
    messages: creating('messages'),
    notes: creating('notes'),
  }
  const updateConversation = together<ConversationUpdate & { id: string }>({
    route: 'PUT /conversations/bulk',
    send: (kustomer, items) => kustomer.bulk.update('conversations', items),
  })

  return {
    async create(kind, body) {
      const outcome = await create[kind](body)
      if ('error' in outcome) throw outcome.error
      // Made, but nobody knows as what: whoever asked looks it up.
      if (outcome.id === undefined) throw lost(`POST /${kind}/bulk`)
      return { id: outcome.id }
    },
    async update(_kind, id, body) {
      const outcome = await updateConversation({ ...body, id })
      if ('error' in outcome) throw outcome.error
    },
  }
}

/**
 * One outcome per item. It rejects only if nothing has boarded: what became of some items must not be lost with the
 * others'. One item that Kustomer cannot read makes the whole request a 400: then each half goes on its own.
 */
async function writeInBulk<Item extends object>(
  looks: Looks,
  way: Way<Item>,
  board: () => readonly Item[],
): Promise<Outcome[]> {
  const sent = await send(looks.vendors, way, board)
  if ('bulkId' in sent) return outcomesOf(looks, way, sent.bulkId, sent.refs)
  const { items, error } = sent
  if (items.length === 1 || !isAboutItems(error)) return items.map(() => ({ error }))
  const middle = Math.ceil(items.length / 2)
  const halves = [items.slice(0, middle), items.slice(middle)].map((half) =>
    writeInBulk(looks, way, () => half).catch((error: unknown) => half.map(() => ({ error }))),
  )
  return (await Promise.all(halves)).flat()
}

type Sent<Item> = { bulkId: string; refs: string[] } | { items: readonly Item[]; error: KustomerError }

async function send<Item extends object>(
  vendors: Vendors,
  way: Way<Item>,
  board: () => readonly Item[],
): Promise<Sent<Item>> {
  let items: readonly Item[] = []
  try {
    return await vendors.kustomer(async (kustomer) => {
      items = board()
      const referenced = items.map((item) => ({ ...item, _clientRef: uuid() }))
      const { id } = await way.send(kustomer, referenced)
      return { bulkId: id, refs: referenced.map(({ _clientRef }) => _clientRef) }
    })
  } catch (error) {
    if (!(error instanceof KustomerError)) throw error
    return { items, error }
  }
}

/** A 400, which reads as a conflict if it names a unique field (contract §2.4), or more than 100 KB (§1.6). */
const isAboutItems = ({ failure }: KustomerError): boolean =>
  ['rejected', 'conflict', 'tooLarge'].includes(failure.kind)

async function outcomesOf(
  looks: Looks,
  { route }: Way<never>,
  bulkId: string,
  refs: readonly string[],
): Promise<Outcome[]> {
  try {
    const results = await resultsOf(looks, bulkId, refs)
    return refs.map((ref) => outcomeOf(route, results.get(ref)))
  } catch (error) {
    // The request was taken, so whatever hinders us to see its end, the items may be done.
    return refs.map(() => ({ error: hinders(error) ? lost(route, error) : error }))
  }
}

const hinders = (error: unknown): error is Error =>
  error instanceof KustomerError || error instanceof VendorAway || error instanceof Stopping

function outcomeOf(route: string, result: Result | undefined): Outcome {
  if (!result) return { error: lost(route) }
  const { status, error, objectId } = result
  if (status !== 'error' && error === undefined) return { id: objectId }
  return { error: new KustomerError(route, failureOf(error ?? '')) }
}

/** The only words published are "duplicate detected" (contract §2.4); the others are those of single requests (§1.6). */
function failureOf(error: string): KustomerFailure {
  if (/duplicate|conflict/i.test(error)) return { kind: 'conflict', fields: [] }
  if (/not ?found/i.test(error)) return { kind: 'notFound' }
  if (/too ?many ?requests|rate.?limit/i.test(error)) return { kind: 'rateLimited' }
  return { kind: 'rejected', fields: [], detail: error }
}

const lost = (route: string, cause?: Error): KustomerError =>
  new KustomerError(route, { kind: 'unreachable', cause: 'timeout', maybeDone: true }, { cause })

/**
 * Waits for the end of a bulk request, past failures that may pass.
 *
 * @throws {KustomerError} the last failure, when there is no use in looking on. @throws {Stopping}
 */
async function resultsOf(
  { vendors, firstMs, closing }: Looks,
  bulkId: string,
  refs: readonly string[],
): Promise<Map<string | undefined, Result>> {
  const deadline = Date.now() + BULK_PATIENCE_MS
  let ended = false
  for (let look = 0; ; look++) {
    const untilLookMs = Math.min(LONGEST_LOOK_MS, firstMs * 2 ** Math.min(look, 10))
    await wait(untilLookMs, undefined, closing && { signal: closing }).catch(() => {
      throw new Stopping()
    })
    try {
      const batches = await vendors.kustomer((kustomer) => kustomer.bulk.batches(bulkId))
      const results = new Map(batches.flatMap((batch) => batch.results.map((one) => [one.clientRef, one])))
      const complete = batches.length > 0 && batches.every(({ status }) => status === 'complete')
      if (ended || (complete && refs.every((ref) => results.has(ref)))) return results
      // Some results may never come, or be in a batch that is yet to be made: the request itself knows.
      if (complete)
        ended = (await vendors.kustomer((kustomer) => kustomer.bulk.status(bulkId))).status === 'complete'
      if (Date.now() > deadline) return results
    } catch (error) {
      if (Date.now() > deadline || !mayPass(error)) throw error
    }
  }
}

const mayPass = (error: unknown): boolean =>
  error instanceof VendorAway ||
  (error instanceof KustomerError &&
    ['rateLimited', 'unavailable', 'unreachable'].includes(error.failure.kind))
