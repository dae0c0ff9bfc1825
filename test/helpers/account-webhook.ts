import { Webhook } from 'standardwebhooks'
import type { Stack } from './service.ts'

/** What the account webhooks of tests are signed with; a stack needs it as its setting `accountWebhookSecret`. */
export const ACCOUNT_SECRET = `whsec_${Buffer.from('the signing secret of the tests.').toString('base64')}`

export interface SignedEvent {
  type: string
  data: object
  at?: Date
  id?: string
  occurredAt?: Date
}

/** Delivers an account webhook by plain HTTP, signed as CloudTalk signs it. @returns the status. */
export async function deliverSigned(
  stack: Stack,
  event: SignedEvent,
  change: { secret?: string; tamper?: (body: string) => string } = {},
): Promise<number> {
  const { type, data, at = new Date(), id = `msg_${type}_${at.getTime()}`, occurredAt = at } = event
  const body = JSON.stringify({
    event_id: `evt_${id}`,
    type,
    version: 'v1',
    occurred_at: occurredAt.toISOString(),
    company_id: '100123',
    data,
  })
  const response = await fetch(`${stack.service.publicUrl()}/webhooks/cloudtalk/default`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'svix-id': id,
      'svix-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'svix-signature': new Webhook(change.secret ?? ACCOUNT_SECRET).sign(id, at, body),
    },
    body: change.tamper ? change.tamper(body) : body,
  })
  await response.arrayBuffer()
  return response.status
}

/** Has CloudTalk's emulator send these events to the service. */
export const setAccountWebhook = (
  stack: Stack,
  types: readonly string[],
  secret = ACCOUNT_SECRET,
): Promise<unknown> =>
  stack.cloudtalk.control('PUT', '/account-webhooks', [
    { url: `${stack.service.publicUrl()}/webhooks/cloudtalk/default`, secret, types },
  ])
