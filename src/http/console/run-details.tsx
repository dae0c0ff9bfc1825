import { localDay, localTime } from '../../mapping/local-time.ts'
import { type ReasonCode, reasons } from '../../mapping/reasons.ts'
import { isOver, type Run, type RunProgress } from '../../store/runs.ts'
import { AskingButton } from './asks-first.tsx'
import { count, Empty, KIND_NAMES, Notice, OutcomeBadge, Time } from './components.tsx'
import { link, type ShownConnection } from './layout.tsx'

/** One run as people see it: how far it is, what it came to, and what can be done with it. */

export const isAboutUndo = ({ kind }: Run): boolean => kind === 'undo' || kind === 'undo-preview'

/** @param timeZone in which its day was chosen. */
export const titleOf = ({ kind, from }: Run, timeZone: string): string => {
  if (kind === 'undo') return 'Undo of a sync'
  if (kind === 'undo-preview') return 'Preview of the undo of a sync'
  const what = kind === 'preview' ? 'Preview' : 'Sync'
  return from ? `${what} with calls since ${localDay(from, timeZone)}` : `${what} of customers and contacts`
}

const STATES: Record<Run['state'], string> = {
  reading: 'reading both sides',
  settling: 'settling record by record',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
}

export const stateOf = (run: Run): string => (run.paused && !isOver(run) ? 'paused' : STATES[run.state])

const sumOf = (counts: Partial<Record<string, number>>): number =>
  Object.values(counts).reduce<number>((sum, n) => sum + (n ?? 0), 0)

function inWords(seconds: number): string {
  if (seconds < 90) return `${seconds} seconds`
  return seconds < 5_400 ? `${Math.ceil(seconds / 60)} minutes` : `${(seconds / 3_600).toFixed(1)} hours`
}

export const Progress = ({ run }: { run: RunProgress }) => {
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

interface ControlProps {
  run: RunProgress
  /** The sync that it takes back, or would. */
  of: Run | undefined
  shown: ShownConnection
  timeZone: string
}

export const Control = ({ run, of, shown, timeZone }: ControlProps) => {
  if (run.kind === 'preview' && run.state === 'done') {
    return (
      <form method="post" action={link(shown, '/runs')} class="row">
        <input type="hidden" name="kind" value="sync" />
        <input type="hidden" name="from" value={run.from?.toISOString() ?? ''} />
        <AskingButton
          asks={`Start this sync (${titleOf({ ...run, kind: 'sync' }, timeZone)})? It writes to both sides.`}
        >
          Start this sync
        </AskingButton>
      </form>
    )
  }
  if (run.kind === 'undo-preview' && run.state === 'done' && of) {
    const records = sumOf(run.raised)
    return records === 0 ? null : (
      <form method="post" action={link(shown, '/runs')} class="row">
        <input type="hidden" name="kind" value="undo" />
        <input type="hidden" name="of" value={of.id} />
        <AskingButton
          asks={`Undo this run (${titleOf(of, timeZone)}, begun ${localTime(of.startedAt.toISOString(), timeZone)})? It takes back what the run wrote for ${count(records)} records, on both sides.`}
        >
          Undo this run
        </AskingButton>
      </form>
    )
  }
  if (run.kind === 'sync' && isOver(run)) {
    return (
      <form method="post" action={link(shown, '/runs')} class="row">
        <input type="hidden" name="kind" value="undo-preview" />
        <input type="hidden" name="of" value={run.id} />
        <button type="submit" class="quiet">
          Preview the undo
        </button>
      </form>
    )
  }
  if (isOver(run)) return null
  const verb = run.paused ? 'resume' : 'pause'
  return (
    <div class="actions">
      <form method="post" action={link(shown, `/runs/${run.id}/${verb}`)}>
        <button type="submit">{run.paused ? 'Resume' : 'Pause'}</button>
      </form>
      <form method="post" action={link(shown, `/runs/${run.id}/cancel`)}>
        <AskingButton
          class="quiet"
          asks={`Cancel this run (${titleOf(run, timeZone)})? What is done stays, the rest is not begun.`}
        >
          Cancel
        </AskingButton>
      </form>
    </div>
  )
}

interface RelativesProps {
  run: Run
  others: Run[]
  shown: ShownConnection
  timeZone: string
}

/** The sync that an undo is about, and the undos of a sync. */
export const Relatives = ({ run, others, shown, timeZone }: RelativesProps) =>
  others.length === 0 ? null : (
    <section aria-labelledby="relatives">
      <h2 id="relatives">{run.of === undefined ? 'Its undo' : 'What it is about'}</h2>
      <ul>
        {others.map((other) => (
          <li>
            <a href={link(shown, `/runs/${other.id}`)}>{titleOf(other, timeZone)}</a>{' '}
            <Time at={other.startedAt} />, {stateOf(other)}
          </li>
        ))}
      </ul>
    </section>
  )

/** Each row opens its records. */
export const Outcomes = ({ run, shown }: { run: RunProgress; shown: ShownConnection }) => (
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
                  <td class="number">
                    <a href={`${link(shown, `/runs/${run.id}`, { kind, outcome, reason })}#records`}>
                      {count(n)}
                    </a>
                  </td>
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
