import { type Config, type ConnectionConfig, kustomerUrlOf } from './config.ts'
import {
  type CloudTalkKey,
  type Configured,
  type Configuring,
  type KustomerKey,
  Unsettable,
} from './http/configuring.ts'
import { KustomerError } from './kustomer/index.ts'
import { settingsSchema } from './mapping/settings.ts'
import { org, url } from './settings-file.ts'
import { connectionIds, saveConfiguration } from './store/connections.ts'
import type { Db } from './store/database.ts'
import type { StoredAccounts } from './store/schema.ts'
import { keepSecret, type SecretName } from './store/secrets.ts'
import { forgetWorkflows } from './store/sightings.ts'
import { NO_VAULT, type WantedConnection } from './stored-connections.ts'
import { type Check, checkCloudTalk, checkKustomer, kustomerFor } from './sync/check-accounts.ts'
import { recipes, workflowSecret } from './sync/recipes.ts'
import type { Vault } from './vault.ts'

export interface ConfiguringPorts {
  config: Config
  db: Db
  vault: Vault | undefined
  /** As everything says by now that they are to be. */
  wanted(): Promise<WantedConnection[]>
  /** Where the vendors send webhooks. */
  publicUrl(): string
  /** Something was changed: resolves when this process works by it. */
  changed(): Promise<void>
}

const KUSTOMER_KEY = 'Copy the key again: Kustomer shows it once, under Settings > Security > API Keys.'
const CLOUDTALK_KEY = 'Copy id and secret again from CloudTalk, under Account > Settings > API keys.'
/** Where a key that is not accepted is put right, by where it comes from. */
const PUT_RIGHT: Record<Configured['accountsFrom'], { kustomer: string; cloudtalk: string }> = {
  console: { kustomer: KUSTOMER_KEY, cloudtalk: CLOUDTALK_KEY },
  environment: {
    kustomer: 'Check KUSTOMER_API_KEY, KUSTOMER_ORG and KUSTOMER_API_URL.',
    cloudtalk: 'Check CLOUDTALK_ACCESS_KEY_ID, CLOUDTALK_ACCESS_KEY_SECRET and CLOUDTALK_API_URL.',
  },
}
const SWITCHED_OFF =
  'Kustomer does so where this service was away for long. It is switched on again within a minute of the start of the service.'
const NO_PUBLIC_URL = 'Set PUBLIC_URL to the https address at which Kustomer reaches this service.'
const WEBHOOK_ROLE =
  'The key needs a role for outbound webhooks, such as org.permission or org.outbound_webhooks.'
const FASTER = 'Somebody else has changed it meanwhile. Look at it again, then change it.'

/** Changes what the console may change: nothing is saved that a vendor does not accept. */
export function createConfiguring(ports: ConfiguringPorts): Configuring {
  const { config, db, vault, wanted, changed } = ports
  const find = async (id: string): Promise<WantedConnection> => {
    const found = (await wanted()).find((one) => one.id === id)
    if (!found) throw new Unsettable(`There is no connection "${id}".`)
    return found
  }
  const findComplete = async (id: string): Promise<ConnectionConfig> => {
    const found = await find(id)
    if (!found.config) throw new Unsettable(found.problem ?? 'Set up the keys of both sides first.')
    return found.config
  }
  /** Only keys that were set here are changed here. */
  const findOwn = async (id: string): Promise<WantedConnection> => {
    const found = await find(id)
    if (found.accountsFrom === 'environment') {
      throw new Unsettable('Its keys are those of the environment or the settings file: change them there.')
    }
    return found
  }
  const save = async (
    id: string,
    revision: number,
    change: Parameters<typeof saveConfiguration>[3],
    secrets: Partial<Record<SecretName, string>> = {},
    more: (trx: Db) => Promise<void> = async () => undefined,
  ): Promise<void> => {
    await db.transaction().execute(async (trx) => {
      if (!(await saveConfiguration(trx, id, revision, change))) throw new Unsettable(FASTER)
      for (const [name, secret] of Object.entries(secrets)) {
        if (!vault) throw new Unsettable(NO_VAULT)
        config.secrets.add(secret)
        await keepSecret(trx, vault, id, name as SecretName, secret)
      }
      await more(trx)
    })
    await changed()
  }
  const { userAgent } = config.vendors
  const kustomerChecks = (key: KustomerKey, putRight = KUSTOMER_KEY): Promise<Check[]> =>
    checkKustomer({ ...key, apiUrl: key.apiUrl ?? kustomerUrlOf(key.org), userAgent }, putRight)
  const cloudtalkChecks = async (key: CloudTalkKey, putRight = CLOUDTALK_KEY): Promise<Check[]> => [
    await checkCloudTalk({ ...key, ...config.vendors.cloudtalk, userAgent }, putRight),
  ]
  /** By its whole address: that of another connection, or of another deployment, tells this one nothing. */
  const webhookCheck = async (id: string, key: ConnectionConfig['accounts']['kustomer']): Promise<Check> => {
    const name = 'Kustomer webhook'
    const address = `${ports.publicUrl()}/webhooks/kustomer/${id}`
    try {
      const webhooks = await kustomerFor({ ...key, userAgent }).webhooks.list()
      const ours = webhooks.find(({ url }) => url === address)
      if (ours?.enabled === false) {
        return { name, ok: false, found: `switched off by Kustomer at ${address}`, whatToDo: SWITCHED_OFF }
      }
      if (ours) return { name, ok: true, found: `registered at ${address}` }
      const found = 'not registered yet; the service does it by itself when it starts'
      return { name, ok: true, found, ...(config.publicUrl === undefined && { whatToDo: NO_PUBLIC_URL }) }
    } catch (error) {
      if (!(error instanceof KustomerError)) throw error
      return { name, ok: false, found: error.message, whatToDo: WEBHOOK_ROLE }
    }
  }
  const accepted = (checks: readonly Check[], vendor: string): void => {
    if (checks.every(({ ok }) => ok)) return
    throw new Unsettable(`${vendor} does not accept this key as it is. Nothing was saved.`, checks)
  }

  return {
    connections: async () => (await wanted()).map(shownOf),
    async create(name, given) {
      if (!vault) throw new Unsettable(NO_VAULT)
      const key = validKustomer(given)
      config.secrets.add(key.apiKey)
      const others = await wanted()
      const taken = new Set([...others.map(({ id }) => id), ...(await connectionIds(db))])
      if (others.some(({ settings }) => settings.name === name)) {
        throw new Unsettable(`There is a connection "${name}" already. Give this one another name.`)
      }
      accepted(await kustomerChecks(key), 'Kustomer')
      const id = freeId(name, taken)
      const settings = settingsSchema.parse({ name, active: false })
      await save(
        id,
        0,
        { settings, accounts: { kustomer: accountOf(key) } },
        { 'kustomer-api-key': key.apiKey },
      )
      return id
    },
    async setKustomer(id, given) {
      const { revision, cloudtalk, kustomer } = await findOwn(id)
      const key = validKustomer(given)
      if (kustomer && kustomer.org.toLowerCase() !== key.org.toLowerCase()) {
        throw new Unsettable(
          `This connection belongs to the org ${kustomer.org}, with all that it knows. For another org, make another connection.`,
        )
      }
      config.secrets.add(key.apiKey)
      accepted(await kustomerChecks(key), 'Kustomer')
      const accounts: StoredAccounts = { kustomer: accountOf(key), ...(cloudtalk && { cloudtalk }) }
      await save(id, revision, { accounts }, { 'kustomer-api-key': key.apiKey })
    },
    async setCloudTalk(id, key) {
      const { revision, kustomer, config: before } = await findOwn(id)
      config.secrets.add(key.accessKeySecret)
      accepted(await cloudtalkChecks(key), 'CloudTalk')
      const { accessKeyId, accessKeySecret } = key
      const accounts: StoredAccounts = {
        ...(kustomer && { kustomer: accountOf(kustomer) }),
        cloudtalk: { accessKeyId },
      }
      // The workflows' secret changes with it: what they sent before does not say that they send the new one.
      const forget = async (trx: Db) => {
        if (before?.accounts.cloudtalk.accessKeySecret !== accessKeySecret) await forgetWorkflows(trx, id)
      }
      await save(id, revision, { accounts }, { 'cloudtalk-access-key-secret': accessKeySecret }, forget)
    },
    async setAccountWebhookSecret(id, secret) {
      const { revision } = await findOwn(id)
      await save(id, revision, {}, { 'account-webhook-secret': secret })
    },
    async saveSettings(id, revision, settings) {
      const found = await find(id)
      if (found.settingsFrom === 'file') {
        throw new Unsettable('Its settings stand in the settings file: change them there, and start again.')
      }
      if (found.revision !== revision) throw new Unsettable(FASTER)
      await save(id, revision, { settings: settingsSchema.parse(settings) })
    },
    async recipes(id) {
      const { accessKeySecret } = (await findComplete(id)).accounts.cloudtalk
      return recipes(id, ports.publicUrl(), workflowSecret(id, accessKeySecret))
    },
    async check(id) {
      const { kustomer, cloudtalk } = (await findComplete(id)).accounts
      const putRight = PUT_RIGHT[(await find(id)).accountsFrom]
      const ofKustomer = await kustomerChecks(kustomer, putRight.kustomer)
      const isAccepted = ofKustomer[0]?.ok === true
      return [
        ...(await cloudtalkChecks(cloudtalk, putRight.cloudtalk)),
        ...ofKustomer,
        ...(isAccepted ? [await webhookCheck(id, kustomer)] : []),
      ]
    },
  }
}

const shownOf = ({ config: _config, ...configured }: WantedConnection): Configured => configured

/** Where it is the usual address it is not kept: that follows the org. */
const accountOf = ({ org, apiUrl }: { org: string; apiUrl?: string | undefined }) => ({
  org,
  ...(apiUrl !== undefined && apiUrl !== kustomerUrlOf(org) && { apiUrl }),
})

/** @throws {Unsettable} */
function validKustomer(key: KustomerKey): KustomerKey {
  const name = org.safeParse(key.org)
  if (!name.success) throw new Unsettable(`The org ${name.error.issues[0]?.message}.`)
  if (key.apiUrl === undefined) return key
  const address = url.safeParse(key.apiUrl)
  if (!address.success) throw new Unsettable(`The address of the API ${address.error.issues[0]?.message}.`)
  return { ...key, apiUrl: address.data }
}

const LONGEST_ID = 36

/** It stands in the addresses of the webhooks. */
function freeId(name: string, taken: ReadonlySet<string>): string {
  const letters = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
  const base = letters.replace(/^-+/, '').slice(0, LONGEST_ID).replace(/-+$/, '') || 'connection'
  for (let at = 1; ; at++) {
    const id = at === 1 ? base : `${base}-${at}`
    if (!taken.has(id)) return id
  }
}
