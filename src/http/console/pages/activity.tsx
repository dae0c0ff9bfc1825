import { Hono } from 'hono'
import { z } from 'zod'
import { outcomeKinds, type ReasonCode, reasons } from '../../../mapping/reasons.ts'
import { isTimeZone } from '../../../mapping/settings.ts'
import type { ActivityFilter, ActivityRow, ReasonCount } from '../../../store/activity.ts'
import type { RecordKind } from '../../../store/schema.ts'
import { dayIn } from '../../../sync/prove/day.ts'
import { ACTIVITY_PAGE } from '../../watching.ts'
import { count, Empty, KIND_NAMES, OutcomeBadge, Time, Zone } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { link, Page, type ShownConnection } from '../layout.tsx'

const KINDS = ['contact', 'customer', 'call', 'message'] as const satisfies readonly RecordKind[]
const PERIODS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const
type Period = keyof typeof PERIODS

const day = z.iso.date().optional().catch(undefined)

/** What does not fit is as good as not given: an old bookmark still opens. */
const query = z.object({
  kind: z.enum(KINDS).optional().catch(undefined),
  outcome: z
    .enum([...outcomeKinds, 'in-sync'])
    .optional()
    .catch(undefined),
  reason: z
    .enum(Object.keys(reasons) as [ReasonCode, ...ReasonCode[]])
    .optional()
    .catch(undefined),
  period: z
    .enum(Object.keys(PERIODS) as [Period, ...Period[]])
    .optional()
    .catch(undefined),
  from: day,
  to: day,
  /** By which the days are meant: the reader's. */
  zone: z.string().refine(isTimeZone).optional().catch(undefined),
  before: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional()
    .catch(undefined),
})
type Query = z.output<typeof query>

export const activityPage = new Hono<ConsoleEnv>().get('/activity', async (c) => {
  const { connection, shown, ports } = c.var
  const asked = askedOf(c.req.query())
  const filter = filterOf(asked, ports.now())
  const [rows, byReason] = await Promise.all([
    connection.watching.activity(filter, asked.before),
    connection.watching.reasons(filter),
  ])
  return c.html(
    <Page
      title="Activity"
      lead="Everything that was done or left, newest first, and why."
      path="/activity"
      c={c}
      live={asked.before === undefined}
    >
      <Filters asked={asked} shown={shown} />
      {asked.outcome === 'failed' && (
        <p>
          <a href={link(shown, '/failing', { kind: asked.kind, reason: asked.reason })}>What fails now</a>,
          and can be tried again.
        </p>
      )}
      <ByReason counts={byReason} asked={asked} shown={shown} />
      <List rows={rows} asked={asked} shown={shown} />
    </Page>,
  )
})

function askedOf(given: Record<string, string>): Query {
  const { zone, ...asked } = query.parse(given)
  return asked.from || asked.to ? { ...asked, zone } : asked
}

/** A day narrows a period, and a period a day. */
function filterOf(
  { kind, outcome, reason, period, from, to, zone = 'UTC' }: Query,
  now: Date,
): ActivityFilter {
  const begins = [
    ...(period ? [now.getTime() - PERIODS[period]] : []),
    ...(from ? [dayIn(zone, from).from.getTime()] : []),
  ]
  return {
    kind,
    outcome,
    reason,
    since: begins.length > 0 ? new Date(Math.max(...begins)) : undefined,
    until: to ? dayIn(zone, to).to : undefined,
  }
}

const Choice = ({
  name,
  label,
  chosen,
  options,
}: {
  name: string
  label: string
  chosen: string | undefined
  options: readonly (readonly [value: string, text: string])[]
}) => (
  <label>
    {label}
    <select name={name}>
      <option value="">all</option>
      {options.map(([value, text]) => (
        <option value={value} selected={value === chosen}>
          {text}
        </option>
      ))}
    </select>
  </label>
)

const Filters = ({ asked, shown }: { asked: Query; shown: ShownConnection }) => {
  const named = asked.from ?? asked.to
  const zone = named === undefined ? <Zone /> : (asked.zone ?? 'UTC')
  return (
    <form method="get" action="/activity" class="row">
      {shown.all.length > 1 && (
        <label>
          Connection
          <select name="connection">
            {shown.all.map(({ id, name }) => (
              <option value={id} selected={id === shown.id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <Choice
        name="kind"
        label="Kind"
        chosen={asked.kind}
        options={KINDS.map((kind) => [kind, KIND_NAMES[kind].many])}
      />
      <Choice
        name="outcome"
        label="Outcome"
        chosen={asked.outcome}
        options={[['in-sync', 'in sync'], ...outcomeKinds.map((one) => [one, one] as const)]}
      />
      <Choice
        name="reason"
        label="Reason"
        chosen={asked.reason}
        options={Object.keys(reasons).map((one) => [one, one])}
      />
      <Choice
        name="period"
        label="Time"
        chosen={asked.period}
        options={Object.keys(PERIODS).map((one) => [one, `the last ${one}`])}
      />
      <label>
        From <small>(day, {zone})</small>
        <input name="from" type="date" value={asked.from} />
      </label>
      <label>
        To <small>(day, {zone})</small>
        <input name="to" type="date" value={asked.to} />
      </label>
      <input type="hidden" name="zone" value={asked.zone} data-zone={named === undefined ? '' : undefined} />
      <button type="submit">Show</button>
    </form>
  )
}

/** Shown without being asked for: first those that ask something of a person, then the most frequent ones. */
const SHOWN_REASONS = 4

/** How the records stand, or what happened in the time that is chosen, by reason, with what to do. */
const ByReason = ({
  counts,
  asked,
  shown,
}: {
  counts: readonly ReasonCount[]
  asked: Query
  shown: ShownConnection
}) => {
  if (counts.length === 0) return null
  const timed = asked.period ?? asked.from ?? asked.to
  const asksNothing = ({ reason }: ReasonCount) => reasons[reason].whatToDo.startsWith('Nothing')
  const sorted = counts.toSorted((one, other) => Number(asksNothing(one)) - Number(asksNothing(other)))
  const others = sorted.slice(SHOWN_REASONS)
  return (
    <section aria-labelledby="by-reason">
      <h2 id="by-reason">{timed ? 'By reason, in this time' : 'By reason, as the records stand now'}</h2>
      {timed && <p class="soft">Everything that happened, counted in whole hours.</p>}
      <Reasons counts={sorted.slice(0, SHOWN_REASONS)} asked={asked} shown={shown} timed={Boolean(timed)} />
      {others.length > 0 && (
        <details>
          <summary>
            {others.length} more {others.length === 1 ? 'reason' : 'reasons'}
          </summary>
          <Reasons counts={others} asked={asked} shown={shown} timed={Boolean(timed)} />
        </details>
      )}
    </section>
  )
}

const Reasons = ({
  counts,
  asked: { before: _first, ...asked },
  shown,
  timed,
}: {
  counts: readonly ReasonCount[]
  asked: Query
  shown: ShownConnection
  timed: boolean
}) => (
  <div class="scroll">
    <table>
      <thead>
        <tr>
          <th class="number">{timed ? 'Times' : 'Records'}</th>
          <th>Reason</th>
          <th>What to do</th>
        </tr>
      </thead>
      <tbody>
        {counts.map(({ reason, count: n }) => (
          <tr>
            <td class="number">{count(n)}</td>
            <td>
              <a href={link(shown, '/activity', { ...asked, reason })}>{reason}</a>
              <br />
              <small>{reasons[reason].meaning}</small>
            </td>
            <td>{reasons[reason].whatToDo}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

const List = ({
  rows,
  asked,
  shown,
}: {
  rows: readonly ActivityRow[]
  asked: Query
  shown: ShownConnection
}) => {
  const last = rows.at(-1)
  const filtered = Object.values(asked).some((value) => value !== undefined)
  if (!last) {
    return (
      <section>
        <Empty>
          {filtered
            ? 'Nothing fits. Choose “all” somewhere to see more.'
            : 'Nothing has happened yet. The first call, message or changed customer shows here at once.'}
        </Empty>
      </section>
    )
  }
  return (
    <section aria-label="Outcomes">
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Time</th>
              <th>Record</th>
              <th>Outcome</th>
              <th>What happened</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr>
                <td>
                  <Time at={row.at} />
                </td>
                <td>
                  <a href={link(shown, '/trace', { q: row.recordId })}>
                    {KIND_NAMES[row.kind].one} {row.recordId}
                  </a>
                </td>
                <td>
                  <OutcomeBadge outcome={row.outcome} />
                </td>
                <td>
                  {row.sentence} <br />
                  <a class="soft" href={link(shown, '/activity', { kind: asked.kind, reason: row.reason })}>
                    {row.reason}
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length === ACTIVITY_PAGE && (
        <p>
          <a class="button quiet" href={link(shown, '/activity', { ...asked, before: last.id })}>
            Older
          </a>
        </p>
      )}
    </section>
  )
}
