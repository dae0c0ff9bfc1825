import { createHash } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { v7 as uuid } from 'uuid'
import {
  CloudTalkError,
  dateFromWire,
  parseAccountWebhook,
  parseWorkflowEvent,
  parseWorkflowMessage,
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
    if (refusal) {
      door.refused()
      return refusal
    }
    door.seen(signed ? undefined : c.req.header(TRIGGER_HEADER))
    const json = parseJson(raw)
    if (!json) return problem(c, 400, 'The body is not JSON.', 'Send the event as application/json.')
    try {
      const taken = signed
        ? await takeAccountEvent(door, connection, json.value)
        : await takeWorkflowEvent(door, connection, c.req.header(TRIGGER_HEADER), json.value, raw, now())
      return c.json(answers[taken])
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
      'Give the endpoint’s whsec_… secret in the set-up of the console, or as accountWebhookSecret in the settings file.',
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

/** What became of a delivery. */
type Taken = 'raised' | 'look' | 'nothing'

const answers: Record<Taken, object> = {
  raised: { accepted: true },
  look: { accepted: true, reason: 'it names no call_id; the call list is read instead' },
  nothing: { accepted: false, reason: 'this kind of event is not synced' },
}

async function raise(door: CloudTalkDoor, event: RaisedEvent): Promise<Taken> {
  await door.raise([event])
  return 'raised'
}

function look(door: CloudTalkDoor): Taken {
  door.lookForCalls()
  return 'look'
}

/** @throws {CloudTalkError} when the body is no account webhook. */
async function takeAccountEvent(door: CloudTalkDoor, connection: string, json: unknown): Promise<Taken> {
  const event = parseAccountWebhook(json)
  switch (event.type) {
    case 'message.sent':
    case 'message.received':
      await door.receive(event.data, 'account')
      return 'raised'
    case 'call.ended': {
      const { callId, callUuid, endedAt } = event.data
      return callId === undefined ? look(door) : raise(door, ended(connection, callId, endedAt, callUuid))
    }
    case 'call.recording_ready':
    case 'transcript.ready':
    case 'cidata.ready': {
      const id = event.data.callId ?? (await door.callIdOf(event.data.callUuid))
      if (id !== undefined) return raise(door, ready(connection, id, event.type, event.eventId))
      // Which call is meant nobody has told yet: the list shows its recording, and the rest is asked for in time.
      return look(door)
    }
    case 'other':
      return 'nothing'
  }
}

/** What a call has by now that it had not at its end. */
const READY = {
  'call.recording_ready': 'call',
  'transcript.ready': 'transcript',
  'cidata.ready': 'summary',
} as const

const ready = (connection: string, id: string, type: keyof typeof READY, eventId: string): RaisedEvent => ({
  event: callEvent(connection, id, { about: READY[type], source: 'webhook' }),
  priority: 'live',
  dedupeKey: `${connection}/call/${id}/${type}/${eventId}`,
})

/** @throws {CloudTalkError} when the body is no JSON object, or no message where it should be one. */
async function takeWorkflowEvent(
  door: CloudTalkDoor,
  connection: string,
  trigger: string | undefined,
  json: unknown,
  raw: Uint8Array,
  now: Date,
): Promise<Taken> {
  if (trigger === 'Message Received' || trigger === 'Message Sent') {
    const message = parseWorkflowMessage(json, trigger === 'Message Received' ? 'Received' : 'Sent')
    await door.receive(message, 'workflow')
    return 'raised'
  }
  const { callId, callUuid, contactId, id, rest } = parseWorkflowEvent(json)
  if (trigger?.startsWith('Contact ')) {
    const changed = contactId ?? id
    return changed === undefined ? 'nothing' : raise(door, contactChanged(connection, changed, trigger))
  }
  if (callId === undefined) return callUuid === undefined ? 'nothing' : look(door)
  const endedAt = typeof rest.ended_at === 'string' ? dateFromWire(rest.ended_at) : undefined
  if (trigger === 'Recording Uploaded') {
    return raise(door, ready(connection, callId, 'call.recording_ready', 'workflow'))
  }
  if (!('notes' in rest) && !('tags' in rest)) {
    return raise(door, ended(connection, callId, endedAt, callUuid))
  }
  // Notes may be edited back and forth: the same body means the same edit only while it is being delivered.
  const digest = createHash('sha256').update(raw).digest('base64url')
  return raise(door, {
    event: callEvent(connection, callId, { about: 'call', source: 'webhook', endedAt }),
    priority: 'live',
    dedupeKey: `${connection}/call/${callId}/edit/${digest}/${Math.floor(now.getTime() / MINUTE)}`,
  })
}

/** The body tells nothing of the change, so no two deliveries can be known to be one. */
const contactChanged = (connection: string, id: string, trigger: string): RaisedEvent => ({
  // A deletion is never told of our own write.
  event: contactEvent(connection, id, { source: 'webhook', came: trigger === 'Contact Deleted' ? 0 : 1 }),
  priority: 'live',
  dedupeKey: `${connection}/contact/${id}/webhook/${uuid()}`,
})

const ended = (
  connection: string,
  id: string,
  endedAt: string | undefined,
  callUuid: string | undefined,
): RaisedEvent => ({
  event: callEvent(connection, id, {
    about: 'call',
    source: 'webhook',
    endedAt,
    ...(callUuid !== undefined && { uuid: callUuid }),
  }),
  priority: 'live',
  dedupeKey: `${connection}/call/${id}/ended`,
})
