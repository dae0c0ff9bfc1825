import type { Vendors } from './vendors.ts'

const EVENTS = ['kustomer.customer.create', 'kustomer.customer.update']

/**
 * Makes sure that Kustomer tells this connection about customers.
 * @returns the token that signs its deliveries (contract kustomer §6).
 */
export async function registerKustomerWebhook(vendors: Vendors, name: string, url: string): Promise<string> {
  const webhooks = await vendors.kustomer((kustomer) => kustomer.webhooks.list())
  const ours = webhooks.find((webhook) => webhook.url === url)
  const wanted = { name: `CloudTalk (${name})`, url, events: EVENTS, enabled: true }
  const webhook = ours
    ? await vendors.kustomer((kustomer) => kustomer.webhooks.get(ours.id))
    : await vendors.kustomer((kustomer) => kustomer.webhooks.create(wanted))
  const listens = EVENTS.every((event) => webhook.events?.includes(event))
  // Kustomer switches a webhook off by itself after a long outage of its receiver.
  if (webhook.enabled === false || !listens) {
    await vendors.kustomer((kustomer) => kustomer.webhooks.update(webhook.id, wanted))
  }
  if (!webhook.token) throw new Error('Kustomer did not show the token of the outbound webhook')
  return webhook.token
}
