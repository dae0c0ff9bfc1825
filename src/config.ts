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
export const CONNECTION = 'default'

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
  CLOUDTALK_ACCESS_KEY_ID: required('make a key in CloudTalk under Account > Settings > API keys'),
  CLOUDTALK_ACCESS_KEY_SECRET: required('make a key in CloudTalk under Account > Settings > API keys'),
  CLOUDTALK_API_URL: url.default('https://my.cloudtalk.io/api'),
  CLOUDTALK_ANALYTICS_URL: url.default('https://analytics-api.cloudtalk.io/api'),
  CLOUDTALK_AI_URL: url.default('https://api.cloudtalk.io/v1'),
  KUSTOMER_ORG: required('the first part of your Kustomer address, acme in acme.kustomerapp.com'),
  KUSTOMER_API_KEY: required('make a key in Kustomer under Settings > Security > API Keys'),
  KUSTOMER_API_URL: url.optional(),
  SETTINGS_FILE: z.string().min(1).optional(),
})

/** The settings file holds the connection's settings, and what CloudTalk signs its account webhooks with. */
const settingsFile = settingsSchema.extend({
  accountWebhookSecret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/=]+$/, 'must be the whsec_… secret that CloudTalk shows for the endpoint')
    .optional(),
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
  ]
  if (!parsed.success || !file.settings || problems.length > 0) throw new ConfigError(problems)
  const { accountWebhookSecret, ...settings } = file.settings
  const e = parsed.data
  return {
    database: e.DATABASE_URL
      ? { kind: 'postgres', url: e.DATABASE_URL }
      : { kind: 'embedded', folder: `${e.DATA_DIR}/database` },
    dataDir: e.DATA_DIR,
    port: e.PORT,
    publicUrl: e.PUBLIC_URL,
    logLevel: e.LOG_LEVEL,
    accounts: {
      cloudtalk: {
        accessKeyId: e.CLOUDTALK_ACCESS_KEY_ID,
        accessKeySecret: e.CLOUDTALK_ACCESS_KEY_SECRET,
        apiUrl: e.CLOUDTALK_API_URL,
        analyticsUrl: e.CLOUDTALK_ANALYTICS_URL,
        aiUrl: e.CLOUDTALK_AI_URL,
      },
      kustomer: {
        org: e.KUSTOMER_ORG,
        apiKey: e.KUSTOMER_API_KEY,
        apiUrl: e.KUSTOMER_API_URL ?? `https://${e.KUSTOMER_ORG}.api.kustomerapp.com`,
      },
      userAgent: `cloudtalk-kustomer/${packageJson.version}`,
    },
    settings,
    accountWebhookSecret,
  }
}

/** Where webhooks are sent. @param port that the service listens on, where it is known. */
export const publicUrlOf = (config: Config, port = config.port): string =>
  config.publicUrl ?? `http://127.0.0.1:${port}`

function readSettings(file: string | undefined): {
  settings?: z.output<typeof settingsFile>
  problems: string[]
} {
  let content: unknown = {}
  if (file !== undefined) {
    try {
      // JSON is YAML too.
      content = parseYaml(readFileSync(file, 'utf8')) ?? {}
    } catch (error) {
      const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
      return { problems: [`SETTINGS_FILE cannot be read: ${reason}`] }
    }
  }
  const parsed = settingsFile.safeParse(content)
  if (parsed.success) return { settings: parsed.data, problems: [] }
  return {
    problems: parsed.error.issues.map((issue) =>
      issue.code === 'unrecognized_keys'
        ? `SETTINGS_FILE: ${[...issue.path, ''].join('.')}${issue.keys.join(', ')} is not a setting`
        : `SETTINGS_FILE: ${issue.path.join('.') || 'the file'} ${issue.message}`,
    ),
  }
}

function required(where: string) {
  return z.string({ error: `is missing: ${where}` }).min(1)
}

function trimSlash(address: string): string {
  return address.replace(/\/+$/, '')
}
