/** What can be asked of an attribute. */
export type OperatorClass =
  | 'any'
  | 'string'
  | 'string_notanalyzed'
  | 'text'
  | 'list'
  | 'number'
  | 'datetime'
  | 'boolean'

export type SearchContext = 'customer' | 'company' | 'conversation' | 'message' | 'note' | 'kobject'

/** Every published attribute without its context's prefix, by operator class (kustomer-search-attributes.json). */
const PUBLISHED: Record<SearchContext, Partial<Record<OperatorClass, string>>> = {
  customer: {
    any: 'any_text',
    string: 'name email shared_email phone shared_phone urls address locale',
    string_notanalyzed: `
      externalId shared_externalId social_userid social_username shared_social_userid
      shared_social_username default_lang`,
    list: `
      gender presence created_by modified_by status progressive_status active_users watchers tags
      sentiment social_type shared_social_type`,
    number: 'satisfaction_avg_score satisfaction_avg_rating conversations_count',
    datetime: `
      activity_at last_seen_at signed_up_at last_message_sent_at last_message_out_sent_at
      last_message_unresponded_to_sent_at last_message_at created_at updated_at modified_at
      imported_at`,
    boolean: 'imported',
  },
  company: {
    any: 'any_text',
    string: 'name',
    string_notanalyzed: 'default_lang',
    list: 'tags',
    datetime: 'imported_at',
    boolean: 'imported',
  },
  conversation: {
    any: 'any_text',
    string: 'name satisfaction ended_reason',
    string_notanalyzed: 'sub_status customer_id campaign_id time_conversation_id default_lang sla_version_id',
    list: `
      sentiment status modified_by satisfaction_survey_id satisfaction_sent_by
      satisfaction_sent_by_teams satisfaction_status channels tags assigned_users assigned_teams
      first_response_created_by last_response_created_by last_message_direction direction
      first_message_in_direction_type first_message_in_channel first_message_out_direction_type
      first_message_out_channel time_created_by_teams time_assigned_users time_assigned_teams
      time_channels sla_status sla_id sla_breach_metric first_done_created_by last_done_created_by
      last_done_created_by_teams reply_channel queue external_queue`,
    number: `
      message_count note_count satisfaction_score satisfaction_rating priority first_response_time
      outbound_message_count time_message_time time_messages_sent time_note_time time_notes_sent
      time_handle_time`,
    datetime: `
      created_at updated_at modified_at satisfaction_created_at last_message_sent_at
      last_message_out_sent_at last_message_unresponded_to_sent_at last_message_at
      first_response_sent_at first_message_in_sent_at first_message_out_sent_at time_created_at
      time_message_at time_note_at time_handle_at sla_breach_at sla_satisfied_at
      last_done_created_at ended_at imported_at`,
    boolean: 'time_touched time_reopened time_snoozed time_resolved sla_breached ended imported',
  },
  message: {
    any: 'any_text',
    string: 'error_title recipients sender',
    string_notanalyzed: 'customer_id external_id created_by_teams shortcuts lang',
    text: 'body subject',
    list: 'channel created_by modified_by sentiment status direction_type source',
    number: 'size attachment_count',
    datetime: 'sent_at created_at updated_at error_at redacted_at imported_at',
    boolean: 'direction redacted imported auto',
  },
  note: {
    any: 'any_text',
    string_notanalyzed: 'external_id customer_id conversation_id lang',
    text: 'body',
    list: 'created_by modified_by user_mentions team_mentions',
    number: 'attachment_count',
    datetime: 'created_at modified_at updated_at imported_at',
    boolean: 'deleted imported',
  },
  kobject: {
    any: 'any_text',
    datetime: 'created_at updated_at imported_at',
    boolean: 'imported',
  },
}

const CLASSES = new Map<string, OperatorClass>([['any_text', 'any']])
for (const [context, classes] of Object.entries(PUBLISHED)) {
  for (const [operatorClass, names] of Object.entries(classes)) {
    for (const name of names.trim().split(/\s+/)) {
      CLASSES.set(`${context}_${name}`, operatorClass as OperatorClass)
    }
  }
}

/**
 * The class of an attribute in a search over `context`, or undefined when that search does not have it. Only the
 * context's own attributes are there, a customer's company's, and `any_text`; the org has no custom ones.
 */
export function operatorClassOf(context: SearchContext, attribute: string): OperatorClass | undefined {
  const own = attribute === 'any_text' || attribute.startsWith(`${context}_`)
  const ofCompany = context === 'customer' && attribute.startsWith('company_')
  return own || ofCompany ? CLASSES.get(attribute) : undefined
}

/** Sortable attributes of customers (contract §2.6); of the others the three times (observed). */
const SORTABLE_OF_CUSTOMER = new Set(
  `name gender created_at updated_at modified_at externalId activity_at last_seen_at signed_up_at
   progressive_status last_message_at last_message_sent_at last_message_out_sent_at
   last_message_unresponded_to_sent_at`
    .split(/\s+/)
    .map((name) => `customer_${name}`),
)

export function isSortable(context: SearchContext, attribute: string): boolean {
  if (context === 'customer') return SORTABLE_OF_CUSTOMER.has(attribute)
  return ['created_at', 'updated_at', 'modified_at'].some((name) => attribute === `${context}_${name}`)
}
