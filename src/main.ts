import { join } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { type Logger, pino } from 'pino'
import { unassociatedAsText } from './commands/associate.ts'
import { check, checksAsText } from './commands/check.ts'
import { type DemoOptions, demo } from './commands/demo.ts'
import { emulate } from './commands/emulate.ts'
import { proofAsText } from './commands/prove.ts'
import { allRecipes, recipesAsText } from './commands/recipes.ts'
import { failuresAsText, retriedAsText, totalsBeyond } from './commands/retry.ts'
import { exportSettings, importedAsText, importSettings, settingsAsYaml } from './commands/settings.ts'
import { type Role, start } from './commands/start.ts'
import { runAsText, sync } from './commands/sync.ts'
import { tracesAsText } from './commands/trace.ts'
import { withConfiguring } from './commands/with-configuring.ts'
import { withOperations } from './commands/with-operations.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { FolderInUse } from './data-folder.ts'
import { Unsettable } from './http/configuring.ts'
import type { Operations } from './http/operations.ts'
import { createLog } from './log.ts'
import { type ReasonCode, reasons } from './mapping/reasons.ts'
import { isProved } from './sync/prove/proof.ts'

/** Exit codes: 0 well, 1 failed, 2 wrong use. */
const FAILED = 1
const WRONG_USE = 2

const config = (): Config => readConfig(process.env)

/** Log lines go to stderr: stdout is for what a command answers. */
const logOf = (settings: Config): Logger =>
  createLog(settings.logLevel, settings.secrets, pino.destination({ fd: 2, sync: true }))

const program = new Command('cloudtalk-kustomer')
  .description('Keeps CloudTalk and Kustomer in step, and says why for every record.')
  .option(
    '--connection <id>',
    'which connection; without it the first, or all of them for check, recipes and settings',
  )
  .exitOverride()

const named = (): string | undefined => program.opts<{ connection?: string }>().connection

program
  .command('demo')
  .description('run the main job on both emulators, with a seeded world')
  .option('--once', 'end when everything has settled', false)
  .option('--json', 'print only the summary, as JSON', false)
  .option('--customers <n>', 'customers in Kustomer', whole, 120)
  .option('--contacts <n>', 'contacts in CloudTalk only', whole, 40)
  .option('--calls <n>', 'calls: half history, half live', whole, 80)
  .option('--seed <n>', 'seed of the world', whole, 1)
  .action(async (options: DemoOptions) => {
    const well = await demo(options, join(process.env.DATA_DIR || './data', 'demo'))
    if (!well) process.exitCode = FAILED
  })

program
  .command('start')
  .description('run the service')
  .addOption(
    new Option('--role <role>', 'what this process does').choices(['web', 'worker', 'all']).default('all'),
  )
  .action(async ({ role }: { role: Role }) => {
    const settings = config()
    await start(settings, logOf(settings), role)
  })

program
  .command('check')
  .description('ask both APIs whether the credentials and roles suffice, and whether the webhook stands')
  .option('--json', 'as JSON', false)
  .action(async ({ json }: { json: boolean }) => {
    const checks = await check(process.env, named())
    console.log(json ? JSON.stringify(checks) : checksAsText(checks))
    if (checks.some(({ ok }) => !ok)) process.exitCode = FAILED
  })

program
  .command('recipes')
  .description('print the CloudTalk Workflow Automations to set up')
  .option('--json', 'as JSON', false)
  .action(async ({ json }: { json: boolean }) => {
    const recipes = await allRecipes(process.env, named())
    console.log(json ? JSON.stringify(recipes, null, 2) : recipesAsText(recipes))
  })

program
  .command('sync')
  .description('bring over every customer and contact, and with --from the calls since then')
  .option('--preview', 'only tell what would become of each record, and what it takes', false)
  .option('--from <date>', 'calls that ended since this date, e.g. 2026-01-31', date)
  .option('--json', 'print only the result, as JSON', false)
  .action(async ({ preview, from, json }: { preview: boolean; from?: Date; json: boolean }) => {
    const run = await sync(process.env, {
      kind: preview ? 'preview' : 'sync',
      from,
      quiet: json,
      connection: named(),
    })
    console.log(json ? JSON.stringify(run) : runAsText(run))
  })

program
  .command('trace')
  .description('tell the story of a record')
  .argument('<question>', 'number in any format, name, email, call id or customer id')
  .option('--json', 'as JSON', false)
  .action(async (question: string, { json }: { json: boolean }) => {
    const records = await withOperations(
      process.env,
      false,
      (operations) => operations.trace(question),
      named(),
    )
    console.log(json ? JSON.stringify(records) : tracesAsText(records, question))
    if (records.length === 0) process.exitCode = FAILED
  })

program
  .command('prove')
  .description(
    'prove that nothing of a day is missing: every record done, skipped with a reason, or under way',
  )
  .option('--day <date>', 'such as 2026-01-31; yesterday where none is given', day)
  .option('--repair', 'settle again what is not explained', false)
  .option('--json', 'as JSON', false)
  .action(async ({ day, repair, json }: { day?: string; repair: boolean; json: boolean }) => {
    const proof = await withOperations(
      process.env,
      repair,
      (operations) => operations.prove(day, repair),
      named(),
    )
    console.log(json ? JSON.stringify(proof) : proofAsText(proof))
    if (!isProved(proof)) process.exitCode = FAILED
  })

program
  .command('retry')
  .description('list the records that have failed, or settle some of them again')
  .argument('[record]', 'call, message, customer or contact id')
  .option('--reason <code>', 'all that failed for this reason', reason)
  .option('--all', 'all that failed', false)
  .option('--json', 'as JSON', false)
  .action(async (id: string | undefined, options: { reason?: ReasonCode; all: boolean; json: boolean }) => {
    const { reason, all, json } = options
    const filter = { id, reason }
    const print = (value: unknown, text: string) => console.log(json ? JSON.stringify(value) : text)
    const use = async (operations: Operations) => {
      if (id === undefined && reason === undefined && !all) {
        const failed = await operations.failures(filter)
        return print(failed, failuresAsText(failed, await totalsBeyond(failed, operations.summary)))
      }
      const retried = await operations.retry(filter)
      print({ retried }, retriedAsText(retried))
      if (retried === 0 && id !== undefined) process.exitCode = FAILED
    }
    await withOperations(process.env, true, use, named())
  })

program
  .command('associate')
  .description('list the conversations that belong to nobody yet, or move one to a customer')
  .argument('[conversation]', 'conversation, call or message id')
  .argument('[customer]', 'customer id, email or number')
  .option('--json', 'as JSON', false)
  .action(async (what: string | undefined, whom: string | undefined, { json }: { json: boolean }) => {
    if (what !== undefined && whom === undefined) {
      program.error('error: name the customer too: its id, email or number', { exitCode: WRONG_USE })
    }
    const print = (value: unknown, text: string) => console.log(json ? JSON.stringify(value) : text)
    await withOperations(
      process.env,
      false,
      async (operations) => {
        if (what === undefined || whom === undefined) {
          const conversations = await operations.unassociated()
          return print(conversations, unassociatedAsText(conversations))
        }
        const moved = await operations.associate(what, whom)
        print(moved, `Conversation ${moved.conversationId} belongs to customer ${moved.customerId} now.`)
      },
      named(),
    )
  })

const settings = program.command('settings').description('how each connection works')

settings
  .command('export')
  .description('print the settings, without keys, as a settings file')
  .option('--json', 'as JSON; else as YAML', false)
  .action(async ({ json }: { json: boolean }) => {
    const file = await withConfiguring(process.env, (desk) => exportSettings(desk, named()))
    console.log(json ? JSON.stringify(file, null, 2) : settingsAsYaml(file))
  })

settings
  .command('import')
  .description('save the settings of a file, and tell what that changes')
  .argument('<file>', 'JSON or YAML, as export prints it')
  .option('--json', 'as JSON', false)
  .action(async (file: string, { json }: { json: boolean }) => {
    const imported = await withConfiguring(process.env, (desk) => importSettings(desk, file, named()))
    console.log(json ? JSON.stringify(imported) : importedAsText(imported))
  })

program
  .command('emulate')
  .description('run the emulators of both vendors')
  .option('--cloudtalk-port <port>', 'where CloudTalk answers; 0 takes a free port', port, 4_010)
  .option('--kustomer-port <port>', 'where Kustomer answers; 0 takes a free port', port, 4_020)
  .option('--customers <n>', 'customers in Kustomer', whole, 0)
  .option('--contacts <n>', 'contacts in CloudTalk only', whole, 0)
  .option('--calls <n>', 'calls of the last days', whole, 0)
  .option('--seed <n>', 'seed of the world', whole, 1)
  .option('--minute <ms>', 'length of a rate-limit minute', positive, 60_000)
  .action(emulate)

function reason(text: string): ReasonCode {
  if (Object.hasOwn(reasons, text)) return text as ReasonCode
  throw new InvalidArgumentError('It must be a code of docs/reasons.md, such as REJECTED_BY_KUSTOMER.')
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

function positive(text: string): number {
  const number = whole(text)
  if (number === 0) throw new InvalidArgumentError('It must be above zero.')
  return number
}

function port(text: string): number {
  const number = whole(text)
  if (number > 65_535) throw new InvalidArgumentError('It must be a port number, at most 65535.')
  return number
}

function day(text: string): string {
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return Temporal.PlainDate.from(text).toString()
  } catch {
    // Told below, as every other wrong one.
  }
  throw new InvalidArgumentError('It must be a day such as 2026-01-31.')
}

function date(text: string): Date {
  const parsed = new Date(text)
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(parsed.getTime())) {
    throw new InvalidArgumentError('It must be a date such as 2026-01-31 or 2026-01-31T08:00:00Z.')
  }
  return parsed
}

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

function exitCodeOf(error: unknown): number {
  // Commander has said it already; asking for help is no wrong use.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE
  if (error instanceof ConfigError) {
    console.error([error.message, ...error.problems.map((problem) => `  - ${problem}`)].join('\n'))
    return WRONG_USE
  }
  if (error instanceof Unsettable) {
    console.error(error.message)
    return FAILED
  }
  if (error instanceof FolderInUse) {
    console.error(error.message)
    return WRONG_USE
  }
  console.error(error instanceof Error ? `Failed: ${error.message}` : 'Failed.')
  return FAILED
}
