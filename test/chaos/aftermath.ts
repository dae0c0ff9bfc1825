import { askApi, signInByForm } from '../helpers/api.ts'
import { runCli } from '../helpers/process.ts'
import { type Check, HOLDER, type State } from './checker.ts'
import type { Plan } from './plan.ts'
import { SOMEBODY_ELSE } from './vendor-api.ts'

/** What is looked at beside the vendors' records: what the service says of them, its logs, and the limits. */

/** Whom the environment of every process names. */
export interface Admin {
  email: string
  password: string
}

/** The day that a run is on, as the service counts days: in UTC, where the settings name no other zone. */
const today = (): string => new Date().toISOString().slice(0, 10)

/** Runs one of the service's commands, as an operator does. @returns what it has logged. @throws where it fails. */
export async function bringOver(env: Record<string, string>): Promise<string> {
  const { code, stderr } = await runCli(['sync', '--from', today(), '--json'], env)
  if (code !== 0) throw new Error(`sync ended with ${code}: ${stderr}`)
  return stderr
}

/** The service's word for it that nothing is missing. */
export async function checkProof(env: Record<string, string>): Promise<Check> {
  const { code, stdout, stderr } = await runCli(['prove', '--day', today(), '--json'], env)
  const { problems = [] }: { problems?: { id: string; what: string }[] } = JSON.parse(stdout || '{}')
  const failures = code === 0 || problems.length > 0 ? problems : [{ id: 'prove', what: stderr }]
  return { what: '`prove` finds every record of the day explained', checked: 1, failures }
}

/** How a record stands, as the service says it. */
interface Said {
  outcome: string
  reason: string
}

/** What the service says of each record, by `<kind> <id>`; asked for at any of its web processes. */
export async function readSaid(publicUrl: string, admin: Admin): Promise<Map<string, Said>> {
  const forms = await signInByForm(publicUrl, admin.email, admin.password)
  const token = await forms.makeToken('Chaos', 'agent')
  const service = { publicUrl: () => publicUrl }
  const said = new Map<string, Said>()
  for (let after: string | undefined = ''; after !== undefined; ) {
    const query = new URLSearchParams(after && { after })
    const { status, body } = await askApi({ service }, token, 'GET', `/records?${query}`)
    if (status !== 200) throw new Error(`the API answered ${status}: ${JSON.stringify(body)}`)
    for (const { kind, id, outcome, reason } of body.records) said.set(`${kind} ${id}`, { outcome, reason })
    after = body.next
  }
  return said
}

/** Of what stands on the other side nobody may be told that it failed, waits, was left out, or is nobody's. */
export function checkSaid(
  said: ReadonlyMap<string, Said>,
  { customers: planned }: Plan,
  { conversations = [], customers = [] }: State,
): Check {
  const holder = customers.find(({ attributes }) => attributes.name === HOLDER)?.id
  const synced = planned.filter(({ excluded }) => !excluded).map(({ id }) => ({ key: `customer ${id}` }))
  const logged = conversations.map(({ attributes: { externalId }, relationships }) => ({
    key: `${/^\d/.test(externalId) ? 'call' : 'message'} ${externalId}`,
    customer: relationships.customer?.data?.id,
  }))
  const records: { key: string; customer?: string }[] = [...synced, ...logged]
  const failures = records.flatMap(({ key, customer }) => {
    const { outcome, reason } = said.get(key) ?? { outcome: 'nothing', reason: '' }
    const stands = ['created', 'linked', 'merged', 'updated', 'unchanged'].includes(outcome)
    const nobodys = reason === 'LOGGED_UNLINKED' && customer !== holder
    const of = customer === undefined ? '' : ` of customer ${customer}`
    return stands && !nobodys
      ? []
      : [{ id: key.split(' ')[1] ?? '', what: `said${of}: ${outcome} ${reason}` }]
  })
  return { what: 'the service says of each record what is so', checked: records.length, failures }
}

/** What nobody may read in a log. */
export const secretsOf = (
  env: Record<string, string>,
  password: string | undefined,
  { webhooks = [] }: State,
  { workflows = [] }: State,
): Record<string, string[]> => ({
  'the Kustomer key': [env.KUSTOMER_API_KEY ?? ''],
  // The secret is the word `emulator` alone; what nobody writes by chance is how it is sent.
  'the CloudTalk key': [Buffer.from('CLOUDTALK:emulator').toString('base64'), 'CLOUDTALK:emulator'],
  'the token of the Kustomer webhook': webhooks.map(({ attributes }) => attributes.token),
  'the secret of the workflows': [
    ...new Set(workflows.map(({ headers }) => headers['X-Webhook-Secret'] ?? '')),
  ],
  'the password of the database': password === undefined ? [] : [password],
  'the password of the administrator': [env.ADMIN_PASSWORD ?? ''],
  'the key of what is sealed': [env.ENCRYPTION_KEY ?? ''],
})

export function checkSecrets(secrets: Record<string, string[]>, logs: readonly string[]): Check {
  const failures = Object.entries(secrets).flatMap(([what, texts]) =>
    texts.flatMap((text) => {
      const logsWith = logs.filter((log) => log.includes(text)).length
      return logsWith > 0 ? [{ id: 'log', what: `${what} is in the log of ${logsWith} processes` }] : []
    }),
  )
  return { what: 'no secret in the log of any process', checked: logs.length, failures }
}

/** What was asked of a vendor's limit in one of its minutes. */
interface LimitWindow {
  startsAt: string
  limit: number
  /** By user agent; what was refused was asked, too. */
  by: Record<string, { asked: number; refused: number }>
}

/** A vendor's limits that all share, by name; those for one record are not among them. */
export type SharedLimits = Record<string, readonly LimitWindow[]>

/** A database that was taken away does not say what was granted before. */
const FEW = 10
/** Others use the limits too, and a lost answer does not say what it has used up. Whole runs have shown none. */
const TOLD_TO_WAIT = 0.002

/** How much more than one of these limits the service itself has asked for, minute by minute. */
const tooManyOf = (windows: readonly LimitWindow[]): number =>
  windows.reduce((sum, { limit, by }) => {
    const asked = Object.entries(by)
      .filter(([who]) => who !== SOMEBODY_ELSE)
      .reduce((all, [, one]) => all + one.asked, 0)
    return sum + Math.max(0, asked - limit)
  }, 0)

/**
 * The service alone never asks for more than a limit, and seldom finds one used up by others.
 *
 * @param byOthers how many of the vendor's 429s, for whatever limit, others were told.
 */
export function checkBudget(
  vendor: string,
  limits: SharedLimits,
  { total, byStatus }: { total: number; byStatus: Record<string, number> },
  byOthers: number,
): Check {
  const tooMany = Object.entries(limits)
    .map(([name, windows]) => ({ name, count: tooManyOf(windows) }))
    .filter(({ count }) => count > FEW)
    .map(({ name, count }) => ({ id: vendor, what: `${count} ${name} more than the limit, without others` }))
  const waits = (byStatus[429] ?? 0) - byOthers
  const told = waits > Math.max(FEW, total * TOLD_TO_WAIT) ? [{ id: vendor, what: `${waits} times 429` }] : []
  return { what: `${vendor}'s limits are kept`, checked: total, failures: [...tooMany, ...told] }
}
