/** The kinds of records, by their JSON:API `type`. */
export type ResourceType =
  | 'customer'
  | 'conversation'
  | 'message'
  | 'note'
  | 'user'
  | 'company'
  | 'team'
  | 'tag'
  | 'outbound_webhook'
  | 'bulk'
  | 'bulk_batch'
  | 'customer_merge'

export type Attributes = Readonly<Record<string, unknown>>

/** Ids of the records that one points at. */
export type Related = Readonly<
  Partial<
    Record<
      'createdBy' | 'modifiedBy' | 'customer' | 'company' | 'conversation' | 'source' | 'target' | 'user',
      string
    >
  >
>

/**
 * A stored record. It is never changed in place: a write stores a new one, so that the lagging search index and
 * a webhook's "before" keep what they saw.
 */
export type Resource<A extends Attributes = Attributes> = Readonly<{
  type: ResourceType
  id: string
  attributes: A
  related: Related
  deleted?: true
}>
