import { z } from 'zod'

/** Where the contract's sources disagree or are silent (§8): the default is what it calls the likeliest. */
export const switchesSchema = z.strictObject({
  /** An unknown body key is a 406 naming it, so that typing errors surface; the real one ignores it (§1.6). */
  strictBodies: z.boolean().default(true),
  /** The name of the tags in contacts/show (§2.2). */
  tagKey: z.enum(['Tag', 'ContactsTag']).default('Tag'),
  /** The spec required `name` on contacts/edit until March 2026 (§2.4). */
  editRequiresName: z.boolean().default(false),
  /** A page past the end (§1.4). */
  pageBeyondEnd: z.enum(['empty', 'notFound']).default('empty'),
  /** Rows of a page when the request names no `limit` (§1.4). */
  defaultLimit: z.number().int().min(1).max(1000).default(30),
  /** Numbers and emails of an index row: the first as an object, or all in an array (§2.1). */
  indexRelations: z.enum(['object', 'array']).default('object'),
  /** Whether an edit replaces the external links or adds to them (§6). */
  externalUrlOnEdit: z.enum(['replace', 'append']).default('replace'),
  /** More than ten operations in one bulk request: the whole refused, or all done (§2.8). */
  bulkOverTen: z.enum(['refuse', 'accept']).default('refuse'),
  /** What a bulk request takes of the budget: one, or as many as it has operations (§2.8). */
  bulkCounts: z.enum(['request', 'operations']).default('request'),
  /** Requests a minute of the company (§1.3). */
  rateLimit: z.number().int().min(1).default(60),
  /** `X-CloudTalkAPI-*` on every answer, or only on 429 (§1.3). */
  rateLimitHeaders: z.enum(['always', 'onlyWhenExceeded']).default('always'),
  rateLimitBody: z.enum(['envelope', 'empty']).default('envelope'),
  /** Whether the analytics and AI hosts draw on the same budget (§1.3). */
  sharedRateLimit: z.boolean().default(true),
  /** `/r/play/{id}` always, or `/call-details/{id}` for recorded calls only (§3.1). */
  recordingLink: z.enum(['play', 'callDetails']).default('play'),
  /** Whether the link waits for the upload (§3.4), or is in the row at once; no source has looked (§3.1). */
  recordingLinkDelayed: z.boolean().default(false),
  recordingContentType: z
    .enum(['application/octet-stream', 'audio/x-wav'])
    .default('application/octet-stream'),
  /** How long after its end a call has no recording yet, in milliseconds (§3.4). */
  recordingDelayMs: z.number().min(0).default(1_500),
  /** How long after its end a call is unknown to the analytics and AI hosts, in milliseconds (§3.3). */
  analyticsDelayMs: z.number().min(0).default(1_000),
  /** `success` of sms/send (§4). */
  smsSuccess: z.enum(['boolean', 'string']).default('boolean'),
  /** Of the key that is accepted; an account can make another one. */
  accessKeySecret: z.string().min(1).default('emulator'),
})

export type CloudTalkSwitches = z.output<typeof switchesSchema>
