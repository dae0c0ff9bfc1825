import type { Service } from '../app.ts'
import type { DemoResult } from './demo.ts'
import { summaryAsText } from './summary.ts'

/** The demo's last words: what became of everything, why, and where to look next. */
export async function demoReport(service: Service, result: DemoResult, dataDir: string): Promise<string> {
  const { cloudtalk, kustomer } = result.requests
  const examples = await exampleQuestions(service)
  return [
    summaryAsText('Customers', result.customers),
    '',
    summaryAsText('Calls', result.calls),
    '',
    `Requests: ${cloudtalk} to CloudTalk, ${kustomer} to Kustomer, in ${result.seconds.toFixed(1)} s.`,
    '',
    'Where to look next, in another terminal:',
    ...examples.map(
      ([question, about]) =>
        `  DATA_DIR=${dataDir} npm run -s cli -- trace ${question.padEnd(26)} # ${about}`,
    ),
    `  less ${dataDir}/service.log`,
  ].join('\n')
}

/** One customer that came through, one that did not, one call: to ask `trace` about. */
async function exampleQuestions(service: Service): Promise<[question: string, about: string][]> {
  const { db, connection } = service.context
  const rows = await db
    .selectFrom('outcome')
    .distinctOn(['kind', 'outcome'])
    .select(['kind', 'outcome', 'record_id', 'reason'])
    .where('connection', '=', connection)
    .orderBy('kind')
    .orderBy('outcome')
    .orderBy('record_id')
    .execute()
  return rows.map(({ kind, outcome, record_id, reason }) => [
    record_id,
    `a ${kind} that was ${outcome}: ${reason}`,
  ])
}
