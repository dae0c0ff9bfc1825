import { activity } from './activity.ts'
import { agents } from './agents.ts'
import { ai } from './ai.ts'
import { analytics } from './analytics.ts'
import { bulk } from './bulk.ts'
import { calls } from './calls.ts'
import { contacts } from './contacts.ts'
import { countries } from './countries.ts'
import { groups } from './groups.ts'
import { notes } from './notes.ts'
import { numbers } from './numbers.ts'
import { sms } from './sms.ts'
import { tags } from './tags.ts'
import { type CloudTalkOptions, createTransport } from './transport.ts'

/**
 * A client of CloudTalk's REST API. It neither retries nor waits: it reports the budget of every answer
 * through `onAnswer` and every failure as a `CloudTalkError`, and leaves both to its owner.
 */
export function createCloudTalk(options: CloudTalkOptions) {
  const transport = createTransport(options)
  return {
    contacts: contacts(transport),
    bulk: bulk(transport),
    countries: countries(transport),
    agents: agents(transport),
    groups: groups(transport),
    numbers: numbers(transport),
    tags: tags(transport),
    notes: notes(transport),
    activity: activity(transport),
    calls: calls(transport),
    analytics: analytics(transport),
    ai: ai(transport),
    sms: sms(transport),
  }
}

export type CloudTalk = ReturnType<typeof createCloudTalk>

export {
  type AccountWebhookCheck,
  type AccountWebhookDelivery,
  type AccountWebhookEvent,
  parseAccountWebhook,
  verifyAccountWebhook,
} from './account-webhook.ts'
export type { ContactActivity } from './activity.ts'
export type { Agent } from './agents.ts'
export type { Transcription } from './ai.ts'
export type { CallDetail } from './analytics.ts'
export { BULK_MAX_OPERATIONS, type BulkOperation, type BulkResult } from './bulk.ts'
export type { CallStep } from './call-steps.ts'
export type { Call, CallListQuery } from './calls.ts'
export type { ContactWrite } from './contact-write.ts'
export type { Contact, ContactListQuery, ContactRow } from './contacts.ts'
export type { Country } from './countries.ts'
export { CloudTalkError, type CloudTalkFailure, type Host, type UnreachableCause } from './errors.ts'
export type { Group } from './groups.ts'
export { type MessageEvent, parseWorkflowMessage } from './message-event.ts'
export type { ContactNote, NoteListQuery } from './notes.ts'
export type { CallNumber } from './numbers.ts'
export type { Page, PageQuery } from './page.ts'
export type { SmsSend } from './sms.ts'
export type { Tag } from './tags.ts'
export type { ActivityType, ActivityWrite, NoteWrite } from './timeline-write.ts'
export type { Answer, CloudTalkOptions } from './transport.ts'
export { dateFromWire } from './wire.ts'
export { parseWorkflowEvent, type WorkflowEvent } from './workflow-event.ts'
