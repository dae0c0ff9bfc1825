import { Hono } from 'hono'
import { z } from 'zod'
import { isTimeZone } from '../../../mapping/settings.ts'
import type { ActivityFilter, ActivityRow, ReasonCount } from '../../../store/activity.ts'
import { dayIn } from '../../../sync/prove/day.ts'
import { lastOfPage } from '../../list-place.ts'
import { ACTIVITY_PAGE, type Titled } from '../../watching.ts'
import { ByReason } from '../by-reason.tsx'
import { Empty, Onward, OutcomeBadge, Time, Zone } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { Choice, OutcomeChoices, outcomeFilter } from '../filters.tsx'
import { link, Page, type ShownConnection } from '../layout.tsx'
import { RecordLink } from '../record-link.tsx'

const PERIODS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const
type Period = keyof typeof PERIODS

const day = z.iso.date().optional().catch(undefined)

const query = z.object({
  ...outcomeFilter,
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
          <a href={link(shown, '/records', { kind: asked.kind, outcome: 'failed', reason: asked.reason })}>
            What fails now
          </a>
          , and can be tried again.
        </p>
      )}
      <Counted counts={byReason} asked={asked} shown={shown} />
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

const Filters = ({ asked, shown }: { asked: Query; shown: ShownConnection }) => {
  const named = asked.from ?? asked.to
  const zone = named === undefined ? <Zone /> : (asked.zone ?? 'UTC')
  return (
    <form method="get" action="/activity" class="row">
      <OutcomeChoices asked={asked} shown={shown} />
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

/** How the records stand, or what happened in the time that is chosen, by reason, with what to do. */
const Counted = ({
  counts,
  asked: { before: _first, ...asked },
  shown,
}: {
  counts: readonly ReasonCount[]
  asked: Query
  shown: ShownConnection
}) => {
  if (counts.length === 0) return null
  const timed = asked.period ?? asked.from ?? asked.to
  return (
    <section aria-labelledby="by-reason">
      <details open={asked.outcome !== undefined || asked.reason !== undefined}>
        <summary>
          <h2 id="by-reason">{timed ? 'By reason, in this time' : 'By reason, as the records stand now'}</h2>
        </summary>
        {timed && <p class="soft">Everything that happened, counted in whole hours.</p>}
        <ByReason
          counts={counts}
          of={timed ? 'Times' : 'Records'}
          hrefOf={(reason) => link(shown, '/activity', { ...asked, reason })}
        />
      </details>
    </section>
  )
}

const List = ({
  rows,
  asked,
  shown,
}: {
  rows: readonly Titled<ActivityRow>[]
  asked: Query
  shown: ShownConnection
}) => {
  const last = lastOfPage(rows, ACTIVITY_PAGE)
  const filtered = Object.values(asked).some((value) => value !== undefined)
  if (rows.length === 0) {
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
                  <RecordLink kind={row.kind} id={row.recordId} title={row.title} shown={shown} />
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
      {last && <Onward href={link(shown, '/activity', { ...asked, before: last.id })}>Older</Onward>}
    </section>
  )
}
