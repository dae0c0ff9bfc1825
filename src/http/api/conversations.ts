import { z } from 'zod'
import { lastOfPage, textOfPlace, unassociatedPlace } from '../list-place.ts'
import { NAMED_CUSTOMERS, UNASSOCIATED_PAGE } from '../watching.ts'
import { decided } from './decided.ts'
import { route } from './route.ts'
import { AFTER, byId, next, time } from './schemas.ts'

const subject = 'Conversations'

export const conversationRoutes = [
  route({
    method: 'get',
    path: '/unassociated',
    subject,
    does: `Conversations that belong to nobody yet, the latest that was begun first, ${UNASSOCIATED_PAGE} at a time.`,
    ability: 'oversee',
    query: z.strictObject({ after: unassociatedPlace.optional().meta(AFTER) }),
    answer: z.object({
      conversations: z.array(
        z.object({
          kind: z.enum(['call', 'message']),
          id: z.string(),
          conversationId: z.string(),
          externalNumber: z.string().optional(),
          at: time.optional(),
        }),
      ),
      next,
    }),
    handle: async ({ connection }, { query: { after } }) => {
      const found = await connection.watching.unassociated(after)
      const last = lastOfPage(found, UNASSOCIATED_PAGE)
      return {
        conversations: found.map(({ exactAt: _place, ...one }) => one),
        next: last && textOfPlace(last),
      }
    },
  }),
  route({
    method: 'get',
    path: '/customers',
    subject,
    does: `Customers of a name, as far as the mirror knows them, ${NAMED_CUSTOMERS} at most: one of them may be whom a conversation belongs to.`,
    ability: 'oversee',
    query: z.strictObject({
      name: z
        .string('the query parameter name is missing')
        .trim()
        .min(1, 'the query parameter name is empty'),
    }),
    answer: z.object({
      customers: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          numbers: z.array(z.string()),
          emails: z.array(z.string()),
        }),
      ),
    }),
    handle: async ({ connection }, { query: { name } }) => ({
      customers: await connection.watching.customersNamed(name),
    }),
  }),
  route({
    method: 'post',
    path: '/unassociated/{id}/associate',
    subject,
    does: 'Gives a conversation to a customer; the id may be the conversation’s, or that of a call or message in it.',
    ability: 'decide',
    params: byId,
    body: z.strictObject({
      customer: z.string().trim().min(1).meta({ description: 'an id, email or number' }),
    }),
    answer: z.object({ conversationId: z.string(), customerId: z.string() }),
    refuses: [409, 502, 503],
    handle: (asked, { params: { id }, body: { customer } }) =>
      decided(asked, { did: 'associated', subject: `the conversation of ${id}` }, async () => {
        const associated = await asked.connection.operations.associate(id, customer)
        await asked.note('associated', `conversation ${associated.conversationId}`)
        return associated
      }),
  }),
]
