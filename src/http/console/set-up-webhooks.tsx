import type { Child } from 'hono/jsx'
import { SECRET_HEADER } from '../../sync/recipes.ts'
import type { Configured } from '../configuring.ts'
import type { Health, Registration, ShownRecipe } from '../watching.ts'
import { Ago, Notice } from './components.tsx'
import { Light, Step } from './set-up-step.tsx'
import { SET_UP, settingsLink } from './settings-link.ts'

/** The steps of the set-up by which both systems come to tell of what happens. */

export const KustomerWebhook = ({
  registration,
  health,
  now,
}: {
  registration: Registration
  health: Health
  now: Date
}) => {
  const registered = registration !== undefined && 'at' in registration
  const last = health.seen['webhook/kustomer']
  return (
    <Step
      number={3}
      title="Kustomer’s webhook"
      state={{ done: registered, text: registered ? 'registered' : 'being registered' }}
    >
      {registration && 'problem' in registration && (
        <Notice tone="bad">
          {registration.problem}. It is tried again by itself; polling goes on meanwhile.
        </Notice>
      )}
      <p class="soft">
        The service registers it by itself, and looks every minute whether it still stands.{' '}
        {last ? (
          <>
            The last one came <Ago at={last} now={now} />.
          </>
        ) : (
          'None has come yet: change a customer in Kustomer to see one.'
        )}
      </p>
    </Step>
  )
}

export const Lights = ({ recipes, now }: { recipes: readonly ShownRecipe[]; now: Date }) => {
  const heard = recipes.filter(({ seen }) => seen !== undefined).length
  return (
    <Step
      number={4}
      title="CloudTalk’s workflows"
      state={{ done: heard === recipes.length, text: `${heard} of ${recipes.length} heard of` }}
    >
      <p class="soft">
        CloudTalk has no API for workflows, so you make them by hand, as shown below. A light turns green when
        the workflow’s first event arrives: make a call, edit its note, send a message, change a contact.
      </p>
      <ul class="values">
        {recipes.map(({ trigger, seen }) => (
          <li>
            <Light done={seen !== undefined} text={`${trigger.object} ${trigger.action}`} />{' '}
            {seen && (
              <small>
                <Ago at={seen} now={now} />
              </small>
            )}
          </li>
        ))}
      </ul>
    </Step>
  )
}

export const Recipes = ({
  id,
  recipes,
  showSecret,
}: {
  id: string
  recipes: readonly ShownRecipe[]
  showSecret: boolean
}) => (
  <section aria-labelledby="recipes">
    <h2 id="recipes">Workflows to make in CloudTalk</h2>
    <p>
      In CloudTalk open Account, Workflow Automations, and make one workflow for each of these, with the
      action “API request”.
    </p>
    {!showSecret && (
      <form method="post" action={settingsLink(`${SET_UP}/secret`, id)} class="row">
        <button type="submit" class="quiet">
          Show the secret to copy
        </button>
      </form>
    )}
    {recipes.map((recipe) => (
      <details open={showSecret}>
        <summary>
          {recipe.trigger.object} {recipe.trigger.action}
        </summary>
        <dl class="facts">
          <Fact name="Name">{recipe.name}</Fact>
          <Fact name="Trigger">
            {recipe.trigger.object}, {recipe.trigger.action}
          </Fact>
          <Fact name="Request">
            {recipe.method} <code>{recipe.url}</code>
          </Fact>
          {Object.entries(recipe.headers).map(([name, value]) => (
            <Fact name={`Header ${name}`}>
              <code>{name === SECRET_HEADER && !showSecret ? '••••••••' : value}</code>
            </Fact>
          ))}
          {recipe.values.map(({ key, value, format }) => (
            <Fact name={`Value ${key}`}>
              <code>{value}</code> <small>{format}</small>
            </Fact>
          ))}
        </dl>
      </details>
    ))}
  </section>
)

const Fact = ({ name, children }: { name: string; children?: Child }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
)

export const AccountWebhooks = ({ configured, url }: { configured: Configured; url: string }) => (
  <Step
    number={5}
    title="CloudTalk’s account webhooks, if you have them"
    state={{
      done: configured.accountWebhooks,
      text: configured.accountWebhooks ? 'signing secret kept' : 'optional',
    }}
  >
    <p class="soft">
      They tell of messages, recordings, transcripts and summaries at once. Make an endpoint with the address{' '}
      <code>{url}</code>, and give its signing secret here.
    </p>
    {configured.accountsFrom === 'console' && (
      <form method="post" action={settingsLink(`${SET_UP}/signing-secret`, configured.id)} class="row">
        <label>
          Signing secret <small>whsec_…</small>
          <input name="secret" type="password" required autocomplete="off" />
        </label>
        <button type="submit" class="quiet">
          Save
        </button>
      </form>
    )}
  </Step>
)
