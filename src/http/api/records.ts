import { z } from 'zod'
import { lastOfPage, standingPlace, textOfPlace } from '../list-place.ts'
import { ACTIVITY_PAGE, RECORDS_PAGE, SHARED_CONTACTS_PAGE } from '../watching.ts'
import { decided } from './decided.ts'
import { route } from './route.ts'
import { AFTER, byId, kind, next, outcome, outcomeAsked, reason, time, undoing } from './schemas.ts'

const subject = 'Records'

const assignment = z.object({
  rule: z.enum(['agent', 'last-step', 'favorite-agent', 'user', 'team']),
  userId: z.string().optional(),
  teamId: z.string().optional(),
})

/** One write of a settle: field by field what stood before, where that is known, and after. */
const write = z
  .object({
    to: z.enum(['contact', 'customer', 'conversation', 'note', 'message', 'link']),
    id: z.string(),
    did: z.enum(['created', 'changed', 'deleted']),
    fields: z.record(z.string(), z.object({ before: z.unknown().optional(), after: z.unknown() })),
    conversationId: z.string().optional(),
  })
  .meta({ id: 'Write' })

const step = z
  .object({
    connection: z.string(),
    kind,
    recordId: z.string(),
    outcome,
    reason,
    sentence: z.string(),
    details: z
      .object({
        warnings: z.array(z.string()).optional(),
        writes: z
          .array(write)
          .optional()
          .meta({ description: 'what was written to either side, in this order' }),
        written: z
          .record(z.string(), z.unknown())
          .optional()
          .meta({ description: 'of outcomes from before writes were kept, as the next one' }),
        writtenToCustomers: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
        conflicts: z.array(z.object({ field: z.string(), kept: z.enum(['customer', 'contact']) })).optional(),
        provenance: z.record(z.string(), z.unknown()).optional(),
        matchedBy: z.string().optional(),
        assigned: assignment.optional(),
        undo: undoing.optional(),
      })
      .optional(),
    requests: z.number(),
    contactId: z.string().optional(),
    customerId: z.string().optional(),
    conversationId: z.string().optional(),
    source: z.string(),
    runId: z.string().optional(),
    nextAt: time.optional().meta({ description: 'when a waiting record is tried again' }),
    version: z.int().optional(),
    enrichment: z.boolean().optional(),
    at: time,
  })
  .meta({ id: 'Step' })

const title = z
  .string()
  .optional()
  .meta({ description: 'a customer’s or contact’s name, the other side’s number of a call or message' })

const outcomeFilter = {
  kind: kind.optional(),
  outcome: outcomeAsked.optional(),
  reason: reason.optional(),
}
const moment = z.iso.datetime({ offset: true })
const period = {
  since: moment.optional().meta({ description: 'as in 2026-01-31T00:00:00Z' }),
  until: moment.optional(),
}
const dateOf = (given: string | undefined): Date | undefined =>
  given === undefined ? undefined : new Date(given)

const failure = z.object({ kind, id: z.string(), reason, sentence: z.string(), at: time })
const failureFilter = z.strictObject({
  id: z.string().min(1).optional(),
  kind: kind.optional(),
  reason: reason.optional(),
})
/** All of them only where that is said. */
const retryBody = failureFilter
  .extend({ all: z.literal(true).optional() })
  .refine(({ id, kind, reason, all }) => id ?? kind ?? reason ?? all, 'names no record, kind or reason')

export const recordRoutes = [
  route({
    method: 'get',
    path: '/trace',
    subject,
    does: 'The whole story of the records that a question finds.',
    ability: 'look',
    query: z.strictObject({
      q: z
        .string('the query parameter q is missing')
        .trim()
        .min(1, 'the query parameter q is empty')
        .meta({ description: 'a number in any format, a name, an email, or an id' }),
    }),
    answer: z.object({
      records: z.array(
        z.object({ kind, id: z.string(), title: z.string(), at: time.optional(), story: z.array(step) }),
      ),
    }),
    handle: async ({ connection }, { query }) => ({
      records: await connection.operations.trace(query.q),
    }),
  }),
  route({
    method: 'get',
    path: '/activity',
    subject,
    does: `Everything that was done or left, newest first, ${ACTIVITY_PAGE} at a time.`,
    ability: 'look',
    query: z.strictObject({
      ...outcomeFilter,
      ...period,
      before: z
        .string()
        .regex(/^\d{1,18}$/, 'is no `next` of an earlier answer')
        .optional()
        .meta(AFTER),
    }),
    answer: z.object({
      outcomes: z.array(
        z.object({
          id: z.string(),
          kind,
          recordId: z.string(),
          title,
          outcome,
          reason,
          sentence: z.string(),
          at: time,
        }),
      ),
      next,
    }),
    handle: async ({ connection }, { query: { before, since, until, ...filter } }) => {
      const asked = { ...filter, since: dateOf(since), until: dateOf(until) }
      const outcomes = await connection.watching.activity(asked, before)
      return { outcomes, next: lastOfPage(outcomes, ACTIVITY_PAGE)?.id }
    },
  }),
  route({
    method: 'get',
    path: '/reasons',
    subject,
    does: 'How often each reason was given: for the records as they stand now or, within a time, for all that happened in its hours.',
    ability: 'look',
    query: z.strictObject({ ...outcomeFilter, ...period }),
    answer: z.object({ reasons: z.array(z.object({ reason, count: z.int() })) }),
    handle: async ({ connection }, { query: { since, until, ...filter } }) => ({
      reasons: await connection.watching.reasons({ ...filter, since: dateOf(since), until: dateOf(until) }),
    }),
  }),
  route({
    method: 'get',
    path: '/records',
    subject,
    does: `How each record stands now, and why, the latest first, ${RECORDS_PAGE} at a time.`,
    ability: 'look',
    query: z.strictObject({
      ...outcomeFilter,
      after: standingPlace.optional().meta(AFTER),
    }),
    answer: z.object({
      records: z.array(
        z.object({ kind, id: z.string(), title, outcome, reason, sentence: z.string(), at: time }),
      ),
      next,
    }),
    handle: async ({ connection }, { query: { after, ...filter } }) => {
      const found = await connection.watching.standing(filter, after)
      const last = lastOfPage(found, RECORDS_PAGE)
      return {
        records: found.map(({ exactAt: _place, ...record }) => record),
        next: last && textOfPlace(last),
      }
    },
  }),
  route({
    method: 'get',
    path: '/failures',
    subject,
    does: 'Records that have failed, the latest first.',
    ability: 'look',
    query: failureFilter,
    answer: z.object({ failures: z.array(failure) }),
    handle: async ({ connection }, { query }) => ({
      failures: await connection.operations.failures(query),
    }),
  }),
  route({
    method: 'post',
    path: '/failures/retry',
    subject,
    does: 'Settles failed records again: one by its id, those of a kind or reason, or all.',
    ability: 'decide',
    body: retryBody,
    answer: z.object({ retried: z.int() }),
    handle: async ({ connection, note }, { body: { all: _all, ...filter } }) => {
      const retried = await connection.operations.retry(filter)
      const { id, kind, reason } = filter
      const which = [kind, id, reason && `with the reason ${reason}`].filter(Boolean).join(' ')
      await note('retried', which || 'all that had failed')
      return { retried }
    },
  }),
  route({
    method: 'get',
    path: '/contacts/shared',
    subject,
    does: `Contacts that several customers share, with who gave each value, ${SHARED_CONTACTS_PAGE} at a time.`,
    ability: 'oversee',
    query: z.strictObject({
      after: z.string().min(1).optional().meta(AFTER),
    }),
    answer: z.object({
      contacts: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          fields: z.record(z.string(), z.unknown()),
          provenance: z.record(z.string(), z.unknown()).meta({
            description: 'of each field the customer that gave it, of each entry of a list all of them',
          }),
          customers: z.array(z.object({ id: z.string(), name: z.string() })),
        }),
      ),
      next,
    }),
    handle: async ({ connection }, { query: { after } }) => {
      const shared = await connection.watching.sharedContacts(after)
      return {
        contacts: shared.map(({ fields, ...contact }) => ({ ...contact, fields: { ...fields } })),
        next: lastOfPage(shared, SHARED_CONTACTS_PAGE)?.id,
      }
    },
  }),
  route({
    method: 'post',
    path: '/contacts/{id}/unmerge',
    subject,
    does: 'Takes a customer out of a contact that several customers share.',
    ability: 'decide',
    params: byId,
    body: z.strictObject({ customerId: z.string().min(1) }),
    answer: z.object({ unmerged: z.literal(true) }),
    refuses: [409, 502, 503],
    handle: (asked, { params: { id }, body: { customerId } }) => {
      const deed = { did: 'took apart', subject: `contact ${id} and customer ${customerId}` }
      return decided(asked, deed, async () => {
        await asked.connection.operations.unmerge(id, customerId)
        await asked.note(deed.did, deed.subject)
        return { unmerged: true as const }
      })
    },
  }),
]
