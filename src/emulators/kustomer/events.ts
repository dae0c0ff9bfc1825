import { createHmac } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { WebhookSender } from '../webhook-sender.ts'
import { ORG_ID, ORG_NAME } from './ids.ts'
import type { Attributes, Related, Resource } from './resource.ts'
import type { OutboundWebhook, Store } from './store.ts'
import type { KustomerSwitches } from './switches.ts'
import { render } from './wire.ts'

const MINUTE = 60_000

/** Waits between tries (contract §6): the portal's seven, and the older text's ten tries in some 80 minutes. */
const RETRY_MINUTES: Record<KustomerSwitches['webhookRetries'], number[]> = {
  portal: [1, 1, 2, 5, 10, 15, 30],
  older: [1, 1, 2, 4, 6, 10, 15, 20, 20],
}

/** Kinds that have events at all: notes, companies and deletions have none (contract §6). */
const PUBLISHED = new Set(['customer', 'conversation', 'message', 'user', 'team', 'tag'])

export type Events = {
  /** Tells the subscribers of a write; without a `before` it is a create. */
  publish: (before: Resource | undefined, after: Resource) => void
}

type Change = { op: 'add' | 'remove' | 'replace'; before?: unknown; after?: unknown }

export function createEvents({
  store,
  switches,
  webhooks,
  newId,
  timestamp,
  scaled,
}: {
  store: Store
  switches: () => KustomerSwitches
  webhooks: WebhookSender
  newId: () => string
  timestamp: () => string
  scaled: (ms: number) => number
}): Events {
  const deliver = (webhook: OutboundWebhook, name: string, body: string) => {
    const { url, headers, token } = webhook.attributes
    webhooks.send({
      url,
      headers: {
        'content-type': 'application/json',
        ...Object.fromEntries(headers.map((header) => [header.name, header.value])),
        'x-kustomer-webhook-event': name,
        'x-kustomer-webhook-signature': createHmac('sha256', token).update(body).digest('hex'),
      },
      body,
      retryDelaysMs: RETRY_MINUTES[switches().webhookRetries].map((minutes) => scaled(minutes * MINUTE)),
      timeoutMs: switches().webhookTimeoutMs,
      onGivenUp: () => disable(webhook.id),
    })
  }

  /** Must be switched on again by hand (contract §6). */
  const disable = (id: string) => {
    const webhook = store.webhooks.get(id)
    if (!webhook) return
    store.webhooks.set(id, { ...webhook, attributes: { ...webhook.attributes, enabled: false } })
  }

  return {
    publish: (before, after) => {
      if (!PUBLISHED.has(after.type) || store.webhooks.size === 0 || after.deleted) return
      const name = `kustomer.${after.type}.${before ? 'update' : 'create'}`
      const subscribers = [...store.webhooks.values()].filter(
        ({ attributes }) => attributes.enabled && attributes.events.includes(name),
      )
      if (subscribers.length === 0) return
      const changes = changesOf(before, after, switches().createChanges)
      const common = { name, org: ORG_ID, partition: ORG_ID, orgName: ORG_NAME, data: render(after) }
      for (const webhook of subscribers) {
        const event = {
          id: newId(),
          ...common,
          createdAt: timestamp(),
          ...changes,
          persist: true,
          client: 'api-gw',
          dataId: after.id,
          meta: { customChanged: false },
          snsFilters: [],
        }
        deliver(webhook, name, JSON.stringify(event))
      }
    },
  }
}

function changesOf(
  before: Resource | undefined,
  after: Resource,
  createChanges: KustomerSwitches['createChanges'],
): { changes?: unknown } {
  if (!before) return createChanges === 'null' ? { changes: null } : {}
  return {
    changes: {
      attributes: differences(before.attributes, after.attributes),
      relationships: differences(before.related, after.related),
    },
  }
}

function differences(before: Attributes | Related, after: Attributes | Related): Record<string, Change> {
  const left = before as Attributes
  const right = after as Attributes
  const names = new Set([...Object.keys(left), ...Object.keys(right)])
  const changed: Record<string, Change> = {}
  for (const name of names) {
    const [old, now] = [left[name], right[name]]
    if (old === now || isDeepStrictEqual(old, now)) continue
    if (old === undefined || old === null) changed[name] = { op: 'add', after: now }
    else if (now === undefined || now === null) changed[name] = { op: 'remove', before: old }
    else changed[name] = { op: 'replace', before: old, after: now }
  }
  return changed
}
