import { type Config, type ConnectionConfig, kustomerUrlOf } from './config.ts'
import type { Configured } from './http/configuring.ts'
import { type Settings, settingsSchema } from './mapping/settings.ts'
import { type StoredConfiguration, storedConfigurations } from './store/connections.ts'
import type { Db } from './store/database.ts'
import type { StoredAccounts } from './store/schema.ts'
import { findSecret } from './store/secrets.ts'
import { Unopenable, type Vault } from './vault.ts'

/** A connection as everything says that it is to be, and what can run of it. */
export interface WantedConnection extends Configured {
  /** Undefined where it cannot run: a key is missing, or something of it cannot be read, as `problem` says. */
  config: ConnectionConfig | undefined
}

/**
 * All connections: those of the environment and the settings file first, with what the console has saved of their
 * settings where there is no file; then those of the console.
 */
export async function wantedConnections(
  config: Config,
  db: Db,
  vault: Vault | undefined,
): Promise<WantedConnection[]> {
  const stored = new Map((await storedConfigurations(db)).map((one) => [one.id, one]))
  const given = config.connections.map((connection) =>
    givenConnection(config, connection, stored.get(connection.id)),
  )
  const ids = new Set(config.connections.map(({ id }) => id))
  const own = [...stored.values()].filter(
    ({ id, accounts }) => !ids.has(id) && accounts.kustomer !== undefined,
  )
  return [...given, ...(await Promise.all(own.map((one) => ownConnection(config, db, vault, one))))]
}

function givenConnection(
  { settingsFile }: Config,
  connection: ConnectionConfig,
  stored: StoredConfiguration | undefined,
): WantedConnection {
  const { id, accounts } = connection
  const saved =
    settingsFile || stored?.settings == null ? undefined : settingsSchema.safeParse(stored.settings)
  const settings = saved ? (saved.data ?? { ...connection.settings, active: false }) : connection.settings
  return {
    id,
    settings,
    settingsFrom: settingsFile ? 'file' : 'console',
    accountsFrom: 'environment',
    kustomer: { org: accounts.kustomer.org, apiUrl: accounts.kustomer.apiUrl },
    cloudtalk: { accessKeyId: accounts.cloudtalk.accessKeyId },
    accountWebhooks: connection.accountWebhookSecret !== undefined,
    revision: stored?.revision ?? 0,
    problem: saved?.success === false ? OTHER_VERSION : undefined,
    config: { ...connection, settings },
  }
}

const OTHER_VERSION = 'Its settings were saved by another version of this program. Save them again.'

async function ownConnection(
  { vendors }: Config,
  db: Db,
  vault: Vault | undefined,
  { id, settings: saved, accounts, revision }: StoredConfiguration,
): Promise<WantedConnection> {
  const parsed = settingsSchema.safeParse(saved ?? {})
  // Never run by what nobody has chosen: saved by a newer version, it says more than this one knows.
  const settings: Settings = parsed.data ?? { ...settingsSchema.parse({}), active: false }
  const shown = {
    id,
    settings,
    settingsFrom: 'console',
    accountsFrom: 'console',
    kustomer: kustomerOf(accounts),
    cloudtalk: accounts.cloudtalk,
    accountWebhooks: false,
    revision,
  } as const
  if (!parsed.success) return { ...shown, problem: OTHER_VERSION, config: undefined }
  if (!vault) return { ...shown, problem: NO_VAULT, config: undefined }
  try {
    const secrets = (
      ['kustomer-api-key', 'cloudtalk-access-key-secret', 'account-webhook-secret'] as const
    ).map((name) => findSecret(db, vault, id, name))
    const [apiKey, accessKeySecret, accountWebhookSecret] = await Promise.all(secrets)
    const { kustomer, cloudtalk } = shown
    const isComplete =
      apiKey !== undefined &&
      accessKeySecret !== undefined &&
      kustomer !== undefined &&
      cloudtalk !== undefined
    return {
      ...shown,
      accountWebhooks: accountWebhookSecret !== undefined,
      problem: undefined,
      config: isComplete
        ? {
            id,
            settings,
            accounts: {
              cloudtalk: { ...cloudtalk, ...vendors.cloudtalk, accessKeySecret },
              kustomer: { ...kustomer, apiKey },
              userAgent: vendors.userAgent,
            },
            accountWebhookSecret,
          }
        : undefined,
    }
  } catch (error) {
    if (!(error instanceof Unopenable)) throw error
    return { ...shown, problem: error.message, config: undefined }
  }
}

export const NO_VAULT =
  'Keys can be kept once every process has the same ENCRYPTION_KEY: set it, as `openssl rand -base64 32` prints one, and start again.'

const kustomerOf = ({ kustomer }: StoredAccounts): Configured['kustomer'] =>
  kustomer && { org: kustomer.org, apiUrl: kustomer.apiUrl ?? kustomerUrlOf(kustomer.org) }
