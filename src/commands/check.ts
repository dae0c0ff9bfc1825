import { type Config, ConfigError, type ConnectionConfig, NO_CONNECTION, publicUrlOf } from '../config.ts'
import { KustomerError } from '../kustomer/index.ts'
import { type Check, checkCloudTalk, checkKustomer, kustomerFor } from '../sync/check-accounts.ts'
import { withConfiguring } from './with-configuring.ts'

/** Asks both APIs with the credentials of each connection, and reads what they allow. Writes nothing. */
export async function check(config: Config): Promise<Check[]> {
  const checks: Check[] = []
  for (const connection of config.connections) {
    const own = await checkConnection(connection, config)
    const several = config.connections.length > 1
    checks.push(...own.map((one) => ({ ...one, name: several ? `${connection.id}: ${one.name}` : one.name })))
  }
  return checks
}

const FINISH = 'Finish its set-up in the console, under Settings.'

/** The same of connections that were set up in the console. @throws {ConfigError} where there is none. */
export const checkStored = (env: Record<string, string | undefined>): Promise<Check[]> =>
  withConfiguring(env, async (desk) => {
    const connections = await desk.connections()
    if (connections.length === 0) throw new ConfigError([NO_CONNECTION])
    const checks = connections.map(async ({ id, kustomer, cloudtalk }) => {
      if (!kustomer || !cloudtalk)
        return [{ name: `${id}: keys`, ok: false, found: 'not complete', whatToDo: FINISH }]
      return (await desk.check(id)).map((one) => ({ ...one, name: `${id}: ${one.name}` }))
    })
    return (await Promise.all(checks)).flat()
  })

async function checkConnection({ accounts }: ConnectionConfig, config: Config): Promise<Check[]> {
  const { userAgent } = accounts
  const kustomer = { ...accounts.kustomer, userAgent }
  const ofKey = await checkKustomer(kustomer, 'Check KUSTOMER_API_KEY, KUSTOMER_ORG and KUSTOMER_API_URL.')
  const isAccepted = ofKey.some(({ name, ok }) => name === 'Kustomer API key' && ok)
  return [
    await checkCloudTalk(
      { ...accounts.cloudtalk, userAgent },
      'Check CLOUDTALK_ACCESS_KEY_ID, CLOUDTALK_ACCESS_KEY_SECRET and CLOUDTALK_API_URL.',
    ),
    ...ofKey,
    ...(isAccepted ? [await checkWebhook(config, kustomerFor(kustomer))] : []),
  ]
}

async function checkWebhook(config: Config, client: ReturnType<typeof kustomerFor>): Promise<Check> {
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
