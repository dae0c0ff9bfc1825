import { readFileSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import packageJson from '../package.json' with { type: 'json' }
import { type Settings, settingsSchema } from './mapping/settings.ts'
import type { DatabaseLocation } from './store/database.ts'
import type { VendorAccounts } from './sync/vendors.ts'

/** Every setting of the process. Read once, from the environment that is passed in; all problems are told at once. */
export interface Config {
  database: DatabaseLocation
  /** Where this process keeps what other commands on this machine need to find it. */
  dataDir: string
  port: number
  /** Where the vendors reach this service; undefined = this machine only. */
  publicUrl: string | undefined
  logLevel: string
  /** At least one; the first is the one that is meant where none is named. */
  connections: ConnectionConfig[]
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

/** The connection that is made from the environment. */
const DEFAULT = 'default'

const url = z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).transform(trimSlash)

const environment = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgres://')
    .optional(),
  DATA_DIR: z.string().min(1).default('./data'),
  PORT: z.coerce.number('must be a port number').int().min(0).max(65_535).default(3_000),
  PUBLIC_URL: url.optional(),
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
  KUSTOMER_ORG: z.string().optional(),
  KUSTOMER_API_KEY: z.string().optional(),
  KUSTOMER_API_URL: url.optional(),
  SETTINGS_FILE: z.string().min(1).optional(),
})

type Environment = z.output<typeof environment>

/** The settings of a connection, and what CloudTalk signs its account webhooks with. */
const connectionSettings = settingsSchema.extend({
  accountWebhookSecret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/=]+$/, 'must be the whsec_… secret that CloudTalk shows for the endpoint')
    .optional(),
})

/** One of several connections may have accounts of its own; those of the environment stand in for what it leaves out. */
const oneOfSeveral = connectionSettings.extend({
  cloudtalk: z
    .strictObject({ accessKeyId: z.string().min(1), accessKeySecret: z.string().min(1) })
    .optional(),
  kustomer: z
    .strictObject({ org: z.string().min(1), apiKey: z.string().min(1), apiUrl: url.optional() })
    .optional(),
})
const severalConnections = z.strictObject({
  connections: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be of a-z, 0-9 and -'), oneOfSeveral)
    .refine((all) => Object.keys(all).length > 0, 'must name at least one connection'),
})

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
  ]
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  const e = parsed.data
  return {
    database: e.DATABASE_URL
      ? { kind: 'postgres', url: e.DATABASE_URL }
      : { kind: 'embedded', folder: `${e.DATA_DIR}/database` },
    dataDir: e.DATA_DIR,
    port: e.PORT,
    publicUrl: e.PUBLIC_URL,
    logLevel: e.LOG_LEVEL,
    connections: Object.entries(file.connections).map(([id, connection]) => connectionOf(id, connection, e)),
  }
}

type ConnectionFile = z.output<typeof oneOfSeveral>

function connectionOf(id: string, connection: ConnectionFile, e: Environment): ConnectionConfig {
  const { accountWebhookSecret, cloudtalk, kustomer, ...settings } = connection
  const org = kustomer?.org ?? e.KUSTOMER_ORG ?? ''
  return {
    id,
    accounts: {
      cloudtalk: {
        accessKeyId: cloudtalk?.accessKeyId ?? e.CLOUDTALK_ACCESS_KEY_ID ?? '',
        accessKeySecret: cloudtalk?.accessKeySecret ?? e.CLOUDTALK_ACCESS_KEY_SECRET ?? '',
        apiUrl: e.CLOUDTALK_API_URL,
        analyticsUrl: e.CLOUDTALK_ANALYTICS_URL,
        aiUrl: e.CLOUDTALK_AI_URL,
      },
      kustomer: {
        org,
        apiKey: kustomer?.apiKey ?? e.KUSTOMER_API_KEY ?? '',
        // The environment's address is that of the environment's org.
        apiUrl: (kustomer ? kustomer.apiUrl : e.KUSTOMER_API_URL) ?? `https://${org}.api.kustomerapp.com`,
      },
      userAgent: `cloudtalk-kustomer/${packageJson.version}`,
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

/** Of the environment, for the vendors that some connection has no account of its own for. */
function missingCredentials(
  given: Record<string, unknown>,
  withoutAccounts: readonly (keyof typeof CREDENTIALS)[],
): string[] {
  return withoutAccounts.flatMap((vendor) =>
    Object.entries(CREDENTIALS[vendor]).flatMap(([name, where]) =>
      given[name] === undefined ? [`${name} is missing: ${where}`] : [],
    ),
  )
}

/** Where webhooks are sent. @param port that the service listens on, where it is known. */
export const publicUrlOf = (config: Config, port = config.port): string =>
  config.publicUrl ?? `http://127.0.0.1:${port}`

/** What can be read of a file with several connections, right or wrong. */
const someConnections = z.object({ connections: z.record(z.string(), z.looseObject({})) })

interface SettingsFile {
  connections: Record<string, ConnectionFile>
  /** Vendors that some connection has no account of its own for; told even of a file with mistakes. */
  withoutAccounts: (keyof typeof CREDENTIALS)[]
  problems: string[]
}

/** One connection's settings as they are, or `connections` with several; JSON is YAML too. */
function readSettings(file: string | undefined): SettingsFile {
  let content: unknown = {}
  if (file !== undefined) {
    try {
      content = parseYaml(readFileSync(file, 'utf8')) ?? {}
    } catch (error) {
      const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
      return { connections: {}, withoutAccounts: [], problems: [`SETTINGS_FILE cannot be read: ${reason}`] }
    }
  }
  const several = typeof content === 'object' && content !== null && 'connections' in content
  const entries = Object.values(someConnections.safeParse(content).data?.connections ?? {})
  const withoutAccounts = (['cloudtalk', 'kustomer'] as const).filter(
    (vendor) => entries.length === 0 || entries.some((entry) => entry[vendor] === undefined),
  )
  const parsed = several ? severalConnections.safeParse(content) : connectionSettings.safeParse(content)
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) =>
      issue.code === 'unrecognized_keys'
        ? `SETTINGS_FILE: ${[...issue.path, ''].join('.')}${issue.keys.join(', ')} is not a setting`
        : `SETTINGS_FILE: ${issue.path.join('.') || 'the file'} ${toldOf(issue)}`,
    )
    return { connections: {}, withoutAccounts, problems }
  }
  const { data } = parsed
  const connections = 'connections' in data ? data.connections : { [DEFAULT]: data }
  return { connections, withoutAccounts, problems: [] }
}

/** Of a wrong key of a record, what is wrong with the key. */
const toldOf = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message

function trimSlash(address: string): string {
  return address.replace(/\/+$/, '')
}
