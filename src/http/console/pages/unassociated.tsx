import type { Context } from 'hono'
import { Hono } from 'hono'
import { z } from 'zod'
import type { Unassociated } from '../../../store/timeline-conversations.ts'
import { needs } from '../../auth/guard.ts'
import { lastOfPage, textOfPlace, unassociatedPlace } from '../../list-place.ts'
import { NAMED_CUSTOMERS, type NamedCustomer, UNASSOCIATED_PAGE } from '../../watching.ts'
import { Empty, KIND_NAMES, Notice, Onward, Time } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { doing } from '../doing.ts'
import { link, Page, type ShownConnection } from '../layout.tsx'
import { refused } from '../refused.tsx'

const moveForm = z.object({ customer: z.string().trim().min(1) })

export const unassociatedPage = new Hono<ConsoleEnv>()
  .get('/unassociated', needs('oversee', refused), (c) => show(c))
  .post('/unassociated/:id', needs('decide', refused), async (c) => {
    const id = c.req.param('id')
    const form = moveForm.safeParse(await c.req.parseBody())
    if (!form.success) return show(c, { id, problem: 'Say which customer: an id, email, number or name.' })
    const { customer } = form.data
    const named = await c.var.connection.watching.customersNamed(customer)
    if (named.length > 0) return c.html(<Choose c={c} id={id} name={customer} customers={named} />)
    return doing(
      c,
      {
        back: link(c.var.shown, '/unassociated'),
        deed: { did: 'associated', subject: `conversation ${id}` },
        done: 'The conversation is with its customer now.',
        refuse: (problem) => show(c, { id, customer, problem }),
      },
      () => c.var.connection.operations.associate(id, customer),
    )
  })

/** A move that was not done. */
interface NotMoved {
  /** Of the conversation. */
  id: string
  /** As somebody typed it. */
  customer?: string
  problem: string
}

async function show(c: Context<ConsoleEnv>, notMoved?: NotMoved): Promise<Response> {
  const { connection, shown } = c.var
  const after = unassociatedPlace.safeParse(c.req.query('after')).data
  const conversations = await connection.watching.unassociated(after)
  const last = lastOfPage(conversations, UNASSOCIATED_PAGE)
  return c.html(
    <Page
      title="Unassociated"
      lead="Conversations of numbers that no customer has. Give one to a customer, or give a customer the number: then it moves by itself. What was logged last comes first."
      path="/unassociated"
      c={c}
    >
      {notMoved && <Notice tone="bad">{notMoved.problem}</Notice>}
      <section aria-label="Conversations">
        {conversations.length === 0 ? (
          <Empty>
            {after
              ? 'There are no older ones.'
              : 'Every conversation belongs to a customer. One of an unknown number shows here until it does.'}
          </Empty>
        ) : (
          <Conversations conversations={conversations} notMoved={notMoved} shown={shown} />
        )}
        {last && <Onward href={link(shown, '/unassociated', { after: textOfPlace(last) })}>Older</Onward>}
      </section>
    </Page>,
    notMoved ? 400 : 200,
  )
}

interface ChooseProps {
  c: Context<ConsoleEnv>
  /** Of the conversation. */
  id: string
  name: string
  customers: readonly NamedCustomer[]
}

/** A name is no proof: whoever has it is shown before anything moves. */
const Choose = ({ c, id, name, customers }: ChooseProps) => (
  <Page
    title="Which customer?"
    lead={`Nothing has moved yet. These customers are called ${name}.`}
    path="/unassociated"
    c={c}
  >
    {customers.map((one) => (
      <section aria-labelledby={`customer-${one.id}`}>
        <h2 id={`customer-${one.id}`}>
          {one.name} <small>customer</small> <a href={link(c.var.shown, '/trace', { q: one.id })}>{one.id}</a>
        </h2>
        <p>{[...one.numbers, ...one.emails].join(', ') || 'No number and no email is known.'}</p>
        <form method="post" action={link(c.var.shown, `/unassociated/${id}`)}>
          <input type="hidden" name="customer" value={one.id} />
          <button type="submit">Move it to this customer</button>
        </form>
      </section>
    ))}
    {customers.length === NAMED_CUSTOMERS && (
      <p class="soft">These are the first {NAMED_CUSTOMERS}. Find others by number or email.</p>
    )}
    <p>
      <a class="button quiet" href={link(c.var.shown, '/unassociated')}>
        Leave it as it is
      </a>
    </p>
  </Page>
)

interface ConversationsProps {
  conversations: readonly Unassociated[]
  notMoved: NotMoved | undefined
  shown: ShownConnection
}

const Conversations = ({ conversations, notMoved, shown }: ConversationsProps) => (
  <div class="scroll">
    <table>
      <thead>
        <tr>
          <th>Time</th>
          <th>From or to</th>
          <th>What</th>
          <th>Give it to</th>
        </tr>
      </thead>
      <tbody>
        {conversations.map(({ kind, id, conversationId, externalNumber, at }) => (
          <tr>
            <td>{at && <Time at={at} />}</td>
            <td>{externalNumber ?? 'hidden number'}</td>
            <td>
              <a href={link(shown, '/trace', { q: id })}>
                {KIND_NAMES[kind].one} {id}
              </a>
            </td>
            <td>
              <form method="post" action={link(shown, `/unassociated/${conversationId}`)} class="actions">
                <input
                  name="customer"
                  required
                  value={notMoved?.id === conversationId ? notMoved.customer : undefined}
                  aria-label={`Customer for the ${KIND_NAMES[kind].one} ${id}`}
                  size={26}
                  placeholder="name, number, email or id"
                />
                <button type="submit" class="quiet">
                  Move
                </button>
              </form>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)
