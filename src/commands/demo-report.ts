import type { Service } from '../app.ts'
import type { Summary } from '../http/operations.ts'
import { isProved, type Proof } from '../sync/prove/proof.ts'
import type { DemoResult } from './demo.ts'
import { proofAsText } from './prove.ts'
import { summaryAsText } from './summary.ts'

/** Whether nothing is missing and nothing has failed: the seeded world has nothing that a vendor refuses. */
export const wentWell = (
  { customers, contacts, calls, messages }: Pick<Summary, 'customers' | 'contacts' | 'calls' | 'messages'>,
  proof: Proof,
): boolean =>
  isProved(proof) && [customers, contacts, calls, messages].every(({ byOutcome }) => !byOutcome.failed)

/** What became of everything, and why. */
export function demoReport(result: DemoResult, proof: Proof): string {
  const { cloudtalk, kustomer } = result.requests
  return [
    summaryAsText('Customers', result.customers),
    '',
    summaryAsText('Contacts', result.contacts),
    '',
    summaryAsText('Calls', result.calls),
    '',
    summaryAsText('Messages', result.messages),
    '',
    'What `prove` says about today:',
    indented(proofAsText(proof)),
    '',
    `Reviews that wait for a person: ${result.reviews}.`,
    `Requests: ${cloudtalk} to CloudTalk, ${kustomer} to Kustomer, in ${result.seconds.toFixed(1)} s.`,
    '',
  ].join('\n')
}

const indented = (text: string): string => text.replace(/^(?=.)/gm, '  ')

/** Commands to ask about one record of each outcome. */
export async function whereToLook(service: Service, dataDir: string): Promise<string> {
  const { db, connection } = service.context
  const examples = await db
    .selectFrom('outcome')
    .distinctOn(['kind', 'outcome'])
    .select(['kind', 'outcome', 'record_id', 'reason'])
    .where('connection', '=', connection)
    .orderBy('kind')
    .orderBy('outcome')
    .orderBy('record_id')
    .execute()
  return [
    'Where to look next, in another terminal:',
    ...examples.map(
      ({ kind, outcome, record_id, reason }) =>
        `  DATA_DIR=${dataDir} npm run -s cli -- trace ${record_id.padEnd(24)}  # a ${kind} that was ${outcome}: ${reason}`,
    ),
    `  less ${dataDir}/service.log`,
  ].join('\n')
}
