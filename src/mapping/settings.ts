import { z } from 'zod'
import { matchingSettings } from './matching.ts'

/** The settings of one connection (requirements §5): what an operations person decides. Every default is visible here. */

const openOrDone = z.enum(['open', 'done'])

const callType = (status: 'open' | 'done') =>
  z.strictObject({ log: z.boolean().default(true), status: openOrDone.default(status) }).prefault({})

const e164 = z.string().regex(/^\+[1-9]\d{6,14}$/, 'is not an E.164 number such as +442071838750')

export const callSettings = z.strictObject({
  /** CloudTalk numbers whose calls are logged; empty = all. */
  connectedNumbers: z.array(e164).default([]),
  unknownNumbers: z.enum(['leave-unlinked', 'create-customer', 'skip']).default('leave-unlinked'),
  answered: callType('done'),
  missed: callType('open'),
  unanswered: callType('done'),
  voicemail: callType('open'),
  /** One `chat` message carries the headline, so that the conversation's channel is chat. */
  chatMessage: z.boolean().default(true),
  /** Extra lines of the note, after the seed's own. */
  lines: z
    .strictObject({
      customerNumber: z.boolean().default(true),
      cloudtalkNumber: z.boolean().default(true),
      recordingLink: z.boolean().default(true),
      rating: z.boolean().default(false),
      ivrPath: z.boolean().default(false),
      callLink: z.boolean().default(false),
    })
    .prefault({}),
})

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
  calls: callSettings.prefault({}),
})

export type Settings = z.infer<typeof settingsSchema>
export type CallSettings = Settings['calls']
