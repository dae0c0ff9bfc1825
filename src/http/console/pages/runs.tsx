import { Hono } from 'hono'
import { z } from 'zod'
import { type ReasonCode, reasons } from '../../../mapping/reasons.ts'
import type { Run, RunProgress } from '../../../store/runs.ts'
import { needs } from '../../auth/guard.ts'
import { may } from '../../auth/roles.ts'
import { count, Empty, KIND_NAMES, Notice, OutcomeBadge, Time } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { doing, notDone, note } from '../doing.ts'
import { link, Page, type ShownConnection } from '../layout.tsx'
import { refused } from '../refused.tsx'
import { tell } from '../told.ts'

const startForm = z.object({
  kind: z.enum(['preview', 'sync']),
  from: z
    .literal('')
    .transform(() => undefined)
    .or(z.iso.date().transform((day) => new Date(`${day}T00:00:00Z`))),
})

const isId = (id: string): boolean => z.uuid().safeParse(id).success

export const runsPage = new Hono<ConsoleEnv>()
  .get('/runs', needs('oversee', refused), async (c) => {
    const { person, connection, shown } = c.var
    const runs = await connection.watching.runs()
    return c.html(
      <Page
        title="Runs"
        lead="Bring over what is there already: every customer and contact, and the calls since a day. A preview shows first what that would come to, and writes nothing."
        path="/runs"
        c={c}
      >
        {may(person.role, 'configure') && <Start shown={shown} />}
        <section aria-labelledby="past">
          <h2 id="past">Runs so far</h2>
          {runs.length === 0 ? (
            <Empty>None yet. Begin with a preview.</Empty>
          ) : (
            <ul>
              {runs.map((run) => (
                <li>
                  <a href={link(shown, `/runs/${run.id}`)}>{titleOf(run)}</a> <Time at={run.startedAt} />,{' '}
                  {stateOf(run)}
                </li>
              ))}
            </ul>
          )}
        </section>
      </Page>,
    )
  })
  .post('/runs', needs('configure', refused), async (c) => {
    const { connection, shown } = c.var
    const form = startForm.safeParse(await c.req.parseBody())
    if (!form.success) {
      return notDone(c, link(shown, '/runs'), 'The day is none: write it as 2026-01-31.')
    }
    const { kind, from } = form.data
    const id = await connection.operations.beginRun(kind, from)
    const preview = kind === 'preview'
    await note(c, { did: preview ? 'previewed' : 'started', subject: `run ${id}` })
    tell(c, { tone: 'good', text: preview ? 'The preview is under way.' : 'The sync is under way.' })
    return c.redirect(link(shown, `/runs/${id}`), 303)
  })
  .get('/runs/:id', needs('oversee', refused), async (c) => {
    const { person, connection, shown } = c.var
    const id = c.req.param('id')
    const run = isId(id) ? await connection.operations.run(id) : undefined
    if (!run) return c.notFound()
    return c.html(
      <Page title={titleOf(run)} path="/runs" c={c} live>
        <Progress run={run} />
        {may(person.role, 'configure') && <Control run={run} shown={shown} />}
        <Outcomes run={run} />
      </Page>,
    )
  })
  .post('/runs/:id/:verb{pause|resume}', needs('configure', refused), async (c) => {
    const { id, verb } = c.req.param()
    if (!isId(id)) return c.notFound()
    const did = verb === 'pause' ? 'paused' : 'resumed'
    const deed = { did, subject: `run ${id}` }
    const back = link(c.var.shown, `/runs/${id}`)
    return doing(c, { back, deed, done: `The run is ${did}.` }, () =>
      c.var.connection.operations.pauseRun(id, verb === 'pause'),
    )
  })

const titleOf = ({ kind, from }: Run): string => {
  const what = kind === 'preview' ? 'Preview' : 'Sync'
  return from
    ? `${what} with calls since ${from.toISOString().slice(0, 10)}`
    : `${what} of customers and contacts`
}

const STATES: Record<Run['state'], string> = {
  reading: 'reading both sides',
  settling: 'settling record by record',
  done: 'done',
  failed: 'failed',
}

const isOver = ({ state }: Run): boolean => state === 'done' || state === 'failed'
const stateOf = (run: Run): string => (run.paused && !isOver(run) ? 'paused' : STATES[run.state])

const Start = ({ shown }: { shown: ShownConnection }) => (
  <section aria-labelledby="start">
    <h2 id="start">Start</h2>
    <form method="post" action={link(shown, '/runs')} class="row">
      <label>
        With calls since <small>(a day; empty = no calls)</small>
        <input name="from" type="date" />
      </label>
      <button type="submit" name="kind" value="preview">
        Preview
      </button>
      <button type="submit" name="kind" value="sync" class="quiet">
        Sync without a preview
      </button>
    </form>
  </section>
)

const sumOf = (counts: Partial<Record<string, number>>): number =>
  Object.values(counts).reduce<number>((sum, n) => sum + (n ?? 0), 0)

function inWords(seconds: number): string {
  if (seconds < 90) return `${seconds} seconds`
  return seconds < 5_400 ? `${Math.ceil(seconds / 60)} minutes` : `${(seconds / 3_600).toFixed(1)} hours`
}

const Progress = ({ run }: { run: RunProgress }) => {
  const [all, settled] = [sumOf(run.raised), sumOf(run.settled)]
  return (
    <section aria-labelledby="progress">
      <h2 id="progress">Progress</h2>
      {run.error && <Notice tone="bad">{run.error}</Notice>}
      <dl class="facts">
        <dt>State</dt>
        <dd>{stateOf(run)}</dd>
        <dt>Started</dt>
        <dd>
          <Time at={run.startedAt} />
        </dd>
        {run.finishedAt && (
          <>
            <dt>Ended</dt>
            <dd>
              <Time at={run.finishedAt} />
            </dd>
          </>
        )}
        {all > 0 && (
          <>
            <dt>Records</dt>
            <dd>
              {count(settled)} of {count(all)}
              {!isOver(run) && run.rate > 0 && `, ${run.rate.toFixed(1)} a second`}
              {run.secondsLeft !== undefined && `, about ${inWords(run.secondsLeft)} left`}
            </dd>
          </>
        )}
      </dl>
      {all > 0 && !isOver(run) && <progress value={settled} max={all} aria-label="Records settled" />}
      {run.kind === 'preview' && run.state === 'done' && (
        <p>
          Nothing was written. The sync takes about {count(run.estimate.cloudtalk ?? 0)} more requests to
          CloudTalk and {count(run.estimate.kustomer ?? 0)} to Kustomer: {inWords(run.estimate.seconds ?? 0)}{' '}
          at these accounts’ limits, with the share that is kept for what happens live.
        </p>
      )}
    </section>
  )
}

const Control = ({ run, shown }: { run: RunProgress; shown: ShownConnection }) => {
  if (run.kind === 'preview' && run.state === 'done') {
    return (
      <form
        method="post"
        action={link(shown, '/runs')}
        class="row"
        data-confirm="Start this sync? It writes to both sides."
      >
        <input type="hidden" name="kind" value="sync" />
        <input type="hidden" name="from" value={run.from?.toISOString().slice(0, 10) ?? ''} />
        <button type="submit">Start this sync</button>
      </form>
    )
  }
  if (isOver(run)) return null
  const verb = run.paused ? 'resume' : 'pause'
  return (
    <form method="post" action={link(shown, `/runs/${run.id}/${verb}`)} class="row">
      <button type="submit">{run.paused ? 'Resume' : 'Pause'}</button>
    </form>
  )
}

const Outcomes = ({ run }: { run: RunProgress }) => (
  <section aria-labelledby="outcomes">
    <h2 id="outcomes">
      {run.kind === 'preview' ? 'What would become of the records' : 'What became of the records'}
    </h2>
    {run.outcomes.length === 0 ? (
      <Empty>{isOver(run) ? 'There was nothing to do.' : 'The first ones show in a moment.'}</Empty>
    ) : (
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th class="number">Records</th>
              <th>Kind</th>
              <th>Outcome</th>
              <th>Why</th>
            </tr>
          </thead>
          <tbody>
            {run.outcomes
              .toSorted((one, other) => other.count - one.count)
              .map(({ kind, outcome, reason, count: n }) => (
                <tr>
                  <td class="number">{count(n)}</td>
                  <td>{KIND_NAMES[kind].many}</td>
                  <td>
                    <OutcomeBadge outcome={outcome} />
                  </td>
                  <td>
                    {reasons[reason as ReasonCode].meaning} <small>{reason}</small>
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    )}
  </section>
)
