import { z } from 'zod'
import packageJson from '../package.json' with { type: 'json' }
import { LEAST_PASSWORD } from './http/auth/password.ts'
import type { Settings } from './mapping/settings.ts'
import { type ConnectionFile, org, readSettings, type SettingsFile, url } from './settings-file.ts'
import type { DatabaseLocation } from './store/database.ts'
import { workflowSecret } from './sync/recipes.ts'
import type { VendorAccounts } from './sync/vendors.ts'
import { readKeys } from './vault.ts'

/** Every setting of the process. Read once, from the environment that is passed in; all problems are told at once. */
export interface Config {
  database: DatabaseLocation
  /** Where this process keeps what other commands on this machine need to find it. */
  dataDir: string
  port: number
  /** Where the vendors reach this service; undefined = this machine only. */
  publicUrl: string | undefined
  logLevel: string
  /** The first seals what is kept, the others open it; undefined = none was given. */
  encryptionKeys: readonly Uint8Array[] | undefined
  /** Becomes the first administrator where there is none yet. */
  admin: { email: string; password: string } | undefined
  /** Those of the environment and the settings file; the console's are in the database. */
  connections: ConnectionConfig[]
  /** Whether there is a settings file: what it says, the console shows and does not change. */
  settingsFile: boolean
  /** What the accounts of every connection have in common. */
  vendors: VendorAddresses
  /** What must stand in no log line: the keys, in each form in which they leave this process. It may grow. */
  secrets: Set<string>
}

export interface VendorAddresses {
  cloudtalk: { apiUrl: string; analyticsUrl: string; aiUrl: string }
  userAgent: string
}

/** One CloudTalk account joined to one Kustomer org (requirements §5). */
export interface ConnectionConfig {
  id: string
  accounts: VendorAccounts
  settings: Settings
  /** CloudTalk's signing secret of the account webhooks, `whsec_…`. */
  accountWebhookSecret: string | undefined
}

/** Wrong environment or settings: what, where, and what to do, for each problem. The process ends with 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError' as const
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:`)
    this.problems = problems
  }
}

export const NO_CONNECTION =
  'There is no connection yet: run `start` and set one up in the console, or set CLOUDTALK_ACCESS_KEY_ID, CLOUDTALK_ACCESS_KEY_SECRET, KUSTOMER_ORG and KUSTOMER_API_KEY.'

const environment = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgres://')
    .optional(),
  DATA_DIR: z.string().min(1).default('./data'),
  PORT: z.coerce.number('must be a port number').int().min(0).max(65_535).default(3_000),
  PUBLIC_URL: url.optional(),
  ENCRYPTION_KEY: z
    .string()
    .transform(readKeys)
    .refine((keys) => keys !== undefined, {
      error:
        'must be 32 bytes in base64, as `openssl rand -base64 32` prints them; to rotate, the new key, a comma, the old one',
    })
    .optional(),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'must be one of trace, debug, info, warn, error, fatal, silent',
    })
    .default('info'),
  CLOUDTALK_ACCESS_KEY_ID: z.string().optional(),
  CLOUDTALK_ACCESS_KEY_SECRET: z.string().optional(),
  CLOUDTALK_API_URL: url.default('https://my.cloudtalk.io/api'),
  CLOUDTALK_ANALYTICS_URL: url.default('https://analytics-api.cloudtalk.io/api'),
  CLOUDTALK_AI_URL: url.default('https://api.cloudtalk.io/v1'),
  KUSTOMER_ORG: org.optional(),
  KUSTOMER_API_KEY: z.string().optional(),
  KUSTOMER_API_URL: url.optional(),
  SETTINGS_FILE: z.string().min(1).optional(),
  ADMIN_EMAIL: z.email('must be an email').optional(),
  ADMIN_PASSWORD: z
    .string()
    .min(LEAST_PASSWORD, `must have at least ${LEAST_PASSWORD} characters`)
    .optional(),
})

type Environment = z.output<typeof environment>

/** @throws {ConfigError} naming every variable and setting that is wrong. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = environment.safeParse(given)
  const file = readSettings(given.SETTINGS_FILE)
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`)),
    ...file.problems,
    ...missingCredentials(given, file.withoutAccounts),
    ...halfAnAdmin(given),
  ]
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  const e = parsed.data
  const vendors: VendorAddresses = {
    cloudtalk: {
      apiUrl: e.CLOUDTALK_API_URL,
      analyticsUrl: e.CLOUDTALK_ANALYTICS_URL,
      aiUrl: e.CLOUDTALK_AI_URL,
    },
    userAgent: `cloudtalk-kustomer/${packageJson.version}`,
  }
  const connections = Object.entries(file.connections).flatMap(([id, connection]) =>
    isConnected(connection, e) ? [connectionOf(id, connection, e, vendors)] : [],
  )
  const own = [e.DATABASE_URL, e.ADMIN_PASSWORD].filter((secret) => secret !== undefined)
  return {
    database: e.DATABASE_URL
      ? { kind: 'postgres', url: e.DATABASE_URL }
      : { kind: 'embedded', folder: `${e.DATA_DIR}/database` },
    dataDir: e.DATA_DIR,
    port: e.PORT,
    publicUrl: e.PUBLIC_URL,
    logLevel: e.LOG_LEVEL,
    encryptionKeys: e.ENCRYPTION_KEY,
    admin:
      e.ADMIN_EMAIL !== undefined && e.ADMIN_PASSWORD !== undefined
        ? { email: e.ADMIN_EMAIL, password: e.ADMIN_PASSWORD }
        : undefined,
    connections,
    settingsFile: e.SETTINGS_FILE !== undefined,
    vendors,
    secrets: new Set([...own, ...connections.flatMap(secretsOf)]),
  }
}

/** A start without any account is one that is set up in the console. */
const isConnected = ({ cloudtalk, kustomer }: ConnectionFile, e: Environment): boolean =>
  (cloudtalk ?? e.CLOUDTALK_ACCESS_KEY_ID) !== undefined && (kustomer ?? e.KUSTOMER_API_KEY) !== undefined

function connectionOf(
  id: string,
  connection: ConnectionFile,
  e: Environment,
  vendors: VendorAddresses,
): ConnectionConfig {
  const { accountWebhookSecret, cloudtalk, kustomer, ...settings } = connection
  const org = kustomer?.org ?? e.KUSTOMER_ORG ?? ''
  return {
    id,
    accounts: {
      cloudtalk: {
        accessKeyId: cloudtalk?.accessKeyId ?? e.CLOUDTALK_ACCESS_KEY_ID ?? '',
        accessKeySecret: cloudtalk?.accessKeySecret ?? e.CLOUDTALK_ACCESS_KEY_SECRET ?? '',
        ...vendors.cloudtalk,
      },
      kustomer: {
        org,
        apiKey: kustomer?.apiKey ?? e.KUSTOMER_API_KEY ?? '',
        // The environment's address is that of the environment's org.
        apiUrl: (kustomer ? kustomer.apiUrl : e.KUSTOMER_API_URL) ?? kustomerUrlOf(org),
      },
      userAgent: vendors.userAgent,
    },
    settings,
    accountWebhookSecret,
  }
}

const CLOUDTALK_KEY = 'make a key in CloudTalk under Account > Settings > API keys'
const CREDENTIALS = {
  cloudtalk: { CLOUDTALK_ACCESS_KEY_ID: CLOUDTALK_KEY, CLOUDTALK_ACCESS_KEY_SECRET: CLOUDTALK_KEY },
  kustomer: {
    KUSTOMER_ORG: 'the first part of your Kustomer address, acme in acme.kustomerapp.com',
    KUSTOMER_API_KEY: 'make a key in Kustomer under Settings > Security > API Keys',
  },
} as const

/**
 * Of the environment, for the vendors that some connection has no account of its own for. Without a settings file and
 * without any of them, connections are made in the console.
 */
function missingCredentials(
  given: Record<string, unknown>,
  withoutAccounts: SettingsFile['withoutAccounts'],
): string[] {
  const names = Object.values(CREDENTIALS).flatMap((ofVendor) => Object.keys(ofVendor))
  if (names.every((name) => given[name] === undefined) && given.SETTINGS_FILE === undefined) return []
  return withoutAccounts.flatMap((vendor) =>
    Object.entries(CREDENTIALS[vendor]).flatMap(([name, where]) =>
      given[name] === undefined ? [`${name} is missing: ${where}`] : [],
    ),
  )
}

/** One without the other makes nobody an administrator. */
function halfAnAdmin(given: Record<string, unknown>): string[] {
  const [missing, ...others] = ['ADMIN_EMAIL', 'ADMIN_PASSWORD'].filter((name) => given[name] === undefined)
  if (missing === undefined || others.length > 0) return []
  const other = missing === 'ADMIN_EMAIL' ? 'ADMIN_PASSWORD' : 'ADMIN_EMAIL'
  return [`${missing} is missing: set it beside ${other}, or neither of them`]
}

/** Where an org's API is, unless it is said to be elsewhere. */
export const kustomerUrlOf = (org: string): string => `https://${org}.api.kustomerapp.com`

/** A connection's keys, in each form in which they leave this process. */
export const secretsOf = ({ id, accounts, accountWebhookSecret }: ConnectionConfig): string[] => [
  accounts.cloudtalk.accessKeySecret,
  basicCredentials(accounts.cloudtalk),
  accounts.kustomer.apiKey,
  workflowSecret(id, accounts.cloudtalk.accessKeySecret),
  ...(accountWebhookSecret === undefined ? [] : [accountWebhookSecret]),
]

const basicCredentials = ({ accessKeyId, accessKeySecret }: VendorAccounts['cloudtalk']): string =>
  Buffer.from(`${accessKeyId}:${accessKeySecret}`).toString('base64')

/** Where webhooks are sent. @param port that the service listens on, where it is known. */
export const publicUrlOf = (config: Config, port = config.port): string =>
  config.publicUrl ?? `http://127.0.0.1:${port}`
