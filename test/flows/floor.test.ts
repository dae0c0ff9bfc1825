import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RunProgress, RunRecord } from '../../src/store/runs.ts'
import { type Emulators, startEmulators } from '../helpers/emulators.ts'
import { type BareService, startBareService } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** What a first sync, a re-sync and a preview cost, counted by the emulators. */

const CUSTOMERS = 5_000
const CONTACTS = 300
/** Asking for the progress of a large run at every turn would slow what is waited for. */
const LOOK_EVERY_MS = 250

let emulators: Emulators
let bare: BareService

beforeEach(async () => {
  emulators = await startEmulators({ customers: CUSTOMERS, contacts: CONTACTS, minuteMs: 1_000 })
  bare = await startBareService(emulators)
})
afterEach(async () => {
  await bare.close()
  await emulators.close()
})

const counted = async () => {
  const [cloudtalk, kustomer] = await Promise.all([
    emulators.cloudtalk.requests(),
    emulators.kustomer.requests(),
  ])
  return { total: cloudtalk.total + kustomer.total, cloudtalk: cloudtalk.byRoute, kustomer: kustomer.byRoute }
}

async function run(kind: 'sync' | 'preview'): Promise<{ progress: RunProgress; records: RunRecord[] }> {
  const { operations } = bare.service
  const id = await operations.beginRun(kind, undefined)
  const progress = await until(
    `the ${kind} is done`,
    async () => {
      const now = await operations.run(id)
      if (now?.state === 'failed') throw new Error(now.error)
      return now?.state === 'done' && now
    },
    180_000,
    LOOK_EVERY_MS,
  )
  return { progress, records: await operations.runRecords(id) }
}

const WRITES = /^(POST|PUT|PATCH|DELETE) (?!\/customers\/(archive\/)?search)/
const writesOf = (routes: Record<string, number>): number =>
  Object.entries(routes)
    .filter(([route]) => WRITES.test(route))
    .reduce((sum, [, count]) => sum + count, 0)

test('a preview tells what the sync then does, record by record; a first sync and a re-sync keep to the floor', async () => {
  const previewed = await run('preview')
  const afterPreview = await counted()
  expect(writesOf(afterPreview.cloudtalk) + writesOf(afterPreview.kustomer)).toBe(0)
  expect((await emulators.cloudtalk.state()).contacts).toHaveLength(CONTACTS)

  const synced = await run('sync')
  expect(synced.records).toEqual(previewed.records)
  const afterSync = await counted()

  const outcomes = Map.groupBy(synced.records, ({ kind, outcome }) => `${kind} ${outcome}`)
  const imported = synced.progress.outcomes
    .filter(({ kind, outcome }) => kind === 'customer' && ['created', 'linked', 'merged'].includes(outcome))
    .reduce((sum, { count }) => sum + count, 0)
  const exported = outcomes.get('contact created')?.length ?? 0
  expect(imported).toBeGreaterThan(CUSTOMERS * 0.8)
  expect(exported).toBeGreaterThan(CONTACTS * 0.8)
  // Details of a contact that is linked, or turns out to have no valid number, are nowhere else either.
  const shown = afterSync.cloudtalk['GET /contacts/show/:id.json'] ?? 0
  expect(shown).toBeLessThanOrEqual(CONTACTS)
  const pages = Math.ceil(CUSTOMERS / 500) + Math.ceil(CONTACTS / 1_000)
  const floor = pages + Math.ceil(imported / 10) + exported + 2 * Math.ceil(exported / 100)
  // Both sides were read twice, once for the preview.
  expect(afterSync.total).toBeLessThanOrEqual(1.05 * floor + 30 + pages)

  const { estimate } = previewed.progress
  const took = afterSync.total - afterPreview.total
  expect((estimate.cloudtalk ?? 0) + (estimate.kustomer ?? 0)).toBeGreaterThan(0.9 * (took - pages - 12))
  expect((estimate.cloudtalk ?? 0) + (estimate.kustomer ?? 0)).toBeLessThan(1.1 * took)

  const again = await run('sync')
  const afterAgain = await counted()
  const settled = again.records.filter(({ outcome }) => !['unchanged', 'skipped'].includes(outcome))
  expect(settled).toEqual([])
  expect(writesOf(afterAgain.cloudtalk) + writesOf(afterAgain.kustomer)).toBe(
    writesOf(afterSync.cloudtalk) + writesOf(afterSync.kustomer),
  )
  expect(afterAgain.total - afterSync.total).toBeLessThanOrEqual(1.05 * pages + 10)
}, 400_000)
