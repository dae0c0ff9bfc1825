import { scaleLinear } from 'd3-scale'
import { stack } from 'd3-shape'
import { Hono } from 'hono'
import { type ReasonCode, reasons } from '../../../mapping/reasons.ts'
import type { HourOfOutcomes } from '../../../store/activity.ts'
import { VENDOR_NAMES } from '../../../sync/circuit.ts'
import type { KindSummary } from '../../../sync/summary.ts'
import type { ShownBudget } from '../../../sync/vendors.ts'
import type { Summary } from '../../operations.ts'
import type { Health } from '../../watching.ts'
import { Ago, count, Empty, Notice, Time, TONES } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { link, Page, type ShownConnection } from '../layout.tsx'

export const overviewPage = new Hono<ConsoleEnv>().get('/', async (c) => {
  const { connection, shown, ports } = c.var
  const [summary, health] = await Promise.all([connection.operations.summary(), connection.watching.health()])
  return c.html(
    <Page title="Overview" path="/" c={c} live>
      {connection.active ? <State summary={summary} shown={shown} /> : <SwitchedOff />}
      <div class="cards">
        <Kind title="Contacts" kind="contact" summary={summary.contacts} shown={shown} />
        <Kind title="Customers" kind="customer" summary={summary.customers} shown={shown} />
        <Kind title="Calls" kind="call" summary={summary.calls} shown={shown} />
        <Kind title="Messages" kind="message" summary={summary.messages} shown={shown} />
      </div>
      <div class="side-by-side">
        <Lag health={health} now={ports.now()} />
        <Budgets budgets={health.budgets} />
      </div>
      <LastDay hours={health.lastDay} now={ports.now()} />
    </Page>,
  )
})

type Group = 'inSync' | 'excluded' | 'waiting' | 'failing'

/** Where the outcomes of a kind belong at a glance. */
function groupsOf({ byOutcome }: KindSummary): Record<Group, number> {
  const { skipped = 0, waiting = 0, failed = 0, ...others } = byOutcome
  return {
    inSync: Object.values(others).reduce((sum, n) => sum + n, 0),
    excluded: skipped,
    waiting,
    failing: failed,
  }
}

const Kind = ({
  title,
  kind,
  summary,
  shown,
}: {
  title: string
  kind: string
  summary: KindSummary
  shown: ShownConnection
}) => {
  const groups = groupsOf(summary)
  const rows: { label: string; n: number; query: Record<string, string> }[] = [
    { label: 'in sync', n: groups.inSync, query: { kind } },
    { label: 'excluded', n: groups.excluded, query: { kind, outcome: 'skipped' } },
    { label: 'waiting', n: groups.waiting, query: { kind, outcome: 'waiting' } },
    { label: 'failing', n: groups.failing, query: { kind, outcome: 'failed' } },
  ]
  return (
    <section aria-labelledby={`kind-${kind}`}>
      <h2 id={`kind-${kind}`}>{title}</h2>
      {summary.total === 0 ? (
        <Empty>None yet.</Empty>
      ) : (
        <dl class="figures">
          {rows.map(({ label, n, query }) => (
            <>
              <dt>{count(n)}</dt>
              <dd>
                {n > 0 ? (
                  <a href={link(shown, '/activity', query)}>{label}</a>
                ) : (
                  <span class="soft">{label}</span>
                )}
              </dd>
            </>
          ))}
        </dl>
      )}
    </section>
  )
}

const SwitchedOff = () => (
  <Notice tone="busy">
    <p>
      <strong>This connection is switched off.</strong> Nothing is written to either side, and what comes
      meanwhile is skipped. An administrator switches it on under Settings; a run then brings over what came.
    </p>
  </Notice>
)

/** All is well, or what needs a person, the gravest first. */
const State = ({ summary, shown }: { summary: Summary; shown: ShownConnection }) => {
  const failing = Object.entries(failingReasons(summary))
  const unexplained = summary.proof?.unexplained ?? 0
  const well = summary.away.length === 0 && failing.length === 0 && summary.reviews === 0 && unexplained === 0
  if (well) {
    return (
      <Notice tone="good">
        <p>
          <strong>All is well.</strong> Nothing needs a person.
        </p>
      </Notice>
    )
  }
  return (
    <section aria-labelledby="needs">
      <h2 id="needs">What needs a person</h2>
      {summary.away.map(({ vendor, cause, sentence, since }) => (
        <Notice tone="bad">
          <p>
            <strong>
              {VENDOR_NAMES[vendor]} {cause === 'refused' ? 'refuses the key' : 'does not answer'}
            </strong>{' '}
            since <Time at={since} />: {sentence}. What waits goes on by itself.
          </p>
        </Notice>
      ))}
      <ul>
        {failing.map(([reason, n]) => (
          <li>
            <a href={link(shown, '/activity', { outcome: 'failed', reason })}>
              {count(n)} failing: {reasons[reason as ReasonCode].meaning}
            </a>{' '}
            <span class="soft">{reasons[reason as ReasonCode].whatToDo}</span>
          </li>
        ))}
        {summary.reviews > 0 && (
          <li>
            <a href={link(shown, '/review')}>
              {summary.reviews === 1
                ? '1 possible duplicate waits'
                : `${count(summary.reviews)} possible duplicates wait`}
            </a>{' '}
            for a decision.
          </li>
        )}
        {unexplained > 0 && (
          <li>
            {unexplained === 1 ? '1 record' : `${count(unexplained)} records`} of {summary.proof?.day}{' '}
            {unexplained === 1 ? 'is' : 'are'} not explained by the last proof.
          </li>
        )}
      </ul>
    </section>
  )
}

function failingReasons({
  contacts,
  customers,
  calls,
  messages,
}: Summary): Partial<Record<ReasonCode, number>> {
  const sums: Partial<Record<ReasonCode, number>> = {}
  for (const { failedByReason } of [contacts, customers, calls, messages]) {
    for (const [reason, n] of Object.entries(failedByReason)) {
      sums[reason as ReasonCode] = (sums[reason as ReasonCode] ?? 0) + n
    }
  }
  return sums
}

const Lag = ({ health: { oldestPending, seen }, now }: { health: Health; now: Date }) => (
  <section aria-labelledby="lag">
    <h2 id="lag">Lag</h2>
    <dl class="facts">
      <dt>Oldest event that waits</dt>
      <dd>{oldestPending ? <Ago at={oldestPending} now={now} /> : 'nothing waits'}</dd>
      <dt>Last webhook of Kustomer</dt>
      <dd>
        {seen['webhook/kustomer'] ? <Ago at={seen['webhook/kustomer']} now={now} /> : 'none has come yet'}
      </dd>
      <dt>Last webhook of CloudTalk</dt>
      <dd>
        {seen['webhook/cloudtalk'] ? <Ago at={seen['webhook/cloudtalk']} now={now} /> : 'none has come yet'}
      </dd>
      <dt>Last look by polling</dt>
      <dd>{seen.poll ? <Ago at={seen.poll} now={now} /> : 'not yet'}</dd>
    </dl>
  </section>
)

const percent = (part: number): string => `${Math.round(part * 100)} %`

const Budgets = ({ budgets }: { budgets: readonly ShownBudget[] }) => (
  <section aria-labelledby="budgets">
    <h2 id="budgets">API requests of this minute</h2>
    {budgets.map(({ name, limit, used, liveShare, backfillShare }) => (
      <div class="gauge">
        <label>
          {name}: {count(used)} of {count(limit)}
          <progress value={Math.min(used, limit)} max={limit} />
        </label>
        <small>
          live events may take {percent(liveShare)}, backfill {percent(backfillShare)}
        </small>
      </div>
    ))}
  </section>
)

const TONE_NAMES = { good: 'in sync', calm: 'excluded', busy: 'waiting', bad: 'failed' } as const
type Tone = keyof typeof TONE_NAMES
const HOURS = 24
const WIDTH = 960
const HEIGHT = 150
const FOOT = 18

/** One bar an hour, by what became of the records. */
const LastDay = ({ hours, now }: { hours: readonly HourOfOutcomes[]; now: Date }) => {
  const end = new Date(now).setUTCMinutes(0, 0, 0)
  const bars = Array.from({ length: HOURS }, (_, at) => {
    const hour = new Date(end - (HOURS - 1 - at) * 3_600_000)
    const bar = { hour, good: 0, calm: 0, busy: 0, bad: 0 }
    for (const one of hours) if (one.hour.getTime() === hour.getTime()) bar[TONES[one.outcome]] += one.count
    return bar
  })
  const total = bars.reduce((sum, { good, calm, busy, bad }) => sum + good + calm + busy + bad, 0)
  const series = stack<(typeof bars)[number], Tone>().keys(Object.keys(TONE_NAMES) as Tone[])(bars)
  const most = Math.max(1, ...series.flatMap((layer) => layer.map(([, top]) => top)))
  const y = scaleLinear([0, most], [HEIGHT - FOOT, 4])
  const slot = WIDTH / HOURS
  return (
    <section aria-labelledby="day">
      <h2 id="day">The last 24 hours</h2>
      {total === 0 ? (
        <Empty>
          Nothing has been settled in the last 24 hours. A call, a message or a changed customer shows here.
        </Empty>
      ) : (
        <>
          <svg
            class="chart"
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            role="img"
            aria-label={`${count(total)} outcomes`}
          >
            <line x1="0" x2={WIDTH} y1={HEIGHT - FOOT} y2={HEIGHT - FOOT} />
            {series.map((layer) =>
              layer.map(([low, high], at) =>
                high > low ? (
                  <rect
                    class={layer.key}
                    x={at * slot + 3}
                    width={slot - 6}
                    y={y(high)}
                    height={y(low) - y(high)}
                  />
                ) : null,
              ),
            )}
            {bars.map(({ hour }, at) =>
              at % 6 === 5 ? (
                <text x={(at + 0.5) * slot} y={HEIGHT - 4} text-anchor="middle">
                  {hour.toISOString().slice(11, 16)} UTC
                </text>
              ) : null,
            )}
          </svg>
          <ul class="legend">
            {(Object.keys(TONE_NAMES) as Tone[]).map((tone) => (
              <li>
                <span class={`badge ${tone}`}>{TONE_NAMES[tone]}</span>{' '}
                {count(bars.reduce((sum, bar) => sum + bar[tone], 0))}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}
