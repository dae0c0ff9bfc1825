import { z } from 'zod'
import { type ReviewDecision, reviewDecisions } from '../../store/schema.ts'
import { problem } from '../problem.ts'
import { decided } from './decided.ts'
import { route } from './route.ts'
import { byUuid, kind, time } from './schemas.ts'

const subject = 'Reviews'

const decision = z.enum(reviewDecisions).meta({ id: 'Decision' })

/** For the audit. */
const DID: Record<ReviewDecision, string> = {
  merge: 'merged',
  'keep-apart': 'kept apart',
  'keep-apart-for-good': 'kept apart for good',
}

const fields = {
  id: z.uuid(),
  kind: z.enum(['ambiguous-name', 'duplicate-contact']),
  recordId: z.string(),
  candidates: z.array(z.string()).meta({ description: 'contacts that it may belong to' }),
  openedAt: time,
  decision: decision.optional(),
  decidedAt: time.optional(),
}
const review = z.object(fields).meta({ id: 'Review' })
const side = z
  .object({
    kind,
    id: z.string(),
    name: z.string(),
    numbers: z.array(z.string()),
    emails: z.array(z.string()),
  })
  .meta({ id: 'ReviewSide' })

export const reviewRoutes = [
  route({
    method: 'get',
    path: '/reviews',
    subject,
    does: 'What only a person can tell, oldest first.',
    ability: 'oversee',
    answer: z.object({ reviews: z.array(review) }),
    handle: async ({ connection }) => ({ reviews: await connection.operations.reviews() }),
  }),
  route({
    method: 'get',
    path: '/reviews/{id}',
    subject,
    does: 'A review with what is known of each record that it is about.',
    ability: 'oversee',
    params: byUuid,
    answer: z.object({ ...fields, record: side, candidateSides: z.array(side) }),
    refuses: [404],
    handle: async ({ c, connection }, { params: { id } }) =>
      (await connection.watching.review(id)) ??
      problem(c, 404, 'There is no such review.', 'Load the list again.'),
  }),
  route({
    method: 'post',
    path: '/reviews/{id}/decision',
    subject,
    does: 'Merges the record with one of the contacts, keeps them apart until one of them changes, or for good.',
    ability: 'decide',
    params: byUuid,
    body: z.strictObject({
      decision,
      contactId: z.string().min(1).optional().meta({ description: 'where there are several candidates' }),
    }),
    answer: review,
    refuses: [409, 502, 503],
    handle: (asked, { params: { id }, body }) => {
      const deed = { did: DID[body.decision], subject: `review ${id}` }
      return decided(asked, deed, async () => {
        const review = await asked.connection.operations.decideReview(id, body.decision, body.contactId)
        await asked.note(deed.did, deed.subject)
        return review
      })
    },
  }),
]
