import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { outcomeKinds, type ReasonCode, reasons } from '../../../mapping/reasons.ts'
import type { Run, RunItem } from '../../../store/runs.ts'
import { recordKinds } from '../../../store/schema.ts'
import { Busy } from '../../../sync/busy.ts'
import { dayIn } from '../../../sync/prove/day.ts'
import { RunRefused } from '../../../sync/runs/run.ts'
import { needs } from '../../auth/guard.ts'
import { may } from '../../auth/roles.ts'
import { AskingButton, asksFirst } from '../asks-first.tsx'
import { Empty, Time } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { doing, notDone, note } from '../doing.ts'
import { link, Page, type ShownConnection } from '../layout.tsx'
import { refused } from '../refused.tsx'
import { Control, isAboutUndo, Outcomes, Progress, Relatives, stateOf, titleOf } from '../run-details.tsx'
import { RunRecords } from '../run-records.tsx'
import { tell } from '../told.ts'

const startForm = z.union([
  z.object({
    kind: z.enum(['preview', 'sync']),
    from: z
      .literal('')
      .transform(() => undefined)
      // A preview's moment comes back as it is.
      .or(z.iso.date())
      .or(z.iso.datetime().transform((moment) => new Date(moment))),
  }),
  z.object({ kind: z.enum(['undo-preview', 'undo']), of: z.uuid() }),
])

/** What a start is called in the audit, and what the page that follows says. */
const STARTED: Record<Run['kind'], { did: string; text: string }> = {
  preview: { did: 'previewed', text: 'The preview is under way.' },
  sync: { did: 'started', text: 'The sync is under way.' },
  'undo-preview': { did: 'previewed the undo', text: 'The preview of the undo is under way.' },
  undo: { did: 'started the undo', text: 'The undo is under way.' },
}

/** One row of a run's outcomes. */
const likeOf = z.object({
  kind: z.enum(recordKinds),
  outcome: z.enum(outcomeKinds),
  reason: z.enum(Object.keys(reasons) as [ReasonCode, ...ReasonCode[]]),
})

const runsLink = (c: Context<ConsoleEnv>): string => link(c.var.shown, '/runs')

const isId = (id: string): boolean => z.uuid().safeParse(id).success

export const runsPage = new Hono<ConsoleEnv>()
  .get('/runs', needs('oversee', refused), async (c) => {
    const { person, connection, shown } = c.var
    const { timeZone } = connection.watching.settings
    const runs = await connection.watching.runs()
    return c.html(
      <Page
        title="Runs"
        lead="Bring over what is there already: every customer and contact, and the calls since a day. A preview shows first what that would come to, and writes nothing."
        path="/runs"
        c={c}
      >
        {may(person.role, 'configure') && <Start shown={shown} timeZone={timeZone} />}
        <section aria-labelledby="past">
          <h2 id="past">Runs so far</h2>
          {runs.length === 0 ? (
            <Empty>None yet. Begin with a preview.</Empty>
          ) : (
            <ul>
              {runs.map((run) => (
                <li>
                  <a href={link(shown, `/runs/${run.id}`)}>{titleOf(run, timeZone)}</a>{' '}
                  <Time at={run.startedAt} />, {stateOf(run)}
                </li>
              ))}
            </ul>
          )}
        </section>
      </Page>,
    )
  })
  .post('/runs/*', needs('configure', refused), asksFirst(runsLink))
  .post('/runs', async (c) => {
    const { connection, shown } = c.var
    const form = startForm.safeParse({ kind: c.req.query('kind'), ...(await c.req.parseBody()) })
    if (!form.success) {
      return notDone(c, link(shown, '/runs'), 'The day is none: write it as 2026-01-31.')
    }
    const { kind, from: since, of } = { from: undefined, of: undefined, ...form.data }
    const from = typeof since === 'string' ? dayIn(connection.watching.settings.timeZone, since).from : since
    try {
      const id = await connection.operations.beginRun(kind, from, of)
      const { did, text } = STARTED[kind]
      await note(c, { did, subject: `run ${id}` })
      tell(c, { tone: 'good', text })
      return c.redirect(link(shown, `/runs/${id}`), 303)
    } catch (error) {
      if (!(error instanceof RunRefused) && !(error instanceof Busy)) throw error
      return notDone(
        c,
        link(shown, of === undefined ? '/runs' : `/runs/${of}`),
        error instanceof Busy ? 'Another run is being started at this moment. Try again.' : error.message,
      )
    }
  })
  .get('/runs/:id', needs('oversee', refused), async (c) => {
    const { person, connection, shown } = c.var
    const id = c.req.param('id')
    const run = isId(id) ? await connection.operations.run(id) : undefined
    if (!run) return c.notFound()
    const { timeZone } = connection.watching.settings
    const after = afterOf(c.req.query('after'))
    const of = run.of === undefined ? undefined : await connection.operations.run(run.of)
    const others = of ? [of] : await connection.watching.runsOf(id)
    const like = likeOf.safeParse(c.req.query()).data
    const page = like || isAboutUndo(run) ? await connection.watching.runRecords(id, like, after) : undefined
    return c.html(
      <Page title={titleOf(run, timeZone)} path="/runs" c={c} live>
        <Progress run={run} />
        <Relatives run={run} others={others} shown={shown} timeZone={timeZone} />
        {may(person.role, 'configure') && <Control run={run} of={of} shown={shown} timeZone={timeZone} />}
        <Outcomes run={run} shown={shown} />
        {page && <RunRecords run={run} page={page} like={like} after={after} shown={shown} />}
      </Page>,
    )
  })
  .post('/runs/:id/cancel', async (c) => {
    const id = c.req.param('id')
    if (!isId(id)) return c.notFound()
    const deed = { did: 'cancelled', subject: `run ${id}` }
    const back = link(c.var.shown, `/runs/${id}`)
    return doing(c, { back, deed, done: 'The run is cancelled. What was done stays.' }, () =>
      c.var.connection.operations.cancelRun(id),
    )
  })
  .post('/runs/:id/:verb{pause|resume}', async (c) => {
    const { id, verb } = c.req.param()
    if (!isId(id)) return c.notFound()
    const did = verb === 'pause' ? 'paused' : 'resumed'
    const deed = { did, subject: `run ${id}` }
    const back = link(c.var.shown, `/runs/${id}`)
    return doing(c, { back, deed, done: `The run is ${did}.` }, () =>
      c.var.connection.operations.pauseRun(id, verb === 'pause'),
    )
  })

/** The last record of the page before. */
function afterOf(text = ''): RunItem | undefined {
  const [, kind, id = ''] = /^(\w+)\/(.+)$/s.exec(text) ?? []
  const known = recordKinds.find((one) => one === kind)
  return known && { kind: known, id }
}

const Start = ({ shown, timeZone }: { shown: ShownConnection; timeZone: string }) => (
  <section aria-labelledby="start">
    <h2 id="start">Start</h2>
    <form method="post" action={link(shown, '/runs')} class="row">
      <label>
        With calls since <small>(a day in {timeZone}; empty = no calls)</small>
        <input name="from" type="date" />
      </label>
      <button type="submit" name="kind" value="preview">
        Preview
      </button>
      <AskingButton
        class="quiet"
        formaction={link(shown, '/runs', { kind: 'sync' })}
        asks="Sync every customer and contact without a preview, and the calls since the day if you chose one? It writes to both sides."
      >
        Sync without a preview
      </AskingButton>
    </form>
  </section>
)
