import type { Context } from 'hono'
import type { Child, PropsWithChildren } from 'hono/jsx'
import type { Settings } from '../../mapping/settings.ts'
import type { Check } from '../../sync/check-accounts.ts'
import { SECRET_HEADER } from '../../sync/recipes.ts'
import type { Configured } from '../configuring.ts'
import type { Health, Registration, ShownRecipe } from '../watching.ts'
import { AskingButton } from './asks-first.tsx'
import { Ago, Notice } from './components.tsx'
import type { ConsoleConnection, ConsoleEnv } from './console.tsx'
import { Page } from './layout.tsx'
import { SET_UP, settingsLink } from './settings-link.ts'
import type { Misfit } from './typed.ts'

/** The steps of the set-up as an administrator sees them. */

/** What went wrong with a step, shown beside its form with what was typed; keys are typed again. */
export interface Refusal extends Misfit {
  step: 'kustomer' | 'cloudtalk'
  checks: readonly Check[]
}

export const Begin = ({ c, refusal }: { c: Context<ConsoleEnv>; refusal?: Refusal }) => (
  <Page
    title="Connect Kustomer and CloudTalk"
    lead="Two keys, a few workflows to copy, a preview, and it runs. Nothing is written to either side before you switch it on."
    path="/settings"
    c={c}
  >
    <Step number={1} title="Kustomer" state={{ done: false, text: 'begin here' }}>
      <Refused refusal={refusal} />
      <form method="post" action={SET_UP} class="stack">
        <label>
          Name of the connection <small>such as the team’s</small>
          <input name="name" required maxlength={100} value={refusal?.given.name} />
        </label>
        <KustomerFields given={refusal?.given} />
        <div class="actions">
          <button type="submit">Check and save</button>
        </div>
      </form>
    </Step>
  </Page>
)

interface StepsProps {
  c: Context<ConsoleEnv>
  configured: Configured
  /** Undefined until both keys are there. */
  running: ConsoleConnection | undefined
  health: Health | undefined
  recipes: readonly ShownRecipe[]
  refusal: Refusal | undefined
  showSecret: boolean
}

export const Steps = ({ c, configured, running, health, recipes, refusal, showSecret }: StepsProps) => {
  const { id, settings } = configured
  const { now } = c.var.ports
  return (
    <Page
      title={`Set-up of ${settings.name}`}
      lead="Each step says by itself whether it is done. Nothing is written to either side before you switch it on."
      path="/settings"
      c={c}
    >
      {configured.problem && <Notice tone="bad">{configured.problem}</Notice>}
      <Step
        number={1}
        title="Kustomer"
        state={{
          done: configured.kustomer !== undefined,
          text: `key of ${configured.kustomer?.org} accepted`,
        }}
      >
        <Refused refusal={refusal?.step === 'kustomer' ? refusal : undefined} />
        <Keys configured={configured} open={refusal?.step === 'kustomer'} what="Change the Kustomer key">
          <form method="post" action={settingsLink(`${SET_UP}/kustomer`, id)} class="stack">
            <KustomerFields given={refusal?.step === 'kustomer' ? refusal.given : configured.kustomer} />
            <div class="actions">
              <button type="submit">Check and save</button>
            </div>
          </form>
        </Keys>
      </Step>
      <Step
        number={2}
        title="CloudTalk"
        state={{
          done: configured.cloudtalk !== undefined,
          text: configured.cloudtalk ? `key ${configured.cloudtalk.accessKeyId}` : 'a key is missing',
        }}
      >
        <Refused refusal={refusal?.step === 'cloudtalk' ? refusal : undefined} />
        <Keys
          configured={configured}
          open={configured.cloudtalk === undefined || refusal?.step === 'cloudtalk'}
          what="Change the CloudTalk key"
        >
          <form method="post" action={settingsLink(`${SET_UP}/cloudtalk`, id)} class="stack">
            <p class="soft">
              In CloudTalk: Account, Settings, API keys. A new key makes a new secret of the workflows below:
              copy it into them again.
            </p>
            <label>
              Access key id
              <input name="accessKeyId" required autocomplete="off" value={refusal?.given.accessKeyId} />
            </label>
            <label>
              Access key secret
              <input name="accessKeySecret" type="password" required autocomplete="off" />
            </label>
            {configured.cloudtalk && (
              <label class="switch">
                <input type="checkbox" name="understood" required /> I copy the new secret into every workflow
                then <small>until that is done, what they send is refused</small>
              </label>
            )}
            <div class="actions">
              <button type="submit">Check and save</button>
            </div>
          </form>
        </Keys>
        {running && (
          <form method="post" action={settingsLink(`${SET_UP}/check`, id)}>
            <button type="submit" class="quiet">
              Check both keys again
            </button>
          </form>
        )}
      </Step>
      {running && health && (
        <>
          <div
            id="lights"
            hx-get={settingsLink(SET_UP, id)}
            hx-trigger="every 3s"
            hx-select="#lights"
            hx-swap="outerMorph"
          >
            <KustomerWebhook registration={running.watching.registration()} health={health} now={now()} />
            <Lights recipes={recipes} now={now()} />
          </div>
          <Recipes id={id} recipes={recipes} showSecret={showSecret} />
          <AccountWebhooks configured={configured} url={recipes[0]?.url ?? ''} />
          <Start id={id} settings={settings} />
        </>
      )}
    </Page>
  )
}

interface StepProps {
  number: number
  title: string
  state: { done: boolean; text: string }
}

const Step = ({ number, title, state, children }: PropsWithChildren<StepProps>) => (
  <section aria-labelledby={`step-${number}`}>
    <h2 id={`step-${number}`}>
      {number}. {title} <Light {...state} />
    </h2>
    {children}
  </section>
)

const Light = ({ done, text }: StepProps['state']) => (
  <span class={`badge ${done ? 'good' : 'busy'}`}>
    <span aria-hidden="true">{done ? '✓ ' : '○ '}</span>
    {text}
  </span>
)

const Refused = ({ refusal }: { refusal: Refusal | undefined }) =>
  refusal ? (
    <Notice tone="bad">
      <p>{refusal.problem}</p>
      {refusal.checks.length > 0 && (
        <ul>
          {refusal.checks.map(({ name, ok, found, whatToDo }) => (
            <li>
              {ok ? '✓' : '✗'} {name}: {found}. {whatToDo}
            </li>
          ))}
        </ul>
      )}
    </Notice>
  ) : null

/** A key that is there is changed on demand; one of the environment elsewhere. */
const Keys = ({
  configured,
  open,
  what,
  children,
}: PropsWithChildren<{ configured: Configured; open: boolean; what: string }>) => {
  if (configured.accountsFrom === 'environment') {
    return <p class="soft">It comes from the environment or the settings file, and is changed there.</p>
  }
  return open ? (
    <div>{children}</div>
  ) : (
    <details>
      <summary>{what}</summary>
      {children}
    </details>
  )
}

const KustomerFields = ({ given }: { given: { org?: string; apiUrl?: string } | undefined }) => (
  <>
    <p class="soft">
      In Kustomer: Settings, Security, API Keys. Make a key with the roles org.admin, org.permission and
      org.user, that does not expire.
    </p>
    <label>
      Org <small>acme in acme.kustomerapp.com</small>
      <input name="org" required autocomplete="off" value={given?.org} />
    </label>
    <label>
      API key
      <input name="apiKey" type="password" required autocomplete="off" />
    </label>
    <details>
      <summary>The API is at another address</summary>
      <label>
        Address <small>empty: https://[org].api.kustomerapp.com</small>
        <input name="apiUrl" type="url" value={given?.apiUrl} />
      </label>
    </details>
  </>
)

const KustomerWebhook = ({
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

const Lights = ({ recipes, now }: { recipes: readonly ShownRecipe[]; now: Date }) => {
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

const Recipes = ({
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

const AccountWebhooks = ({ configured, url }: { configured: Configured; url: string }) => (
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

const Start = ({ id, settings: { name, active, timeZone } }: { id: string; settings: Settings }) => (
  <Step
    number={6}
    title="Preview, then switch on"
    state={{ done: active, text: active ? 'switched on' : 'switched off' }}
  >
    <p class="soft">
      A preview tells what would become of every record, and writes nothing. Switching on starts the first
      sync; from then on everything that happens is synced by itself.{' '}
      <a href={settingsLink('/settings', id)}>Look at the settings</a> before: what is logged, as what, and
      who gets it.
    </p>
    <form method="post" class="row">
      <label>
        With calls since <small>(a day in {timeZone}; empty = no calls)</small>
        <input name="from" type="date" />
      </label>
      <button type="submit" class="quiet" formaction={settingsLink(`${SET_UP}/preview`, id)}>
        Preview
      </button>
      {!active && (
        <AskingButton
          formaction={settingsLink(`${SET_UP}/start`, id)}
          asks={`Switch on ${name} and start its first sync? From then on it writes to both sides.`}
        >
          Switch on and start the first sync
        </AskingButton>
      )}
    </form>
  </Step>
)
