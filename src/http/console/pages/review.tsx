import { Hono } from 'hono'
import { z } from 'zod'
import type { ReviewInFull, ReviewSide } from '../../../store/review-sides.ts'
import { needs } from '../../auth/guard.ts'
import { Empty, KIND_NAMES, Time } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { doing, notDone } from '../doing.ts'
import { link, Page, type ShownConnection } from '../layout.tsx'
import { refused } from '../refused.tsx'

const decisionForm = z.object({
  decision: z.enum(['merge', 'keep-apart']),
  contactId: z.string().min(1).optional(),
})

export const reviewPage = new Hono<ConsoleEnv>()
  .get('/review', needs('oversee', refused), async (c) => {
    const { connection, shown } = c.var
    const reviews = await connection.watching.reviews()
    return c.html(
      <Page
        title="Review"
        lead="Records that look like one person, where only you can tell."
        path="/review"
        c={c}
      >
        {reviews.length === 0 && (
          <section>
            <Empty>
              Nothing waits for a decision. When a name fits several contacts, or a contact looks like another
              one, it shows here.
            </Empty>
          </section>
        )}
        {reviews.map((review) => (
          <Decision review={review} shown={shown} />
        ))}
      </Page>,
    )
  })
  .post('/review/:id', needs('decide', refused), async (c) => {
    const id = c.req.param('id')
    const form = decisionForm.safeParse(await c.req.parseBody())
    if (!form.success || !z.uuid().safeParse(id).success) {
      return notDone(c, link(c.var.shown, '/review'), 'Choose what to do with it.')
    }
    const { decision, contactId } = form.data
    const merged = decision === 'merge'
    return doing(
      c,
      {
        back: link(c.var.shown, '/review'),
        deed: { did: merged ? 'merged' : 'kept apart', subject: `review ${id}` },
        done: merged
          ? 'They are one from now on. Trace can take them apart again.'
          : 'They are kept apart for good.',
      },
      () => c.var.connection.operations.decideReview(id, decision, contactId),
    )
  })

const Decision = ({ review, shown }: { review: ReviewInFull; shown: ShownConnection }) => {
  const { record, candidateSides } = review
  return (
    <section aria-labelledby={`review-${review.id}`}>
      <h2 id={`review-${review.id}`}>
        {record.name || record.id}{' '}
        <small>
          found <Time at={review.openedAt} />
        </small>
      </h2>
      <p>
        {review.kind === 'ambiguous-name'
          ? 'More than one contact in CloudTalk carries this customer’s name. Which of them is this customer?'
          : 'This contact’s number or email belongs to a customer that has another contact already. Are they one?'}
      </p>
      <div class="side-by-side">
        <Side side={record} others={candidateSides} shown={shown} />
        {candidateSides.map((side) => (
          <Side side={side} others={[record]} shown={shown}>
            <form method="post" action={link(shown, `/review/${review.id}`)}>
              <input type="hidden" name="decision" value="merge" />
              <input type="hidden" name="contactId" value={side.id} />
              <button type="submit">Merge with this one</button>
            </form>
          </Side>
        ))}
      </div>
      <form method="post" action={link(shown, `/review/${review.id}`)} class="actions">
        <input type="hidden" name="decision" value="keep-apart" />
        <button type="submit" class="quiet">
          Keep apart for good
        </button>
      </form>
    </section>
  )
}

/** What agrees with the other side is marked, in words too. */
const Values = ({ values, others }: { values: readonly string[]; others: readonly string[] }) =>
  values.length === 0 ? (
    <span class="soft">none</span>
  ) : (
    <ul class="values">
      {values.map((value) => (
        <li>
          {value} {others.includes(value) && <span class="badge good">the same</span>}
        </li>
      ))}
    </ul>
  )

interface SideProps {
  side: ReviewSide
  others: readonly ReviewSide[]
  shown: ShownConnection
  children?: unknown
}

const Side = ({ side, others, shown, children }: SideProps) => (
  <div class="panel">
    <h3>
      <a href={link(shown, '/trace', { q: side.id })}>
        {KIND_NAMES[side.kind].one} {side.id}
      </a>
    </h3>
    <dl class="facts">
      <dt>Name</dt>
      <dd>
        <Values values={side.name ? [side.name] : []} others={others.map(({ name }) => name)} />
      </dd>
      <dt>Numbers</dt>
      <dd>
        <Values values={side.numbers} others={others.flatMap(({ numbers }) => numbers)} />
      </dd>
      <dt>Emails</dt>
      <dd>
        <Values values={side.emails} others={others.flatMap(({ emails }) => emails)} />
      </dd>
    </dl>
    {children}
  </div>
)
