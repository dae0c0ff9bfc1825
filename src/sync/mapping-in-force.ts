import { assignmentSentence } from '../mapping/assignment.ts'
import { contactFromCustomer } from '../mapping/contact-from-customer.ts'
import { skipCall } from '../mapping/conversation-from-call.ts'
import { skipMessage } from '../mapping/conversation-from-message.ts'
import { customerFieldRules, exportSkip } from '../mapping/customer-from-contact.ts'
import { type CustomerLookups, emptyCustomer } from '../mapping/customer-record.ts'
import { ineligible } from '../mapping/eligibility.ts'
import { type FieldTable, fieldTables, lineKey } from '../mapping/field-tables.ts'
import { noteLines } from '../mapping/note-body.ts'
import { noteLineRules } from '../mapping/note-from-call.ts'
import { messageLineRules } from '../mapping/note-from-message.ts'
import type { ReasonCode } from '../mapping/reasons.ts'
import type { ContactFields } from '../mapping/records.ts'
import type { Settings } from '../mapping/settings.ts'
import { latestSynced } from '../store/activity.ts'
import { findCall } from '../store/calls.ts'
import { findContact } from '../store/contacts.ts'
import { findCustomer } from '../store/customers.ts'
import { customersOfContact, findLink } from '../store/links.ts'
import { findMessage } from '../store/messages.ts'
import { type RecordKind, recordKinds } from '../store/schema.ts'
import { callItem } from './calls/call-item.ts'
import type { SyncContext } from './context.ts'
import { type FormInUse, formsInUse } from './forms-in-use.ts'
import { messageItem, withNames } from './messages/log-message.ts'
import { contactNameOf } from './timeline/find-customer.ts'
import type { TimelineItem } from './timeline/item.ts'
import { findRecords } from './trace.ts'

/** The mapping of a connection as it is in force, with what it makes of one record of each kind. */
export interface MappingInForce {
  settings: Settings
  forms: FormInUse[]
  tables: FieldTable[]
  samples: Partial<Record<FieldTable['id'], MappingSample>>
}

export interface MappingSample {
  kind: RecordKind
  id: string
  /** Why the record is left out all the same, or what else its values do not show. */
  leftOut?: ReasonCode | undefined
  remark?: string | undefined
  /** By the key of the table's row. */
  values: Record<string, SampleValue>
}

export interface SampleValue {
  /** None where the field stays empty. */
  lines: string[]
  /** Why the value is not known here. */
  unknown?: string
}

/**
 * Costs no request: a sample is made from the mirror, by the functions that the settles use.
 * @param question a number, name, email or id; undefined = the records that were synced last.
 */
export async function mappingInForce(
  context: SyncContext,
  question: string | undefined,
): Promise<MappingInForce> {
  const { settings } = context
  const forms = await formsInUse(context)
  const taken = Object.fromEntries(
    forms.filter(({ use }) => use !== 'untried').map(({ form, use }) => [form, use === 'literal']),
  )
  const ids = question === undefined ? await latestIds(context) : await foundIds(context, question)
  const samples = await Promise.all([
    ids.customer && customerSample(context, ids.customer),
    ids.contact && contactSample(context, ids.contact),
    ids.call && callSamples(context, ids.call, taken),
    ids.message && messageSamples(context, ids.message, taken),
  ])
  return {
    settings,
    forms,
    tables: fieldTables(settings, taken),
    samples: Object.assign({}, ...samples.filter((some) => typeof some === 'object')),
  }
}

type Ids = Partial<Record<RecordKind, string>>

async function latestIds({ db, connection }: SyncContext): Promise<Ids> {
  const ids = await Promise.all(
    recordKinds.map(async (kind) => [kind, await latestSynced(db, connection, kind)] as const),
  )
  return Object.fromEntries(ids)
}

/** The first of each kind; with a customer its contact, and with any other record its customer. */
async function foundIds({ db, connection, settings }: SyncContext, question: string): Promise<Ids> {
  const ids: Ids = {}
  for (const { kind, id } of await findRecords(db, connection, question, settings.defaultCountry)) {
    ids[kind] ??= id
  }
  if (ids.call && !ids.customer) {
    ids.customer = (await findCall(db, connection, ids.call))?.standing.customerId
  }
  if (ids.message && !ids.customer) {
    ids.customer = (await findMessage(db, connection, ids.message))?.standing.customerId
  }
  if (ids.contact && !ids.customer) [ids.customer] = await customersOfContact(db, connection, ids.contact)
  if (ids.customer && !ids.contact) ids.contact = (await findLink(db, connection, ids.customer))?.contactId
  return ids
}

type Samples = MappingInForce['samples']

const NOT_READ = 'not read from the vendor since the service started'

async function customerSample(context: SyncContext, id: string): Promise<Samples> {
  const { db, connection, directory, org, settings } = context
  const { defaultCountry } = settings
  const customer = await findCustomer(db, connection, id)
  if (!customer) return {}
  const company = customer.companyId ? directory.knownCompany(customer.companyId) : undefined
  const companyName = await company
  const { fields } = contactFromCustomer(customer, {
    org,
    companyName: () => companyName,
    countryId: directory.countryId,
    agentIdOfUser: directory.agentIdOfUser,
    ...(defaultCountry !== undefined && { defaultCountry }),
  })
  const values = Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [field, { lines: linesOf(value) }]),
  ) as Record<keyof ContactFields, SampleValue>
  if (customer.companyId && !company) values.company = { lines: [], unknown: NOT_READ }
  if (directory.isRead()) {
    values.countryId = named(fields.countryId, (id) => directory.countryOf(id)?.name)
    values.favoriteAgentId = named(fields.favoriteAgentId, (id) => directory.agent(id)?.name)
  } else {
    values.countryId = { lines: [], unknown: NOT_READ }
    values.favoriteAgentId = { lines: [], unknown: NOT_READ }
  }
  const link = await findLink(db, connection, id)
  const sharing = link?.contactId ? await customersOfContact(db, connection, link.contactId) : []
  const remark =
    sharing.length > 1
      ? `It shares contact ${link?.contactId} with ${sharing.length - 1} more: there the newest filled value of all stands.`
      : undefined
  const leftOut = ineligible(customer, defaultCountry)
  return { contact: { kind: 'customer', id, leftOut, remark, values } }
}

const named = (id: string | null, nameOf: (id: string) => string | undefined): SampleValue => {
  const name = id === null ? undefined : nameOf(id)
  return { lines: id === null ? [] : [name === undefined ? id : `${name} (${id})`] }
}

async function contactSample(context: SyncContext, id: string): Promise<Samples> {
  const { db, connection, directory, settings } = context
  const contact = await findContact(db, connection, id)
  if (!contact) return {}
  const { fields } = contact
  if (!fields) {
    const remark = 'Only its row in CloudTalk’s list is known yet; the rest once it is looked at.'
    const unknown = { lines: [], unknown: 'not in the mirror' }
    const values = { name: { lines: linesOf(contact.name) }, id: { lines: [id] } }
    const others = customerFieldRules.map(({ field }) => [field, unknown])
    return {
      customer: { kind: 'contact', id, remark, values: { ...Object.fromEntries(others), ...values } },
    }
  }
  const lookups: CustomerLookups = {
    countryOf: directory.countryOf,
    ...(settings.defaultCountry !== undefined && { defaultCountry: settings.defaultCountry }),
  }
  const source = { ...fields, id }
  const values = customerFieldRules.map(({ field, write }): [string, SampleValue] => {
    if (field === 'countryId' && !directory.isRead()) return [field, { lines: [], unknown: NOT_READ }]
    // FieldRules has a rule of the right type for every key, so the value is the one that its rule takes.
    const { part } = write(emptyCustomer, source[field] as never, lookups)
    return [field, { lines: Object.values(part).flatMap(linesOf) }]
  })
  const leftOut = exportSkip(fields)
  return { customer: { kind: 'contact', id, leftOut, values: Object.fromEntries(values) } }
}

async function callSamples(
  context: SyncContext,
  id: string,
  forms: { conversationChannels?: boolean; noteSubject?: boolean },
): Promise<Samples> {
  const { db, connection, settings } = context
  const stored = await findCall(db, connection, id)
  if (!stored?.call.endedAt) return {}
  const { call, detail } = stored
  const item = callItem(context, stored)
  const contactName = await contactNameOf(context, item.caller, stored.standing.customerId)
  const options = {
    settings: settings.calls,
    literalSubject: true,
    ...(contactName !== undefined && { contactName }),
  }
  const shown = noteLineRules.filter(({ setting }) => !setting || settings.calls.lines[setting])
  const lines = shown.map((rule) => [rule.label, noteLines(rule, call, detail, options)] as const)
  const sample = { kind: 'call' as const, id, leftOut: skipCall(call, settings.calls) }
  return {
    'call-conversation': { ...sample, values: conversationValues(item, forms) },
    'call-note': { ...sample, values: noteValues(item, contactName, lines) },
  }
}

async function messageSamples(
  context: SyncContext,
  id: string,
  forms: { conversationChannels?: boolean; noteSubject?: boolean },
): Promise<Samples> {
  const { db, connection, directory, settings } = context
  const stored = await findMessage(db, connection, id)
  if (!stored) return {}
  const message = withNames(directory, stored.message)
  const ofChannel = settings[message.channel]
  const item = messageItem(context, stored, message, ofChannel)
  const contactName = await contactNameOf(context, item.caller, stored.standing.customerId)
  const options = { literalSubject: true, ...(contactName !== undefined && { contactName }) }
  const lines = messageLineRules.map((rule) => [rule.label, noteLines(rule, message, options)] as const)
  const sample = { kind: 'message' as const, id, leftOut: skipMessage(message, ofChannel) }
  return {
    'message-conversation': { ...sample, values: conversationValues(item, forms) },
    'message-note': { ...sample, values: noteValues(item, contactName, lines) },
  }
}

const NOT_LOGGED: SampleValue = { lines: [], unknown: 'it is not logged' }

const ownerValue = ({ standing }: TimelineItem): SampleValue => {
  if (!standing.loggedAt) return NOT_LOGGED
  return { lines: standing.unlinked ? ['nobody yet'] : linesOf(standing.customerId) }
}

function conversationValues(
  item: TimelineItem,
  { conversationChannels }: { conversationChannels?: boolean },
): Record<string, SampleValue> {
  const { standing, conversation, chat } = item
  const made = Object.entries(conversation).map(([field, value]) => [field, { lines: linesOf(value) }])
  const { assigned } = standing
  const assignedTo =
    assigned === undefined || assigned === 'later'
      ? ['nobody']
      : [`${assigned.userId ?? assigned.teamId ?? 'nobody'}: ${assignmentSentence(assigned)}`]
  return {
    ...Object.fromEntries(made),
    customer: ownerValue(item),
    assigned: standing.loggedAt ? { lines: assignedTo } : NOT_LOGGED,
    channel: { lines: conversationChannels === false && !chat ? [] : ['chat'] },
    chat: { lines: conversationChannels === false ? linesOf(chat?.preview) : [] },
  }
}

function noteValues(
  item: TimelineItem,
  contactName: string | undefined,
  lines: readonly (readonly [label: string, lines: string[]])[],
): Record<string, SampleValue> {
  const { body: _byLine, ...head } = item.noteOf(true, contactName)
  const made = Object.entries(head).map(([field, value]) => [field, { lines: linesOf(value) }])
  const body = lines.map(([label, shown]) => [lineKey(label), { lines: shown }])
  return { ...Object.fromEntries([...made, ...body]), customer: ownerValue(item) }
}

/** A value as one line of text for each of its parts; what is empty has none. */
function linesOf(value: unknown): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value]
  if (Array.isArray(value)) return value.flatMap(linesOf)
  if (typeof value !== 'object' || value === null) return []
  const { type, ...rest } = value as Record<string, unknown>
  const text = Object.values(rest)
    .filter((part) => typeof part === 'string' && part !== '')
    .join(' ')
  if (text === '') return []
  return [typeof type === 'string' ? `${text} (${type})` : text]
}
