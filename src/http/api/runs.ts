import { z } from 'zod'
import { problem } from '../problem.ts'
import { decided } from './decided.ts'
import { type Asked, route } from './route.ts'
import { byUuid, kind, outcome, reason, time, undoing } from './schemas.ts'

const subject = 'Runs'

const counts = z.partialRecord(kind, z.int())
const fields = {
  id: z.uuid(),
  connection: z.string(),
  kind: z.enum(['sync', 'preview', 'undo-preview', 'undo']),
  state: z.enum(['reading', 'settling', 'done', 'failed', 'cancelled']),
  paused: z.boolean(),
  round: z.int().meta({ description: 'one more each time it goes on after a pause' }),
  from: time.optional().meta({ description: 'calls since then are brought over' }),
  of: z.uuid().optional().meta({ description: 'the run that it takes back, or would' }),
  raised: counts.meta({ description: 'records that it has to settle' }),
  error: z.string().optional(),
  estimate: z
    .object({
      cloudtalk: z.number().optional(),
      kustomer: z.number().optional(),
      seconds: z.number().optional(),
    })
    .meta({ description: 'requests that a preview expects the sync to take, and how long' }),
  startedAt: time,
  finishedAt: time.optional(),
}
const run = z.object(fields).meta({ id: 'Run' })
const progress = z
  .object({
    ...fields,
    settled: counts,
    rate: z.number().meta({ description: 'records a second' }),
    secondsLeft: z.number().optional(),
    outcomes: z.array(z.object({ kind, outcome, reason, count: z.int() })),
  })
  .meta({ id: 'RunProgress' })

const noSuchRun = ({ c }: Asked) => problem(c, 404, 'There is no such run.', 'Check the id.')

const pausing = (verb: 'pause' | 'resume') =>
  route({
    method: 'post',
    path: `/runs/{id}/${verb}`,
    subject,
    does: verb === 'pause' ? 'Pauses a run.' : 'Goes on with a paused run.',
    ability: 'configure',
    params: byUuid,
    answer: progress,
    refuses: [404, 409],
    handle: (asked, { params: { id } }) => {
      const deed = { did: verb === 'pause' ? 'paused' : 'resumed', subject: `run ${id}` }
      return decided(asked, deed, async () => {
        const run = await asked.connection.operations.pauseRun(id, verb === 'pause')
        if (!run) return noSuchRun(asked)
        await asked.note(deed.did, deed.subject)
        return run
      })
    },
  })

export const runRoutes = [
  route({
    method: 'get',
    path: '/runs',
    subject,
    does: 'The latest runs, newest first.',
    ability: 'oversee',
    answer: z.object({ runs: z.array(run) }),
    handle: async ({ connection }) => ({ runs: await connection.watching.runs() }),
  }),
  route({
    method: 'post',
    path: '/runs',
    subject,
    does: 'Brings over what is there already, takes a run back, or shows in a preview what either would come to.',
    ability: 'configure',
    body: z.union([
      z.strictObject({
        kind: z.enum(['sync', 'preview']).default('sync'),
        from: z.iso
          .datetime({ offset: true })
          .optional()
          .meta({ description: 'brings calls since then, too' }),
      }),
      z.strictObject({
        kind: z.enum(['undo-preview', 'undo']),
        of: z.uuid().meta({ description: 'the sync to take back' }),
      }),
    ]),
    status: 201,
    answer: z.object({ id: z.uuid() }),
    refuses: [409],
    handle: (asked, { body }) => {
      const { kind, from, of } = { from: undefined, of: undefined, ...body }
      const did = kind.endsWith('preview') ? 'previewed' : 'started'
      return decided(asked, { did, subject: 'a run' }, async () => {
        const since = from === undefined ? undefined : new Date(from)
        const id = await asked.connection.operations.beginRun(kind, since, of)
        await asked.note(did, `run ${id}`)
        return { id }
      })
    },
  }),
  route({
    method: 'get',
    path: '/runs/{id}',
    subject,
    does: 'How far a run is.',
    ability: 'oversee',
    params: byUuid,
    answer: progress,
    refuses: [404],
    handle: async (asked, { params: { id } }) =>
      (await asked.connection.operations.run(id)) ?? noSuchRun(asked),
  }),
  route({
    method: 'get',
    path: '/runs/{id}/records',
    subject,
    does: 'What became of each record of a run, or would.',
    ability: 'oversee',
    params: byUuid,
    answer: z.object({
      records: z.array(z.object({ kind, id: z.string(), outcome, reason, undo: undoing.optional() })),
    }),
    refuses: [404],
    handle: async (asked, { params: { id } }) => {
      const { operations } = asked.connection
      return (await operations.run(id)) ? { records: await operations.runRecords(id) } : noSuchRun(asked)
    },
  }),
  route({
    method: 'get',
    path: '/runs/{id}/undos',
    subject,
    does: 'What was begun to take a run back, and the previews of it, newest first.',
    ability: 'oversee',
    params: byUuid,
    answer: z.object({ runs: z.array(run) }),
    refuses: [404],
    handle: async (asked, { params: { id } }) => {
      const { operations, watching } = asked.connection
      return (await operations.run(id)) ? { runs: await watching.runsOf(id) } : noSuchRun(asked)
    },
  }),
  pausing('pause'),
  pausing('resume'),
  route({
    method: 'post',
    path: '/runs/{id}/cancel',
    subject,
    does: 'Ends a run: what it has not begun is not done; what it has done stays.',
    ability: 'configure',
    params: byUuid,
    answer: progress,
    refuses: [404, 409],
    handle: (asked, { params: { id } }) => {
      const deed = { did: 'cancelled', subject: `run ${id}` }
      return decided(asked, deed, async () => {
        const run = await asked.connection.operations.cancelRun(id)
        if (!run) return noSuchRun(asked)
        await asked.note(deed.did, deed.subject)
        return run
      })
    },
  }),
]
