import { scaleLinear } from 'd3-scale'
import { stack } from 'd3-shape'
import { Hono } from 'hono'
import type { HourOfOutcomes } from '../../../store/activity.ts'
import type { RecordKind } from '../../../store/schema.ts'
import type { KindSummary } from '../../../sync/summary.ts'
import type { ShownBudget } from '../../../sync/vendors.ts'
import { may, type Role } from '../../auth/roles.ts'
import type { Summary } from '../../operations.ts'
import type { Health } from '../../watching.ts'
import { Ago, count, Empty, KIND_NAMES, Notice, Time, TONES } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { link, Page, type ShownConnection } from '../layout.tsx'
import { faresOf, gravityOf, type Need, type NeedsOfOne, needsOfAll } from '../needs.ts'

export const overviewPage = new Hono<ConsoleEnv>().get('/', async (c) => {
  const { connection, shown, ports, person } = c.var
  const [configured, running] = await Promise.all([
    ports.configuring.connections(),
    Promise.all(ports.connections().map(faresOf)),
  ])
  const { summary, health } = running.find(({ id }) => id === connection.id) ?? (await faresOf(connection))
  const needs = needsOfAll(configured, running, ports.now())
  return c.html(
    <Page title="Overview" path="/" c={c} live>
      <State all={needs} role={person.role} />
      <div class="cards">
        {KINDS.map(([kind, of]) => (
          <Kind kind={kind} summary={of(summary)} shown={shown} canRun={may(person.role, 'configure')} />
        ))}
      </div>
      <div class="side-by-side">
        <Lag health={health} now={ports.now()} />
        <Budgets budgets={health.budgets} />
      </div>
      <LastDay hours={health.lastDay} now={ports.now()} />
    </Page>,
  )
})

const KINDS: [RecordKind, (summary: Summary) => KindSummary][] = [
  ['contact', ({ contacts }) => contacts],
  ['customer', ({ customers }) => customers],
  ['call', ({ calls }) => calls],
  ['message', ({ messages }) => messages],
]

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

/** When the first one of a kind shows. */
const APPEARS: Record<RecordKind, string> = {
  contact: 'A contact of CloudTalk shows here once it is new or has changed.',
  customer: 'A customer of Kustomer shows here once it is new or has changed.',
  call: 'A call shows here once it has ended.',
  message: 'An SMS or WhatsApp message shows here once CloudTalk tells of it.',
}

const Kind = ({
  kind,
  summary,
  shown,
  canRun,
}: {
  kind: RecordKind
  summary: KindSummary
  shown: ShownConnection
  canRun: boolean
}) => {
  const groups = groupsOf(summary)
  const rows = [
    { label: 'in sync', n: groups.inSync, outcome: 'in-sync' },
    { label: 'excluded', n: groups.excluded, outcome: 'skipped' },
    { label: 'waiting', n: groups.waiting, outcome: 'waiting' },
    { label: 'failing', n: groups.failing, outcome: 'failed' },
  ]
  return (
    <section aria-labelledby={`kind-${kind}`}>
      <h2 id={`kind-${kind}`}>{KIND_NAMES[kind].many}</h2>
      {summary.total === 0 ? (
        <Empty>
          None yet. {APPEARS[kind]}
          {canRun && (kind === 'contact' || kind === 'customer') && (
            <>
              {' '}
              <a href={link(shown, '/runs')}>Bring over what is there</a>
            </>
          )}
        </Empty>
      ) : (
        <dl class="figures">
          {rows.map(({ label, n, outcome }) => (
            <>
              <dt class={outcome === 'failed' && n > 0 ? 'bad' : undefined}>{count(n)}</dt>
              <dd>
                {n > 0 ? (
                  <a href={link(shown, '/records', { kind, outcome })}>{label}</a>
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

/** All is well, or what needs a person, the gravest first. */
const State = ({ all, role }: { all: readonly NeedsOfOne[]; role: Role }) => {
  const inNeed = all
    .filter(({ needs }) => needs.length > 0)
    .toSorted((one, other) => gravityOf(one.needs) - gravityOf(other.needs))
  if (inNeed.length === 0) {
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
      {inNeed.map(({ id, name, runs, needs }) => {
        const shown = { id, all }
        return (
          <>
            {all.length > 1 && <h3>{runs ? <a href={link(shown, '/')}>{name}</a> : name}</h3>}
            {needs.map((need) =>
              need.tone === 'calm' ? null : (
                <Notice tone={need.tone}>
                  <p>
                    <OneNeed need={need} shown={shown} role={role} />
                  </p>
                </Notice>
              ),
            )}
            {needs.some(({ tone }) => tone === 'calm') && (
              <ul>
                {needs.map((need) =>
                  need.tone === 'calm' ? (
                    <li>
                      <OneNeed need={need} shown={shown} role={role} />
                    </li>
                  ) : null,
                )}
              </ul>
            )}
          </>
        )
      })}
    </section>
  )
}

const OneNeed = ({ need, shown, role }: { need: Need; shown: ShownConnection; role: Role }) => {
  const { tone, what, since, whatToDo, at } = need
  const linked = at && may(role, at.ability) ? <a href={link(shown, at.path, at.query)}>{what}</a> : what
  return (
    <>
      {tone === 'calm' ? linked : <strong>{linked}</strong>}
      {since && (
        <>
          {' '}
          since <Time at={since} />
        </>
      )}
      . <span class={tone === 'calm' ? 'soft' : undefined}>{whatToDo}</span>
    </>
  )
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
                <text
                  x={(at + 0.5) * slot}
                  y={HEIGHT - 4}
                  text-anchor="middle"
                  data-hour={hour.toISOString()}
                >
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
