import { randomBytes } from 'node:crypto'
import { created, NO_CONTENT, type Operations, ok } from './call.ts'
import { KustomerError, notFound } from './errors.ts'
import { authorship, type Org } from './org.ts'
import { listPage } from './pages.ts'
import type { Attributes } from './resource.ts'
import { readBodyAs } from './schema-problems.ts'
import { WEBHOOK_EVENTS, webhookCreate, webhookUpdate } from './schemas/outbound-webhook.ts'
import type { OutboundWebhook } from './store.ts'
import { render } from './wire.ts'

export type WebhookAttributes = Attributes & {
  name: string
  url: string
  events: string[]
  headers: { name: string; value: string }[]
  enabled: boolean
  /** Key of the signatures. */
  token: string
  rev: number
}

/** Webhooks that an org's users may have (contract §6, from the help centre). */
const MAX_WEBHOOKS = 5

const rolesTo = (verb: string) => [
  `org.permission.outbound_webhook.${verb}`,
  'org.outbound_webhooks',
  'org.admin.outbound_webhooks',
]

function requireWebhook(org: Org, id: string | undefined): OutboundWebhook {
  const webhook = org.store.webhooks.get(id ?? '')
  if (!webhook) throw notFound('id')
  return webhook
}

/** Where the secret stands in an answer is not shown anywhere; a switch has both (contract §6, §10). */
function show(org: Org, webhook: OutboundWebhook) {
  const { token, ...attributes } = webhook.attributes
  if (org.switches().tokenLocation === 'attributes') return { data: render(webhook) }
  return { data: render({ ...webhook, attributes }), token }
}

function tooMany(): KustomerError {
  return new KustomerError(400, [{ code: 'badparam', title: `At most ${MAX_WEBHOOKS} webhooks` }])
}

/** Outbound webhooks: registration (contract §6); events.ts sends. */
export const outboundWebhookOperations: Operations = {
  'GET /outbound-webhooks/events': { roles: rolesTo('read'), handle: () => ok({ events: WEBHOOK_EVENTS }) },
  'GET /outbound-webhooks': {
    roles: rolesTo('read'),
    handle: (call) => {
      const webhooks = [...call.org.store.webhooks.values()]
      return ok(listPage(call, webhooks, (webhook) => show(call.org, webhook).data))
    },
  },
  'POST /outbound-webhooks': {
    roles: rolesTo('create'),
    handle: ({ org, key, body }) => {
      const written = readBodyAs(webhookCreate, body)
      if (org.store.webhooks.size >= MAX_WEBHOOKS) throw tooMany()
      const now = org.timestamp()
      const webhook: OutboundWebhook = {
        type: 'outbound_webhook',
        id: org.newId(),
        attributes: {
          headers: [],
          enabled: true,
          ...written,
          token: randomBytes(24).toString('hex'),
          createdAt: now,
          updatedAt: now,
          rev: 1,
        },
        related: authorship(key),
      }
      org.store.webhooks.set(webhook.id, webhook)
      return created(show(org, webhook))
    },
  },
  'GET /outbound-webhooks/:id': {
    roles: rolesTo('read'),
    handle: ({ org, params }) => ok(show(org, requireWebhook(org, params.id))),
  },
  'PUT /outbound-webhooks/:id': {
    roles: rolesTo('update'),
    handle: ({ org, key, params, body }) => {
      const before = requireWebhook(org, params.id)
      const { attributes } = before
      const after: OutboundWebhook = {
        ...before,
        attributes: {
          ...attributes,
          ...readBodyAs(webhookUpdate, body),
          updatedAt: org.timestamp(),
          rev: attributes.rev + 1,
        },
        related: { ...before.related, modifiedBy: key.userId },
      }
      org.store.webhooks.set(after.id, after)
      return ok(show(org, after))
    },
  },
  'DELETE /outbound-webhooks/:id': {
    roles: rolesTo('delete'),
    handle: ({ org, params }) => {
      org.store.webhooks.delete(requireWebhook(org, params.id).id)
      return NO_CONTENT
    },
  },
}
