import { Hono } from 'hono'
import { z } from 'zod'
import { outcomeKinds, type ReasonCode, reasons } from '../../../mapping/reasons.ts'
import type { ActivityFilter, ActivityRow } from '../../../store/activity.ts'
import type { RecordKind } from '../../../store/schema.ts'
import type { KindSummary } from '../../../sync/summary.ts'
import { ACTIVITY_PAGE } from '../../watching.ts'
import { count, Empty, KIND_NAMES, OutcomeBadge, Time } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { link, Page, type ShownConnection } from '../layout.tsx'

const KINDS = ['contact', 'customer', 'call', 'message'] as const satisfies readonly RecordKind[]
const PERIODS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const
type Period = keyof typeof PERIODS

/** What does not fit is as good as not given: an old bookmark still opens. */
const query = z.object({
  kind: z.enum(KINDS).optional().catch(undefined),
  outcome: z.enum(outcomeKinds).optional().catch(undefined),
  reason: z
    .enum(Object.keys(reasons) as [ReasonCode, ...ReasonCode[]])
    .optional()
    .catch(undefined),
  period: z
    .enum(Object.keys(PERIODS) as [Period, ...Period[]])
    .optional()
    .catch(undefined),
  before: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional()
    .catch(undefined),
})
type Query = z.output<typeof query>

export const activityPage = new Hono<ConsoleEnv>().get('/activity', async (c) => {
  const { connection, shown, ports } = c.var
  const asked = query.parse(c.req.query())
  const { period, before, ...rest } = asked
  const since = period && new Date(ports.now().getTime() - PERIODS[period])
  const filter: ActivityFilter = { ...rest, since }
  const [rows, standing] = await Promise.all([
    connection.watching.activity(filter, before),
    connection.watching.standing(),
  ])
  return c.html(
    <Page
      title="Activity"
      lead="Everything that was done or left, newest first, and why."
      path="/activity"
      c={c}
      live={before === undefined}
    >
      <Filters asked={asked} shown={shown} />
      <ByReason standing={standing} asked={asked} shown={shown} />
      <List rows={rows} asked={asked} shown={shown} />
    </Page>,
  )
})

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

const Filters = ({ asked, shown }: { asked: Query; shown: ShownConnection }) => (
  <form method="get" action="/activity" class="row">
    {shown.all.length > 1 && <input type="hidden" name="connection" value={shown.id} />}
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
      options={outcomeKinds.map((one) => [one, one])}
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
    <button type="submit">Show</button>
  </form>
)

/** How the records stand now, by reason, with what to do; of one kind where one is chosen. */
const ByReason = ({
  standing,
  asked,
  shown,
}: {
  standing: Record<RecordKind, KindSummary>
  asked: Query
  shown: ShownConnection
}) => {
  const sums = new Map<string, number>()
  for (const kind of asked.kind ? [asked.kind] : KINDS) {
    for (const [reason, n] of Object.entries(standing[kind].byReason))
      sums.set(reason, (sums.get(reason) ?? 0) + n)
  }
  if (sums.size === 0) return null
  return (
    <details class="panel">
      <summary>How the records stand now, by reason</summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th class="number">Records</th>
              <th>Reason</th>
              <th>What to do</th>
            </tr>
          </thead>
          <tbody>
            {[...sums]
              .sort(([, one], [, other]) => other - one)
              .map(([reason, n]) => (
                <tr>
                  <td class="number">{count(n)}</td>
                  <td>
                    <a href={link(shown, '/activity', { kind: asked.kind, reason })}>{reason}</a>
                    <br />
                    <small>{reasons[reason as ReasonCode].meaning}</small>
                  </td>
                  <td>{reasons[reason as ReasonCode].whatToDo}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}

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
