import type { Context } from 'hono'
import { Hono } from 'hono'
import { z } from 'zod'
import { type Settings, settingsSchema } from '../../../mapping/settings.ts'
import {
  SECTION_TITLES,
  type SettingsChange,
  type SettingsSection,
  settingsChanges,
} from '../../../mapping/settings-fields.ts'
import { settingsDeeds } from '../../../store/audit.ts'
import { needs } from '../../auth/guard.ts'
import { type Configured, changeSettings, Unsettable } from '../../configuring.ts'
import type { Choices } from '../../watching.ts'
import { Deeds, Notice } from '../components.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { notDone, note } from '../doing.ts'
import { Page } from '../layout.tsx'
import { noSuchConnection } from '../not-connected.tsx'
import { refused } from '../refused.tsx'
import { problemsOf, SectionFields, settingsFrom, type UnfitSettings } from '../settings-form.tsx'
import { SET_UP, settingsLink } from '../settings-link.ts'
import { tell } from '../told.ts'

const DEEDS = 20
const SECTIONS = Object.keys(SECTION_TITLES) as SettingsSection[]

const saveForm = z.object({
  revision: z.coerce.number().int(),
  settings: z.string().transform((json, context): unknown => {
    try {
      return JSON.parse(json)
    } catch {
      context.addIssue('are no JSON')
      return z.NEVER
    }
  }),
})

export const settingsPage = new Hono<ConsoleEnv>()
  .use('/settings/*', needs('configure', refused))
  .get('/settings', async (c) => {
    const all = await c.var.ports.configuring.connections()
    const [first] = all
    const wanted = c.req.query('connection')
    if (!first) return c.redirect(SET_UP, 303)
    const shown = wanted === undefined ? first : all.find(({ id }) => id === wanted)
    return shown ? show(c, all, shown) : noSuchConnection(c, wanted ?? '')
  })
  .post('/settings/:section', async (c, next) => {
    const section = SECTIONS.find((one) => one === c.req.param('section'))
    if (!section) return next()
    const all = await c.var.ports.configuring.connections()
    const shown = all.find(({ id }) => id === c.req.query('connection'))
    if (!shown) return c.notFound()
    const read = settingsFrom(await c.req.parseBody({ all: true }), section, shown.settings)
    if ('problems' in read) return show(c, all, shown, { section, ...read })
    const changes = settingsChanges(shown.settings, read.settings)
    if (changes.length === 0) {
      return notDone(c, settingsLink('/settings', shown.id), 'Nothing was changed, so nothing was saved.')
    }
    return c.html(<Confirm c={c} shown={shown} settings={read.settings} changes={changes} />)
  })
  .post('/settings/save', async (c) => {
    const { configuring } = c.var.ports
    const form = saveForm.safeParse(await c.req.parseBody())
    const all = await configuring.connections()
    const shown = all.find(({ id }) => id === c.req.query('connection'))
    if (!form.success || !shown) return c.notFound()
    const back = settingsLink('/settings', shown.id)
    const settings = settingsSchema.safeParse(form.data.settings)
    if (!settings.success) return notDone(c, back, problemsOf(settings.error).join(' '))
    try {
      await changeSettings(configuring, shown, form.data.revision, settings.data, (did, subject) =>
        note(c, { connection: shown.id, did, subject }),
      )
    } catch (error) {
      if (!(error instanceof Unsettable)) throw error
      return notDone(c, back, error.message)
    }
    tell(c, { tone: 'good', text: 'Saved. It is in force from now on.' })
    return c.redirect(back, 303)
  })

async function show(
  c: Context<ConsoleEnv>,
  all: readonly Configured[],
  shown: Configured,
  wrong?: UnfitSettings & { section: SettingsSection },
): Promise<Response> {
  const { ports } = c.var
  const running = ports.connections().find(({ id }) => id === shown.id)
  const choices = await running?.watching.choices()
  const deeds = await settingsDeeds(ports.db, shown.id, DEEDS)
  return c.html(
    <Page
      title="Settings"
      lead="How each connection works. A change is shown before it is saved, with what it does; what stands in CloudTalk and Kustomer already stays as it is."
      path="/settings"
      c={c}
    >
      <ConnectionList all={all} shown={shown} />
      {shown.settingsFrom === 'file' && (
        <Notice tone="busy">
          These settings stand in the settings file (SETTINGS_FILE). They are shown here and changed there.
        </Notice>
      )}
      <nav aria-label="Parts of the settings" class="parts">
        <ul>
          {SECTIONS.map((section) => (
            <li>
              <a href={`#${section}`}>{SECTION_TITLES[section]}</a>
            </li>
          ))}
        </ul>
      </nav>
      {SECTIONS.map((section) => (
        <Section
          section={section}
          shown={shown}
          choices={choices}
          unfit={wrong?.section === section ? wrong : undefined}
        />
      ))}
      <Deeds title="Who changed what" deeds={deeds} none="Nobody has changed anything here yet." />
    </Page>,
    wrong ? 400 : 200,
  )
}

const stateOf = ({ problem, kustomer, cloudtalk, settings }: Configured) => {
  if (problem !== undefined) return { tone: 'bad', text: 'needs you' }
  if (!kustomer || !cloudtalk) return { tone: 'busy', text: 'not complete' }
  return settings.active ? { tone: 'good', text: 'on' } : { tone: 'calm', text: 'off' }
}

const ConnectionList = ({ all, shown }: { all: readonly Configured[]; shown: Configured }) => (
  <section aria-labelledby="connections">
    <h2 id="connections">Connections</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th>State</th>
            <th>Kustomer org</th>
            <th>Keys, webhooks and workflows</th>
          </tr>
        </thead>
        <tbody>
          {all.map((one) => {
            const { tone, text } = stateOf(one)
            return (
              <tr>
                <td>
                  <a
                    href={settingsLink('/settings', one.id)}
                    aria-current={one.id === shown.id ? 'true' : undefined}
                  >
                    {one.settings.name}
                  </a>
                </td>
                <td>
                  <span class={`badge ${tone}`}>{text}</span> {one.problem && <small>{one.problem}</small>}
                </td>
                <td>{one.kustomer?.org}</td>
                <td>
                  <a href={settingsLink(SET_UP, one.id)}>Set-up of {one.settings.name}</a>
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
    <p>
      <a class="button quiet" href={SET_UP}>
        Connect another account
      </a>
    </p>
  </section>
)

interface SectionProps {
  section: SettingsSection
  shown: Configured
  choices: Choices | undefined
  unfit: UnfitSettings | undefined
}

const Section = ({ section, shown, choices, unfit }: SectionProps) => (
  <section aria-labelledby={section}>
    <h2 id={section}>
      {SECTION_TITLES[section]} <small>{shown.settings.name}</small>
    </h2>
    {unfit && (
      <Notice tone="bad">
        Nothing was saved. {unfit.problems.join(' ')} Put that right, then show the change again.
      </Notice>
    )}
    <form method="post" action={settingsLink(`/settings/${section}`, shown.id)} class="stack settings">
      <SectionFields section={section} settings={unfit?.given ?? shown.settings} choices={choices} />
      {shown.settingsFrom === 'console' && (
        <div class="actions">
          <button type="submit">Show what this changes</button>
        </div>
      )}
    </form>
  </section>
)

interface ConfirmProps {
  c: Context<ConsoleEnv>
  shown: Configured
  settings: Settings
  changes: readonly SettingsChange[]
}

const Confirm = ({ c, shown, settings, changes }: ConfirmProps) => (
  <Page
    title="What this changes"
    lead={`Nothing is saved yet. What stands in CloudTalk and Kustomer already stays as it is; this is what happens from then on in ${shown.settings.name}.`}
    path="/settings"
    c={c}
  >
    <section aria-labelledby="changes">
      <h2 id="changes">Changes</h2>
      <dl class="changes">
        {changes.map(({ label, before, after, effect }) => (
          <>
            <dt>
              {label}: <del>{before}</del> → <ins>{after}</ins>
            </dt>
            <dd>{effect}</dd>
          </>
        ))}
      </dl>
      <form method="post" action={settingsLink('/settings/save', shown.id)} class="actions">
        <input type="hidden" name="revision" value={shown.revision} />
        <input type="hidden" name="settings" value={JSON.stringify(settings)} />
        <button type="submit">Save</button>
        <a class="button quiet" href={settingsLink('/settings', shown.id)}>
          Leave as it was
        </a>
      </form>
    </section>
  </Page>
)
