import { z } from 'zod'
import { settingsSchema } from '../../mapping/settings.ts'
import { type Configured, changeSettings, Unsettable } from '../configuring.ts'
import { problem } from '../problem.ts'
import { type Asked, route } from './route.ts'
import { byId, vendor } from './schemas.ts'

const subject = 'Settings'

const org = z.string().min(1).meta({ description: 'acme in acme.kustomerapp.com' })
const secret = z.string().min(1)
const kustomerKey = z.strictObject({
  org,
  apiKey: secret,
  apiUrl: z
    .url()
    .optional()
    .meta({ description: 'where the org’s API is elsewhere than at the usual address' }),
})
const check = z.object({
  name: z.string(),
  ok: z.boolean(),
  found: z.string(),
  whatToDo: z.string().optional(),
})
const configured = z.object({
  id: z.string(),
  settings: settingsSchema,
  settingsFrom: z.enum(['file', 'console']),
  accountsFrom: z.enum(['environment', 'console']),
  kustomer: z.object({ org: z.string(), apiUrl: z.string() }).optional(),
  cloudtalk: z.object({ accessKeyId: z.string() }).optional(),
  accountWebhooks: z.boolean().meta({ description: 'whether their signing secret is kept' }),
  revision: z.int().meta({ description: 'one more with each change' }),
  problem: z.string().optional().meta({ description: 'why it cannot run although its keys are there' }),
})
const change = z.object({
  path: z.string(),
  section: z.string(),
  label: z.string(),
  before: z.string(),
  after: z.string(),
  effect: z.string(),
})
const saved = z.object({ saved: z.literal(true) })

const find = async ({ configuring }: Asked, id: string): Promise<Configured | undefined> =>
  (await configuring.connections()).find((one) => one.id === id)

const noSuch = ({ c }: Asked) =>
  problem(c, 404, 'There is no such connection.', 'GET /api/v1/settings lists them.')

/** What was asked for, or why it cannot be set so. */
async function set<T>({ c }: Asked, work: () => Promise<T>): Promise<T | Response> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Unsettable)) throw error
    const wrong = error.checks.filter(({ ok }) => !ok)
    const found = wrong.map((one) => `${one.name}: ${one.found}. ${one.whatToDo ?? ''}`.trim()).join(' ')
    return problem(c, 409, error.message, found || 'Load the settings again.')
  }
}

/** Saves a key of a connection that is there already. */
const setting = <B extends z.ZodType>(
  path: string,
  does: string,
  body: B,
  save: (asked: Asked, id: string, key: z.output<B>) => Promise<string>,
) =>
  route({
    method: 'post',
    path: `/connections/{id}/${path}`,
    subject,
    does,
    ability: 'configure',
    ofConnection: false,
    params: byId,
    body,
    answer: saved,
    refuses: [404, 409],
    handle: async (asked, given): Promise<z.output<typeof saved> | Response> => {
      const { id } = given.params
      if (!(await find(asked, id))) return noSuch(asked)
      return set(asked, async () => {
        await asked.note('changed', await save(asked, id, given.body as z.output<B>), id)
        return { saved: true as const }
      })
    },
  })

const person = z.object({ name: z.string(), email: z.string() })

export const settingsRoutes = [
  route({
    method: 'get',
    path: '/settings',
    subject,
    does: 'How each connection works, those that are not complete yet included. No key is shown.',
    ability: 'configure',
    ofConnection: false,
    answer: z.object({ connections: z.array(configured) }),
    handle: async ({ configuring }) => ({ connections: await configuring.connections() }),
  }),
  route({
    method: 'post',
    path: '/settings/{id}',
    subject,
    does: 'Saves settings; with preview, only tells what they would change. What they leave out is set to its default.',
    ability: 'configure',
    ofConnection: false,
    params: byId,
    body: z.strictObject({
      settings: settingsSchema,
      revision: z
        .int()
        .optional()
        .meta({ description: 'that the change was made to; the newest without it' }),
      preview: z.boolean().default(false),
    }),
    answer: z.object({ changes: z.array(change) }),
    refuses: [404, 409],
    handle: async (asked, { params: { id }, body }) => {
      const found = await find(asked, id)
      if (!found) return noSuch(asked)
      const { settings, revision = found.revision, preview } = body
      const desk = preview ? { saveSettings: async () => undefined } : asked.configuring
      const note = async (did: string, what: string) => {
        if (!preview) await asked.note(did, what, id)
      }
      return set(asked, async () => ({
        changes: await changeSettings(desk, found, revision, settings, note),
      }))
    },
  }),
  route({
    method: 'get',
    path: '/choices',
    subject,
    does: 'What settings choose from: agents and numbers of CloudTalk, users and teams of Kustomer.',
    ability: 'configure',
    answer: z.object({
      agents: z.array(person),
      users: z.array(person),
      teams: z.array(z.string()),
      numbers: z.array(z.object({ number: z.string(), name: z.string() })),
      unread: z
        .array(vendor)
        .meta({ description: 'vendors that could not be asked for it: their lists may be empty or old' }),
    }),
    handle: ({ connection }) => connection.watching.choices(),
  }),
  route({
    method: 'post',
    path: '/connections',
    subject,
    does: 'Makes a connection, switched off, once Kustomer accepts the key with all its roles.',
    ability: 'configure',
    ofConnection: false,
    body: kustomerKey.extend({ name: z.string().trim().min(1).max(100) }),
    status: 201,
    answer: z.object({ id: z.string() }),
    refuses: [409],
    handle: (asked, { body: { name, ...key } }) =>
      set(asked, async () => {
        const id = await asked.configuring.create(name, key)
        await asked.note('connected', `the Kustomer org ${key.org}`, id)
        return { id }
      }),
  }),
  setting(
    'kustomer',
    'Changes the Kustomer key, once Kustomer accepts it.',
    kustomerKey,
    async (asked, id, key) => {
      await asked.configuring.setKustomer(id, key)
      return `the Kustomer key of org ${key.org}`
    },
  ),
  setting(
    'cloudtalk',
    'Sets the CloudTalk key, once CloudTalk accepts it. The workflows’ secret changes with it.',
    z.strictObject({ accessKeyId: secret, accessKeySecret: secret }),
    async (asked, id, key) => {
      await asked.configuring.setCloudTalk(id, key)
      return `the CloudTalk key ${key.accessKeyId}`
    },
  ),
  setting(
    'signing-secret',
    'Sets the signing secret of CloudTalk’s account webhooks.',
    z.strictObject({ secret: z.string().regex(/^whsec_[A-Za-z0-9+/=]+$/) }),
    async (asked, id, key) => {
      await asked.configuring.setAccountWebhookSecret(id, key.secret)
      return 'the signing secret of account webhooks'
    },
  ),
  route({
    method: 'get',
    path: '/connections/{id}/check',
    subject,
    does: 'Asks both vendors with the keys that are kept, and whether the webhook in Kustomer stands.',
    ability: 'configure',
    ofConnection: false,
    params: byId,
    answer: z.object({ checks: z.array(check) }),
    refuses: [404, 409],
    handle: async (asked, { params: { id } }) => {
      if (!(await find(asked, id))) return noSuch(asked)
      return set(asked, async () => ({ checks: await asked.configuring.check(id) }))
    },
  }),
  route({
    method: 'get',
    path: '/connections/{id}/recipes',
    subject,
    does: 'The workflows to make in CloudTalk, with the secret that they send.',
    ability: 'configure',
    ofConnection: false,
    params: byId,
    answer: z.object({
      recipes: z.array(
        z.object({
          name: z.string(),
          trigger: z.object({ object: z.string(), action: z.string() }),
          url: z.string(),
          method: z.literal('POST'),
          headers: z.record(z.string(), z.string()),
          values: z.array(
            z.object({ key: z.string(), value: z.string(), format: z.enum(['String', 'Number']) }),
          ),
        }),
      ),
    }),
    refuses: [404, 409],
    handle: async (asked, { params: { id } }) => {
      if (!(await find(asked, id))) return noSuch(asked)
      return set(asked, async () => {
        const recipes = await asked.configuring.recipes(id)
        await asked.note('looked at', 'the secret of the workflows', id)
        return { recipes }
      })
    },
  }),
]
