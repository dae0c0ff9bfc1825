import { createHmac, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { readBody } from '../bad-request.ts'
import { type Clock, MINUTE_MS } from '../clock.ts'
import type { WebhookSender } from '../webhook-sender.ts'
import { COMPANY_ID } from './analytics.ts'

/** Svix' schedule: 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 10 h (§5B), in milliseconds of a real minute. */
const RETRY_DELAYS_MS = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000].map((seconds) => seconds * 1_000)

const SECRET_PREFIX = 'whsec_'

const webhooksSchema = z.array(
  z.strictObject({
    url: z.url({ protocol: /^https?$/ }),
    secret: z.string().regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, 'expected whsec_ and base64'),
    types: z.array(z.string().min(1)).min(1),
  }),
)

export type AccountWebhook = z.output<typeof webhooksSchema>[number]

export type AccountWebhooks = {
  current: () => AccountWebhook[]
  /** @throws {BadRequest} Names the index and field. */
  replace: (input: unknown) => AccountWebhook[]
  fire: (type: string, data: object, delayMs?: number) => void
}

/** Account webhooks: signed, retried for a day, chosen by event type (§5B). */
export const createAccountWebhooks = ({
  webhooks,
  clock,
}: {
  webhooks: WebhookSender
  clock: Clock
}): AccountWebhooks => {
  let endpoints: AccountWebhook[] = []
  const scale = clock.minuteMs / MINUTE_MS

  /** Signed anew at every attempt: receivers refuse a timestamp older than five minutes. */
  const sign = (secret: string, id: string, body: string): Record<string, string> => {
    const timestamp = String(Math.floor(clock.now() / 1_000))
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
    return {
      'content-type': 'application/json',
      'svix-id': id,
      'svix-timestamp': timestamp,
      'svix-signature': `v1,${signature}`,
    }
  }

  return {
    current: () => endpoints,
    replace: (input) => {
      endpoints = readBody(webhooksSchema, input)
      return endpoints
    },
    fire: (type, data, delayMs = 0) => {
      // Not from the seed: a service that remembers ids must never take a new event for one of an earlier run.
      const id = randomUUID()
      const body = JSON.stringify({
        event_id: `evt_${id}`,
        type,
        version: 'v1',
        occurred_at: new Date(clock.now()).toISOString(),
        company_id: String(COMPANY_ID),
        data,
      })
      for (const { url, secret, types } of endpoints) {
        if (!types.includes(type)) continue
        webhooks.send({
          url,
          headers: () => sign(secret, `msg_${id}`, body),
          body,
          retryDelaysMs: RETRY_DELAYS_MS.map((ms) => ms * scale),
          delayMs,
        })
      }
    },
  }
}
