import { expect, test } from 'vitest'
import type { Summary } from '../http/operations.ts'
import type { Failure } from '../store/failures.ts'
import type { Unassociated } from '../store/timeline-conversations.ts'
import type { KindSummary } from '../sync/summary.ts'
import { unassociatedAsText } from './associate.ts'
import { failuresAsText, totalsBeyond } from './retry.ts'

/** A list that is cut at its limit is not told as all there is. */

const LIMIT = 500
const at = new Date('2026-03-02T12:00:00Z')
const failed = (n: number): Failure[] =>
  Array.from({ length: n }, (_, index) => ({
    kind: 'call',
    id: String(index),
    reason: index % 5 === 0 ? 'CALL_GONE' : 'REJECTED_BY_KUSTOMER',
    sentence: 'Kustomer refused it.',
    at,
  }))
const conversations = (n: number): Unassociated[] =>
  Array.from({ length: n }, (_, index) => ({
    kind: 'call',
    id: String(index),
    externalNumber: '+442071838750',
    at,
    conversationId: `c${index}`,
  }))
const kind = (failedByReason: KindSummary['failedByReason']): KindSummary => ({
  total: 0,
  byOutcome: {},
  byReason: {},
  failedByReason,
})
const summary = async (): Promise<Summary> => ({
  customers: kind({ CALL_GONE: 20 }),
  contacts: kind({}),
  calls: kind({ CALL_GONE: 180, REJECTED_BY_KUSTOMER: 700 }),
  messages: kind({}),
  reviews: 0,
  requests: { cloudtalk: 0, kustomer: 0 },
  away: [],
  proof: undefined,
})
const told = async (list: Failure[]) => failuresAsText(list, await totalsBeyond(list, summary))

test('failures: all of them, or the latest of how many', async () => {
  expect(await told(failed(10))).toMatch(/^CALL_GONE: 2$/m)
  const cut = await told(failed(LIMIT))
  expect(cut).toMatch(/^These are the latest 500 of 900 that have failed\.$/m)
  expect(cut).toMatch(/^CALL_GONE: 100 of 200$/m)
  expect(cut).toMatch(/^REJECTED_BY_KUSTOMER: 400 of 700$/m)
})

test('conversations of nobody: all of them, or the latest', () => {
  expect(unassociatedAsText(conversations(10))).toMatch(/^Belong to nobody yet: 10\.$/m)
  expect(unassociatedAsText(conversations(LIMIT))).toMatch(/^Belong to nobody yet, the latest 500:$/m)
})
