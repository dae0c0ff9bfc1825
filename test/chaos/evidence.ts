import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCli } from '../helpers/process.ts'
import type { Check, State } from './checker.ts'

/** Stories that are told of each failed check. */
const STORIES = 5

interface Evidence {
  checks: readonly Check[]
  cloudtalk: State
  kustomer: State
  /** The last requests of each. */
  atCloudTalk: object
  atKustomer: object
  /** What was asked of their limits, by minute. */
  limits: object
  logs: readonly string[]
  /** Of the service, while its database still stands. */
  env: Record<string, string>
  /** What is in its queue. */
  waiting: object
}

/** Writes down what both sides hold, what all processes have logged, and the story of what is wrong. */
export async function keepEvidence(
  folder: string,
  { checks, cloudtalk, kustomer, atCloudTalk, atKustomer, limits, logs, env, waiting }: Evidence,
): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content)
  write('checks.json', JSON.stringify(checks, null, 2))
  write('cloudtalk.json', JSON.stringify(cloudtalk))
  write('kustomer.json', JSON.stringify(kustomer))
  write('requests.json', JSON.stringify({ atCloudTalk, atKustomer, limits }))
  write('waiting.json', JSON.stringify(waiting, null, 2))
  for (const [index, log] of logs.entries()) write(`process-${index + 1}.log`, log)
  for (const { failures } of checks) {
    const ids = new Set(failures.map(({ id }) => id))
    for (const id of [...ids].slice(0, STORIES)) {
      write(`trace-${id}.txt`, (await runCli(['trace', id], env)).stdout)
    }
  }
}
