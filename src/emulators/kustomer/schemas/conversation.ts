import { z } from 'zod'
import type { KustomerSwitches } from '../switches.ts'
import { custom, dateTime, objectId, queue, tags, uniqueList } from './parts.ts'

/** Channels that a message can be written with (contract §4). */
export const channel = z.enum([
  'email',
  'sms',
  'chat',
  'facebook',
  'twitter-dm',
  'twitter-tweet',
  'voice',
  'instagram',
  'whatsapp',
])

export type Channel = z.output<typeof channel>

const fields = {
  direction: z.enum(['in', 'out']).optional(),
  priority: z.number().int().min(1).max(5).optional(),
  tags: tags.optional(),
  assignedUsers: uniqueList(objectId, 10).optional(),
  assignedTeams: uniqueList(objectId, 10).optional(),
  custom: custom.optional(),
  defaultLang: z.string().max(100).nullable().optional(),
  queue: queue.optional(),
}

/** `POST /customers/:id/conversations`; `channels` is not in it: they follow from the messages (contract §4). */
const createForCustomer = z.strictObject({
  ...fields,
  id: objectId.optional(),
  campaign: objectId.optional(),
  externalId: z.string().max(256).optional(),
  name: z.string().max(256).optional(),
  status: z.enum(['open', 'done']).optional(),
  createdAt: dateTime.optional(),
  importedAt: dateTime.optional(),
  replyChannel: z.string().max(256).nullable().optional(),
})

/** `POST /conversations`: the same with the customer, and without a campaign. */
const create = createForCustomer.omit({ campaign: true }).extend({ customer: objectId })

const update = z.strictObject({
  ...fields,
  externalId: z.string().max(256).nullable().optional(),
  name: z.string().max(256).nullable().optional(),
  status: z.enum(['open', 'snoozed', 'done']).optional(),
  snooze: z
    .strictObject({
      time: dateTime.optional(),
      status: z.enum(['scheduled', 'canceled', 'elapsed']).optional(),
    })
    .optional(),
  subStatus: z.string().nullable().optional(),
  deleted: z.boolean().nullable().optional(),
  ended: z.boolean().optional(),
  endedAt: dateTime.nullable().optional(),
  endedReason: z.string().nullable().optional(),
  endedBy: z.string().nullable().optional(),
  endedByType: z.enum(['user', 'customer']).optional(),
  locked: z.boolean().optional(),
  rev: z.number().optional(),
  satisfaction: z.number().optional(),
  suggestedTags: z.array(z.string()).optional(),
  suggestedShortcuts: z.array(z.string()).optional(),
})

/** Moving to another customer is a body of its own (contract §4). */
export const conversationMove = z.strictObject({ customer: objectId })

const channels = { channels: uniqueList(channel).optional() }

export type ConversationCreate = z.output<typeof createForCustomer> & { channels?: Channel[] }
export type ConversationUpdate = z.output<typeof update> & { channels?: Channel[] }

type ConversationSchemas = {
  create: z.ZodType<ConversationCreate & { customer?: string | null }>
  createForCustomer: z.ZodType<ConversationCreate>
  update: z.ZodType<ConversationUpdate>
}

const build = (withChannels: boolean, withoutCustomer: boolean): ConversationSchemas => {
  const extra = withChannels ? channels : {}
  const noCustomer = { customer: objectId.nullable().optional() }
  const extended = create.extend(extra)
  return {
    create: withoutCustomer ? extended.extend(noCustomer) : extended,
    createForCustomer: createForCustomer.extend(extra),
    update: update.extend(extra),
  }
}

// Building a schema takes longer than answering a request, so all four are made at once.
const VARIANTS = [false, true].map((withChannels) =>
  [false, true].map((withoutCustomer) => build(withChannels, withoutCustomer)),
)

/** The bodies as the switches have them: published, or with the literal forms of the product let through. */
export const conversationSchemas = (switches: KustomerSwitches): ConversationSchemas =>
  VARIANTS[Number(switches.acceptConversationChannels)]?.[
    Number(switches.acceptConversationWithoutCustomer)
  ] ?? build(false, false)
