import type { Operations } from '../http/operations.ts'
import type { RunOutcome, RunProgress, RunRecord } from '../store/runs.ts'
import type { RecordKind, RunKind } from '../store/schema.ts'
import { summaryOfCounts } from '../sync/summary.ts'
import { followRun, progressWriter } from './progress.ts'
import { summaryAsText } from './summary.ts'
import { withOperations } from './with-operations.ts'

/** A run at its end; a preview with what would become of each record. */
export type FinishedRun = RunProgress & { records?: RunRecord[] }

/** Brings over every customer and contact, and the calls since `from`, or only tells what that would come to. */
export function sync(
  env: Record<string, string | undefined>,
  options: { kind: RunKind; from: Date | undefined; quiet: boolean; connection: string | undefined },
): Promise<FinishedRun> {
  const { kind, from, quiet, connection } = options
  const follow = async (operations: Operations): Promise<FinishedRun> => {
    const progress = progressWriter(quiet)
    try {
      const run = await followRun(operations, await operations.beginRun(kind, from), progress.report)
      return kind === 'preview' ? { ...run, records: await operations.runRecords(run.id) } : run
    } finally {
      progress.end()
    }
  }
  return withOperations(env, kind === 'sync', follow, connection)
}

const TITLES: Record<RecordKind, string> = {
  customer: 'Customers',
  contact: 'Contacts',
  call: 'Calls',
  message: 'Messages',
}

/** What a run came to, or would, for a person. */
export function runAsText(run: RunProgress): string {
  const kinds = Object.entries(TITLES) as [RecordKind, string][]
  const tables = kinds
    .filter(([kind]) => run.outcomes.some((outcome) => outcome.kind === kind))
    .map(([kind, title]) => summaryAsText(title, summaryOfCounts(outcomesOf(run, kind))))
  return [
    ...tables,
    run.kind === 'preview' ? whatItTakes(run) : 'Done. `trace` tells about any record.',
  ].join('\n\n')
}

const outcomesOf = ({ outcomes }: RunProgress, kind: RecordKind): RunOutcome[] =>
  outcomes.filter((outcome) => outcome.kind === kind)

function whatItTakes({ estimate }: RunProgress): string {
  const { cloudtalk = 0, kustomer = 0, seconds = 0 } = estimate
  return [
    'This was a preview: nothing was written.',
    `The sync takes about ${cloudtalk} more requests to CloudTalk and ${kustomer} to Kustomer: ${time(seconds)} at the`,
    'limits of these accounts, with the share that is kept free for what happens live. `sync` starts it.',
  ].join('\n')
}

const time = (seconds: number): string =>
  seconds < 90
    ? `${seconds} s`
    : seconds < 5_400
      ? `${Math.ceil(seconds / 60)} min`
      : `${(seconds / 3_600).toFixed(1)} h`
