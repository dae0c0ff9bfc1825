import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { type ReasonCode, reasons } from '../../../mapping/reasons.ts'
import type { OutcomeFilter, ReasonCount } from '../../../store/activity.ts'
import type { FailureFilter } from '../../../store/failures.ts'
import { recordKinds } from '../../../store/schema.ts'
import type { StandingRecord } from '../../../store/standing.ts'
import { needs } from '../../auth/guard.ts'
import { may } from '../../auth/roles.ts'
import { lastOfPage, standingPlace, textOfPlace } from '../../list-place.ts'
import { RECORDS_PAGE, type Titled } from '../../watching.ts'
import { AskingButton, asked, asksFirst } from '../asks-first.tsx'
import { ByReason } from '../by-reason.tsx'
import { count, Empty, Onward, OutcomeBadge, Time } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { notDone } from '../doing.ts'
import { OutcomeChoices, outcomeFilter } from '../filters.tsx'
import { link, Page, type ShownConnection } from '../layout.tsx'
import { RecordLink } from '../record-link.tsx'
import { refused } from '../refused.tsx'
import { retrying } from '../retrying.ts'

const query = z.object({ ...outcomeFilter, after: standingPlace.optional().catch(undefined) })
/** What is not named is meant as a whole: so what is named wrongly is no order. */
const retryForm = z.strictObject({
  ...asked,
  id: z.string().min(1).optional(),
  kind: z.enum(recordKinds).optional(),
  reason: z.enum(Object.keys(reasons) as [ReasonCode, ...ReasonCode[]]).optional(),
})

const failingLink = (c: Context<ConsoleEnv>): string => link(c.var.shown, '/records', { outcome: 'failed' })

/** How each record stands: Activity tells of everything that happened to it. */
export const recordsPage = new Hono<ConsoleEnv>()
  .post('/records/retry', needs('decide', refused), asksFirst(failingLink), async (c) => {
    const form = retryForm.safeParse(await c.req.parseBody())
    if (!form.success) return notDone(c, failingLink(c), 'Say which records.')
    const { id, kind, reason } = form.data
    return retrying(c, failingLink(c), { id, kind, reason })
  })
  .get('/records', async (c) => {
    const { connection, shown, person } = c.var
    const { after, ...filter } = query.parse(c.req.query())
    const [rows, byReason] = await Promise.all([
      connection.watching.standing(filter, after),
      connection.watching.reasons(filter),
    ])
    const canRetry = filter.outcome === 'failed' && may(person.role, 'decide')
    return c.html(
      <Page
        title="Records"
        lead="How each record stands now, and why. What failed stays so until it changes, or somebody has it tried again."
        path="/records"
        c={c}
        live={after === undefined}
      >
        <form method="get" action="/records" class="row">
          <OutcomeChoices asked={filter} shown={shown} />
          <button type="submit">Show</button>
        </form>
        {rows.length === 0 ? (
          <section>
            <Empty>
              <Nothing filter={filter} goesOn={after !== undefined} />{' '}
              {filter.outcome === 'failed' && (
                <a href={link(shown, '/activity', { ...filter })}>What failed before</a>
              )}
            </Empty>
          </section>
        ) : (
          <>
            <Counted counts={byReason} filter={filter} shown={shown} canRetry={canRetry} />
            <List rows={rows} filter={filter} shown={shown} canRetry={canRetry} />
          </>
        )}
      </Page>,
    )
  })

const Nothing = ({
  filter: { kind, outcome, reason },
  goesOn,
}: {
  filter: OutcomeFilter
  goesOn: boolean
}) => {
  if (goesOn) return <>Nothing more stands so.</>
  if (outcome === 'failed' && !kind && !reason)
    return <>Nothing fails now. What CloudTalk or Kustomer refuses for good shows here, with what to do.</>
  if (kind || outcome || reason) return <>No record stands so now. Choose “all” somewhere to see more.</>
  return <>No record is known yet. The first call, message or changed customer shows here at once.</>
}

interface Shown {
  filter: OutcomeFilter
  shown: ShownConnection
  canRetry: boolean
}

/** @param asks how many are tried again, where it is more than one. */
const Retry = ({
  filter,
  shown,
  text,
  asks,
}: {
  filter: FailureFilter
  shown: ShownConnection
  text: string
  asks?: number
}) => (
  <form method="post" action={link(shown, '/records/retry')}>
    {Object.entries(filter).map(([name, value]) =>
      value === undefined ? null : <input type="hidden" name={name} value={value} />,
    )}
    {asks === undefined ? (
      <button type="submit" class="quiet">
        {text}
      </button>
    ) : (
      <AskingButton
        asks={`Have ${asks === 1 ? '1 record' : `${count(asks)} records`} tried again?`}
        class="quiet"
      >
        {text}
      </AskingButton>
    )}
  </form>
)

const Counted = ({ counts, filter, shown, canRetry }: Shown & { counts: readonly ReasonCount[] }) => {
  const all = counts.reduce((sum, { count: n }) => sum + n, 0)
  const { kind } = filter
  return (
    <section aria-labelledby="by-reason">
      <h2 id="by-reason">By reason</h2>
      <ByReason
        counts={counts}
        of="Records"
        hrefOf={(reason) => link(shown, '/records', { ...filter, reason })}
        thenOf={
          canRetry
            ? ({ reason, count: n }) => (
                <Retry filter={{ kind, reason }} shown={shown} text="Try these again" asks={n} />
              )
            : undefined
        }
      />
      {canRetry && counts.length > 1 && (
        <div class="actions">
          <Retry filter={{ kind }} shown={shown} text={`Try all ${count(all)} again`} asks={all} />
        </div>
      )}
    </section>
  )
}

const List = ({ rows, filter, shown, canRetry }: Shown & { rows: readonly Titled<StandingRecord>[] }) => {
  const last = lastOfPage(rows, RECORDS_PAGE)
  return (
    <section aria-label="Records">
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Since</th>
              <th>Record</th>
              <th>Outcome</th>
              <th>What happened</th>
              {canRetry && <th>Then</th>}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ kind: of, id, title, outcome, reason: code, sentence, at }) => (
              <tr>
                <td>
                  <Time at={at} />
                </td>
                <td>
                  <RecordLink kind={of} id={id} title={title} shown={shown} />
                </td>
                <td>
                  <OutcomeBadge outcome={outcome} />
                </td>
                <td>
                  {sentence} <br />
                  <span class="soft">{code}</span>
                </td>
                {canRetry && (
                  <td>
                    <Retry filter={{ kind: of, id }} shown={shown} text="Try again" />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {last && <Onward href={link(shown, '/records', { ...filter, after: textOfPlace(last) })}>More</Onward>}
    </section>
  )
}
