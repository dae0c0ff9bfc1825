import { hkdfSync } from 'node:crypto'

/** A CloudTalk Workflow Automation to set up by hand: the vendor has no API for it (contract cloudtalk §5A). */
export interface Recipe {
  name: string
  trigger: { object: string; action: string }
  url: string
  method: 'POST'
  headers: Record<string, string>
  values: { key: string; value: string; format: 'String' | 'Number' }[]
}

export const SECRET_HEADER = 'X-Webhook-Secret'
/** Names the trigger, for CloudTalk puts no name of the event into a body (contract §5A). */
export const TRIGGER_HEADER = 'X-CloudTalk-Trigger'

/** Both ids, because some triggers of CloudTalk know only one of them (contract cloudtalk §5A). */
const CALL_VALUES = ['call_id', 'call_uuid', 'external_number', 'internal_number', 'ended_at']

/** The tokens of messages and contacts are not published (contract §9), so their likely names are sent. */
const MESSAGE_VALUES = [
  'id',
  'channel',
  'text',
  'from',
  'to',
  'external_number',
  'internal_number',
  'agent_id',
  'status',
  'media',
]

const TRIGGERS: { object: string; action: string; values: string[] }[] = [
  { object: 'Call', action: 'Ended', values: CALL_VALUES },
  { object: 'Call', action: 'Modified', values: [...CALL_VALUES, 'notes', 'tags'] },
  { object: 'Recording', action: 'Uploaded', values: ['call_id', 'call_uuid'] },
  { object: 'Message', action: 'Received', values: [...MESSAGE_VALUES, 'received_at'] },
  { object: 'Message', action: 'Sent', values: [...MESSAGE_VALUES, 'sent_at'] },
  ...['Created', 'Updated', 'Deleted'].map((action) => ({
    object: 'Contact',
    action,
    values: ['contact_id', 'id', 'name'],
  })),
]

const triggerName = ({ object, action }: { object: string; action: string }): string => `${object} ${action}`

const TRIGGER_NAMES: ReadonlySet<string> = new Set(TRIGGERS.map(triggerName))

/** Whether one of our workflows says this of itself. */
export const isTrigger = (name: string | undefined): name is string =>
  name !== undefined && TRIGGER_NAMES.has(name)

/** Of a list in an event (contract §5A): the contact that the message is from or to. */
const CONTACT_OF_MESSAGE = [
  { key: 'contact_id', value: '{{ event.properties.contacts[0].id }}', format: 'String' },
  { key: 'contact_name', value: '{{ event.properties.contacts[0].name }}', format: 'String' },
] as const

/** The workflows of one connection, ready to copy into the dashboard. */
export function recipes(connection: string, publicUrl: string, secret: string): Recipe[] {
  return TRIGGERS.map(({ object, action, values }) => ({
    name: `Kustomer ${connection}: ${object.toLowerCase()} ${action.toLowerCase()}`,
    trigger: { object, action },
    url: `${publicUrl}/webhooks/cloudtalk/${connection}`,
    method: 'POST',
    headers: { [SECRET_HEADER]: secret, [TRIGGER_HEADER]: triggerName({ object, action }) },
    values: [
      ...values.map((key) => ({ key, value: `{{ event.properties.${key} }}`, format: 'String' }) as const),
      ...(object === 'Message' ? CONTACT_OF_MESSAGE : []),
    ],
  }))
}

/**
 * The static secret of a connection's workflows. It is derived from the CloudTalk key, so that it is the same for
 * every process and need not be stored; a new key needs the workflows' header to be changed.
 */
export function workflowSecret(connection: string, accessKeySecret: string): string {
  const bytes = hkdfSync('sha256', accessKeySecret, '', `cloudtalk-kustomer workflow ${connection}`, 24)
  return Buffer.from(bytes).toString('base64url')
}
