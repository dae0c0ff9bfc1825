import { z } from 'zod'
import { matchingSettings } from './matching.ts'

/** The settings of one connection (requirements §5): what an operations person decides. Every default is visible here. */

const openOrDone = z.enum(['open', 'done'])

const loggedType = (status: 'open' | 'done') =>
  z.strictObject({ log: z.boolean().default(true), status: openOrDone.default(status) }).prefault({})

const e164 = z.string().regex(/^\+[1-9]\d{6,14}$/, 'is not an E.164 number such as +442071838750')

/** What calls and messages have in common. */
const logged = {
  /** CloudTalk numbers whose calls or messages are logged; empty = all. */
  connectedNumbers: z.array(e164).default([]),
  unknownNumbers: z.enum(['leave-unlinked', 'create-customer', 'skip']).default('leave-unlinked'),
  /** One `chat` message carries the headline, so that the conversation's channel is chat. */
  chatMessage: z.boolean().default(true),
}

/** Who gets a call that no agent took. */
const assignee = z.union(
  [
    z.literal('last-step'),
    z.literal('favorite-agent'),
    z.strictObject({ user: z.email() }),
    z.strictObject({ team: z.string().min(1) }),
  ],
  { error: 'is none of last-step, favorite-agent, {user: "email"}, {team: "name"}' },
)

export const callSettings = z.strictObject({
  ...logged,
  answered: loggedType('done'),
  missed: loggedType('open'),
  unanswered: loggedType('done'),
  voicemail: loggedType('open'),
  /** Of missed calls and voicemails without an agent: the first of these that there is. */
  withoutAgent: z.array(assignee).default([]),
  /** Extra lines of the note, after the seed's own. */
  lines: z
    .strictObject({
      customerNumber: z.boolean().default(true),
      cloudtalkNumber: z.boolean().default(true),
      recordingLink: z.boolean().default(true),
      rating: z.boolean().default(false),
      ivrPath: z.boolean().default(false),
      aiSummary: z.boolean().default(false),
      transcript: z.boolean().default(false),
      callLink: z.boolean().default(false),
    })
    .prefault({}),
})

/** A year: a conversation that goes on for longer is none. */
const LONGEST_WINDOW_HOURS = 8_760

const messageSettings = (windowHours: number) =>
  z.strictObject({
    ...logged,
    received: loggedType('open'),
    sent: loggedType('done'),
    failed: loggedType('open'),
    /** Each message a conversation of its own, or notes of one while the talk goes on. */
    threading: z.enum(['per-message', 'window']).default('per-message'),
    /** The longest silence within a window. */
    windowHours: z.number().positive().max(LONGEST_WINDOW_HOURS).default(windowHours),
  })

export const isTimeZone = (name: string): boolean => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

export const settingsSchema = z.strictObject({
  name: z.string().min(1).max(100).default('default'),
  active: z.boolean().default(true),
  import: z.boolean().default(true),
  export: z.boolean().default(true),
  /** By what customers find the contact that they belong to. */
  matching: z.enum(matchingSettings).default('phone-or-name'),
  /** Added to every contact that the import creates or adopts. */
  contactTag: z.string().min(1).max(64).optional(),
  /** ISO country of numbers written without a country code. */
  defaultCountry: z
    .string()
    .regex(/^[A-Z]{2}$/, 'is not an ISO country code such as GB')
    .optional(),
  /** CloudTalk agent's email → Kustomer user's email, where they differ; `null` = assign nobody. */
  agentMap: z.record(z.string(), z.string().nullable()).default({}),
  /** IANA zone of times that people read. */
  timeZone: z.string().refine(isTimeZone, 'is not a time zone such as Europe/London').default('UTC'),
  calls: callSettings.prefault({}),
  sms: messageSettings(1).prefault({}),
  whatsapp: messageSettings(24).prefault({}),
})

export type Settings = z.infer<typeof settingsSchema>
export type CallSettings = Settings['calls']
export type MessageSettings = Settings['sms']
