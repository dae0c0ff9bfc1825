import { z } from 'zod'
import type { ConversationCreate, ConversationUpdate } from './conversations.ts'
import type { CustomerWrite } from './customers.ts'
import type { MessageWrite } from './messages.ts'
import type { NoteWrite } from './notes.ts'
import { ask, idPath } from './requests.ts'
import type { Transport } from './transport.ts'
import { list, number, optional, single, text } from './wire.ts'

/** The most items of one request (§2.8). */
export const BULK_ITEMS = 100

/** `_clientRef`: all items or none, unique in the request; the results repeat it (§2.8). */
type Referenced<T> = T & { _clientRef?: string }

/** New records of a kind, as the single endpoint takes them; messages and notes name their conversation. */
export type BulkItems = {
  customers: CustomerWrite
  conversations: ConversationCreate
  messages: MessageWrite & { conversation: string }
  notes: NoteWrite & { conversation: string }
}

/** Edits of a kind. */
type BulkUpdates = {
  customers: CustomerWrite
  conversations: ConversationUpdate
  messages: Partial<MessageWrite>
  notes: Partial<NoteWrite>
}

export type BulkKind = keyof BulkItems

const bulkSchema = z
  .looseObject({
    id: z.string(),
    attributes: z.looseObject({
      status: z.string(),
      batches: optional(z.looseObject({ complete: number, total: number })),
    }),
  })
  .transform(({ id, attributes: { status, batches } }) => ({
    id,
    /** `queued`, `running` or `complete`. */
    status,
    batches: { complete: batches?.complete ?? 0, total: batches?.total ?? 0 },
  }))

export type Bulk = z.output<typeof bulkSchema>

const resultSchema = z
  .looseObject({ _clientRef: text, objectId: text, status: text, error: text })
  .transform(({ _clientRef, objectId, status, error }) => ({
    clientRef: _clientRef,
    objectId,
    status,
    error,
  }))

const batchSchema = z
  .looseObject({
    status: z.string(),
    successCount: number,
    failureCount: number,
    results: list(resultSchema),
  })
  .transform(({ status, successCount, failureCount, results }) => ({
    status,
    successCount: successCount ?? 0,
    failureCount: failureCount ?? 0,
    results,
  }))

export type BulkBatch = z.output<typeof batchSchema>

/** The guide shows bare batches; JSON:API would wrap each in `attributes`, and the list in `data`. */
const batchesSchema = z.preprocess((body) => {
  const envelope = z.looseObject({ data: z.array(z.unknown()) }).safeParse(body)
  const items = envelope.success ? envelope.data.data : body
  if (!Array.isArray(items)) return items
  return items.map(
    (item) => z.looseObject({ attributes: z.looseObject({}) }).safeParse(item).data?.attributes ?? item,
  )
}, z.array(batchSchema))

/** Up to 100 items a request, done later; one request for the limit (§2.8). */
export const createBulk = (transport: Transport) => {
  const send = (method: 'POST' | 'PUT', kind: BulkKind, body: readonly unknown[]): Promise<Bulk> =>
    ask(transport, single(bulkSchema), { method, route: `/${kind}/bulk`, path: `/${kind}/bulk`, body })

  return {
    create: <K extends BulkKind>(kind: K, items: readonly Referenced<BulkItems[K]>[]): Promise<Bulk> =>
      send('POST', kind, items),

    update: <K extends BulkKind>(
      kind: K,
      items: readonly Referenced<BulkUpdates[K] & { id: string }>[],
    ): Promise<Bulk> => send('PUT', kind, items),

    status: (id: string): Promise<Bulk> =>
      ask(transport, single(bulkSchema), { method: 'GET', route: '/bulk/:id', path: idPath('/bulk', id) }),

    /** What became of each item. */
    batches: (id: string): Promise<BulkBatch[]> =>
      ask(transport, batchesSchema, {
        method: 'GET',
        route: '/bulk/:id/batches',
        path: idPath('/bulk', id, '/batches'),
      }),
  }
}
