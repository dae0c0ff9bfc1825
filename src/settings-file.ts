import { readFileSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { settingsSchema } from './mapping/settings.ts'

/** The connection that is made from the environment. */
export const DEFAULT = 'default'

const isLoopback = (address: string) => /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])([:/]|$)/.test(address)

/** An address without slashes at its end; keys and customers go over plain http to this machine only. */
export const url = z
  .url({ protocol: /^https?$/, error: 'must be an https address', abort: true })
  .refine((address) => address.startsWith('https:') || isLoopback(address), 'must be an https address')
  .transform((address) => address.replace(/\/+$/, ''))

/** The first part of a Kustomer address: it becomes part of a host name. */
export const org = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/i,
    'must be the first part of your Kustomer address, acme in acme.kustomerapp.com',
  )

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
  kustomer: z.strictObject({ org, apiKey: z.string().min(1), apiUrl: url.optional() }).optional(),
})
const severalConnections = z.strictObject({
  connections: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be of a-z, 0-9 and -'), oneOfSeveral)
    .refine((all) => Object.keys(all).length > 0, 'must name at least one connection'),
})

/** A connection as the settings file has it. */
export type ConnectionFile = z.output<typeof oneOfSeveral>

/** What can be read of a file with several connections, right or wrong. */
const someConnections = z.object({ connections: z.record(z.string(), z.looseObject({})) })

export interface SettingsFile {
  connections: Record<string, ConnectionFile>
  /** Vendors that some connection has no account of its own for; told even of a file with mistakes. */
  withoutAccounts: ('cloudtalk' | 'kustomer')[]
  problems: string[]
}

/**
 * One connection's settings as they are, or `connections` with several; JSON is YAML too.
 * @param name what the file is called where something is wrong with it.
 */
export function readSettings(file: string | undefined, name = 'SETTINGS_FILE'): SettingsFile {
  let content: unknown = {}
  if (file !== undefined) {
    try {
      content = parseYaml(readFileSync(file, 'utf8')) ?? {}
    } catch (error) {
      const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
      return { connections: {}, withoutAccounts: [], problems: [`${name} cannot be read: ${reason}`] }
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
        ? `${name}: ${[...issue.path, ''].join('.')}${issue.keys.join(', ')} is not a setting`
        : `${name}: ${issue.path.join('.') || 'the file'} ${toldOf(issue)}`,
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
