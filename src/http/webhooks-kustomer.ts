import { Hono } from 'hono'
import {
  KustomerError,
  parseKustomerWebhook,
  SIGNATURE_HEADER,
  verifyKustomerWebhook,
} from '../kustomer/index.ts'
import { touchesMappedAttributes } from '../mapping/customer-attributes.ts'
import { customerEvent, type RaisedEvent } from '../sync/event.ts'
import { isHolder } from '../sync/timeline/unknown-caller.ts'
import type { Doors } from './doors.ts'
import { problem } from './problem.ts'
import { limitBody, parseJson } from './webhook-body.ts'

/** Kustomer's outbound webhooks. The answer leaves when the event is in the database. */
export function kustomerWebhooks(doors: Doors): Hono {
  return new Hono().post('/:connection', limitBody, async (c) => {
    const connection = c.req.param('connection')
    const door = doors.kustomer(connection)
    if (!door) {
      return problem(
        c,
        404,
        `There is no connection "${connection}".`,
        'Check the webhook’s URL in Kustomer.',
      )
    }
    const raw = new Uint8Array(await c.req.arrayBuffer())
    const token = door.token()
    if (token === undefined) {
      c.header('retry-after', '10')
      return problem(
        c,
        503,
        'The webhook’s token is not known yet.',
        'Send it again; Kustomer does by itself.',
      )
    }
    if (!verifyKustomerWebhook(raw, c.req.header(SIGNATURE_HEADER), token)) {
      door.refused()
      return problem(
        c,
        401,
        `The ${SIGNATURE_HEADER} header does not fit the body.`,
        'Sign the raw body with the token of this webhook.',
      )
    }
    door.seen()
    const json = parseJson(raw)
    if (!json) return problem(c, 400, 'The body is not JSON.', 'Send the event as application/json.')
    let raised: RaisedEvent | undefined
    try {
      raised = raisedBy(connection, json.value)
    } catch (error) {
      if (!(error instanceof KustomerError)) throw error
      return problem(c, 400, error.message, 'Send the event as Kustomer’s outbound webhooks do.')
    }
    if (!raised) return c.json({ accepted: false, reason: 'nothing that is synced has changed' })
    await door.raise([raised])
    return c.json({ accepted: true })
  })
}

/** @throws {KustomerError} when the body is no Kustomer event. */
function raisedBy(connection: string, json: unknown): RaisedEvent | undefined {
  const event = parseKustomerWebhook(json)
  if (event.object !== 'customer' || isHolder(event.record)) return undefined
  if (event.action !== 'create' && !touchesMappedAttributes(event.changes)) return undefined
  return {
    event: customerEvent(connection, event.record.id, { source: 'webhook', version: event.record }),
    priority: 'live',
    dedupeKey: `${connection}/kustomer-event/${event.id}`,
  }
}
