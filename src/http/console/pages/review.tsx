import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { contactFieldRules } from '../../../mapping/contact-from-customer.ts'
import { emailKey } from '../../../mapping/emails.ts'
import { FROM_CONTACT } from '../../../mapping/merge-customers.ts'
import { parsePhone } from '../../../mapping/phones.ts'
import { nameKey } from '../../../mapping/text.ts'
import type { ReviewInFull, ReviewSide } from '../../../store/review-sides.ts'
import { type ReviewDecision, reviewDecisions } from '../../../store/schema.ts'
import type { SharedContact } from '../../../store/shared-contacts.ts'
import { needs } from '../../auth/guard.ts'
import { may } from '../../auth/roles.ts'
import { lastOfPage } from '../../list-place.ts'
import { REVIEWS_PAGE, SHARED_CONTACTS_PAGE } from '../../watching.ts'
import { AskingButton, asksFirst } from '../asks-first.tsx'
import { Empty, KIND_NAMES, Onward, Time } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { doing, notDone } from '../doing.ts'
import { link, Page, type ShownConnection } from '../layout.tsx'
import { refused } from '../refused.tsx'

const decisionForm = z.object({
  decision: z.enum(reviewDecisions),
  contactId: z.string().min(1).optional(),
})
const unmergeForm = z.object({ customer: z.string().min(1) })

const DONE: Record<ReviewDecision, { did: string; told: string }> = {
  merge: {
    did: 'merged',
    told: 'They are one from now on. Where several customers share the contact, they can be taken apart below.',
  },
  'keep-apart': {
    did: 'kept apart',
    told: 'They are kept apart. If what is shown of them changes, you are asked again.',
  },
  'keep-apart-for-good': { did: 'kept apart for good', told: 'They are kept apart for good.' },
}

const reviewLink = (c: Context<ConsoleEnv>): string => link(c.var.shown, '/review')

const CONTACTS_MERGED =
  'The contact has the numbers and emails of both now. That is not taken back here: take out of it in CloudTalk what is not its own.'

export const reviewPage = new Hono<ConsoleEnv>()
  .get('/review', needs('oversee', refused), async (c) => {
    const { connection, person, shown } = c.var
    const { defaultCountry } = connection.watching.settings
    const after = c.req.query('after')
    const [reviews, shared] = await Promise.all([
      after === undefined ? connection.watching.reviews() : [],
      connection.watching.sharedContacts(after),
    ])
    const last = lastOfPage(shared, SHARED_CONTACTS_PAGE)
    return c.html(
      <Page
        title="Review"
        lead="Records that look like one person, where only you can tell; and contacts that several customers share."
        path="/review"
        c={c}
      >
        {after === undefined && <Reviews reviews={reviews} shown={shown} defaultCountry={defaultCountry} />}
        <h2>Shared contacts</h2>
        {shared.length === 0 && (
          <section>
            <Empty>
              {after === undefined
                ? 'No contact has several customers. When customers turn out to be one person, they share a contact, and it shows here.'
                : 'There are no more.'}
            </Empty>
          </section>
        )}
        {shared.map((contact) => (
          <Shared contact={contact} shown={shown} canDecide={may(person.role, 'decide')} />
        ))}
        {last && <Onward href={link(shown, '/review', { after: last.id })}>More shared contacts</Onward>}
      </Page>,
    )
  })
  .post('/review/*', needs('decide', refused), asksFirst(reviewLink))
  .post('/review/:id', async (c) => {
    const id = c.req.param('id')
    const back = reviewLink(c)
    const form = decisionForm.safeParse(await c.req.parseBody())
    if (!form.success || !z.uuid().safeParse(id).success) {
      return notDone(c, back, 'Choose what to do with it.')
    }
    const { decision, contactId } = form.data
    const { did, told } = DONE[decision]
    const { kind } = (await c.var.connection.watching.review(id)) ?? {}
    const done = decision === 'merge' && kind === 'duplicate-contact' ? CONTACTS_MERGED : told
    return doing(c, { back, deed: { did, subject: `review ${id}` }, done }, () =>
      c.var.connection.operations.decideReview(id, decision, contactId),
    )
  })
  .post('/review/contacts/:id/unmerge', async (c) => {
    const contactId = c.req.param('id')
    const back = reviewLink(c)
    const form = unmergeForm.safeParse(await c.req.parseBody())
    if (!form.success) return notDone(c, back, 'Say which customer leaves the contact.')
    const { customer } = form.data
    const deed = { did: 'un-merged', subject: `customer ${customer} from contact ${contactId}` }
    const done = 'They are two from now on, and are kept apart for good.'
    return doing(c, { back, deed, done }, () => c.var.connection.operations.unmerge(contactId, customer))
  })

interface ReviewsProps extends Omit<DecisionProps, 'review'> {
  reviews: readonly ReviewInFull[]
}

const Reviews = ({ reviews, shown, defaultCountry }: ReviewsProps) => (
  <>
    {reviews.length === 0 && (
      <section>
        <Empty>
          Nothing waits for a decision. When a name fits several contacts, or a contact looks like another
          one, it shows here.
        </Empty>
      </section>
    )}
    {reviews.length === REVIEWS_PAGE && (
      <p class="soft">
        These are the {REVIEWS_PAGE} oldest. More may wait; they show once these are decided.
      </p>
    )}
    {reviews.map((review) => (
      <Decision review={review} shown={shown} defaultCountry={defaultCountry} />
    ))}
  </>
)

interface DecisionProps {
  review: ReviewInFull
  shown: ShownConnection
  /** Of numbers without a country's code. */
  defaultCountry: string | undefined
}

const Decision = ({ review, shown, defaultCountry }: DecisionProps) => {
  const { record, candidateSides } = review
  const name = record.name || record.id
  return (
    <section aria-labelledby={`review-${review.id}`}>
      <h2 id={`review-${review.id}`}>
        {name}{' '}
        <small>
          found <Time at={review.openedAt} />
        </small>
      </h2>
      <p>
        {review.kind === 'ambiguous-name'
          ? 'Another contact in CloudTalk carries this customer’s name, or several do. Is one of them this customer?'
          : 'This contact’s number or email belongs to a customer that has another contact already. Are they one?'}
      </p>
      <div class="side-by-side">
        <Side side={record} others={candidateSides} shown={shown} defaultCountry={defaultCountry} />
        {candidateSides.map((side) => (
          <Side side={side} others={[record]} shown={shown} defaultCountry={defaultCountry}>
            <form method="post" action={link(shown, `/review/${review.id}`)}>
              <input type="hidden" name="decision" value="merge" />
              <input type="hidden" name="contactId" value={side.id} />
              <AskingButton asks={mergeQuestion(review, side)}>Merge with this one</AskingButton>
            </form>
          </Side>
        ))}
      </div>
      <div class="actions">
        <form method="post" action={link(shown, `/review/${review.id}`)}>
          <input type="hidden" name="decision" value="keep-apart" />
          <button type="submit" class="quiet">
            Keep apart
          </button>
        </form>
        <form method="post" action={link(shown, `/review/${review.id}`)}>
          <input type="hidden" name="decision" value="keep-apart-for-good" />
          <AskingButton
            class="quiet"
            asks={`Keep ${inFull(record)} apart from ${candidateSides.map(inFull).join(', ')} for good? Nobody is asked about these records again.`}
          >
            Keep apart for good
          </AskingButton>
        </form>
        <small>Kept apart, you are asked again if what is shown of them changes.</small>
      </div>
    </section>
  )
}

/** Two records may have one name. */
const inFull = ({ kind, name, id }: Pick<ReviewSide, 'kind' | 'name' | 'id'>): string =>
  [KIND_NAMES[kind].one, name, `(${id})`].filter(Boolean).join(' ')

const mergeQuestion = ({ kind, record }: ReviewInFull, side: ReviewSide): string =>
  kind === 'ambiguous-name'
    ? `Merge ${inFull(record)} with ${inFull(side)}? They are one from then on, and changes go both ways.`
    : `Merge ${inFull(record)} with ${inFull(side)}? The second takes the numbers and emails of the first, which stays as it is. That cannot be taken back here.`

/** A value of a shared contact, and who gave it. */
interface Given {
  label: string
  values: readonly string[]
  givers: readonly string[]
}

function givenOf({ fields, provenance }: SharedContact): Given[] {
  return contactFieldRules.flatMap(({ field, label }): Given[] => {
    const giver = provenance[field]
    if (typeof giver === 'object') {
      return Object.entries(giver).map(([value, givers]) => ({ label, values: [value], givers }))
    }
    const value = fields[field]
    if (!giver || typeof value !== 'string') return []
    const isId = field === 'countryId' || field === 'favoriteAgentId'
    return [{ label, values: [isId ? `CloudTalk’s id ${value}` : value], givers: [giver] }]
  })
}

const Shared = ({
  contact,
  shown,
  canDecide,
}: {
  contact: SharedContact
  shown: ShownConnection
  canDecide: boolean
}) => {
  // Their names are often the same.
  const names = new Map(contact.customers.map(({ id, name }) => [id, `${name} …${id.slice(-6)}`]))
  const giverName = (id: string) => (id === FROM_CONTACT ? 'the contact itself' : (names.get(id) ?? id))
  return (
    <section aria-labelledby={`shared-${contact.id}`}>
      <h3 id={`shared-${contact.id}`}>
        {contact.name} <small>contact</small>{' '}
        <a href={link(shown, '/trace', { q: contact.id })}>{contact.id}</a>
      </h3>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Field</th>
              <th>Value</th>
              <th>Given by</th>
            </tr>
          </thead>
          <tbody>
            {givenOf(contact).map(({ label, values, givers }) => (
              <tr>
                <td>{label}</td>
                <td>{values.join(', ')}</td>
                <td>{givers.map(giverName).join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ul class="values">
        {contact.customers.map(({ id, name }) => (
          <li class="actions">
            <span>
              {name || 'Without a name'} <small>customer</small>{' '}
              <a href={link(shown, '/trace', { q: id })}>{id}</a>
            </span>
            {canDecide && (
              <form method="post" action={link(shown, `/review/contacts/${contact.id}/unmerge`)}>
                <input type="hidden" name="customer" value={id} />
                <AskingButton
                  class="danger"
                  aria-label={`Un-merge customer ${name || id}, ${id}`}
                  asks={`Take ${inFull({ kind: 'customer', name, id })} out of ${inFull({ kind: 'contact', ...contact })}? The customer gets a contact of its own, and the two are kept apart for good.`}
                >
                  Un-merge
                </AskingButton>
              </form>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

interface ValuesProps {
  values: readonly string[]
  others: readonly string[]
  /** The form in which the matching compares them. */
  keyOf: (value: string) => string
}

/** What agrees with the other side is marked, in words too. */
const Values = ({ values, others, keyOf }: ValuesProps) => {
  const keys = others.map(keyOf)
  return values.length === 0 ? (
    <span class="soft">none</span>
  ) : (
    <ul class="values">
      {values.map((value) => (
        <li>
          {value} {keys.includes(keyOf(value)) && <span class="badge good">the same</span>}
        </li>
      ))}
    </ul>
  )
}

interface SideProps {
  side: ReviewSide
  others: readonly ReviewSide[]
  shown: ShownConnection
  defaultCountry: string | undefined
  children?: unknown
}

const Side = ({ side, others, shown, defaultCountry, children }: SideProps) => (
  <div class="panel">
    <h3>
      <a href={link(shown, '/trace', { q: side.id })}>
        {KIND_NAMES[side.kind].one} {side.id}
      </a>
    </h3>
    <dl class="facts">
      <dt>Name</dt>
      <dd>
        <Values
          values={side.name ? [side.name] : []}
          others={others.map(({ name }) => name)}
          keyOf={nameKey}
        />
      </dd>
      <dt>Numbers</dt>
      <dd>
        <Values
          values={side.numbers}
          others={others.flatMap(({ numbers }) => numbers)}
          keyOf={(number) => parsePhone(number, defaultCountry) ?? number}
        />
      </dd>
      <dt>Emails</dt>
      <dd>
        <Values values={side.emails} others={others.flatMap(({ emails }) => emails)} keyOf={emailKey} />
      </dd>
    </dl>
    {children}
  </div>
)
