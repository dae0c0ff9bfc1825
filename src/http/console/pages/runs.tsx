import { Hono } from 'hono'
import { z } from 'zod'
import { type ReasonCode, reasons } from '../../../mapping/reasons.ts'
import { isOver, type Run, type RunProgress, type RunRecord } from '../../../store/runs.ts'
import { Busy } from '../../../sync/locks.ts'
import { RunRefused } from '../../../sync/runs/run.ts'
import { needs } from '../../auth/guard.ts'
import { may } from '../../auth/roles.ts'
import { RUN_RECORDS_PAGE } from '../../watching.ts'
import { count, Empty, KIND_NAMES, Notice, OutcomeBadge, Time } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { doing, notDone, note } from '../doing.ts'
import { link, Page, type ShownConnection } from '../layout.tsx'
import { refused } from '../refused.tsx'
import { tell } from '../told.ts'

const startForm = z.union([
  z.object({
    kind: z.enum(['preview', 'sync']),
    from: z
      .literal('')
      .transform(() => undefined)
      .or(z.iso.date().transform((day) => new Date(`${day}T00:00:00Z`))),
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
    const { kind, from, of } = { from: undefined, of: undefined, ...form.data }
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
    const page = pageOf(c.req.query('page'))
    const of = run.of === undefined ? undefined : await connection.operations.run(run.of)
    const others = of ? [of] : await connection.watching.runsOf(id)
    const records = isAboutUndo(run) ? await connection.watching.runRecords(id, page) : undefined
    return c.html(
      <Page title={titleOf(run)} path="/runs" c={c} live>
        <Progress run={run} />
        <Relatives run={run} others={others} shown={shown} />
        {may(person.role, 'configure') && <Control run={run} shown={shown} />}
        <Outcomes run={run} />
        {records && <UndoneRecords run={run} records={records} page={page} shown={shown} />}
      </Page>,
    )
  })
  .post('/runs/:id/cancel', needs('configure', refused), async (c) => {
    const id = c.req.param('id')
    if (!isId(id)) return c.notFound()
    const deed = { did: 'cancelled', subject: `run ${id}` }
    const back = link(c.var.shown, `/runs/${id}`)
    return doing(c, { back, deed, done: 'The run is cancelled. What was done stays.' }, () =>
      c.var.connection.operations.cancelRun(id),
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

const isAboutUndo = ({ kind }: Run): boolean => kind === 'undo' || kind === 'undo-preview'

const pageOf = (text: string | undefined): number => Math.max(1, Math.trunc(Number(text)) || 1)

const titleOf = ({ kind, from }: Run): string => {
  if (kind === 'undo') return 'Undo of a sync'
  if (kind === 'undo-preview') return 'Preview of the undo of a sync'
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
  cancelled: 'cancelled',
}

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
      {run.state === 'cancelled' && (
        <p>
          Somebody cancelled it. What was done stays
          {all > settled ? `; ${count(all - settled)} records were not reached.` : '.'}
        </p>
      )}
      {(run.kind === 'preview' || run.kind === 'undo-preview') && run.state === 'done' && (
        <p>
          Nothing was written. The {run.kind === 'preview' ? 'sync' : 'undo'} takes about{' '}
          {count(run.estimate.cloudtalk ?? 0)} more requests to CloudTalk and{' '}
          {count(run.estimate.kustomer ?? 0)} to Kustomer: {inWords(run.estimate.seconds ?? 0)} at these
          accounts’ limits, with the share that is kept for what happens live.
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
  if (run.kind === 'undo-preview' && run.state === 'done' && run.of !== undefined) {
    const records = sumOf(run.raised)
    return records === 0 ? null : (
      <UndoForm
        kind="undo"
        of={run.of}
        text="Undo this run"
        shown={shown}
        confirm={`Undo this run? It takes back what the run wrote for ${count(records)} records, on both sides.`}
      />
    )
  }
  if (run.kind === 'sync' && isOver(run)) {
    return <UndoForm kind="undo-preview" of={run.id} text="Preview the undo" shown={shown} />
  }
  if (isOver(run)) return null
  const verb = run.paused ? 'resume' : 'pause'
  return (
    <div class="actions">
      <form method="post" action={link(shown, `/runs/${run.id}/${verb}`)}>
        <button type="submit">{run.paused ? 'Resume' : 'Pause'}</button>
      </form>
      <form
        method="post"
        action={link(shown, `/runs/${run.id}/cancel`)}
        data-confirm={`Cancel this run (${titleOf(run)})? What is done stays, the rest is not begun.`}
      >
        <button type="submit" class="quiet">
          Cancel
        </button>
      </form>
    </div>
  )
}

interface UndoFormProps {
  kind: 'undo' | 'undo-preview'
  of: string
  text: string
  shown: ShownConnection
  confirm?: string
}

const UndoForm = ({ kind, of, text, shown, confirm }: UndoFormProps) => (
  <form
    method="post"
    action={link(shown, '/runs')}
    class="row"
    {...(confirm !== undefined && { 'data-confirm': confirm })}
  >
    <input type="hidden" name="kind" value={kind} />
    <input type="hidden" name="of" value={of} />
    <button type="submit" class={kind === 'undo' ? undefined : 'quiet'}>
      {text}
    </button>
  </form>
)

/** The sync that an undo is about, and the undos of a sync. */
const Relatives = ({ run, others, shown }: { run: Run; others: Run[]; shown: ShownConnection }) =>
  others.length === 0 ? null : (
    <section aria-labelledby="relatives">
      <h2 id="relatives">{run.of === undefined ? 'Its undo' : 'What it is about'}</h2>
      <ul>
        {others.map((other) => (
          <li>
            <a href={link(shown, `/runs/${other.id}`)}>{titleOf(other)}</a> <Time at={other.startedAt} />,{' '}
            {stateOf(other)}
          </li>
        ))}
      </ul>
    </section>
  )

interface UndoneRecordsProps {
  run: RunProgress
  records: RunRecord[]
  page: number
  shown: ShownConnection
}

/** What of each record is taken back, or would be, and what stays. */
const UndoneRecords = ({ run, records, page, shown }: UndoneRecordsProps) => {
  const more = sumOf(run.settled) > page * RUN_RECORDS_PAGE
  const pageLink = (to: number) => link(shown, `/runs/${run.id}`, { page: String(to) })
  const preview = run.kind === 'undo-preview'
  return (
    <section aria-labelledby="records">
      <h2 id="records">Record by record</h2>
      {records.length === 0 ? (
        <Empty>{isOver(run) ? 'There is nothing to take back.' : 'The first ones show in a moment.'}</Empty>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th>Record</th>
                <th>{preview ? 'Would be taken back' : 'Taken back'}</th>
                <th>{preview ? 'Would stay' : 'Stays'}</th>
              </tr>
            </thead>
            <tbody>
              {records.map(({ kind, id, reason, undo }) => (
                <tr>
                  <td>
                    <a href={link(shown, '/trace', { q: id })}>
                      {KIND_NAMES[kind].one} {id}
                    </a>
                  </td>
                  <td>{undo ? <Lines lines={undo.takenBack} /> : <small>{reason}</small>}</td>
                  <td>{undo && <Lines lines={undo.stays} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {(page > 1 || more) && (
        <p class="actions">
          {page > 1 && <a href={pageLink(page - 1)}>Previous page</a>}
          {more && <a href={pageLink(page + 1)}>Next page</a>}
        </p>
      )}
    </section>
  )
}

const Lines = ({ lines }: { lines: readonly string[] }) =>
  lines.length === 0 ? (
    <small>–</small>
  ) : (
    <div>
      {lines.map((line) => (
        <div>{line}</div>
      ))}
    </div>
  )

const Outcomes = ({ run }: { run: RunProgress }) => (
  <section aria-labelledby="outcomes">
    <h2 id="outcomes">
      {run.kind === 'preview' || run.kind === 'undo-preview'
        ? 'What would become of the records'
        : 'What became of the records'}
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
