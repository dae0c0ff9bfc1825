import { CloudTalkError, createCloudTalk } from '../cloudtalk/index.ts'
import { type Config, type ConnectionConfig, publicUrlOf } from '../config.ts'
import { createKustomer, KustomerError } from '../kustomer/index.ts'
import { KEY_ROLES, missingRoles } from '../sync/key-roles.ts'
import { createVendorFetch } from '../sync/vendor-fetch.ts'

export interface Check {
  name: string
  ok: boolean
  /** What was found. */
  found: string
  /** What to do where it is not well. */
  whatToDo?: string
}

/** Asks both APIs with the credentials of each connection, and reads what they allow. Writes nothing. */
export async function check(config: Config): Promise<Check[]> {
  const checks: Check[] = []
  for (const connection of config.connections) {
    const own = [await checkCloudTalk(connection), ...(await checkKustomer(connection, config))]
    const several = config.connections.length > 1
    checks.push(...own.map((one) => ({ ...one, name: several ? `${connection.id}: ${one.name}` : one.name })))
  }
  return checks
}

async function checkCloudTalk({ accounts }: ConnectionConfig): Promise<Check> {
  const { cloudtalk, userAgent } = accounts
  const fetch = createVendorFetch(accounts)
  const name = 'CloudTalk access key'
  try {
    const agents = await createCloudTalk({ ...cloudtalk, userAgent, fetch }).agents.list({
      page: 1,
      limit: 1,
    })
    return { name, ok: true, found: `accepted; the account has ${agents.itemsCount} agents` }
  } catch (error) {
    if (!(error instanceof CloudTalkError)) throw error
    return {
      name,
      ok: false,
      found: error.message,
      whatToDo: 'Check CLOUDTALK_ACCESS_KEY_ID, CLOUDTALK_ACCESS_KEY_SECRET and CLOUDTALK_API_URL.',
    }
  }
}

async function checkKustomer({ accounts }: ConnectionConfig, config: Config): Promise<Check[]> {
  const { kustomer, userAgent } = accounts
  const client = createKustomer({ ...kustomer, userAgent, fetch: createVendorFetch(accounts) })
  const name = 'Kustomer API key'
  let roles: string[]
  try {
    const token = await client.auth.current()
    roles = token.roles
  } catch (error) {
    if (!(error instanceof KustomerError)) throw error
    const whatToDo = 'Check KUSTOMER_API_KEY, KUSTOMER_ORG and KUSTOMER_API_URL.'
    return [{ name, ok: false, found: error.message, whatToDo }]
  }
  const missing = missingRoles(roles)
  return [
    { name, ok: true, found: 'accepted' },
    missing.length === 0
      ? { name: 'Kustomer roles', ok: true, found: KEY_ROLES.join(', ') }
      : {
          name: 'Kustomer roles',
          ok: false,
          found: `missing: ${missing.join(', ')}`,
          whatToDo:
            'Roles are fixed when a key is made: make a new key with all three, under Settings > Security.',
        },
    await checkWebhook(config, client),
  ]
}

async function checkWebhook(config: Config, client: ReturnType<typeof createKustomer>): Promise<Check> {
  const name = 'Kustomer webhook'
  try {
    const webhooks = await client.webhooks.list()
    const ours = webhooks.find(({ url }) => url?.startsWith(`${publicUrlOf(config)}/webhooks/kustomer/`))
    if (ours && ours.enabled !== false) return { name, ok: true, found: `registered at ${ours.url}` }
    const state = ours ? 'switched off by Kustomer' : 'not registered yet'
    const found = `${state}; the service does it by itself when it starts`
    return config.publicUrl === undefined
      ? {
          name,
          ok: true,
          found,
          whatToDo: 'Set PUBLIC_URL to the https address at which Kustomer reaches this service.',
        }
      : { name, ok: true, found }
  } catch (error) {
    if (!(error instanceof KustomerError)) throw error
    const whatToDo =
      'The key needs a role for outbound webhooks, such as org.permission or org.outbound_webhooks.'
    return { name, ok: false, found: error.message, whatToDo }
  }
}

export function checksAsText(checks: readonly Check[]): string {
  const lines = checks.map(
    ({ name, ok, found, whatToDo }) =>
      `${ok ? 'ok      ' : 'MISSING '} ${name}: ${found}${whatToDo ? `\n          ${whatToDo}` : ''}`,
  )
  return [
    ...lines,
    '',
    'CloudTalk has no API that shows its workflows; `recipes` prints what they should be.',
  ].join('\n')
}
