import type { matchingSettings } from './matching.ts'
import type { Settings } from './settings.ts'

/** The settings as people read them: what each is called, and what a change of it does to what comes from then on. */

export type SettingsSection = 'general' | 'contacts' | 'calls' | 'sms' | 'whatsapp' | 'agents'

export interface SettingsField {
  /** Within the settings: `calls.missed.status`. */
  path: string
  section: SettingsSection
  /** Fields under one heading belong together. */
  group?: string
  label: string
  help?: string
  input:
    | 'text'
    | 'hours'
    | 'switch'
    /** Several of the account's numbers; none = all. */
    | 'numbers'
    /** A user for each agent. */
    | 'agents'
    /** Who gets it, in this order. */
    | 'assignees'
    | { options: Record<string, string> }
  /** What a change means for what comes from then on. */
  effect: string
}

const MATCHING: Record<(typeof matchingSettings)[number], string> = {
  'phone-or-name': 'the same phone, or the same name',
  phone: 'the same phone',
  email: 'the same email',
  'phone-and-email': 'the same phone and the same email',
  none: 'nothing: each customer gets a contact of its own',
}

const general: SettingsField[] = [
  {
    path: 'name',
    section: 'general',
    label: 'Name',
    input: 'text',
    effect: 'The connection is called so here, and in the name of its webhook in Kustomer.',
  },
  {
    path: 'active',
    section: 'general',
    label: 'Switched on',
    help: 'Off: nothing is written to either side. What comes meanwhile is skipped, and a run brings it over later.',
    input: 'switch',
    effect:
      'Switched on, what happens from now on is synced; what was there before comes over by a run. Switched off, nothing is written any more.',
  },
  {
    path: 'timeZone',
    section: 'general',
    label: 'Time zone',
    help: 'Such as Europe/London.',
    input: 'text',
    effect: 'New notes name times in this zone, and the nightly proof counts its days.',
  },
]

const contacts: SettingsField[] = [
  {
    path: 'import',
    section: 'contacts',
    label: 'Import customers of Kustomer to CloudTalk',
    input: 'switch',
    effect: 'Customers that are created or changed from now on are brought to CloudTalk, or no more.',
  },
  {
    path: 'export',
    section: 'contacts',
    label: 'Export contacts of CloudTalk to Kustomer',
    input: 'switch',
    effect: 'Contacts that are created or changed from now on are brought to Kustomer, or no more.',
  },
  {
    path: 'matching',
    section: 'contacts',
    label: 'A customer and a contact are one person by',
    input: { options: MATCHING },
    effect: 'New records find each other by it. Records that are joined already stay joined.',
  },
  {
    path: 'contactTag',
    section: 'contacts',
    label: 'Contact tag',
    help: 'Added to each contact that the import creates or joins. Empty: none.',
    input: 'text',
    effect:
      'Contacts that the import creates or joins from now on get it. A tag that was given before stays.',
  },
  {
    path: 'defaultCountry',
    section: 'contacts',
    label: 'Country of numbers without a country code',
    help: 'Two letters, such as GB. Empty: such numbers do not count as valid.',
    input: 'text',
    effect: 'Numbers of records that change from now on are read so.',
  },
]

const OPEN_OR_DONE = { options: { open: 'Open', done: 'Done' } }

const CALL_TYPES = {
  answered: 'Answered Call',
  missed: 'Missed Call',
  unanswered: 'Unanswered Call',
  voicemail: 'Voicemail',
}
const MESSAGE_TYPES = { received: 'Received', sent: 'Sent', failed: 'Failed' }

const typesOf = (section: 'calls' | 'sms' | 'whatsapp', types: Record<string, string>): SettingsField[] =>
  Object.entries(types).flatMap(([type, name]): SettingsField[] => [
    {
      path: `${section}.${type}.log`,
      section,
      group: name,
      label: `Log ${name}`,
      input: 'switch',
      effect: `New ones of the type ${name} are logged, or no more. Logged ones stay.`,
    },
    {
      path: `${section}.${type}.status`,
      section,
      group: name,
      label: `Status after ${name}`,
      input: OPEN_OR_DONE,
      effect: `New conversations of the type ${name} get this status. Others keep theirs.`,
    },
  ])

const commonOf = (section: 'calls' | 'sms' | 'whatsapp', what: string): SettingsField[] => [
  {
    path: `${section}.connectedNumbers`,
    section,
    label: 'Connected numbers',
    help: `Only ${what} of these CloudTalk numbers are logged. None chosen: all.`,
    input: 'numbers',
    effect: `New ${what} of these numbers are logged, others are skipped. Logged ones stay.`,
  },
  {
    path: `${section}.unknownNumbers`,
    section,
    label: 'Of numbers that no customer has',
    input: {
      options: {
        'leave-unlinked': 'log without a customer, and move it once there is one',
        'create-customer': 'create a customer with the number',
        skip: 'do not log',
      },
    },
    effect: `Decides about new ${what} of unknown numbers.`,
  },
  {
    path: `${section}.chatMessage`,
    section,
    label: 'Write one chat message, so that the conversation’s channel is Chat',
    input: 'switch',
    effect: 'New conversations get one, or not. Others stay as they are.',
  },
]

const LINES: Record<keyof Settings['calls']['lines'], string> = {
  customerNumber: 'Customer number',
  cloudtalkNumber: 'CloudTalk number',
  recordingLink: 'Link to the recording',
  rating: 'Rating',
  ivrPath: 'IVR path',
  aiSummary: 'AI summary',
  transcript: 'Transcript',
  callLink: 'Link to the call in CloudTalk',
}

const calls: SettingsField[] = [
  ...commonOf('calls', 'calls'),
  ...typesOf('calls', CALL_TYPES),
  {
    path: 'calls.withoutAgent',
    section: 'calls',
    label: 'Missed calls and voicemails without an agent go to',
    help: 'The first of these that there is. None chosen: to nobody.',
    input: 'assignees',
    effect: 'New ones are assigned so. Others keep who they have.',
  },
  ...Object.entries(LINES).map(
    ([line, label]): SettingsField => ({
      path: `calls.lines.${line}`,
      section: 'calls',
      group: 'More lines in the note',
      label,
      input: 'switch',
      effect: 'New notes have this line, or not; so do notes whose call changes from now on.',
    }),
  ),
]

const messages = (section: 'sms' | 'whatsapp', what: string): SettingsField[] => [
  ...commonOf(section, `${what} messages`),
  ...typesOf(section, MESSAGE_TYPES),
  {
    path: `${section}.threading`,
    section,
    group: 'Conversations',
    label: 'A message becomes',
    input: {
      options: {
        'per-message': 'a conversation of its own',
        window: 'a note of the same conversation, while the talk goes on',
      },
    },
    effect: 'Decides about new messages. Conversations that there are stay as they are.',
  },
  {
    path: `${section}.windowHours`,
    section,
    group: 'Conversations',
    label: 'A talk ends after so many hours of silence',
    input: 'hours',
    effect: 'Decides which conversation a new message joins.',
  },
]

const agents: SettingsField[] = [
  {
    path: 'agentMap',
    section: 'agents',
    label: 'Who is who',
    help: 'An agent of CloudTalk is the Kustomer user with the same email, unless another one is chosen here.',
    input: 'agents',
    effect: 'New conversations are assigned so. Others keep who they have.',
  },
]

export const SETTINGS_FIELDS: readonly SettingsField[] = [
  ...general,
  ...contacts,
  ...calls,
  ...messages('sms', 'SMS'),
  ...messages('whatsapp', 'WhatsApp'),
  ...agents,
]

export const SECTION_TITLES: Record<SettingsSection, string> = {
  general: 'Connection',
  contacts: 'Contacts',
  calls: 'Calls',
  sms: 'SMS',
  whatsapp: 'WhatsApp',
  agents: 'Agents',
}

/** What a field holds. */
export function valueAt(settings: unknown, path: string): unknown {
  let value: unknown = settings
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/** The settings with another value in one field; undefined takes it away. */
export function withValue(settings: unknown, path: string, value: unknown): Record<string, unknown> {
  const [key = '', ...rest] = path.split('.')
  const { [key]: inner, ...others } = Object(settings) as Record<string, unknown>
  const changed = rest.length === 0 ? value : withValue(inner, rest.join('.'), value)
  return changed === undefined ? others : { ...others, [key]: changed }
}

/** One field that differs, in words. */
export interface SettingsChange {
  path: string
  section: SettingsSection
  label: string
  before: string
  after: string
  effect: string
}

/** How two settings of one connection differ; in the fields' order. */
export const settingsChanges = (before: Settings, after: Settings): SettingsChange[] =>
  SETTINGS_FIELDS.flatMap((field) => {
    const [was, is] = [valueAt(before, field.path), valueAt(after, field.path)]
    if (JSON.stringify(was) === JSON.stringify(is)) return []
    const { path, section, label, effect } = field
    return [{ path, section, label, effect, before: inWords(field, was), after: inWords(field, is) }]
  })

function inWords({ input }: SettingsField, value: unknown): string {
  if (typeof input === 'object') return input.options[String(value)] ?? String(value)
  switch (input) {
    case 'switch':
      return value === true ? 'on' : 'off'
    case 'text':
    case 'hours':
      return value === undefined ? 'none' : String(value)
    case 'numbers':
      return Array.isArray(value) && value.length > 0 ? value.join(', ') : 'all'
    case 'assignees':
      return Array.isArray(value) && value.length > 0 ? value.map(assigneeInWords).join(', then ') : 'nobody'
    case 'agents':
      return (
        Object.entries(value ?? {})
          .map(([agent, user]) => `${agent} is ${user ?? 'nobody'}`)
          .join(', ') || 'the same email'
      )
  }
}

function assigneeInWords(assignee: Settings['calls']['withoutAgent'][number]): string {
  if (assignee === 'last-step') return 'who it rang last'
  if (assignee === 'favorite-agent') return 'the contact’s favorite agent'
  return 'user' in assignee ? assignee.user : `team ${assignee.team}`
}
