import type { RunProgress } from '../store/runs.ts'
import { followRun, progressWriter } from './progress.ts'
import { withOperations } from './with-operations.ts'

/** Brings over every customer, and the calls since `from`; returns when all of it is settled. */
export function sync(
  env: Record<string, string | undefined>,
  options: { from: Date | undefined; quiet: boolean },
): Promise<RunProgress> {
  return withOperations(env, true, async (operations) => {
    const progress = progressWriter(options.quiet)
    try {
      return await followRun(operations, await operations.beginRun('sync', options.from), progress.report)
    } finally {
      progress.end()
    }
  })
}
