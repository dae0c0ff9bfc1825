import type { Context } from 'hono'
import type { PropsWithChildren } from 'hono/jsx'
import type { Settings } from '../../mapping/settings.ts'
import type { Vendor } from '../../store/schema.ts'
import type { Check } from '../../sync/check-accounts.ts'
import type { Configured } from '../configuring.ts'
import type { Summary } from '../operations.ts'
import type { Health, ShownRecipe } from '../watching.ts'
import { AskingButton } from './asks-first.tsx'
import { Notice, Time } from './components.tsx'
import type { ConsoleConnection, ConsoleEnv } from './console.tsx'
import { Page } from './layout.tsx'
import { withoutStop } from './needs.ts'
import { Step } from './set-up-step.tsx'
import { AccountWebhooks, KustomerWebhook, Lights, Recipes } from './set-up-webhooks.tsx'
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
  /** Vendors that get no requests at present. */
  away: Summary['away']
  refusal: Refusal | undefined
  showSecret: boolean
}

export const Steps = (props: StepsProps) => {
  const { c, configured, running, health, recipes, away, refusal, showSecret } = props
  const { id, settings } = configured
  const { now } = c.var.ports
  const refuses = (vendor: Vendor) => away.find((one) => one.vendor === vendor && one.cause === 'refused')
  const [byKustomer, byCloudTalk] = [refuses('kustomer'), refuses('cloudtalk')]
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
          done: configured.kustomer !== undefined && !byKustomer,
          text: byKustomer ? 'Kustomer refuses the key' : `key of ${configured.kustomer?.org} accepted`,
        }}
      >
        <RefusedKey why={byKustomer} />
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
          done: configured.cloudtalk !== undefined && !byCloudTalk,
          text: byCloudTalk
            ? 'CloudTalk refuses the key'
            : configured.cloudtalk
              ? `key ${configured.cloudtalk.accessKeyId}`
              : 'a key is missing',
        }}
      >
        <RefusedKey why={byCloudTalk} />
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

/** It was accepted when it was saved; the vendor says something else since. */
const RefusedKey = ({ why }: { why: Summary['away'][number] | undefined }) =>
  why ? (
    <Notice tone="bad">
      Since <Time at={why.since} />: {withoutStop(why.sentence)}. What waits goes on by itself once there is a
      key that it takes.
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
