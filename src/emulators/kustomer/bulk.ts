import { z } from 'zod'
import { BULK_KINDS, type BulkKind, type Work } from './bulk-kinds.ts'
import { type Call, created, type Operation, type Operations, ok } from './call.ts'
import { creationBudget } from './conversations.ts'
import { badParameter, KustomerError, notFound } from './errors.ts'
import type { Org } from './org.ts'
import { listPage } from './pages.ts'
import type { Attributes, Resource } from './resource.ts'
import { readBodyAs } from './schema-problems.ts'
import { render } from './wire.ts'

const MAX_ITEMS = 100

/** One item: what to do, and under which name to report it. */
type Item = { work: Work; clientRef?: string }

type Result = {
  _clientRef?: string
  objectId?: string
  status: 'created' | 'updated' | 'error'
  error?: string
}

const itemList = z.array(z.record(z.string(), z.unknown())).min(1).max(MAX_ITEMS)

/** `_clientRef`: all items or none, not empty, at most 255 characters, each once (contract §2.8). */
function clientRefsOf(items: Record<string, unknown>[]): (string | undefined)[] {
  const refs = items.map((item) => item._clientRef)
  if (refs.every((ref) => ref === undefined)) return refs.map(() => undefined)
  const read = z.array(z.string().min(1).max(255)).safeParse(refs)
  if (!read.success || new Set(read.data).size !== read.data.length) {
    throw badParameter('_clientRef', 'Every item needs its own _clientRef', '/items/properties/_clientRef')
  }
  return read.data
}

function itemsToCreate(call: Call, kind: BulkKind): Item[] {
  const items = readBodyAs(itemList, call.body)
  const refs = clientRefsOf(items)
  const bodies = items.map(({ _clientRef, ...body }) => body)
  const works = readBodyAs(z.array(kind.create(call.org.switches())), bodies)
  takeCreations(call, kind, bodies)
  return works.map((work, index) => ({ work, clientRef: refs[index] }))
}

function takeCreations({ org, key }: Call, kind: BulkKind, bodies: Record<string, unknown>[]): void {
  if (org.switches().creationsInBulk === 'free') return
  const counted = bodies.flatMap((body) => kind.countedFor?.(org, body) ?? [])
  org.limits.takeAll(
    'creationsPerCustomerPerMinute',
    counted.map(({ customer }) => creationBudget(key, customer)),
  )
}

/** Either items with their `id`, or `?ids=` with one body for all (contract §2.8). */
function itemsToUpdate(call: Call, kind: BulkKind): Item[] {
  const schema = kind.update(call.org.switches())
  const ids = idsIn(call)
  if (ids) {
    const update = readBodyAs(schema, call.body)
    return ids.map((id) => ({ work: update(id) }))
  }
  const items = readBodyAs(itemList, call.body)
  const refs = clientRefsOf(items)
  const named = readBodyAs(z.array(z.looseObject({ id: z.string() })), items)
  const bodies = items.map(({ _clientRef, id: _id, ...body }) => body)
  const updates = readBodyAs(z.array(schema), bodies)
  return updates.map((update, index) => ({ work: update(named[index]?.id ?? ''), clientRef: refs[index] }))
}

function itemsToDelete(call: Call, remove: (id: string) => Work): Item[] {
  const ids = idsIn(call)
  if (!ids) throw badParameter('ids', 'Missing required property', '/query/ids/required')
  return ids.map((id) => ({ work: remove(id) }))
}

function idsIn({ query }: Call): string[] | undefined {
  const ids = query.get('ids')?.split(',').filter(Boolean)
  if (ids && ids.length > MAX_ITEMS) throw badParameter('ids', 'Invalid value', '/query/ids/maxItems')
  return ids
}

/** Takes the request, answers at once, and does the work later: queued → running → complete. */
function start(call: Call, items: Item[], context: string): Resource {
  const { org, key, method, path, body } = call
  const now = org.timestamp()
  const { userId } = key
  const related = { createdBy: userId }
  const id = org.newId()
  const requestId = org.newId()
  const bulk: Resource = {
    type: 'bulk',
    id,
    attributes: {
      status: 'queued',
      ids: [],
      context,
      v2: true,
      payload: {
        api: { data: body, path: `/v1${path}`, user: userId, requestId, service: 'api-gw', method },
      },
      batches: { complete: 0, total: 1 },
      createdAt: now,
      updatedAt: now,
      completed: null,
    },
    related,
  }
  org.store.bulks.set(id, bulk)
  org.store.batches.set(id, {
    type: 'bulk_batch',
    id: org.newId(),
    attributes: {
      status: 'queued',
      objectIds: [],
      successCount: 0,
      failureCount: 0,
      completedAt: null,
      errors: [],
    },
    related,
  })
  const { bulkDelayMs } = org.switches()
  org.later.run(bulkDelayMs / 2, () => {
    change(org, 'bulks', id, { status: 'running' })
    change(org, 'batches', id, { status: 'scheduled' })
  })
  org.later.run(bulkDelayMs, () => finish(call, id, items))
  return bulk
}

function finish(call: Call, id: string, items: Item[]): void {
  const { org } = call
  const results = items.map((item) => perform(call, item))
  const objectIds = results.flatMap(({ objectId }) => objectId ?? [])
  const errors = results.flatMap(({ error }, index) => (error === undefined ? [] : [{ index, error }]))
  const now = org.timestamp()
  const named = items.some(({ clientRef }) => clientRef !== undefined)
  change(org, 'batches', id, {
    status: 'complete',
    objectIds,
    successCount: objectIds.length,
    failureCount: errors.length,
    completedAt: now,
    errors,
    ...(named ? { results } : {}),
  })
  change(org, 'bulks', id, {
    status: 'complete',
    ids: objectIds,
    batches: { complete: 1, total: 1 },
    updatedAt: now,
    completed: now,
  })
}

function perform({ org, key, method }: Call, { work, clientRef }: Item): Result {
  const reference = clientRef === undefined ? {} : { _clientRef: clientRef }
  try {
    const { id } = work(org, key)
    return { ...reference, objectId: id, status: method === 'POST' ? 'created' : 'updated' }
  } catch (error) {
    if (!(error instanceof KustomerError)) throw error
    const duplicate = error.problems.some(({ detail }) => detail?.startsWith('duplicate'))
    return { ...reference, status: 'error', error: duplicate ? 'duplicate detected' : error.message }
  }
}

function change(org: Org, records: 'bulks' | 'batches', id: string, attributes: Attributes): void {
  const record = org.store[records].get(id)
  if (record) {
    org.store[records].set(id, { ...record, attributes: { ...record.attributes, ...attributes } })
  }
}

const READ = ['org.permission.bulk.read', 'org.user.bulk.read']

const operation = (
  roles: readonly string[],
  context: string,
  itemsOf: (call: Call) => Item[],
): Operation => ({
  roles,
  handle: (call) => created({ data: render(start(call, itemsOf(call), context)) }),
})

/** Bulk requests: up to 100 writes that count as one request (contract §2.8). */
export const bulkOperations: Operations = {
  ...Object.fromEntries(
    Object.entries<BulkKind>(BULK_KINDS).flatMap(([context, kind]) => {
      const remove = kind.delete
      return [
        [`POST /${context}/bulk`, operation(kind.roles.create, context, (call) => itemsToCreate(call, kind))],
        [`PUT /${context}/bulk`, operation(kind.roles.update, context, (call) => itemsToUpdate(call, kind))],
        ...(remove
          ? [
              [
                `DELETE /${context}/bulk`,
                operation(kind.roles.delete, context, (call) => itemsToDelete(call, remove)),
              ],
            ]
          : []),
      ]
    }),
  ),
  'GET /bulk/:id': {
    roles: READ,
    handle: ({ org, params }) => {
      const bulk = org.store.bulks.get(params.id ?? '')
      if (!bulk) throw notFound('id')
      return ok({ data: render(bulk) })
    },
  },
  'GET /bulk/:id/batches': {
    roles: READ,
    handle: (call) => {
      const batch = call.org.store.batches.get(call.params.id ?? '')
      if (!batch) throw notFound('id')
      return ok(listPage(call, [batch], render))
    },
  },
}
