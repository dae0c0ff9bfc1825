import { basename } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take half a minute and more; by size alone some of them would begin last, beside an idle core. */
const LONG = [
  'pressure.test.ts',
  'chaos.test.ts',
  'run-control.test.ts',
  'both-ways.test.ts',
  'merging.test.ts',
  'floor.test.ts',
  'backlog.test.ts',
  'full-day.test.ts',
  'settle-model.test.ts',
  'reading.test.ts',
  'draining.test.ts',
  'once.test.ts',
]

/** Files in the order in which two cores are done with them soonest. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONG.indexOf(basename(moduleId))
      return at === -1 ? LONG.length : at
    }
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}
