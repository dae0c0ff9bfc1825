import { decodeHTMLStrict } from 'entities/decode'
import { z } from 'zod'
import { CloudTalkError } from './errors.ts'
import { parseValue } from './transport.ts'
import { checkIds, dateFromWire, isId, phoneFromWire } from './wire.ts'

/** An SMS or WhatsApp message as either webhook system tells it (contract §5A, §5B). */
export type MessageEvent = {
  /** CloudTalk's own id; workflows may not know it. */
  id?: string
  /** MMS counts as SMS; absent where nothing tells. */
  channel?: 'sms' | 'whatsapp'
  direction: 'incoming' | 'outgoing'
  /** '' when the message is media alone. */
  text: string
  /** E.164 with '+', as the next. */
  externalNumber?: string
  internalNumber?: string
  agentId?: string
  agentName?: string
  agentEmail?: string
  contactId?: string
  contactName?: string
  /** In CloudTalk's words; account webhooks have none (contract §5B). */
  deliveryStatus?: string
  /** Links. */
  media: string[]
  /** ISO UTC. */
  at?: string
}

type MessageFields = Record<string, unknown>

export const messageFields = z.record(z.string(), z.unknown())

/**
 * Names under which a value may come: those of account webhooks (contract §5B), then likely ones, because the
 * tokens of messages in workflows are not published (§5A, §9). The first that holds something counts.
 */
const NAMES = {
  id: ['id', 'message_id', 'message_uuid', 'uuid'],
  channel: ['channel', 'message_channel', 'message_type', 'type'],
  text: ['text', 'body', 'message', 'message_text', 'content'],
  from: ['from', 'from_number', 'from_e164', 'sender'],
  to: ['to', 'to_number', 'to_e164', 'recipient'],
  agentId: ['agent_id', 'user_id'],
  agentEmail: ['agent_email', 'user_email'],
  status: ['status', 'delivery_status', 'message_status'],
  media: ['media', 'media_urls', 'media_url', 'attachments', 'images', 'files', 'file'],
  at: ['received_at', 'sent_at', 'at', 'occurred_at', 'created_at'],
} as const

/**
 * Reads the body of a `Message Sent` or `Message Received` workflow, leniently.
 *
 * @throws {CloudTalkError} `unreadable` if it is no JSON object, or says nothing of a message.
 */
export function parseWorkflowMessage(json: unknown, action: 'Sent' | 'Received'): MessageEvent {
  const route = `workflow Message ${action}`
  const fields = parseValue(route, json, messageFields)
  return messageFrom(route, fields, action === 'Received' ? 'incoming' : 'outgoing')
}

/**
 * A message from what a webhook says of it.
 *
 * @throws {CloudTalkError} `unreadable` if it has neither text nor media nor a number, or its id is none.
 */
export function messageFrom(
  route: string,
  fields: MessageFields,
  direction: MessageEvent['direction'],
): MessageEvent {
  const agent = partIn(fields.agent)
  const contact = partIn(fields.contact) ?? partIn(fields.contacts) ?? partIn(fields['contacts[0]'])
  const numbers = numbersOf(fields, direction)
  const event: MessageEvent = {
    id: first(fields, NAMES.id, idIn),
    channel: channelOf(fields, numbers),
    direction,
    text: first(fields, NAMES.text, messageText) ?? '',
    externalNumber: phoneFromWire(numbers.external),
    internalNumber: phoneFromWire(numbers.internal),
    agentId: first(fields, NAMES.agentId, idIn) ?? idIn(agent?.id),
    agentName: nameOf(fields, 'agent_') ?? (agent && nameOf(agent, '')),
    agentEmail: first(fields, NAMES.agentEmail, plainText) ?? plainText(agent?.email),
    contactId: idIn(fields.contact_id) ?? idIn(fields['contacts[0].id']) ?? idIn(contact?.id),
    contactName:
      plainText(fields.contact_name) ?? plainText(fields['contacts[0].name']) ?? plainText(contact?.name),
    deliveryStatus: first(fields, NAMES.status, plainText),
    media: [...new Set(NAMES.media.flatMap((name) => linksIn(fields[name])))],
    at: first(fields, NAMES.at, timeIn),
  }
  const { text, media, externalNumber, internalNumber } = event
  if (text === '' && media.length === 0 && externalNumber === undefined && internalNumber === undefined) {
    const issue = 'it has no text, no media and no number (external_number, internal_number, from or to)'
    throw new CloudTalkError(route, { kind: 'unreadable', path: '', issue })
  }
  checkIds(route, { id: event.id })
  // A message is known from here only: what it can do without does not lose it.
  return { ...event, agentId: idOrNone(event.agentId), contactId: idOrNone(event.contactId) }
}

/** A workflow sends a token that it has no value for as null, '' or the token itself (contract §5A). */
function plainText(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const plain = decodeHTMLStrict(String(value)).trim()
  return plain === '' || plain === 'null' || plain.includes('{{') ? undefined : plain
}

/** Somebody may well write braces in a message: only a text that is a token and nothing else is none. */
function messageText(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  // Strictly, because a link of the text may hold `&copy=1`, which is no entity.
  const text = decodeHTMLStrict(String(value))
  const nothing = text.trim() === '' || text === 'null' || /^\s*\{\{[^{}]*\}\}\s*$/.test(text)
  return nothing ? undefined : text
}

function idIn(value: unknown): string | undefined {
  const id = plainText(value)
  return id === '0' ? undefined : id
}

const idOrNone = (id = ''): string | undefined => (id !== '' && isId(id) ? id : undefined)

function timeIn(value: unknown): string | undefined {
  const time = plainText(value)
  return time === undefined ? undefined : dateFromWire(time)
}

function first<T>(
  fields: MessageFields,
  names: readonly string[],
  read: (value: unknown) => T | undefined,
): T | undefined {
  for (const name of names) {
    const found = read(fields[name])
    if (found !== undefined) return found
  }
  return undefined
}

/** A related record, alone or the first of a list. */
function partIn(value: unknown): MessageFields | undefined {
  return messageFields.safeParse(Array.isArray(value) ? value[0] : value).data
}

function nameOf(fields: MessageFields, prefix: string): string | undefined {
  const parts = [
    ['first_name', 'firstname'],
    ['last_name', 'lastname'],
  ].flatMap(
    (names) =>
      first(
        fields,
        names.map((name) => prefix + name),
        plainText,
      ) ?? [],
  )
  return parts.length > 0 ? parts.join(' ') : plainText(fields[`${prefix}name`])
}

/** As they came, so that a `whatsapp:` before them is still seen. */
type Numbers = { external: string | undefined; internal: string | undefined }

function numbersOf(fields: MessageFields, direction: MessageEvent['direction']): Numbers {
  const [from, to] = [first(fields, NAMES.from, numberIn), first(fields, NAMES.to, numberIn)]
  const incoming = direction === 'incoming'
  return {
    external: numberIn(fields.external_number) ?? (incoming ? from : to),
    internal: numberIn(fields.internal_number) ?? (incoming ? to : from),
  }
}

/** Bare, or as `{number_e164}` (contract §5B). */
function numberIn(value: unknown): string | undefined {
  const number = plainText(partIn(value)?.number_e164 ?? value)
  return phoneFromWire(number) === undefined ? undefined : number
}

function channelOf(fields: MessageFields, { external, internal }: Numbers): MessageEvent['channel'] {
  const named = first(fields, NAMES.channel, plainText) ?? ''
  if ([named, external, internal].some((value) => /^whatsapp/i.test(value ?? ''))) return 'whatsapp'
  return /^[sm]ms\b/i.test(named) ? 'sms' : undefined
}

/** A list, the text of a JSON list, or links with commas or blanks between them. */
function linksIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(linksIn)
  if (typeof value === 'object' && value !== null) return linksIn((value as { url?: unknown }).url)
  const text = plainText(value)
  if (text === undefined) return []
  const list = text.startsWith('[') ? listIn(text) : undefined
  if (list) return list.flatMap(linksIn)
  return text.split(/[\s,]+/).filter((link) => /^https?:\/\//i.test(link) && URL.canParse(link))
}

function listIn(text: string): unknown[] | undefined {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? list : undefined
  } catch {
    return undefined
  }
}
