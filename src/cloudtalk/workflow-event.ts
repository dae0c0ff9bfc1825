import { z } from 'zod'
import { parseValue } from './transport.ts'
import { checkIds, phoneFromWire } from './wire.ts'

/** The flat body of a Workflow Automation: keys and formats are the account's own choice (contract §5A). */
export type WorkflowEvent = {
  callId?: string
  callUuid?: string
  /** E.164 with '+'; the wire has bare digits, often as a number. */
  externalNumber?: string
  internalNumber?: string
  contactId?: string
  agentId?: string
  messageId?: string
  /** Of the record that the trigger is about. */
  id?: string
  /** Every other key, as it came. */
  rest: Record<string, unknown>
}

const ROUTE = 'workflow automation'

const record = z.record(z.string(), z.unknown())

/**
 * Reads a Workflow Automation body leniently: an id may be a number or a string, and null, '' or a token
 * CloudTalk had no value for is simply absent.
 *
 * @throws {CloudTalkError} `unreadable` if it is not a JSON object, or an id is none.
 */
export function parseWorkflowEvent(json: unknown): WorkflowEvent {
  const {
    call_id,
    call_uuid,
    external_number,
    internal_number,
    contact_id,
    agent_id,
    message_id,
    id,
    ...rest
  } = parseValue(ROUTE, json, record)
  const ids = {
    callId: idIn(call_id),
    callUuid: idIn(call_uuid),
    contactId: idIn(contact_id),
    agentId: idIn(agent_id),
    messageId: idIn(message_id),
    id: idIn(id),
  }
  checkIds(ROUTE, {
    call_id: ids.callId,
    call_uuid: ids.callUuid,
    contact_id: ids.contactId,
    agent_id: ids.agentId,
    message_id: ids.messageId,
    id: ids.id,
  })
  return {
    ...ids,
    externalNumber: phoneFromWire(external_number),
    internalNumber: phoneFromWire(internal_number),
    rest,
  }
}

function idIn(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value !== 0 ? String(value) : undefined
  if (typeof value !== 'string') return undefined
  const id = value.trim()
  return id === '' || id === '0' || id === 'null' || id.includes('{{') ? undefined : id
}
