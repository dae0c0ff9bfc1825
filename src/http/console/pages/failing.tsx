import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { type ReasonCode, reasons } from '../../../mapping/reasons.ts'
import type { ReasonCount } from '../../../store/activity.ts'
import type { FailureFilter, ListedFailure } from '../../../store/failures.ts'
import { recordKinds } from '../../../store/schema.ts'
import { needs } from '../../auth/guard.ts'
import { may } from '../../auth/roles.ts'
import { FAILING_PAGE } from '../../watching.ts'
import { AskingButton, asked, asksFirst } from '../asks-first.tsx'
import { count, Empty, KIND_NAMES, Time } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { notDone } from '../doing.ts'
import { link, Page, type ShownConnection } from '../layout.tsx'
import { refused } from '../refused.tsx'
import { retrying } from '../retrying.ts'

const kind = z.enum(recordKinds)
const reason = z.enum(Object.keys(reasons) as [ReasonCode, ...ReasonCode[]])

/** What does not fit is as good as not given: an old bookmark still opens. */
const query = z.object({
  kind: kind.optional().catch(undefined),
  reason: reason.optional().catch(undefined),
  after: z
    .string()
    .transform((place) => /^(?<exactAt>\S+)\/(?<kind>\w+)\/(?<id>[!-~]+)$/.exec(place)?.groups)
    .pipe(z.object({ exactAt: z.iso.datetime(), kind, id: z.string() }))
    .optional()
    .catch(undefined),
})
/** What is not named is meant as a whole: so what is named wrongly is no order. */
const retryForm = z.strictObject({
  ...asked,
  id: z.string().min(1).optional(),
  kind: kind.optional(),
  reason: reason.optional(),
})

const failingLink = (c: Context<ConsoleEnv>): string => link(c.var.shown, '/failing')

/** Records that have failed and stand so: Activity tells of those too that have been done since. */
export const failingPage = new Hono<ConsoleEnv>()
  .post('/failing/retry', needs('decide', refused), asksFirst(failingLink), async (c) => {
    const form = retryForm.safeParse(await c.req.parseBody())
    if (!form.success) return notDone(c, failingLink(c), 'Say which records.')
    const { id, kind, reason } = form.data
    return retrying(c, failingLink(c), { id, kind, reason })
  })
  .get('/failing', async (c) => {
    const { connection, shown, person } = c.var
    const { after, ...filter } = query.parse(c.req.query())
    const [rows, byReason] = await Promise.all([
      connection.watching.failing(filter, after),
      connection.watching.reasons({ ...filter, outcome: 'failed' }),
    ])
    const canRetry = may(person.role, 'decide')
    return c.html(
      <Page
        title="Failing"
        lead="Records that failed and stay so until they change, or somebody has them tried again."
        path="/failing"
        c={c}
        live={after === undefined}
      >
        {rows.length === 0 ? (
          <section>
            <Empty>
              {after || filter.kind || filter.reason
                ? 'Nothing of this fails now.'
                : 'Nothing fails now. What CloudTalk or Kustomer refuses for good shows here, with what to do.'}{' '}
              <a href={link(shown, '/activity', { ...filter, outcome: 'failed' })}>What failed before</a>
            </Empty>
          </section>
        ) : (
          <>
            <ByReason counts={byReason} filter={filter} shown={shown} canRetry={canRetry} />
            <List rows={rows} filter={filter} shown={shown} canRetry={canRetry} />
          </>
        )}
      </Page>,
    )
  })

interface Shown {
  filter: FailureFilter
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
  <form method="post" action={link(shown, '/failing/retry')}>
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

const ByReason = ({ counts, filter, shown, canRetry }: Shown & { counts: readonly ReasonCount[] }) => {
  const all = counts.reduce((sum, { count: n }) => sum + n, 0)
  return (
    <section aria-labelledby="by-reason">
      <h2 id="by-reason">By reason</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th class="number">Records</th>
              <th>Reason</th>
              <th>What to do</th>
              {canRetry && <th>Then</th>}
            </tr>
          </thead>
          <tbody>
            {counts.map(({ reason: code, count: n }) => (
              <tr>
                <td class="number">{count(n)}</td>
                <td>
                  <a href={link(shown, '/failing', { kind: filter.kind, reason: code })}>{code}</a>
                  <br />
                  <small>{reasons[code].meaning}</small>
                </td>
                <td>{reasons[code].whatToDo}</td>
                {canRetry && (
                  <td>
                    <Retry
                      filter={{ ...filter, reason: code }}
                      shown={shown}
                      text="Try these again"
                      asks={n}
                    />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="actions">
        {canRetry && counts.length > 1 && (
          <Retry filter={filter} shown={shown} text={`Try all ${count(all)} again`} asks={all} />
        )}
        {(filter.kind || filter.reason) && <a href={link(shown, '/failing')}>Everything that fails</a>}
      </div>
    </section>
  )
}

const List = ({ rows, filter, shown, canRetry }: Shown & { rows: readonly ListedFailure[] }) => {
  const last = rows.at(-1)
  return (
    <section aria-label="Records">
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Since</th>
              <th>Record</th>
              <th>What happened</th>
              {canRetry && <th>Then</th>}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ kind: of, id, reason: code, sentence, at }) => (
              <tr>
                <td>
                  <Time at={at} />
                </td>
                <td>
                  <a href={link(shown, '/trace', { q: id })}>
                    {KIND_NAMES[of].one} {id}
                  </a>
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
      {last && rows.length === FAILING_PAGE && (
        <p>
          <a class="button quiet" href={link(shown, '/failing', { ...filter, after: placeOf(last) })}>
            Older
          </a>
        </p>
      )}
    </section>
  )
}

const placeOf = ({ exactAt, kind, id }: ListedFailure): string => `${exactAt}/${kind}/${id}`
