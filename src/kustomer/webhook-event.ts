import { z } from 'zod'
import { type Conversation, conversationSchema } from './conversations.ts'
import { type Customer, customerSchema } from './customers.ts'
import { type Message, messageSchema } from './messages.ts'
import { type Tag, tagSchema } from './tags.ts'
import { type Team, teamSchema } from './teams.ts'
import { type User, userSchema } from './users.ts'
import { optional, read, single, text } from './wire.ts'

const WHAT = 'Kustomer webhook'

/** What changed of one attribute; values as Kustomer holds them. */
export type KustomerChange = { op: string | undefined; before: unknown; after: unknown }

type Event = {
  /** The same for every delivery of one event: what to de-duplicate by (§6). */
  id: string
  /** `kustomer.customer.update` */
  name: string
  action: string
  /** Id of the record. */
  dataId: string
  /** Attribute or relationship → its change; empty when the event is a creation (§6). */
  changes: Record<string, KustomerChange>
  /** `api-gw` = an edit through the REST API; absent on some events. */
  client: string | undefined
  createdAt: string | undefined
}

/** A webhook with its record, as a GET would show it. Objects that we do not know are `other`. */
export type KustomerWebhook = Event &
  (
    | { object: 'customer'; record: Customer }
    | { object: 'conversation'; record: Conversation }
    | { object: 'message'; record: Message }
    | { object: 'user'; record: User }
    | { object: 'team'; record: Team }
    | { object: 'tag'; record: Tag }
    | { object: 'other'; record: undefined }
  )

const change = z
  .looseObject({ op: text, before: z.unknown().optional(), after: z.unknown().optional() })
  .transform(({ op, before, after }): KustomerChange => ({ op, before, after }))

const eventSchema = z.looseObject({
  id: z.string().min(1),
  name: z.string().regex(/^kustomer\.[\w-]+\.[\w-]+$/, 'expected kustomer.<object>.<action>'),
  data: z.unknown(),
  dataId: text,
  changes: optional(
    z.looseObject({
      attributes: optional(z.record(z.string(), change)),
      relationships: optional(z.record(z.string(), change)),
    }),
  ),
  // Older documents call it an object; then it says nothing that we use.
  client: text.catch(undefined),
  createdAt: text,
})

const identified = z.looseObject({ id: z.string().min(1) })

/**
 * Reads the parsed body of a webhook (§6).
 *
 * @throws {KustomerError} `unreadable`, naming the path.
 */
export const parseKustomerWebhook = (json: unknown): KustomerWebhook => {
  const { id, name, data, dataId, changes, client, createdAt } = read(WHAT, eventSchema, json)
  const [, object = '', action = ''] = name.split('.')
  const record = <T>(schema: z.ZodType<T>): T => read(WHAT, single(schema), { data })
  const event: Event = {
    id,
    name,
    action,
    dataId: dataId ?? record(identified).id,
    changes: { ...changes?.attributes, ...changes?.relationships },
    client,
    createdAt,
  }
  switch (object) {
    case 'customer':
      return { ...event, object, record: record(customerSchema) }
    case 'conversation':
      return { ...event, object, record: record(conversationSchema) }
    case 'message':
      return { ...event, object, record: record(messageSchema) }
    case 'user':
      return { ...event, object, record: record(userSchema) }
    case 'team':
      return { ...event, object, record: record(teamSchema) }
    case 'tag':
      return { ...event, object, record: record(tagSchema) }
    default:
      return { ...event, object: 'other', record: undefined }
  }
}
