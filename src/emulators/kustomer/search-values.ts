import type { Resource } from './resource.ts'
import type { SearchContext } from './search-attributes.ts'

/** Reads what an attribute of the search stands for, from a record. */
type ValueOf = (resource: Resource) => unknown

const attribute =
  (name: string): ValueOf =>
  ({ attributes }) =>
    attributes[name]

/** One field of every item of a list. */
const each =
  (name: string, field: string): ValueOf =>
  ({ attributes }) =>
    ((attributes[name] ?? []) as Record<string, unknown>[]).map((item) => item[field])

/** A field of an object, such as `lastMessageIn.sentAt`. */
const within =
  (name: string, field: string): ValueOf =>
  ({ attributes }) =>
    (attributes[name] as Record<string, unknown> | undefined)?.[field]

const related =
  (name: keyof Resource['related']): ValueOf =>
  (resource) =>
    resource.related[name]

const isSet =
  (name: string): ValueOf =>
  ({ attributes }) =>
    attributes[name] !== undefined && attributes[name] !== null

/** Every text in a record, for the "any" attributes. */
const anyText: ValueOf = ({ attributes }) => textsIn(attributes)

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsIn)
}

const TIMES = {
  created_at: attribute('createdAt'),
  updated_at: attribute('updatedAt'),
  modified_at: attribute('modifiedAt'),
  imported_at: attribute('importedAt'),
  imported: isSet('importedAt'),
  created_by: related('createdBy'),
  modified_by: related('modifiedBy'),
  any_text: anyText,
}

const CUSTOMER: Record<string, ValueOf> = {
  name: attribute('name'),
  gender: attribute('gender'),
  email: each('emails', 'email'),
  shared_email: each('sharedEmails', 'email'),
  phone: each('phones', 'phone'),
  shared_phone: each('sharedPhones', 'phone'),
  urls: each('urls', 'url'),
  address: each('locations', 'address'),
  locale: attribute('locale'),
  activity_at: attribute('lastActivityAt'),
  last_seen_at: attribute('lastSeenAt'),
  signed_up_at: attribute('signedUpAt'),
  last_message_at: attribute('lastMessageAt'),
  last_message_sent_at: within('lastMessageIn', 'sentAt'),
  last_message_out_sent_at: within('lastMessageOut', 'sentAt'),
  externalId: each('externalIds', 'externalId'),
  shared_externalId: each('sharedExternalIds', 'externalId'),
  conversations_count: within('conversationCounts', 'all'),
  progressive_status: attribute('progressiveStatus'),
  active_users: attribute('activeUsers'),
  watchers: attribute('watchers'),
  tags: attribute('tags'),
  social_type: each('socials', 'type'),
  social_username: each('socials', 'username'),
  shared_social_type: each('sharedSocials', 'type'),
  shared_social_username: each('sharedSocials', 'username'),
  default_lang: attribute('defaultLang'),
}

const CONVERSATION: Record<string, ValueOf> = {
  name: attribute('name'),
  status: attribute('status'),
  sub_status: attribute('subStatus'),
  message_count: attribute('messageCount'),
  note_count: attribute('noteCount'),
  outbound_message_count: attribute('outboundMessageCount'),
  channels: attribute('channels'),
  priority: attribute('priority'),
  tags: attribute('tags'),
  assigned_users: attribute('assignedUsers'),
  assigned_teams: attribute('assignedTeams'),
  direction: attribute('direction'),
  last_message_direction: attribute('lastMessageDirection'),
  last_message_at: attribute('lastMessageAt'),
  last_message_sent_at: within('lastMessageIn', 'sentAt'),
  last_message_out_sent_at: within('lastMessageOut', 'sentAt'),
  customer_id: related('customer'),
  reply_channel: attribute('replyChannel'),
  ended: attribute('ended'),
  ended_at: attribute('endedAt'),
  ended_reason: attribute('endedReason'),
  default_lang: attribute('defaultLang'),
}

const MESSAGE: Record<string, ValueOf> = {
  body: attribute('preview'),
  subject: attribute('subject'),
  channel: attribute('channel'),
  direction: attribute('direction'),
  direction_type: attribute('directionType'),
  size: attribute('size'),
  status: attribute('status'),
  sent_at: attribute('sentAt'),
  error_at: attribute('errorAt'),
  customer_id: related('customer'),
  external_id: attribute('externalId'),
  redacted: attribute('redacted'),
  auto: attribute('auto'),
  source: attribute('source'),
  lang: attribute('lang'),
  created_by_teams: attribute('createdByTeams'),
}

const NOTE: Record<string, ValueOf> = {
  body: attribute('body'),
  deleted: ({ deleted }) => deleted === true,
  external_id: attribute('externalId'),
  customer_id: related('customer'),
  conversation_id: related('conversation'),
  lang: attribute('lang'),
}

const COMPANY: Record<string, ValueOf> = {
  name: attribute('name'),
  tags: attribute('tags'),
  default_lang: attribute('defaultLang'),
}

const OWN: Record<SearchContext, Record<string, ValueOf>> = {
  customer: CUSTOMER,
  conversation: CONVERSATION,
  message: MESSAGE,
  note: NOTE,
  company: COMPANY,
  kobject: {},
}

const nothing: ValueOf = () => undefined

/** The reader of an attribute; one that nothing here ever fills is never set. */
export function readerOf(context: SearchContext, name: string): ValueOf {
  if (name === 'any_text') return anyText
  if (context === 'customer' && name === 'company_name') return attribute('companyName')
  if (!name.startsWith(`${context}_`)) return nothing
  const own = name.slice(context.length + 1)
  return OWN[context][own] ?? TIMES[own as keyof typeof TIMES] ?? nothing
}
