import { expect, test } from 'vitest'
import { LOST_MESSAGES } from '../chaos/checker.ts'
import { runChaos } from '../chaos/run.ts'
import { databaseKinds } from '../helpers/databases.ts'
import { SHORT_PACE } from '../helpers/process.ts'

/** The short form of `npm run chaos`, which says in full what it does. */

const SIZES = {
  postgres: { customers: 30, contacts: 30, calls: 45, messages: 20 },
  embedded: { customers: 15, contacts: 15, calls: 25, messages: 10 },
}
const KILLS = { postgres: 3, embedded: 2 }

test.each(databaseKinds)(
  'killed at random while both vendors fail, on %s: each record once, no value lost, no secret told',
  async (database) => {
    const { checks, survived } = await runChaos({
      seed: 1,
      database,
      size: SIZES[database],
      kills: KILLS[database],
      log: () => undefined,
      env: SHORT_PACE,
    })
    expect(checks.filter(({ failures }) => failures.length > 0)).toEqual([])
    const empty = checks.filter(({ checked, what }) => checked === 0 && what !== LOST_MESSAGES)
    expect(empty).toEqual([])
    expect(survived).toMatchObject({ SIGKILL: KILLS[database] - 1, SIGTERM: 1 })
  },
  600_000,
)
