import { contactFieldRules, notMappedContactFields } from './contact-from-customer.ts'
import { customerFieldRules, notMappedCustomerFields } from './customer-from-contact.ts'
import { noteLineRules } from './note-from-call.ts'
import { messageLineRules } from './note-from-message.ts'
import type { Settings } from './settings.ts'
import type { TimelineConversation, TimelineNote } from './timeline.ts'

/** One line of requirements §1 to §4: where a field's value comes from, and by which rule. */
export interface FieldRow {
  /** By which a sample names its value. */
  key: string
  target: string
  source: string
  rule: string
}

/** What becomes of one kind of record, as the connection's settings have it. */
export interface FieldTable {
  id: 'contact' | 'customer' | 'call-conversation' | 'call-note' | 'message-conversation' | 'message-note'
  title: string
  /** The vendors' words above the columns. */
  target: string
  source: string
  rows: FieldRow[]
  /** Never written and never cleared. */
  notMapped: { field: string; rule: string }[]
}

/** Which of Kustomer's literal forms are in use; undefined = not tried yet. */
export interface FormsInUse {
  conversationChannels?: boolean
  noteSubject?: boolean
}

/** What a sample calls the line of a note that has this label. */
export const lineKey = (label: string): string => `line ${label}`

type Words = Omit<FieldRow, 'key'>
/** Words for each field that the code makes: a new one does not compile without them. */
type WordsOf<Target, More extends string = never> = { [F in keyof Required<Target> | More]: Words }

const rowsOf = (words: Record<string, Words>): FieldRow[] =>
  Object.entries(words).map(([key, rest]) => ({ key, ...rest }))

/** All tables, in the order of the requirements. */
export const fieldTables = (settings: Settings, forms: FormsInUse): FieldTable[] => [
  contactTable(settings),
  customerTable(),
  callConversationTable(settings),
  callNoteTable(settings, forms),
  messageConversationTable(settings),
  messageNoteTable(forms),
]

const contactTable = ({ contactTag }: Settings): FieldTable => ({
  id: 'contact',
  title: 'Customer to contact',
  target: 'CloudTalk contact',
  source: 'Kustomer customer',
  rows: contactFieldRules.map(({ field, label, from, rule, maxLength }) => ({
    key: field,
    target: label,
    source: from,
    rule: maxLength === undefined ? rule : `${rule}; at most ${maxLength} characters`,
  })),
  notMapped: notMappedContactFields.map(({ label, rule }) => ({
    field: label,
    rule: label === 'Tags' ? tagRule(contactTag) : rule,
  })),
})

const tagRule = (contactTag: string | undefined): string =>
  contactTag === undefined
    ? 'left alone; the settings name no contact tag'
    : `left alone; only the contact tag “${contactTag}” is added`

const customerTable = (): FieldTable => ({
  id: 'customer',
  title: 'Contact to customer',
  target: 'Kustomer customer',
  source: 'CloudTalk contact',
  rows: customerFieldRules.map(({ field, label, to, rule }) => ({
    key: field,
    target: to,
    source: label,
    rule,
  })),
  notMapped: notMappedCustomerFields.map(({ label, rule }) => ({ field: label, rule })),
})

const STATUS = { open: 'Open', done: 'Done' } as const

/** As in "answered: Done, missed: not logged". */
const statuses = (types: Record<string, { log: boolean; status: 'open' | 'done' }>): string =>
  Object.entries(types)
    .map(([type, { log, status }]) => `${type}: ${log ? STATUS[status] : 'not logged'}`)
    .join(', ')

const UNKNOWN = {
  'leave-unlinked': 'nobody yet, and moved once a customer has the number',
  'create-customer': 'a new customer with the number as its name',
  skip: 'not logged',
} as const satisfies Record<Settings['calls']['unknownNumbers'], string>

const chatRow = (chatMessage: boolean): Words => ({
  target: 'Chat message',
  source: 'Call status, duration, number and time',
  rule: chatMessage
    ? 'one, where Kustomer takes no channel: it makes the channel chat'
    : 'switched off in the settings',
})

const notMappedConversation = [
  { field: 'Tags, priority, queue, custom attributes', rule: 'left alone' },
  { field: 'Status, once everything is written', rule: 'a person’s later change is left alone' },
]

type MadeOutside = 'customer' | 'assigned' | 'channel' | 'chat'

const callConversationTable = ({ calls, agentMap, timeZone }: Settings): FieldTable => {
  const { answered, missed, unanswered, voicemail, withoutAgent } = calls
  const words: WordsOf<TimelineConversation, MadeOutside> = {
    customer: {
      target: 'Customer',
      source: 'Contact',
      rule: `who owns the external number: linked contact, then phone, then WhatsApp; nobody: ${UNKNOWN[calls.unknownNumbers]}`,
    },
    externalId: { target: 'External ID', source: 'Call ID', rule: 'as it is' },
    assigned: {
      target: 'Assigned user',
      source: 'Agent',
      rule: assignedRule(agentMap, withoutAgent.length),
    },
    channel: { target: 'Channel', source: 'none', rule: 'always Chat' },
    name: {
      target: 'Name',
      source: 'Call status',
      rule: 'Missed Call, Answered Call, Unanswered Call or Voicemail',
    },
    status: {
      target: 'Status',
      source: 'Call status',
      rule: statuses({ answered, missed, unanswered, voicemail }),
    },
    direction: { target: 'Direction', source: 'Direction', rule: 'incoming: in, outgoing: out' },
    createdAt: { target: 'Created at', source: 'Call end date and time', rule: 'in UTC' },
    chat: {
      ...chatRow(calls.chatMessage),
      rule: `${chatRow(calls.chatMessage).rule}${calls.chatMessage ? `; its time in ${timeZone}` : ''}`,
    },
  }
  return {
    id: 'call-conversation',
    title: 'Call to conversation',
    target: 'Conversation',
    source: 'CloudTalk call',
    rows: rowsOf(words),
    notMapped: notMappedConversation,
  }
}

const assignedRule = (agentMap: Settings['agentMap'], entries: number): string => {
  const mapped = Object.keys(agentMap).length
  return [
    'the user with the agent’s email',
    ...(mapped > 0
      ? [`${mapped} ${mapped === 1 ? 'agent' : 'agents'} mapped otherwise by the settings`]
      : []),
    entries > 0
      ? 'missed calls and voicemails without an agent: as the settings say'
      : 'without an agent: nobody',
  ].join('; ')
}

/** Of a note, all but its body, which stands line by line. */
const noteHead = (
  { externalId, subject, createdAt }: Record<'externalId' | 'subject' | 'createdAt', string>,
  forms: FormsInUse,
): Omit<WordsOf<TimelineNote, 'customer'>, 'body'> => {
  const asLine = (nth: string) => (forms.noteSubject === false ? `; as the note’s ${nth} line` : '')
  return {
    customer: { target: 'Customer', source: 'Contact', rule: 'that of the conversation' },
    externalId: { target: 'External ID', source: externalId, rule: 'the same as the conversation' },
    subject: { target: 'Subject', source: subject, rule: `as the conversation is named${asLine('first')}` },
    direction: {
      target: 'Direction',
      source: 'Direction',
      rule: `incoming: in, outgoing: out${asLine('second')}`,
    },
    createdAt: { target: 'Created at', source: createdAt, rule: 'in UTC' },
  }
}

const EMPTY = { dash: 'without a value: a dash', 'leave out': 'without a value: no line' } as const

const callNoteTable = ({ calls }: Settings, forms: FormsInUse): FieldTable => ({
  id: 'call-note',
  title: 'Call to note',
  target: 'Note',
  source: 'CloudTalk call',
  rows: [
    ...rowsOf(
      noteHead({ externalId: 'Call ID', subject: 'Call status', createdAt: 'Call end date and time' }, forms),
    ),
    ...noteLineRules.map(({ label, setting, whenEmpty }) => ({
      key: lineKey(label),
      target: `Body, line “${label}”`,
      source: label,
      rule:
        setting !== undefined && !calls.lines[setting]
          ? 'switched off in the settings: no line'
          : EMPTY[whenEmpty],
    })),
  ],
  notMapped: [{ field: 'Notes that people write', rule: 'left alone' }],
})

const messageConversationTable = ({ sms, whatsapp, agentMap }: Settings): FieldTable => {
  const typesOf = ({ received, sent, failed }: Settings['sms']) => statuses({ received, sent, failed })
  const threadOf = ({ threading, windowHours }: Settings['sms']) =>
    threading === 'window' ? `one for a talk, until ${windowHours} h of silence` : 'one for each message'
  const words: WordsOf<TimelineConversation, MadeOutside> = {
    customer: {
      target: 'Customer',
      source: 'Contact',
      rule: `who owns the external number (WhatsApp: WhatsApp numbers first); nobody: SMS ${UNKNOWN[sms.unknownNumbers]}, WhatsApp ${UNKNOWN[whatsapp.unknownNumbers]}`,
    },
    externalId: {
      target: 'External ID',
      source: 'Message ID',
      rule: `sms-<id> or wa-<id>. Conversations: SMS ${threadOf(sms)}, WhatsApp ${threadOf(whatsapp)}`,
    },
    assigned: { target: 'Assigned user', source: 'Agent', rule: assignedRule(agentMap, 0) },
    channel: { target: 'Channel', source: 'none', rule: 'always Chat' },
    name: {
      target: 'Name',
      source: 'Type',
      rule: 'Received, Sent or Failed, and SMS or WhatsApp',
    },
    status: {
      target: 'Status',
      source: 'Type',
      rule: `SMS ${typesOf(sms)}; WhatsApp ${typesOf(whatsapp)}`,
    },
    direction: { target: 'Direction', source: 'Direction', rule: 'incoming: in, outgoing: out' },
    createdAt: { target: 'Created at', source: 'Sent or received time', rule: 'in UTC' },
    chat: { ...chatRow(sms.chatMessage || whatsapp.chatMessage), source: 'Type, number and time' },
  }
  return {
    id: 'message-conversation',
    title: 'Message to conversation',
    target: 'Conversation',
    source: 'CloudTalk message',
    rows: rowsOf(words),
    notMapped: notMappedConversation,
  }
}

const messageNoteTable = (forms: FormsInUse): FieldTable => ({
  id: 'message-note',
  title: 'Message to note',
  target: 'Note',
  source: 'CloudTalk message',
  rows: [
    ...rowsOf(
      noteHead({ externalId: 'Message ID', subject: 'Type', createdAt: 'Sent or received time' }, forms),
    ),
    ...messageLineRules.map(({ label, whenEmpty }) => ({
      key: lineKey(label),
      target: `Body, line “${label}”`,
      source: label,
      rule: EMPTY[whenEmpty],
    })),
  ],
  notMapped: [{ field: 'Notes that people write', rule: 'left alone' }],
})
