import { Hono } from 'hono'
import { z } from 'zod'
import { callPage } from '../../../mapping/note-from-call.ts'
import { reasons } from '../../../mapping/reasons.ts'
import { writesOf } from '../../../mapping/write.ts'
import type { StoredOutcome } from '../../../store/outcomes.ts'
import { MOST_RECORDS, type TracedRecord } from '../../../sync/trace.ts'
import { needs } from '../../auth/guard.ts'
import { may } from '../../auth/roles.ts'
import { Empty, KIND_NAMES, OutcomeBadge, Time } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { notDone } from '../doing.ts'
import { link, Page, type ShownConnection } from '../layout.tsx'
import { RecordSearch } from '../record-search.tsx'
import { refused } from '../refused.tsx'
import { retrying } from '../retrying.ts'
import { Writes } from '../writes.tsx'

const retryForm = z.object({
  id: z.string().min(1),
  kind: z.enum(['customer', 'contact', 'call', 'message']),
})

export const tracePage = new Hono<ConsoleEnv>()
  .post('/trace/retry', needs('decide', refused), async (c) => {
    const { shown } = c.var
    const form = retryForm.safeParse(await c.req.parseBody())
    if (!form.success) return notDone(c, link(shown, '/trace'), 'Say which record.')
    const { id, kind } = form.data
    return retrying(c, link(shown, '/trace', { q: id }), { id, kind })
  })
  .get('/trace', async (c) => {
    const { person, connection, shown } = c.var
    const question = (c.req.query('q') ?? '').trim()
    const found = question === '' ? undefined : await connection.operations.trace(question)
    return c.html(
      <Page
        title="Trace"
        lead="The whole story of a record: where is that call, and why is it there or not?"
        path="/trace"
        c={c}
      >
        <RecordSearch
          shown={shown}
          path="/trace"
          label="Number in any format, name, email, or id of a call, message, customer or contact"
          question={question}
          button="Find"
          autofocus
        />
        {found?.length === 0 && (
          <section>
            <Empty>
              Nothing is known of this. A number needs its country, as in +44 20 7183 8750; a name is looked
              for as a whole; a call is known once it has ended.
            </Empty>
          </section>
        )}
        {found?.length === MOST_RECORDS && (
          <p class="soft">
            These are {MOST_RECORDS} of the records that fit. An id or an email narrows it down.
          </p>
        )}
        {found?.map((record) => (
          <Story record={record} org={connection.org} shown={shown} canRetry={may(person.role, 'decide')} />
        ))}
      </Page>,
    )
  })

interface StoryProps {
  record: TracedRecord
  org: string
  shown: ShownConnection
  canRetry: boolean
}

const Story = ({ record, org, shown, canRetry }: StoryProps) => {
  const { kind, id, title, at, story } = record
  const last = story.at(-1)
  return (
    <section aria-labelledby={`story-${kind}-${id}`}>
      <h2 id={`story-${kind}-${id}`}>
        {title}{' '}
        {at && (
          <>
            of <Time at={at} />
          </>
        )}{' '}
        <small>{KIND_NAMES[kind].one}</small> {last && <OutcomeBadge outcome={last.outcome} />}
      </h2>
      {last && (
        <p>
          {reasons[last.reason].meaning} <span class="soft">What to do: {reasons[last.reason].whatToDo}</span>
        </p>
      )}
      <Links record={record} last={last} org={org} />
      {canRetry && last && canBeSyncedAgain(last) && (
        <form method="post" action={link(shown, '/trace/retry')} class="row">
          <input type="hidden" name="id" value={id} />
          <input type="hidden" name="kind" value={kind} />
          <button type="submit">{last.outcome === 'failed' ? 'Try again' : 'Sync it again'}</button>
        </form>
      )}
      {story.length === 0 ? (
        <Empty>It is known, and nothing has been done with it yet.</Empty>
      ) : (
        <ol class="story" reversed>
          {story.toReversed().map((step) => (
            <Step step={step} />
          ))}
        </ol>
      )}
    </section>
  )
}

/** What failed, and what was undone: only a person begins that again. */
const canBeSyncedAgain = ({ outcome, reason }: StoredOutcome): boolean =>
  outcome === 'failed' || reason === 'UNDONE' || reason === 'UNDONE_IN_PART'

/** Into both systems; the contract names no page of a contact in CloudTalk. */
const Links = ({
  record: { kind, id },
  last,
  org,
}: {
  record: TracedRecord
  last: StoredOutcome | undefined
  org: string
}) => {
  const kustomer = `https://${org}.kustomerapp.com/app`
  const links = [
    last?.customerId && { text: 'Customer in Kustomer', href: `${kustomer}/customers/${last.customerId}` },
    last?.conversationId && {
      text: 'Conversation in Kustomer',
      href: `${kustomer}/conversations/${last.conversationId}`,
    },
    kind === 'call' && { text: 'Call in CloudTalk', href: callPage(id) },
  ].filter((one) => typeof one === 'object')
  return links.length > 0 ? (
    <p class="actions">
      {links.map(({ text, href }) => (
        <a href={href} target="_blank" rel="noreferrer">
          {text}
        </a>
      ))}
    </p>
  ) : null
}

const Step = ({ step }: { step: StoredOutcome }) => {
  const { details = {} } = step
  return (
    <li>
      <p class="actions">
        <OutcomeBadge outcome={step.outcome} /> <Time at={step.at} />
        <span class="soft">
          told by {step.source}, {Number(step.requests.toFixed(1))} requests, {step.reason}
        </span>
      </p>
      <p>{step.sentence}</p>
      {details.matchedBy && <p class="soft">Matched by {details.matchedBy}.</p>}
      {details.warnings?.map((warning) => (
        <p class="soft">Note: {warning}</p>
      ))}
      {details.undo?.stays.map((line) => (
        <p class="soft">Stays: {line}.</p>
      ))}
      {step.nextAt && (
        <p class="soft">
          Tried again at <Time at={step.nextAt} />.
        </p>
      )}
      <Writes writes={writesOf(details, step.contactId)} />
    </li>
  )
}
