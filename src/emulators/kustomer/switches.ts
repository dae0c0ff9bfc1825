import { z } from 'zod'
import { createSwitches } from '../switches.ts'

const perMinute = z.number().int().min(1).max(100_000_000)
const delayMs = z.number().min(0).max(3_600_000)

/**
 * What the sources disagree on or do not say (contract §10), each with the likeliest choice. Times marked
 * *scaled* are those of a real minute and shrink with the emulator's `minuteMs`.
 */
const switchesSchema = z.strictObject({
  /** Lets `channels` through in a conversation's body; the published API does not have it. */
  acceptConversationChannels: z.boolean().default(false),
  /** Lets `subject` and `direction` through in a note's body. */
  acceptNoteSubject: z.boolean().default(false),
  /** Lets a conversation be made without a customer. */
  acceptConversationWithoutCustomer: z.boolean().default(false),

  /** The answer to a second owner of a phone, email or external id. */
  duplicateStatus: z.union([z.literal(409), z.literal(400)]).default(409),
  /** The answer to a key without the role. */
  missingRoleStatus: z.union([z.literal(403), z.literal(401)]).default(403),
  /** The envelope: seen on the wire, the new portal's, or that of the published schema. */
  errorShape: z.enum(['observed', 'portal', 'schema']).default('observed'),
  tooManyRequestsCode: z.string().default('toomanyrequests'),

  /** `x-ratelimit-reset` only on 429, or on every answer. */
  rateLimitReset: z.enum(['exceeded', 'always']).default('exceeded'),
  /** Shared by all keys of the org; depends on its plan. */
  requestsPerMinute: perMinute.default(1_000),
  /** Searches by API keys. */
  searchesPerMinute: perMinute.default(100),
  /** New conversations, messages and notes of one customer by one key. */
  creationsPerCustomerPerMinute: perMinute.default(120),
  /**
   * Whether the items of a bulk request count against their customers. That it "counts as 1" is said of the org's
   * requests, and nothing exempts bulk from the limit on creating (§1.4), so they do, and a request that one of them
   * has no room for is refused whole.
   */
  creationsInBulk: z.enum(['counted', 'free']).default('counted'),
  /** Updates of one record by one key; the number is not published, so it is out of the way. */
  updatesPerObjectPerMinute: perMinute.default(100_000_000),

  /** A PUT or PATCH of a customer without `company` unlinks it. */
  dropOmittedCompany: z.boolean().default(true),
  /** Stores a phone with a leading `+` even if it came without. */
  normalisePhones: z.boolean().default(false),
  /** `/customers/phone=` finds a number with or without its `+`. */
  phoneLookupIgnoresPlus: z.boolean().default(false),
  /** What GET answers for a deleted or merged record. */
  getDeleted: z.enum(['notfound', 'record']).default('notfound'),
  /** `createdAt`, `createdBy`, … of notes and messages from a key without org.admin. */
  adminFieldsWithoutRole: z.enum(['ignored', 'refused']).default('ignored'),

  /** How long the search index is behind, scaled. */
  searchLagMs: delayMs.default(1_500),
  /** Whether page 100 of a search still names a next one. */
  searchNextBeyondCap: z.boolean().default(true),
  searchBeyondCap: z.enum(['badparam', 'empty']).default('badparam'),

  /** How long a bulk request waits, scaled. */
  bulkDelayMs: delayMs.default(2_000),
  /** How long a merge takes, scaled. */
  mergeDelayMs: delayMs.default(2_000),

  /** Retries after 1, 1, 2, 5, 10, 15, 30 minutes, or the older ten tries in 80; scaled. */
  webhookRetries: z.enum(['portal', 'older']).default('portal'),
  /** How long a receiver may take, not scaled. */
  webhookTimeoutMs: z.number().int().min(1).max(60_000).default(5_000),
  /** `changes` of a create event. */
  createChanges: z.enum(['null', 'absent']).default('null'),
  /** The signing secret: in the attributes, or beside `data`. */
  tokenLocation: z.enum(['attributes', 'document']).default('attributes'),
})

export type KustomerSwitches = z.output<typeof switchesSchema>

export const createKustomerSwitches = () => createSwitches(switchesSchema)
