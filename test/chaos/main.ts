import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { DatabaseKind } from '../helpers/databases.ts'
import type { ChaosSize } from './plan.ts'
import { type ChaosReport, runChaos } from './run.ts'

/** The run that requirements §7 is put to: everything goes wrong at once, and nothing may be lost or doubled. */

const FULL: ChaosSize = { customers: 2_000, contacts: 2_000, calls: 3_000, messages: 1_000 }
const KILLS = 20
const EXAMPLES = 10

interface Options {
  seed: number
  seeds?: number[]
  database: DatabaseKind
  size: number
  keep?: string
}

const program = new Command('chaos')
  .description('Kills the service at random while the vendors fail, and checks what stands in the end.')
  .option('--seed <n>', 'what everything random comes from', whole, 1)
  .option('--seeds <from-to>', 'several runs, one after the other, such as 1-10', range)
  .addOption(
    new Option('--database <kind>', 'which database').choices(['postgres', 'embedded']).default('postgres'),
  )
  .option('--size <share>', 'of 2,000 customers, 2,000 contacts, 3,000 calls and 1,000 messages', share, 1)
  .option('--keep <folder>', 'where to put everything that tells why a check has failed')
  .action(async ({ seed, seeds = [seed], database, size, keep }: Options) => {
    const table: string[] = []
    for (const one of seeds) {
      const started = Date.now()
      const report = await runChaos({
        seed: one,
        database,
        size: scaled(size),
        kills: Math.max(3, Math.round(KILLS * size)),
        keep: keep && join(keep, `seed-${one}`),
        log: (line) => console.error(`seed ${one}, ${Math.round((Date.now() - started) / 1_000)} s: ${line}`),
      })
      console.log(reportAsText(report))
      table.push(tableLine(one, database, report))
      if (failedChecks(report).length > 0) process.exitCode = 1
    }
    console.log([...HEAD, ...table].join('\n'))
  })

const scaled = (size: number): ChaosSize => ({
  customers: Math.ceil(FULL.customers * size),
  contacts: Math.ceil(FULL.contacts * size),
  calls: Math.ceil(FULL.calls * size),
  messages: Math.ceil(FULL.messages * size),
})

const failedChecks = ({ checks }: ChaosReport) => checks.filter(({ failures }) => failures.length > 0)

function reportAsText(report: ChaosReport): string {
  const { checks, faults, survived, pushed, requests, late, seconds } = report
  const counted = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([what, count]) => `${count} ${what}`)
      .join(', ')
  return [
    `Pushed: ${counted(pushed)}`,
    `Faults: ${counted(faults)}`,
    `Survived: ${counted(survived)}`,
    `Requests: ${counted(requests)}; ${seconds} s in all`,
    `Edits that only a look would have found: ${late}`,
    ...checks.flatMap(({ what, checked, failures }) => [
      `${failures.length === 0 ? 'ok  ' : 'FAIL'} ${what} (${checked} checked${failures.length > 0 ? `, ${failures.length} wrong` : ''})`,
      ...failures.slice(0, EXAMPLES).map(({ id, what: wrong }) => `       ${id}: ${wrong}`),
    ]),
    '',
  ].join('\n')
}

const HEAD = [
  '| Seed | Database | Records and edits | Requests | Failed requests | Webhooks not taken | Kills | Checked | Wrong | Found late | Seconds |',
  '| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
]

function tableLine(seed: number, database: DatabaseKind, report: ChaosReport): string {
  const { checks, faults, survived, pushed, requests, late, seconds } = report
  const sum = (counts: number[]) => counts.reduce((all, count) => all + count, 0)
  const { 'webhooks not taken': notTaken = 0, ...failed } = faults
  const cells = [
    seed,
    database,
    sum(Object.values(pushed)),
    sum(Object.values(requests)),
    sum(Object.values(failed)),
    notTaken,
    (survived.SIGKILL ?? 0) + (survived.SIGTERM ?? 0),
    sum(checks.map(({ checked }) => checked)),
    sum(checks.map(({ failures }) => failures.length)),
    late,
    seconds,
  ]
  return `| ${cells.join(' | ')} |`
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

function share(text: string): number {
  const number = Number(text)
  if (!(number > 0 && number <= 10)) throw new InvalidArgumentError('It must be above 0 and at most 10.')
  return number
}

function range(text: string): number[] {
  const [, from, to] = /^(\d{1,6})-(\d{1,6})$/.exec(text) ?? []
  const [first, last] = [Number(from), Number(to)]
  if (!(first <= last)) throw new InvalidArgumentError('It must be two numbers such as 1-10.')
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

await program.parseAsync()
