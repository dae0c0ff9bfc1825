/** What a settle wrote to one record of either side. Kept with its outcome: people read it, and an undo takes it back. */
export interface Write {
  to: WrittenTo
  /** Of a link, the customer's. */
  id: string
  did: 'created' | 'changed' | 'deleted'
  fields: Record<string, Change>
  /** Where a note or message stands. */
  conversationId?: string
}

/** A link joins a customer and a contact here; everything else stands at a vendor. */
export type WrittenTo = 'contact' | 'customer' | 'conversation' | 'note' | 'message' | 'link'

/** One field; empty is `null`. `before` is left out where nobody knows it, and of what is new. */
export interface Change {
  before?: unknown
  after: unknown
}

type Fields = Readonly<Record<string, unknown>>

/** Each field that was sent, with what the record held before. */
export const changesOf = (before: object, sent: object): Write['fields'] => {
  const held: Fields = { ...before }
  return Object.fromEntries(
    Object.entries(sent).flatMap(([field, after]) =>
      after === undefined ? [] : [[field, { before: held[field] ?? null, after }]],
    ),
  )
}

/** The fields that a new record was made with; empty ones are left out. */
export const newFields = (sent: object): Write['fields'] =>
  Object.fromEntries(
    Object.entries(sent).flatMap(([field, after]) => (isEmpty(after) ? [] : [[field, { after }]])),
  )

export const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)

/** The writes of an outcome's details; older ones tell only what was sent. */
export function writesOf(
  details: {
    writes?: readonly Write[]
    written?: Fields
    writtenToCustomers?: Record<string, Fields>
  },
  contactId: string | undefined,
): readonly Write[] {
  if (details.writes) return details.writes
  const sent = (to: 'contact' | 'customer', id: string, fields: Fields): Write => ({
    to,
    id,
    did: 'changed',
    fields: Object.fromEntries(Object.entries(fields).map(([field, after]) => [field, { after }])),
  })
  return [
    ...Object.entries(details.writtenToCustomers ?? {}).map(([id, fields]) => sent('customer', id, fields)),
    ...(details.written ? [sent('contact', contactId ?? '', details.written)] : []),
  ]
}
