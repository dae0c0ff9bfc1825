import { type Context, Hono } from 'hono'
import { z } from 'zod'
import type { Operations } from './operations.ts'
import { problem } from './problem.ts'
import { sameSecret } from './same-secret.ts'

const runBody = z.strictObject({
  kind: z.enum(['sync', 'preview']).default('sync'),
  from: z.iso.datetime({ offset: true }).optional(),
})

/** What the CLI asks of a running service: the embedded database can be opened by one process only. */
export function api(operations: Operations, token: string): Hono {
  const runOf = async (id: string) => (z.uuid().safeParse(id).success ? operations.run(id) : undefined)
  const noSuchRun = (c: Context) => problem(c, 404, 'There is no such run.', 'Check the id.')
  return new Hono()
    .use(async (c, next) => {
      const [, given] = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '') ?? []
      if (given !== undefined && sameSecret(given, token)) return next()
      c.header('www-authenticate', 'Bearer')
      return problem(c, 401, 'The bearer token is missing or not accepted.', 'Use the token of this service.')
    })
    .get('/summary', async (c) => c.json(await operations.summary()))
    .get('/pending', async (c) => c.json({ events: await operations.pending() }))
    .get('/trace', async (c) => {
      const question = c.req.query('q') ?? ''
      if (question.trim() === '') {
        return problem(c, 400, 'The query parameter q is missing.', 'Ask for a number, name, email or id.')
      }
      return c.json({ records: await operations.trace(question) })
    })
    .get('/reviews', async (c) => c.json({ reviews: await operations.reviews() }))
    .post('/runs', async (c) => {
      const body = runBody.safeParse(await c.req.json().catch(() => ({})))
      if (!body.success) {
        return problem(c, 400, z.prettifyError(body.error), 'Send {"from": "2026-01-31T00:00:00Z"} or {}.')
      }
      const { kind, from } = body.data
      const id = await operations.beginRun(kind, from === undefined ? undefined : new Date(from))
      return c.json({ id }, 201)
    })
    .get('/runs/:id', async (c) => {
      const run = await runOf(c.req.param('id'))
      return run ? c.json(run) : noSuchRun(c)
    })
    .get('/runs/:id/records', async (c) => {
      const run = await runOf(c.req.param('id'))
      return run ? c.json({ records: await operations.runRecords(run.id) }) : noSuchRun(c)
    })
    .post('/runs/:id/:verb{pause|resume}', async (c) => {
      const run = await runOf(c.req.param('id'))
      if (!run) return noSuchRun(c)
      return c.json(await operations.pauseRun(run.id, c.req.param('verb') === 'pause'))
    })
}
