import { z } from 'zod'
import { type ProblemKind, problems } from '../../sync/prove/proof.ts'
import { problem } from '../problem.ts'
import { route } from './route.ts'
import { countByReason, kind } from './schemas.ts'

const subject = 'Proofs'

const tally = z
  .object({
    total: z.int(),
    done: z.int(),
    skipped: countByReason,
    deleted: z.int(),
    before: z.int(),
    pending: z.int(),
    failed: z.int(),
    unexplained: z.int(),
  })
  .meta({ id: 'Tally' })

const proof = z
  .object({
    day: z.string(),
    from: z.string(),
    to: z.string(),
    provedAt: z.string(),
    calls: tally,
    messages: tally,
    customers: tally,
    contacts: tally,
    conversations: z.object({ total: z.int(), unexplained: z.int() }),
    problems: z.array(
      z.object({
        kind: z.union([kind, z.literal('conversation')]),
        id: z.string(),
        what: z.enum(Object.keys(problems) as [ProblemKind, ...ProblemKind[]]),
        conversationId: z.string().optional(),
      }),
    ),
    repaired: z.int(),
  })
  .meta({ id: 'Proof' })

export const proofRoutes = [
  route({
    method: 'get',
    path: '/proofs',
    subject,
    does: 'The latest proof of each of the last days, newest first.',
    ability: 'oversee',
    answer: z.object({ proofs: z.array(proof) }),
    handle: async ({ connection }) => ({ proofs: await connection.operations.proofs() }),
  }),
  route({
    method: 'post',
    path: '/proofs',
    subject,
    does: 'Begins to prove that nothing of a day is missing.',
    ability: 'decide',
    body: z.strictObject({
      day: z.iso.date().optional().meta({ description: 'the day before today where none is given' }),
      repair: z.boolean().default(false).meta({ description: 'settles again what is missing' }),
    }),
    status: 202,
    answer: z.object({ id: z.uuid() }),
    handle: async ({ connection, proving, note }, { body: { day, repair } }) => {
      const id = proving.begin(connection.operations.prove(day, repair))
      await note(repair ? 'proved and repaired' : 'proved', day ?? 'the day before')
      return { id }
    },
  }),
  route({
    method: 'get',
    path: '/proofs/{id}',
    subject,
    does: 'How far a proof is that was begun through this process, and the proof.',
    ability: 'oversee',
    ofConnection: false,
    params: z.object({ id: z.string().min(1) }),
    answer: z.discriminatedUnion('state', [
      z.object({ state: z.literal('running') }),
      z.object({ state: z.literal('done'), proof }),
      z.object({ state: z.literal('failed'), error: z.string() }),
    ]),
    refuses: [404],
    handle: async ({ c, proving }, { params: { id } }) =>
      proving.state(id) ?? problem(c, 404, 'Nobody asked for this proof.', 'Ask for it anew.'),
  }),
]
