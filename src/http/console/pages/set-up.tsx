import type { Context } from 'hono'
import { Hono } from 'hono'
import { z } from 'zod'
import { Busy } from '../../../sync/busy.ts'
import type { Check } from '../../../sync/check-accounts.ts'
import { dayIn } from '../../../sync/prove/day.ts'
import { RunRefused } from '../../../sync/runs/run.ts'
import { needs } from '../../auth/guard.ts'
import { changeSettings, Unsettable } from '../../configuring.ts'
import { asksFirst } from '../asks-first.tsx'
import type { ConsoleEnv } from '../console.tsx'
import { notDone, note } from '../doing.ts'
import { refused } from '../refused.tsx'
import { Begin, type Refusal, Steps } from '../set-up-steps.tsx'
import { SET_UP, settingsLink } from '../settings-link.ts'
import { tell } from '../told.ts'
import { typed } from '../typed.ts'

const trimmed = z.string().trim()
const optional = trimmed.transform((given) => given || undefined).optional()
const kustomerForm = z.object({ org: trimmed.min(1), apiKey: trimmed.min(1), apiUrl: optional })
const newForm = kustomerForm.extend({ name: trimmed.min(1).max(100) })
const cloudtalkForm = z.object({
  accessKeyId: trimmed.min(1),
  accessKeySecret: trimmed.min(1),
  understood: optional,
})
const signingForm = z.object({ secret: trimmed.regex(/^whsec_[A-Za-z0-9+/=]+$/) })
const startForm = z.object({ from: z.literal('').or(z.iso.date()) })

const stepsLink = (c: Context<ConsoleEnv>): string => settingsLink(SET_UP, c.req.query('connection') ?? '')

/** The way from nothing to a connection that works, step by step; each says by itself whether it is done. */
export const setUpPage = new Hono<ConsoleEnv>()
  .use(`${SET_UP}/*`, needs('configure', refused), asksFirst(stepsLink))
  .get(SET_UP, async (c) => {
    const wanted = c.req.query('connection')
    if (wanted === undefined) return c.html(<Begin c={c} />)
    return showSteps(c, wanted)
  })
  .post(SET_UP, async (c) => {
    const given = await typed(c)
    const form = newForm.safeParse(given)
    const refuse = (problem: string, checks: readonly Check[] = []) =>
      c.html(<Begin c={c} refusal={{ step: 'kustomer', problem, checks, given }} />, 400)
    if (!form.success) return refuse('Give a name, the org and the API key.')
    const { name, ...key } = form.data
    try {
      const id = await c.var.ports.configuring.create(name, key)
      await note(c, { connection: id, did: 'connected', subject: `the Kustomer org ${key.org}` })
      tell(c, { tone: 'good', text: 'Kustomer accepts the key. Now CloudTalk’s.' })
      return c.redirect(settingsLink(SET_UP, id), 303)
    } catch (error) {
      if (!(error instanceof Unsettable)) throw error
      return refuse(error.message, error.checks)
    }
  })
  .post(`${SET_UP}/kustomer`, (c) =>
    step(c, 'kustomer', kustomerForm, 'Give the org and the API key.', async (id, key) => {
      await c.var.ports.configuring.setKustomer(id, key)
      return { subject: `the Kustomer key of org ${key.org}`, done: 'Kustomer accepts the key.' }
    }),
  )
  .post(`${SET_UP}/cloudtalk`, (c) =>
    step(c, 'cloudtalk', cloudtalkForm, 'Give the id and the secret of the key.', async (id, given) => {
      const { understood, ...key } = given
      const all = await c.var.ports.configuring.connections()
      // Not asked on a page of its own: a secret never goes back into a page.
      if (!understood && all.find((one) => one.id === id)?.cloudtalk) {
        throw new Unsettable('A new key ends the secret of the workflows: say that you copy the new one.')
      }
      await c.var.ports.configuring.setCloudTalk(id, key)
      return { subject: `the CloudTalk key ${key.accessKeyId}`, done: 'CloudTalk accepts the key.' }
    }),
  )
  .post(`${SET_UP}/signing-secret`, async (c) => {
    const id = c.req.query('connection') ?? ''
    const back = settingsLink(SET_UP, id)
    const form = signingForm.safeParse(await c.req.parseBody())
    if (!form.success)
      return notDone(c, back, 'It must be the whsec_… secret that CloudTalk shows for the endpoint.')
    return attempt(c, back, async () => {
      await c.var.ports.configuring.setAccountWebhookSecret(id, form.data.secret)
      await note(c, { connection: id, did: 'changed', subject: 'the signing secret of account webhooks' })
      tell(c, { tone: 'good', text: 'Account webhooks are taken from now on.' })
      return back
    })
  })
  .post(`${SET_UP}/check`, async (c) => {
    const id = c.req.query('connection') ?? ''
    const back = settingsLink(SET_UP, id)
    return attempt(c, back, async () => {
      const checks = await c.var.ports.configuring.check(id)
      const wrong = checks.filter(({ ok }) => !ok)
      const told = (wrong.length > 0 ? wrong : checks).map(inOneLine).join(' ')
      tell(c, { tone: wrong.length > 0 ? 'bad' : 'good', text: told })
      return back
    })
  })
  .post(`${SET_UP}/secret`, async (c) => {
    const id = c.req.query('connection') ?? ''
    await note(c, { connection: id, did: 'looked at', subject: 'the secret of the workflows' })
    return showSteps(c, id, undefined, true)
  })
  .post(`${SET_UP}/:verb{preview|start}`, async (c) => {
    const id = c.req.query('connection') ?? ''
    const back = settingsLink(SET_UP, id)
    const form = startForm.safeParse(await c.req.parseBody())
    if (!form.success) return notDone(c, back, 'The day is none: write it as 2026-01-31.')
    const kind = c.req.param('verb') === 'preview' ? 'preview' : 'sync'
    return attempt(c, back, async () => {
      const running = () => c.var.ports.connections().find((one) => one.id === id)
      if (!running()) throw new Unsettable('Set up the keys of both sides first.')
      if (kind === 'sync') await switchOn(c, id)
      const connection = running()
      if (!connection) throw new Unsettable('It is being set up at this moment. Try again.')
      const { timeZone } = connection.watching.settings
      const from = form.data.from === '' ? undefined : dayIn(timeZone, form.data.from).from
      const run = await connection.operations.beginRun(kind, from)
      await note(c, {
        connection: id,
        did: kind === 'preview' ? 'previewed' : 'started',
        subject: `run ${run}`,
      })
      tell(c, {
        tone: 'good',
        text:
          kind === 'preview'
            ? 'The preview is under way.'
            : 'It is switched on, and the first sync is under way.',
      })
      return settingsLink(`/runs/${run}`, id)
    })
  })

/** Does what a form asks for, and goes where that says, or back with the reason why not. */
async function attempt(c: Context<ConsoleEnv>, back: string, work: () => Promise<string>): Promise<Response> {
  try {
    return c.redirect(await work(), 303)
  } catch (error) {
    if (error instanceof Busy) return notDone(c, back, 'A run is being started at this moment.')
    if (!(error instanceof Unsettable) && !(error instanceof RunRefused)) throw error
    return notDone(c, back, error.message)
  }
}

/** Saves what a step asks for, or shows the step again with what was found. */
async function step<T>(
  c: Context<ConsoleEnv>,
  name: Refusal['step'],
  schema: z.ZodType<T>,
  missing: string,
  save: (id: string, key: T) => Promise<{ subject: string; done: string }>,
): Promise<Response> {
  const id = c.req.query('connection') ?? ''
  const given = await typed(c)
  const form = schema.safeParse(given)
  if (!form.success) return showSteps(c, id, { step: name, problem: missing, checks: [], given })
  try {
    const { subject, done } = await save(id, form.data)
    await note(c, { connection: id, did: 'changed', subject })
    tell(c, { tone: 'good', text: done })
    return c.redirect(settingsLink(SET_UP, id), 303)
  } catch (error) {
    if (!(error instanceof Unsettable)) throw error
    return showSteps(c, id, { step: name, problem: error.message, checks: error.checks, given })
  }
}

async function switchOn(c: Context<ConsoleEnv>, id: string): Promise<void> {
  const { configuring } = c.var.ports
  const found = (await configuring.connections()).find((one) => one.id === id)
  if (!found) throw new Unsettable('There is no such connection.')
  if (found.settings.active) return
  const on = { ...found.settings, active: true }
  await changeSettings(configuring, found, found.revision, on, (did, subject) =>
    note(c, { connection: id, did, subject }),
  )
}

const inOneLine = ({ name, found, whatToDo }: Check): string =>
  `${name}: ${found}.${whatToDo ? ` ${whatToDo}` : ''}`

async function showSteps(
  c: Context<ConsoleEnv>,
  id: string,
  refusal?: Refusal,
  showSecret = false,
): Promise<Response> {
  const { ports } = c.var
  const configured = (await ports.configuring.connections()).find((one) => one.id === id)
  if (!configured) return c.notFound()
  const running = ports.connections().find((one) => one.id === id)
  const health = await running?.watching.health()
  const recipes = (await running?.watching.recipes(ports.servedAt())) ?? []
  const away = (await running?.operations.summary())?.away ?? []
  const props = { c, configured, running, health, recipes, away, refusal, showSecret }
  return c.html(<Steps {...props} />, refusal ? 400 : 200)
}
