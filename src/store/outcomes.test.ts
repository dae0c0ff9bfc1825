import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseKinds, openTestDatabase } from '../../test/helpers/databases.ts'
import { emptyCustomer } from '../mapping/customer-record.ts'
import { mirrorCalls } from './calls.ts'
import { mirrorCustomers } from './customers.ts'
import type { Db } from './database.ts'
import { countOutcomes, currentOutcome, historyOf, type RecordedOutcome, recordOutcome } from './outcomes.ts'
import { runProgress, startRun } from './runs.ts'

const CONNECTION = 'default'

describe.each(databaseKinds)('on %s', (kind) => {
  let db: Db
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ db, close } = await openTestDatabase(kind))
  })
  afterAll(() => close())

  const outcome = (recordId: string, more: Partial<RecordedOutcome> = {}): RecordedOutcome => ({
    connection: CONNECTION,
    kind: 'call',
    recordId,
    outcome: 'created',
    reason: 'LOGGED',
    sentence: 'Logged.',
    requests: 3,
    source: 'webhook',
    ...more,
  })
  const unchanged = { outcome: 'unchanged', reason: 'NOTHING_CHANGED' } as const
  const record = async (id: string, ...outcomes: Partial<RecordedOutcome>[]) => {
    for (const one of outcomes) await recordOutcome(db, outcome(id, one))
  }
  const current = async (id: string) => (await currentOutcome(db, CONNECTION, 'call', id))?.outcome
  const story = async (id: string) =>
    (await historyOf(db, CONNECTION, 'call', id)).map((entry) => entry.outcome)

  const created = { outcome: 'created', reason: 'LOGGED' } as const
  const updated = { outcome: 'updated', reason: 'NOTE_UPDATED' } as const
  const waiting = { outcome: 'waiting', reason: 'VENDOR_UNAVAILABLE' } as const
  const failed = { outcome: 'failed', reason: 'CONFLICT' } as const
  const skipped = { outcome: 'skipped', reason: 'INTERNAL_CALL' } as const
  const ownChange = { outcome: 'unchanged', reason: 'OWN_CHANGE' } as const
  const unlinked = { outcome: 'created', reason: 'LOGGED_UNLINKED' } as const
  const linked = { outcome: 'linked', reason: 'ASSOCIATED' } as const
  const customerId = 'c1'
  const enrichment = true
  const cases: { label: string; outcomes: Partial<RecordedOutcome>[]; stands: RecordedOutcome['outcome'] }[] =
    [
      { label: 'the first one', outcomes: [created], stands: 'created' },
      { label: 'a first one that changed nothing', outcomes: [unchanged], stands: 'unchanged' },
      { label: 'a later one', outcomes: [created, updated], stands: 'updated' },
      { label: 'trouble after success', outcomes: [created, waiting], stands: 'waiting' },
      { label: 'success after trouble', outcomes: [waiting, failed, created], stands: 'created' },
      { label: 'created, when nothing changed later', outcomes: [created, unchanged], stands: 'created' },
      { label: 'failed, when our own write comes back', outcomes: [failed, ownChange], stands: 'failed' },
      { label: 'skipped, when our own write comes back', outcomes: [skipped, ownChange], stands: 'skipped' },
      { label: 'nothing changed, after being skipped', outcomes: [skipped, unchanged], stands: 'unchanged' },
      {
        label: 'skipped, when an enrichment finds nothing to add to',
        outcomes: [skipped, { ...unchanged, enrichment }],
        stands: 'skipped',
      },
      {
        label: 'nothing changed, after waiting',
        outcomes: [created, waiting, unchanged],
        stands: 'unchanged',
      },
      { label: 'nothing changed, after failing', outcomes: [failed, unchanged], stands: 'unchanged' },
      { label: 'created, when enriched', outcomes: [created, { ...updated, enrichment }], stands: 'created' },
      {
        label: 'created, when an enrichment waits',
        outcomes: [created, { ...waiting, enrichment }],
        stands: 'created',
      },
      { label: 'waiting, when enriched', outcomes: [waiting, { ...updated, enrichment }], stands: 'waiting' },
      {
        label: 'failed, when an enrichment changed nothing',
        outcomes: [failed, { ...unchanged, enrichment }],
        stands: 'failed',
      },
      {
        label: 'linked, when an enrichment has moved it from nobody to its customer',
        outcomes: [unlinked, { ...linked, customerId, enrichment }],
        stands: 'linked',
      },
      {
        label: 'unchanged, when a process that died had moved it from nobody to its customer',
        outcomes: [unlinked, { ...unchanged, customerId }],
        stands: 'unchanged',
      },
      {
        label: 'the same of an enrichment',
        outcomes: [unlinked, { ...unchanged, customerId, enrichment }],
        stands: 'unchanged',
      },
      {
        label: 'created, when nothing was found for one that is still with nobody',
        outcomes: [unlinked, unchanged, { ...updated, enrichment }],
        stands: 'created',
      },
      {
        label: 'created, when nothing changed for one that has its customer',
        outcomes: [created, { ...unchanged, customerId }],
        stands: 'created',
      },
    ]
  test.each(cases)('stands: $label; the history keeps all', async ({ outcomes, stands }) => {
    const id = randomUUID()
    await record(id, ...outcomes)
    expect(await current(id)).toBe(stands)
    expect(await story(id)).toEqual(outcomes.map((one) => one.outcome))
  })

  test('everything that an outcome says is kept', async () => {
    const id = randomUUID()
    const runId = randomUUID()
    await startRun(db, { kind: 'sync', id: runId, connection: CONNECTION, from: undefined })
    const said = outcome(id, {
      ...waiting,
      requests: 1.5,
      details: { warnings: ['one'], written: { name: 'Zoë' } },
      contactId: '9',
      customerId: 'c1',
      conversationId: 'k1',
      source: 'run',
      runId,
      nextAt: new Date('2026-10-01T10:00:00.000Z'),
    })
    await recordOutcome(db, said)
    expect(await historyOf(db, CONNECTION, 'call', id)).toEqual([{ ...said, at: expect.any(Date) }])
  })

  test('outcomes recorded together keep to their own records', async () => {
    const ids = Array.from({ length: 60 }, () => randomUUID())
    await Promise.all(ids.map((id, index) => record(id, index % 2 === 0 ? failed : skipped)))
    const stands = await Promise.all(ids.map(current))
    expect(stands).toEqual(ids.map((_, index) => (index % 2 === 0 ? 'failed' : 'skipped')))
  })

  test('of outcomes of one record that are recorded together the last stands, and all are history', async () => {
    const id = randomUUID()
    await Promise.all([waiting, failed, updated].map((one) => recordOutcome(db, outcome(id, one))))
    expect(await current(id)).toBe('updated')
    expect(await story(id)).toEqual(['waiting', 'failed', 'updated'])
  })

  test('a customer and a call with one id are two records', async () => {
    const id = randomUUID()
    await record(id, created, { ...skipped, kind: 'customer' })
    expect(await current(id)).toBe('created')
    expect((await currentOutcome(db, CONNECTION, 'customer', id))?.outcome).toBe('skipped')
  })

  test('current outcomes are counted by outcome and reason', async () => {
    const connection = `connection-${randomUUID()}`
    const [one, other, third] = [randomUUID(), randomUUID(), randomUUID()]
    await record(one, { ...waiting, connection }, { ...created, connection }, { ...unchanged, connection })
    await record(other, { ...created, connection })
    await record(third, { ...skipped, connection })
    expect(await countOutcomes(db, connection)).toEqual([
      { kind: 'call', ...created, count: 2 },
      { kind: 'call', ...skipped, count: 1 },
    ])
  })

  describe('the version that an outcome stands for', () => {
    const settledCall = async (id: string) =>
      (await db.selectFrom('call').select('settled_version').where('id', '=', id).executeTakeFirstOrThrow())
        .settled_version
    const settledCustomer = async (id: string) =>
      (await db.selectFrom('customer').select('settled_rev').where('id', '=', id).executeTakeFirstOrThrow())
        .settled_rev
    const showCall = async (id: string) => {
      const lists = { notes: [], tags: [], ratings: [] }
      const call = {
        id,
        type: 'incoming',
        isVoicemail: false,
        talkingTime: 1,
        waitingTime: 1,
        ...lists,
      } as const
      await mirrorCalls(db, CONNECTION, [call])
    }

    test.each([
      { label: 'of what was done', outcomes: [{ ...created, version: 1 }], version: 1 },
      { label: 'of what changed nothing', outcomes: [{ ...unchanged, version: 2 }], version: 2 },
      { label: 'of the latest', outcomes: [{ version: 1 }, { ...unchanged, version: 2 }], version: 2 },
      { label: 'of none', outcomes: [waiting], version: null },
      { label: 'is left by an outcome of none', outcomes: [{ version: 1 }, waiting], version: 1 },
    ])('of a call: $label', async ({ outcomes, version }) => {
      const [id, other] = [randomUUID(), randomUUID()]
      await showCall(id)
      await showCall(other)
      await record(id, ...outcomes)
      expect([await settledCall(id), await settledCall(other)]).toEqual([version, null])
    })

    test('of a customer', async () => {
      const id = randomUUID()
      await mirrorCustomers(db, CONNECTION, [{ ...emptyCustomer, id, rev: 4 }])
      await record(id, { version: 9 })
      expect(await settledCustomer(id)).toBeNull()
      await record(id, { kind: 'customer', version: 4 })
      expect(await settledCustomer(id)).toBe(4)
    })
  })

  describe('a run', () => {
    const items = (runId: string) =>
      db.selectFrom('run_item').select(['record_id', 'outcome']).where('run_id', '=', runId).execute()

    test('counts a record once, by what became of it last, and not while it waits', async () => {
      const runId = randomUUID()
      const id = randomUUID()
      await startRun(db, { kind: 'sync', id: runId, connection: CONNECTION, from: undefined })
      await record(id, { ...waiting, runId })
      expect(await items(runId)).toEqual([])
      await record(id, { ...failed, runId }, { ...created, runId }, { ...unchanged, runId })
      expect(await items(runId)).toEqual([{ record_id: id, outcome: 'created' }])
      expect((await runProgress(db, runId))?.settled).toEqual({ call: 1 })
    })

    test('is not told of what others settle', async () => {
      const runId = randomUUID()
      await startRun(db, { kind: 'sync', id: runId, connection: CONNECTION, from: undefined })
      await record(randomUUID(), created)
      expect(await items(runId)).toEqual([])
    })
  })
})
