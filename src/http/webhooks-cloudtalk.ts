import { createHash } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { v7 as uuid } from 'uuid'
import {
  CloudTalkError,
  parseAccountWebhook,
  parseWorkflowEvent,
  verifyAccountWebhook,
} from '../cloudtalk/index.ts'
import { callEvent, contactEvent, type RaisedEvent } from '../sync/event.ts'
import { SECRET_HEADER, TRIGGER_HEADER } from '../sync/recipes.ts'
import type { CloudTalkDoor, Doors } from './doors.ts'
import { problem } from './problem.ts'
import { sameSecret } from './same-secret.ts'
import { limitBody, parseJson } from './webhook-body.ts'

const MINUTE = 60_000

/** CloudTalk's two webhook systems at one address: Workflow Automations, and Svix-signed account webhooks. */
export function cloudtalkWebhooks(doors: Doors, now: () => Date): Hono {
  return new Hono().post('/:connection', limitBody, async (c) => {
    const connection = c.req.param('connection')
    const door = doors.cloudtalk(connection)
    if (!door) {
      return problem(
        c,
        404,
        `There is no connection "${connection}".`,
        'Check the URL of the workflow in CloudTalk.',
      )
    }
    const raw = new Uint8Array(await c.req.arrayBuffer())
    const signed = c.req.header('svix-id') !== undefined
    const refusal = signed ? refuseSigned(c, door, raw, now()) : refuseUnknownSecret(c, door)
    if (refusal) return refusal
    const json = parseJson(raw)
    if (!json) return problem(c, 400, 'The body is not JSON.', 'Send the event as application/json.')
    try {
      const raised = signed
        ? accountEvent(connection, json.value)
        : workflowEvent(connection, c.req.header(TRIGGER_HEADER), json.value, raw, now())
      if (raised === 'look') {
        door.lookForCalls()
        return c.json({ accepted: true, reason: 'it names no call_id; the call list is read instead' })
      }
      if (!raised) return c.json({ accepted: false, reason: 'this kind of event is not synced' })
      await door.raise([raised])
      return c.json({ accepted: true })
    } catch (error) {
      if (!(error instanceof CloudTalkError)) throw error
      return problem(c, 400, error.message, 'Send the values that `recipes` prints.')
    }
  })
}

function refuseUnknownSecret(c: Context, door: CloudTalkDoor): Response | undefined {
  const given = c.req.header(SECRET_HEADER)
  if (given !== undefined && sameSecret(given, door.workflowSecret)) return undefined
  const what = given === undefined ? 'is missing' : 'is not the one of this connection'
  return problem(
    c,
    401,
    `The ${SECRET_HEADER} header ${what}.`,
    'Copy it from `recipes` into the workflow’s headers.',
  )
}

function refuseSigned(c: Context, door: CloudTalkDoor, raw: Uint8Array, now: Date): Response | undefined {
  const secret = door.accountWebhookSecret
  if (secret === undefined) {
    return problem(
      c,
      401,
      'No signing secret of account webhooks is set for this connection.',
      'Put accountWebhookSecret (whsec_…) into the settings file.',
    )
  }
  const rawBody = new TextDecoder().decode(raw)
  const headers = Object.fromEntries(c.req.raw.headers)
  const check = verifyAccountWebhook({ rawBody, headers, secret, now: now.getTime() })
  if (check.verified) return undefined
  return problem(
    c,
    401,
    `The signature was not accepted (${check.reason}).`,
    'Check the endpoint’s signing secret and the clock of this machine.',
  )
}

/** @throws {CloudTalkError} when the body is no account webhook. */
function accountEvent(connection: string, json: unknown): RaisedEvent | undefined | 'look' {
  const event = parseAccountWebhook(json)
  if (event.type !== 'call.ended') return undefined
  const { callId, endedAt } = event.data
  return callId === undefined ? 'look' : ended(connection, callId, endedAt)
}

/** @throws {CloudTalkError} when the body is no JSON object. */
function workflowEvent(
  connection: string,
  trigger: string | undefined,
  json: unknown,
  raw: Uint8Array,
  now: Date,
): RaisedEvent | undefined | 'look' {
  const { callId, callUuid, contactId, id, rest } = parseWorkflowEvent(json)
  if (trigger?.startsWith('Contact ')) return contactChanged(connection, contactId ?? id, trigger)
  if (callId === undefined) return callUuid === undefined ? undefined : 'look'
  const endedAt = isoOf(rest.ended_at)
  if (!('notes' in rest) && !('tags' in rest)) return ended(connection, callId, endedAt)
  // Notes may be edited back and forth: the same body means the same edit only while it is being delivered.
  const digest = createHash('sha256').update(raw).digest('base64url')
  return {
    event: callEvent(connection, callId, { about: 'call', source: 'webhook', endedAt }),
    priority: 'live',
    dedupeKey: `${connection}/call/${callId}/edit/${digest}/${Math.floor(now.getTime() / MINUTE)}`,
  }
}

/** The body tells nothing of the change, so no two deliveries can be known to be one. */
const contactChanged = (
  connection: string,
  id: string | undefined,
  trigger: string,
): RaisedEvent | undefined =>
  id === undefined
    ? undefined
    : {
        // A deletion is never told of our own write.
        event: contactEvent(connection, id, {
          source: 'webhook',
          came: trigger === 'Contact Deleted' ? 0 : 1,
        }),
        priority: 'live',
        dedupeKey: `${connection}/contact/${id}/webhook/${uuid()}`,
      }

/** A time that cannot be read is not known; a bad hint is no hint. */
const isoOf = (value: unknown): string | undefined => {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : new Date(at).toISOString()
}

const ended = (connection: string, id: string, endedAt: string | undefined): RaisedEvent => ({
  event: callEvent(connection, id, { about: 'call', source: 'webhook', endedAt }),
  priority: 'live',
  dedupeKey: `${connection}/call/${id}/ended`,
})
