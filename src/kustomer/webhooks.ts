import { z } from 'zod'
import { ask, idPath } from './requests.ts'
import type { Transport } from './transport.ts'
import { list, optional, text } from './wire.ts'

const webhookSchema = z.looseObject({
  id: z.string(),
  token: text,
  attributes: z.looseObject({
    name: text,
    url: text,
    events: list(z.string()),
    headers: list(z.looseObject({ name: z.string(), value: text })),
    enabled: optional(z.boolean()),
    token: text,
  }),
})

/** The place of the signing secret is not published (§6): beside the attributes, in them, or at the top. */
const flatten = (
  { id, token, attributes }: z.output<typeof webhookSchema>,
  topToken: string | undefined,
) => ({
  id,
  name: attributes.name,
  url: attributes.url,
  events: attributes.events,
  headers: attributes.headers.map(({ name, value }) => ({ name, value: value ?? '' })),
  enabled: attributes.enabled ?? true,
  token: attributes.token ?? token ?? topToken,
})

const one = z
  .looseObject({ data: webhookSchema, token: text })
  .transform(({ data, token }) => flatten(data, token))
const many = z
  .looseObject({ data: z.array(webhookSchema) })
  .transform(({ data }) => data.map((webhook) => flatten(webhook, undefined)))

export type OutboundWebhook = z.output<typeof one>

export type OutboundWebhookWrite = {
  /** Up to 255 characters. */
  name: string
  url: string
  /** Up to 12, such as `kustomer.customer.update`. */
  events: string[]
  headers?: { name: string; value: string }[]
  enabled?: boolean
}

/** Both published places of the list of events. */
const eventsSchema = z.union([
  z.looseObject({ events: z.array(z.string()) }).transform(({ events }) => events),
  z
    .looseObject({ data: z.looseObject({ attributes: z.looseObject({ events: z.array(z.string()) }) }) })
    .transform(({ data }) => data.attributes.events),
])

/** Outbound webhooks: at most five of an org are made by users (§6). */
export const createWebhooks = (transport: Transport) => {
  const folder = '/outbound-webhooks'
  const route = `${folder}/:id`
  return {
    events: (): Promise<string[]> =>
      ask(transport, eventsSchema, { method: 'GET', route: `${folder}/events`, path: `${folder}/events` }),

    list: (): Promise<OutboundWebhook[]> =>
      ask(transport, many, { method: 'GET', route: folder, path: folder }),

    get: (id: string): Promise<OutboundWebhook> =>
      ask(transport, one, { method: 'GET', route, path: idPath(folder, id) }),

    create: (body: OutboundWebhookWrite): Promise<OutboundWebhook> =>
      ask(transport, one, { method: 'POST', route: folder, path: folder, body }),

    update: (id: string, body: Partial<OutboundWebhookWrite>): Promise<OutboundWebhook> =>
      ask(transport, one, { method: 'PUT', route, path: idPath(folder, id), body }),

    delete: async (id: string): Promise<void> => {
      await transport({ method: 'DELETE', route, path: idPath(folder, id) })
    },
  }
}
