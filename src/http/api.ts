import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { type ReasonCode, reasons } from '../mapping/reasons.ts'
import { Undecidable } from '../sync/contacts/decide.ts'
import { Busy } from '../sync/locks.ts'
import { Unassociable } from '../sync/timeline/associate.ts'
import type { Operations } from './operations.ts'
import { problem } from './problem.ts'
import { createProving } from './proving.ts'
import { sameSecret } from './same-secret.ts'
import { parseJson } from './webhook-body.ts'

const runBody = z.strictObject({
  kind: z.enum(['sync', 'preview']).default('sync'),
  from: z.iso.datetime({ offset: true }).optional(),
})

const decisionBody = z.strictObject({
  decision: z.enum(['merge', 'keep-apart']),
  contactId: z.string().min(1).optional(),
})
const proveBody = z.strictObject({ day: z.iso.date().optional(), repair: z.boolean().default(false) })
const failureFilter = z.object({
  id: z.string().min(1).optional(),
  kind: z.enum(['customer', 'contact', 'call', 'message']).optional(),
  reason: z.enum(Object.keys(reasons) as [ReasonCode, ...ReasonCode[]]).optional(),
})
/** All of them only where that is said. */
const retryBody = failureFilter
  .extend({ all: z.literal(true).optional() })
  .strict()
  .refine(({ id, kind, reason, all }) => id ?? kind ?? reason ?? all, 'names no record, kind or reason')
  .transform(({ all: _all, ...filter }) => filter)
/** By id, email or number. */
const associateBody = z.strictObject({ customer: z.string().trim().min(1) })
const unmergeBody = z.strictObject({ customerId: z.string().min(1) })

/** The JSON of a body; an empty one is empty JSON, and what is none is undefined. */
async function jsonOf(c: Context): Promise<unknown> {
  const raw = new Uint8Array(await c.req.arrayBuffer())
  return raw.length === 0 ? {} : parseJson(raw)?.value
}

/** What a person asked for, or why it cannot be done. */
async function decided(c: Context, decide: () => Promise<unknown>): Promise<Response> {
  try {
    return c.json(await decide())
  } catch (error) {
    if (error instanceof Undecidable) return problem(c, 409, error.message, 'Load the review again.')
    if (error instanceof Unassociable) return problem(c, 409, error.message, 'Load the list again.')
    if (error instanceof Busy) return problem(c, 409, 'It is being synced at this moment.', 'Try again.')
    throw error
  }
}

type Asked = { Variables: { operations: Operations } }

/**
 * What the CLI asks of a running service: the embedded database can be opened by one process only. The query parameter
 * `connection` names the connection; without it the first one is meant.
 */
export function api(
  operationsFor: (connection: string | undefined) => Operations | undefined,
  token: string,
): Hono<Asked> {
  const proving = createProving()
  const runOf = async (c: Context<Asked>) => {
    const id = c.req.param('id') ?? ''
    return z.uuid().safeParse(id).success ? c.var.operations.run(id) : undefined
  }
  const noSuchRun = (c: Context) => problem(c, 404, 'There is no such run.', 'Check the id.')
  return new Hono<Asked>()
    .use(async (c, next) => {
      const [, given] = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '') ?? []
      if (given === undefined || !sameSecret(given, token)) {
        c.header('www-authenticate', 'Bearer')
        return problem(
          c,
          401,
          'The bearer token is missing or not accepted.',
          'Use the token of this service.',
        )
      }
      if (/%00/.test(c.req.url)) return problem(c, 400, 'The address has a NUL character.', 'Leave it out.')
      const operations = operationsFor(c.req.query('connection'))
      if (!operations)
        return problem(c, 400, 'There is no such connection.', 'Check its id in the settings file.')
      c.set('operations', operations)
      return next()
    })
    .get('/summary', async (c) => c.json(await c.var.operations.summary()))
    .get('/pending', async (c) => c.json({ events: await c.var.operations.pending() }))
    .get('/trace', async (c) => {
      const question = c.req.query('q') ?? ''
      if (question.trim() === '') {
        return problem(c, 400, 'The query parameter q is missing.', 'Ask for a number, name, email or id.')
      }
      return c.json({ records: await c.var.operations.trace(question) })
    })
    .get('/reviews', async (c) => c.json({ reviews: await c.var.operations.reviews() }))
    .post('/reviews/:id/decision', async (c) => {
      const body = decisionBody.safeParse(await jsonOf(c))
      if (!body.success || !z.uuid().safeParse(c.req.param('id')).success) {
        return problem(c, 400, 'This is no decision of a review.', 'Send {"decision": "merge"|"keep-apart"}.')
      }
      const { decision, contactId } = body.data
      return decided(c, () => c.var.operations.decideReview(c.req.param('id'), decision, contactId))
    })
    .post('/contacts/:id/unmerge', async (c) => {
      const body = unmergeBody.safeParse(await jsonOf(c))
      if (!body.success) return problem(c, 400, z.prettifyError(body.error), 'Send {"customerId": "…"}.')
      return decided(c, async () => {
        await c.var.operations.unmerge(c.req.param('id'), body.data.customerId)
        return { unmerged: true }
      })
    })
    .get('/failures', async (c) => {
      const filter = failureFilter.safeParse(c.req.query())
      if (!filter.success) return problem(c, 400, z.prettifyError(filter.error), 'See docs/reasons.md.')
      return c.json({ failures: await c.var.operations.failures(filter.data) })
    })
    .post('/failures/retry', async (c) => {
      const filter = retryBody.safeParse(await jsonOf(c))
      if (!filter.success) {
        return problem(
          c,
          400,
          z.prettifyError(filter.error),
          'Send {"id": "…"}, {"reason": "…"} or {"all": true}.',
        )
      }
      return c.json({ retried: await c.var.operations.retry(filter.data) })
    })
    .get('/unassociated', async (c) => c.json({ conversations: await c.var.operations.unassociated() }))
    .post('/unassociated/:id/associate', async (c) => {
      const body = associateBody.safeParse(await jsonOf(c))
      if (!body.success) return problem(c, 400, z.prettifyError(body.error), 'Send {"customer": "…"}.')
      return decided(c, () => c.var.operations.associate(c.req.param('id'), body.data.customer))
    })
    .get('/proofs', async (c) => c.json({ proofs: await c.var.operations.proofs() }))
    .get('/proofs/:id', (c) => {
      const state = proving.state(c.req.param('id'))
      return state ? c.json(state) : problem(c, 404, 'Nobody asked for this proof.', 'Ask for it anew.')
    })
    .post('/proofs', async (c) => {
      const body = proveBody.safeParse(await jsonOf(c))
      if (!body.success)
        return problem(c, 400, z.prettifyError(body.error), 'Send {"day": "2026-01-31"} or {}.')
      const { day, repair } = body.data
      return c.json({ id: proving.begin(c.var.operations.prove(day, repair)) }, 202)
    })
    .post('/runs', async (c) => {
      const body = runBody.safeParse(await jsonOf(c))
      if (!body.success) {
        return problem(c, 400, z.prettifyError(body.error), 'Send {"from": "2026-01-31T00:00:00Z"} or {}.')
      }
      const { kind, from } = body.data
      const id = await c.var.operations.beginRun(kind, from === undefined ? undefined : new Date(from))
      return c.json({ id }, 201)
    })
    .get('/runs/:id', async (c) => {
      const run = await runOf(c)
      return run ? c.json(run) : noSuchRun(c)
    })
    .get('/runs/:id/records', async (c) => {
      const run = await runOf(c)
      return run ? c.json({ records: await c.var.operations.runRecords(run.id) }) : noSuchRun(c)
    })
    .post('/runs/:id/:verb{pause|resume}', async (c) => {
      const run = await runOf(c)
      if (!run) return noSuchRun(c)
      return c.json(await c.var.operations.pauseRun(run.id, c.req.param('verb') === 'pause'))
    })
}
